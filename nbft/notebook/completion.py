"""Tab and Shift-Tab in `%%finetune` and `%%ft_data` cells, answered in the kernel, so that every front end has them.

Tab goes through IPython's own matchers; Shift-Tab (`do_inspect`) has no such seam, so the kernel's method is wrapped.
"""

from __future__ import annotations

import functools
import html
import inspect
import re
from collections.abc import Callable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nbft.evaluation_request import BASE
from nbft.notebook.eval_magic import FLAGS as EVAL_FLAGS
from nbft.notebook.eval_magic import KEYS as EVAL_KEYS
from nbft.notebook.magics import FLAGS
from nbft.record.folder import list_folders, runs_root
from nbft.spec.completion import Completion, Hover, Surroundings, complete, hover
from nbft.spec.fields import keys
from nbft.spec.reference import reference_markdown

_CELL = re.compile(r"\s*%%(?:finetune|ft_data)(?!\w)")
_RUN_MAGIC = re.compile(
    r"\s*%ft_(?:(?:attach|attention|resume|save|stop|try)\s+|compare\s+(?:[\w.-]+\s+)*)(?P<word>[\w.-]*)$"
)
_EVAL_CELL = re.compile(r"\s*%%ft_eval(?!\w)[^\n]*\n")
_EVAL_MAGIC = re.compile(r"\s*%ft_eval\s+(?:.*\s)?(?P<word>[\w.-]*)$")
_SET = re.compile(r"--set[ =](?P<word>[\w.]*)$")
_SET_VALUE = re.compile(r"--set[ =](?P<path>\w+(?:\.\w+)*)=(?P<word>\S*)$")
_NAMED_VARIABLES = 500
"""Variables that are looked at for one key press."""


def load(ipython: Any) -> None:
    """Registers completion and hover with a shell; a second call changes nothing."""
    unload(ipython)
    matchers = getattr(ipython.Completer, "custom_matchers", None)
    if matchers is None:
        return  # IPython before 8.6 has no matchers
    matchers.insert(0, _matcher(ipython))
    kernel = getattr(ipython, "kernel", None)
    if kernel is not None:
        kernel.do_inspect = _inspector(kernel.do_inspect)


def unload(ipython: Any) -> None:
    """Takes completion and hover away."""
    matchers = getattr(ipython.Completer, "custom_matchers", [])
    matchers[:] = [matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != "nbft.finetune"]
    kernel = getattr(ipython, "kernel", None)
    original = getattr(getattr(kernel, "do_inspect", None), "before_nbft", None)
    if kernel is not None and original is not None:
        kernel.do_inspect = original


def _matcher(ipython: Any) -> Callable[[CompletionContext], dict[str, Any]]:
    @context_matcher(identifier="nbft.finetune")
    def finetune(context: CompletionContext) -> dict[str, Any]:
        text = context.full_text
        lines = text.split("\n")
        cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
        found = complete_cell(text, cursor, functools.partial(_surroundings, ipython))
        if found is None:
            return {"completions": [], "suppress": False}
        start, items = found
        return {
            "completions": [SimpleCompletion(item.text, type=item.kind) for item in items],
            "matched_fragment": text[start:cursor],
            "suppress": True,
            "ordered": True,
        }

    return finetune


def complete_cell(
    text: str, cursor: int, around: Callable[[], Surroundings]
) -> tuple[int, tuple[Completion, ...]] | None:
    """Returns where the completions begin and what they are; None where the cell is none of ours."""
    line = text[:cursor].rpartition("\n")[2]
    magic = _RUN_MAGIC.match(line) or _EVAL_MAGIC.match(line)
    if magic:
        return cursor - len(magic["word"]), _on_line(magic, around())
    if not _CELL.match(text):
        return _in_evaluation(text, line, cursor, around()) if _EVAL_CELL.match(text[:cursor]) else None
    yaml_start = _first_line_end(text)
    if cursor < yaml_start:
        setting = _SET.search(line)
        if setting:
            names = [key.name for key in keys().values() if key.takes_value]
            return cursor - len(setting["word"]), _starting(setting["word"], names, "key")
        value = _SET_VALUE.search(line)
        if value:
            return _set_value(text[yaml_start:], value["path"], value["word"], cursor, around())
        word = re.search(r"[\w-]*$", line)
        typed = word[0] if word else ""
        return cursor - len(typed), _starting(typed, FLAGS, "flag") if typed.startswith("-") or not typed else ()
    found = complete(text[yaml_start:], cursor - yaml_start, around())
    return found.start + yaml_start, found.items


def _on_line(magic: re.Match[str], around: Surroundings) -> tuple[Completion, ...]:
    """Returns the runs that a line magic could name, or the flags of `%ft_eval`."""
    word, is_evaluating = magic["word"], magic.re is _EVAL_MAGIC
    if is_evaluating and word.startswith("-"):
        return _starting(word, EVAL_FLAGS, "flag")
    return _starting(word, (*around.runs, BASE) if is_evaluating else around.runs, "run")


def _in_evaluation(
    text: str, line: str, cursor: int, around: Surroundings
) -> tuple[int, tuple[Completion, ...]] | None:
    """Returns the keys of a `%%ft_eval` cell that are not given yet, or the runs and parts that a line could name."""
    key = re.match(r"(?P<key>\w+)\s*:", line)
    word = re.search(r"[\w.-]*$", line)
    typed = word[0] if word else ""
    if key is None:
        open_keys = [f"{name}: " for name in EVAL_KEYS if not re.search(rf"^{name}\s*:", text, re.MULTILINE)]
        return (cursor - len(typed), _starting(typed, open_keys, "key")) if line == typed else None
    known = {"runs": (*around.runs, BASE), "by": ("label", "length")}.get(key["key"], ())
    return cursor - len(typed), _starting(typed, known, "value")


def _set_value(
    yaml: str, path: str, word: str, cursor: int, around: Surroundings
) -> tuple[int, tuple[Completion, ...]]:
    """Returns what could be set, as if the key stood at the end of the cell."""
    section = "".join(f"{name}: {{" for name in path.split(".")[:-1])
    whole = f"{yaml.rstrip()}\n{section}{path.rpartition('.')[2]}: {word}"
    found = complete(whole, len(whole), around)
    return cursor - (len(whole) - found.start), found.items


def _first_line_end(text: str) -> int:
    """Returns where the YAML begins: behind the line of the magic."""
    magic = _CELL.match(text)
    end = text.find("\n", magic.end() if magic else 0)
    return len(text) + 1 if end < 0 else end + 1


def _starting(word: str, known: Any, kind: str) -> tuple[Completion, ...]:
    return tuple(Completion(name, kind) for name in known if name.startswith(word))


def _surroundings(ipython: Any) -> Surroundings:
    hidden = getattr(ipython, "user_ns_hidden", {})
    names = [name for name in reversed(list(ipython.user_ns)) if not name.startswith("_") and name not in hidden]
    return Surroundings(
        variables={name: ipython.user_ns[name] for name in names[:_NAMED_VARIABLES]},
        runs=[folder.run for folder in list_folders()],
        runs_root=runs_root(),
    )


def _inspector(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a kernel's do_inspect; the wrapper is a coroutine exactly where the original is one."""

    def inspect_cell(code: str, cursor_pos: int, *more: Any, **named: Any) -> Any:
        found = describe_cell(code, cursor_pos)
        if found is None:
            return original(code, cursor_pos, *more, **named)
        return _as_coroutine(found) if inspect.iscoroutinefunction(original) else found

    inspect_cell.before_nbft = original  # pyright: ignore[reportFunctionMemberAccess]
    return inspect_cell


async def _as_coroutine(found: dict[str, Any]) -> dict[str, Any]:
    return found


def describe_cell(code: str, cursor: int) -> dict[str, Any] | None:
    """Returns an inspect reply for a key of a `%%finetune` cell; None where the cell is none of ours."""
    if not _CELL.match(code):
        return None
    yaml_start = _first_line_end(code)
    if cursor < yaml_start:
        return _reply({"text/plain": reference_markdown(), "text/markdown": reference_markdown()})
    found = hover(code[yaml_start:], cursor - yaml_start)
    return _reply({"text/plain": str(found), "text/html": _html(found)} if found else {})


def _reply(data: dict[str, str]) -> dict[str, Any]:
    return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}


def _html(found: Hover) -> str:
    rows = [("takes", found.takes), ("if left out", found.default), ("example", found.example)]
    shown = "".join(f"<div>{name}: <code>{html.escape(value)}</code></div>" for name, value in rows if value)
    return f"<b>{html.escape(found.name)}</b><p>{html.escape(found.sentence)}</p>{shown}"
