"""The data check-up of a spec or of a run, to be seen in a notebook or a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from nbft.checkup import ask_worker
from nbft.errors import RunError
from nbft.launch.prepare import prepare_folder
from nbft.panels.data_page import page
from nbft.panels.data_text import to_text
from nbft.record.data_check import DataCheck
from nbft.run import Run, open_run
from nbft.spec.load import LoadedSpec, read_spec

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class DataPage:
    """What was found in the data, under the name of the spec or run that they belong to."""

    name: str
    check: DataCheck

    def __str__(self) -> str:
        return to_text(self.check, self.name)

    def output(self) -> dict[str, str]:
        """Returns it as the data of a cell's output."""
        return page(self.check, self.name)


def data_of(word: str) -> DataPage:
    """Returns the check-up of a spec's file (as it ends in .yaml) or of a run; raises NbftError where there is none."""
    if word.endswith(ENDINGS):
        return data_of_spec(read_spec(Path(word), name=word))
    return data_of_run(open_run(word))


def data_of_spec(loaded: LoadedSpec) -> DataPage:
    """Asks a worker to look at a spec's data; raises SpecError for what is wrong with them."""
    found = ask_worker(lambda root: prepare_folder(loaded, "data", root), {"data": True}, loaded.name)
    if "error" in found:
        raise loaded.explain(found["error"])
    return DataPage(loaded.name, DataCheck.from_json(json.dumps(found["found"]["check"])))


def data_of_run(run: Run) -> DataPage:
    """Returns what a run's own check-up found; raises RunError where it has made none."""
    check = run.data_check
    if check is None:
        why = (
            "It is made once the rows are tokenised." if not run.is_over else "It ended before its data were looked at."
        )
        raise RunError(f"{run.name} has no data check-up. {why}", "Of a spec:  %ft_data reviews.yaml")
    return DataPage(run.name, check)
