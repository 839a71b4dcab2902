"""`nbft quickstart`: executes the quickstart notebook in a real kernel and shows the training in the terminal."""

from __future__ import annotations

import importlib.util
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from nbft.errors import NbftError
from nbft.record.folder import find_folder, list_folders
from nbft.run import Run
from nbft.terminal import watch

HERE = Path(__file__).parent
RUN_NAME = "reviews"
"""What the notebook calls its run."""
CELL_TIMEOUT_S = 1800
LOOK_EVERY_S = 0.1


def notebook_file() -> Path:
    """Returns the quickstart notebook: shipped inside the wheel, or beside the package in a checkout."""
    for folder in (HERE / "notebooks", HERE.parent / "notebooks"):
        if (folder / "quickstart.ipynb").is_file():
            return folder / "quickstart.ipynb"
    raise NbftError("The quickstart notebook is not where nbft is installed.", "Install nbft again.")


def quickstart(into: Path) -> int:
    """Writes the executed notebook to `into`, prints the scores, and returns the exit code."""
    into = into.absolute()
    if not into.parent.is_dir():
        raise NbftError(f"There is no folder {str(into.parent)!r}.", "Name one that exists with --into.")
    notebook = nbformat.read(notebook_file(), as_version=4)
    print(f"Executing {into.name} in a kernel of its own ...")
    known = {folder.run for folder in list_folders(into.parent / "nbft-runs")}
    execution = _Execution(notebook, into)
    execution.start()
    _show_training(execution, into.parent / "nbft-runs", known)
    execution.join()
    if execution.error is not None:
        print(f"The notebook stopped at an error; it is kept in {into}:\n{execution.error}")
        return 1
    print(f"\nThe executed notebook, with its charts: {into}\nOpen it:  {_how_to_open(into)}")
    return 0


class _Execution(threading.Thread):
    """The notebook at work; written to its file however it ends."""

    def __init__(self, notebook: nbformat.NotebookNode, into: Path) -> None:
        super().__init__(daemon=True)
        self.notebook = notebook
        self.into = into
        self.error: str | None = None

    def run(self) -> None:
        client = NotebookClient(
            self.notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            resources={"metadata": {"path": str(self.into.parent)}},
        )
        try:
            client.execute()
        except CellExecutionError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
        nbformat.write(self.notebook, self.into)


def _show_training(execution: threading.Thread, root: Path, known: set[str]) -> None:
    """Waits for the run that the notebook starts, then shows its progress."""
    while execution.is_alive():
        fresh = [folder for folder in list_folders(root) if folder.run not in known and folder.spec.is_file()]
        if fresh:
            watch(Run(find_folder(fresh[0].run, root)))
            return
        time.sleep(LOOK_EVERY_S)


def _how_to_open(file: Path) -> str:
    shown = file.name if file.parent == Path.cwd() else str(file)
    install = "" if importlib.util.find_spec("jupyterlab") else "pip install jupyterlab && "
    return f"{install}jupyter lab {shown}"
