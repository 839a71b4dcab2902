"""Imports point one way, the left side needs no torch, and modules stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import nbft

ROOT = Path(nbft.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))

LEFT = [
    "cli",
    "quickstart",
    "terminal",
    "notebook",
    "telling",
    "mask",
    "asking",
    "comparison",
    "report",
    "series",
    "data_check",
    "checkup",
    "panels",
    "voting",
    "labelling",
    "resuming",
    "run",
    "evaluation",
    "evaluation_request",
    "evaluation_rows",
    "launch",
    "inference",
    "statistics",
    "functions",
    "clean_text",
    "record",
    "spec",
    "starter",
]
RIGHT = [
    "worker",
    "engine",
    "tasks",
    "methods",
    "inference",
    "metrics",
    "statistics",
    "data",
    "functions",
    "clean_text",
    "record",
    "spec",
    "starter",
]
"""From the top down: a module may import those to its right only; the sides meet at record and spec."""
MAKERS = ("distil", "corpus", "lessons", "student")
"""How the starter model was made: run by hand, imported by nothing else."""
BELOW_ALL = ["errors"]
HEAVY = ["torch", "transformers", "datasets", "evaluate", "peft", "sklearn", "accelerate"]
BLOCK = f"""
import sys
class Block:
    def find_spec(self, name, *_):
        if name.partition('.')[0] in {HEAVY!r}:
            raise ImportError(name)
sys.meta_path.insert(0, Block())"""
"""Not by None in sys.modules: scipy looks there whether a number is torch's."""
ALLOWED = {
    ("run.py", "series"),  # what it starts where a spec has several seeds
    ("run.py", "report"),  # a door to what is made of a run
    ("launch/inline.py", "worker"),  # runs the worker in place, for tests and debuggers
    ("worker.py", "launch"),  # the worker of one seed starts that of the next: a series needs nobody who waits
    ("run.py", "panels"),  # draws a figure, when it is asked for one
}
MAX_LINES = 300
MAX_FUNCTION_LINES = 50


def own_name(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} if node.module != "nbft" else {f"nbft.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("nbft.")}


def may_import(own: str, other: str) -> bool:
    if other in BELOW_ALL or own in ("__init__", other):
        return True
    sides = [side for side in (LEFT, RIGHT) if own in side]
    return any(other in side and side.index(other) > side.index(own) for side in sides)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_down(file: Path):
    here, own = file.relative_to(ROOT).as_posix(), own_name(file)
    known = [*LEFT, *RIGHT, *BELOW_ALL, "__init__"]
    assert own in known, f"say in LEFT or RIGHT where {own} stands"
    upward = sorted(t for t in imports_of(file) if t in known and not may_import(own, t) and (here, t) not in ALLOWED)
    assert not upward, f"{here} imports {upward}, which stand above it: pass it in, or move the shared part down"


def test_the_left_side_needs_no_torch():
    names = [
        ".".join(file.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        for file in MODULES
        if own_name(file) in ("__init__", "errors", *LEFT) and file.stem not in MAKERS
    ]
    code = f"{BLOCK}\nimport importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_modules_and_functions_stay_small(file: Path):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name}: {length} lines"


def test_public_names_are_there_and_listed():
    assert sorted(nbft.__all__) == nbft.__all__
    for name in nbft.__all__:
        assert getattr(nbft, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        import_module("nbft").nonsense  # noqa: B018
