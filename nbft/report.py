"""A run's report: one HTML file to be sent, printed or kept, which needs nothing beside itself."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import nbft
from nbft.errors import RunError
from nbft.panels import examination
from nbft.panels.report_page import MARK, Report, to_page
from nbft.panels.run_words import environment_facts, typed_spec
from nbft.run import Run
from nbft.spec.annotated import annotated

ENDINGS = (".html", ".htm")


def write_report(run: Run, path: str | Path | None = None) -> Path:
    """Writes the report and returns its path: `<run>.html` here if none is given, or so called in a folder.

    A report is written over an older one; raises RunError where something else stands there.
    """
    file = Path(path or ".").expanduser()
    file = file / f"{run.name}.html" if file.is_dir() else file
    if file.suffix.lower() not in ENDINGS:
        raise RunError(f"{file} is no name of a report.", f"Name it {file.with_suffix('.html')}.")
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8", errors="replace"):
            raise RunError(f"{file} exists and is no report of nbft.", "Name another file.")
        file.write_text(to_page(_report(run)), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{file} can't be written: {error.strerror or error}.") from None
    return file


def _report(run: Run) -> Report:
    state, typed = run.state, typed_spec(run.folder)
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return Report(
        name=run.name,
        state=state,
        typed=typed,
        resolved=_resolved(run),
        environment=environment_facts(run.folder),
        data_check=run.data_check,
        mistakes=examination.to_html(state, run.folder.examinations),
        use=_use(run),
        made=f"Written by nbft {nbft.__version__} on {when} from the run's record.",
    )


def _resolved(run: Run) -> str:
    """Returns the spec with its defaults; empty where the record lacks it."""
    try:
        return annotated(run.spec, run.folder.spec.read_text(encoding="utf-8"), run.state.plan)
    except (OSError, ValueError, KeyError):
        return ""


def _use(run: Run) -> str:
    """Returns how the model is loaded, with nbft and without it."""
    try:
        config = json.loads((run.folder.model / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    folder = os.path.relpath(run.folder.model)
    kind = next(iter(config.get("architectures") or []), "AutoModel")
    kind = kind if kind.isidentifier() else "AutoModel"
    return "\n".join(
        [
            "import nbft",
            f"nbft.open_run({run.name!r}).predict(...)  # labels, spans or text, as the task has it",
            "",
            "# without nbft",
            f"from transformers import AutoTokenizer, {kind}",
            f"model = {kind}.from_pretrained({folder!r})",
            f"tokenizer = AutoTokenizer.from_pretrained({folder!r})",
        ]
    )
