"""A spec -> a run's folder, holding all that a worker needs: the YAML, the resolved spec, and the notebook's variables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nbft.errors import NbftError
from nbft.functions import keep_functions
from nbft.inference.base import without_progress_bars
from nbft.record.folder import RunFolder, create_folder
from nbft.spec.load import LoadedSpec
from nbft.spec.sections import RunSpec
from nbft.spec.seeds import text_of_seed
from nbft.spec.sources import called


def prepare_folder(
    loaded: LoadedSpec, name: str | None = None, root: Path | None = None, *, dry_run_steps: int = 0
) -> RunFolder:
    """Makes the next folder of that name; without a name it is called after the training data or the model.

    Of a spec with `seeds` it is the folder of the first one.
    """
    seeds, spec, text = loaded.spec.every_seed, loaded.spec, loaded.text_to_save
    if seeds:
        spec = spec.of_seed(seeds[0])
        text = text_of_seed(text, spec.seed, spec.split_seed)
    folder = create_folder(name or default_name(loaded), root, seeds[0] if seeds else None)
    folder.spec.write_text(text, encoding="utf-8")
    keep_variables(loaded, folder)
    resolved = {
        "spec": _resolved(spec, loaded.pretrained, folder),
        "typed": loaded.text,
        "name": loaded.name,
        "first_line": loaded.first_line,
        "python": sys.executable,
        "started_in": str(Path.cwd()),
        "functions": {name: f"variables/{name}.py" for name in loaded.functions},
        "dry_run_steps": dry_run_steps,
        "seeds": seeds,
    }
    folder.resolved.write_text(json.dumps(resolved, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


def _resolved(spec: RunSpec, pretrained: Collection[str], folder: RunFolder) -> dict[str, Any]:
    """Returns the spec as data; a model or tokenizer of the notebook has become a folder."""
    data = spec.model_dump(mode="json")
    for section in (data["model"], data["tokenizer"]):
        name = str(section["name"] or "")
        if name.removeprefix("$") in pretrained:
            section["name"] = str((folder.variables / name.removeprefix("$")).absolute())
    return data


def default_name(loaded: LoadedSpec) -> str:
    """Returns what a run is called that nobody named: after its training data."""
    train = loaded.spec.data.train
    source = called(train[0] if isinstance(train, list) else train)
    stem = Path(source.lstrip("$").partition("?")[0]).name.split(".")[0]
    return re.sub(r"[^\w-]+", "-", stem).strip("-_") or "run"


def keep_variables(loaded: LoadedSpec, folder: RunFolder) -> None:
    """Writes what the spec takes from the notebook into the folder, where the worker finds it."""
    for variable, value in loaded.variables.items():
        _keep_variable(folder, variable, value)
    for variable, value in loaded.pretrained.items():
        try:
            with without_progress_bars():
                value.save_pretrained(str(folder.variables / variable))
        except (OSError, ValueError, TypeError, AttributeError, NotImplementedError) as error:
            raise NbftError(f"${variable} can't be handed to the worker: {error}.") from None
    keep_functions(loaded.functions, folder)


def _keep_variable(folder: RunFolder, name: str, value: Any) -> None:
    """Writes a table, Dataset, DatasetDict or list of dicts as parquet, one file a split."""
    if isinstance(value, Mapping):
        for split, rows in value.items():
            write_parquet(rows, folder.variables / name / f"{split}.parquet", name)
    else:
        write_parquet(value, folder.variables / f"{name}.parquet", name)


def write_parquet(rows: Any, file: Path, name: str) -> None:
    """Writes rows as one parquet file; raises NbftError where a column mixes kinds of values."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = rows.to_frame(rows.name or "text") if type(rows).__name__ == "Series" else rows
        if hasattr(rows, "to_parquet"):
            options = {"index": False} if type(rows).__name__ == "DataFrame" else {}
            rows.to_parquet(str(file), **options)
        else:
            import pyarrow as pa
            from pyarrow import parquet

            table = rows.to_arrow() if hasattr(rows, "to_arrow") else rows  # polars
            table = table if isinstance(table, pa.Table) else pa.Table.from_pylist(list(table))
            parquet.write_table(table, file)
    except (ValueError, TypeError, OSError) as error:  # pyarrow's errors are kinds of these
        file.unlink(missing_ok=True)
        raise NbftError(
            f"${name} can't be handed to the worker: {error}.", "Give each column one kind of value."
        ) from None
