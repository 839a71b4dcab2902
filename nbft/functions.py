"""Functions of the notebook that a run uses: written into its folder, read back there, and called with errors in words."""

from __future__ import annotations

import inspect
import pickle
import textwrap
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbft.clean_text import text_step
from nbft.errors import NbftError
from nbft.record.folder import RunFolder
from nbft.spec.cleaning import steps_of
from nbft.spec.sections import RunSpec


class Function:
    """A function of the notebook, called by its name in the spec."""

    def __init__(self, name: str, path: str, call: Callable[..., Any], source: str = "") -> None:
        self.name = name
        self.path = path
        """Where the spec names it: `train.loss`."""
        self._call = call
        self._source = source.splitlines()

    def __call__(self, *arguments: Any) -> Any:
        """Returns what the function returns; raises NbftError, with the function's own line, for what it raises."""
        try:
            return self._call(*arguments)
        except Exception as error:
            what = f"${self.name} failed: {type(error).__name__}: {error}"
            raise NbftError(what, self._line(error), self.path) from error

    def on_text(self, text: str) -> str:
        """Returns the text that the function makes of a text."""
        made = self(text)
        if not isinstance(made, str):
            raise self.wrong(made, "text")
        return made

    def on_row_text(self, text: str) -> str | None:
        """Returns the text made of a row's text, None where the function drops the row by None or False; True keeps it."""
        made = self(text)
        if made is None or made is False:
            return None
        if made is True:
            return text
        if not isinstance(made, str):
            raise self.wrong(made, "text, None or False")
        return made

    def on_kept_text(self, text: str) -> str:
        """Returns the same where no row can be dropped: what would be dropped stays as it is."""
        made = self.on_row_text(text)
        return text if made is None else made

    def wrong(self, returned: Any, wanted: str) -> NbftError:
        """Returns the error for a value that is not what the function should return."""
        return NbftError(f"${self.name} returned a {type(returned).__name__}, not {wanted}.", "", self.path)

    def _line(self, error: Exception) -> str:
        """Returns the innermost line of the function's own file that the error came through."""
        code = getattr(self._call, "__code__", None)
        own = [f for f in traceback.extract_tb(error.__traceback__) if code and f.filename == code.co_filename]
        if code is None or not own:
            return ""
        place = (own[-1].lineno or 0) - code.co_firstlineno
        shown = f":  {self._source[place].strip()}" if 0 <= place < len(self._source) else "."
        return f"In line {place + 1} of it{shown}"


def keep_functions(functions: Mapping[str, Callable[..., Any]], folder: RunFolder) -> None:
    """Writes each function as NAME.pkl for the worker and, where its source can be had, as NAME.py for people."""
    if not functions:
        return
    folder.variables.mkdir(exist_ok=True)
    for name, function in functions.items():
        (folder.variables / f"{name}.pkl").write_bytes(packed(name, function))
        source = _source(function)
        if source:
            (folder.variables / f"{name}.py").write_text(source, encoding="utf-8")


def packed(name: str, function: Callable[..., Any]) -> bytes:
    """Returns a function as bytes, with what it holds; raises NbftError where it can't be handed over."""
    import cloudpickle

    try:
        return cloudpickle.dumps(function)
    except Exception as error:  # whatever the objects that it holds raise
        raise NbftError(f"${name} can't be handed to the worker: {type(error).__name__}: {error}.") from None


def _source(function: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""


def named_functions(spec: RunSpec) -> dict[str, str]:
    """Returns the functions that a spec names, and where: {`my_loss`: `train.loss`}."""
    places = [(name, "evaluate.metrics") for name in spec.evaluate.metrics or []]
    places += [(step.name, "data.clean") for step in steps_of(spec.data.clean)]
    places += [(spec.data.preprocess or "", "data.preprocess"), (spec.train.loss or "", "train.loss")]
    return {name[1:]: path for name, path in places if name.startswith("$")}


def load_functions(spec: RunSpec, folder: RunFolder) -> dict[str, Function]:
    """Returns the functions that the spec names, from the run's own folder alone; raises NbftError."""
    return {name: load_function(name, path, folder.variables) for name, path in named_functions(spec).items()}


def load_function(name: str, path: str, variables: Path) -> Function:
    """Returns a function from the folder that `keep_functions` wrote it to; raises NbftError."""
    file, source = variables / f"{name}.pkl", variables / f"{name}.py"
    try:
        call = pickle.loads(file.read_bytes())  # noqa: S301 - written by keep_functions when the run was started
    except FileNotFoundError:
        what = f"${name} is a function of a notebook, and this run's folder holds no copy of it."
        raise NbftError(what, "Start the run from the notebook that has it.", path) from None
    except Exception as error:  # whatever importing what it needs raises
        raise NbftError(f"${name} can't be loaded: {type(error).__name__}: {error}.", "", path) from error
    return Function(name, path, call, source.read_text(encoding="utf-8") if source.is_file() else "")


def preprocessed(inputs: Any, spec: RunSpec, folder: RunFolder) -> Any:
    """Returns inputs as the run's model learnt to read them: after `data.preprocess` and the text steps of `data.clean`."""
    if not changes_texts(spec):
        return inputs
    changes = text_changes(spec, load_functions(spec, folder))

    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return _each_text(inputs, change)


def changes_texts(spec: RunSpec) -> bool:
    """Returns whether the spec changes texts before they are tokenised."""
    steps = steps_of(spec.data.clean)
    return spec.data.preprocess is not None or any(step.function or text_step(step) for step in steps)


def text_changes(spec: RunSpec, functions: Mapping[str, Function]) -> list[Callable[[str], str]]:
    """Returns what texts go through, in order; a function that would drop a row leaves its text as it is."""
    changes = [functions[spec.data.preprocess[1:]].on_text] if spec.data.preprocess else []
    for step in steps_of(spec.data.clean):
        change = functions[step.function].on_kept_text if step.function else text_step(step)
        changes += [change] if change else []
    return changes


def _each_text(inputs: Any, change: Callable[[str], str]) -> Any:
    if isinstance(inputs, str):
        return change(inputs)
    if isinstance(inputs, Mapping):
        is_message = "role" in inputs or {"from", "value"} <= set(inputs)
        changed = {"content", "value"} if is_message else set(inputs) - {"tools"}
        return {key: _each_text(value, change) if key in changed else value for key, value in inputs.items()}
    if isinstance(inputs, list | tuple):
        made = [_each_text(item, change) for item in inputs]
        return tuple(made) if isinstance(inputs, tuple) else made
    return inputs


def notes_on(functions: Mapping[str, Function], folder: RunFolder) -> list[str]:
    """Returns a sentence about each function, for the record."""
    notes = []
    for name, function in functions.items():
        source = folder.variables / f"{name}.py"
        kept = f"its source is variables/{source.name}" if source.is_file() else "its source could not be had"
        notes.append(f"{function.path} uses ${name}, a function of the notebook: {kept}.")
    return notes
