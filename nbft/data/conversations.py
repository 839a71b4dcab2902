"""Which form of conversation a data set has (OpenAI, ShareGPT, alpaca, prompt and completion), and its rows as messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.data.messages import Message, Unusable, clean_message, flaw_of, from_json, tool_list
from nbft.errors import DataError

KNOWN = {
    "messages": ("messages", "conversations", "conversation", "dialog", "dialogue", "chat"),
    "prompt": ("instruction", "prompt", "question", "query", "user", "human"),
    "completion": ("output", "completion", "response", "answer", "assistant", "reply"),
    "input": ("input", "context"),
    "system": ("system", "system_prompt", "system_message"),
    "history": ("history",),
    "tools": ("tools", "functions"),
}
"""Names by which columns are recognised, the likeliest first."""
PREFERENCE = (
    "Learning from preferences is not what the task chat does: it learns answers as they stand, and would learn the "
    "bad ones too."
)
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Form:
    """How a data set writes conversations."""

    name: str
    """What people call the form."""
    columns: dict[str, str]
    """Which column holds what, by role: messages, or prompt and completion; input, system, history, tools, label."""

    def __str__(self) -> str:
        shown = ", ".join(role if role == column else f"{role} {column!r}" for role, column in self.columns.items())
        return f"{self.name} ({shown})"


def recognise_form(columns: Sequence[str], sample: Rows, given: Mapping[str, str | None], told: str = "") -> Form:
    """Returns the form of rows, seen from column names and a sample of rows; `given` is what the spec says.

    `told` is what there is to say of pairs that are refused.
    Raises DataError for columns that hold no conversations, and for preference data, naming the part of it that can be
    learnt.
    """
    roles = (*KNOWN, "label")
    found = {role: column for role, column in given.items() if column is not None and role in roles}
    _refuse_pairs(columns, sample, found, told)
    names = {column.lower(): column for column in columns}
    is_pair = "prompt" in found and "messages" not in found
    wanted = [role for role in KNOWN if role not in found and not (role == "messages" and is_pair)]
    for role in wanted:
        if role in ("prompt", "completion") and "messages" in found:
            continue
        match = next((names[n] for n in KNOWN[role] if n in names and names[n] not in found.values()), None)
        if match is not None and _may_hold(role, match, sample):
            found[role] = match
    if "prompt" not in found and "input" in found:  # columns called input and output
        found["prompt"] = found.pop("input")
    if "messages" in found:
        form = Form(_kind_of_messages(found["messages"], sample), _ordered(found, ("messages", "completion")))
    elif "prompt" in found and "completion" in found:
        is_alpaca = found["prompt"].lower() == "instruction"
        kind = "alpaca rows" if is_alpaca else "prompts and completions"
        form = Form(kind, _ordered(found, ("prompt", "input", "completion", "history")))
    else:
        raise _no_form(columns, found)
    _refuse_marked(columns, sample, form, given)
    return form


def _ordered(found: Mapping[str, str], roles: tuple[str, ...]) -> dict[str, str]:
    return {role: found[role] for role in (*roles, "system", "tools", "label") if role in found}


def _values(column: str, sample: Rows) -> list[Any]:
    return [value for row in sample if (value := from_json(row.get(column))) not in (None, "", [])]


def _may_hold(role: str, column: str, sample: Rows) -> bool:
    """A column called `chat` or `messages` that holds no lists is something else."""
    values = _values(column, sample)
    return role != "messages" or any(isinstance(value, list) for value in values)


def _kind_of_messages(column: str, sample: Rows) -> str:
    keys: list[str] = []
    for value in _values(column, sample):
        message = value[0] if isinstance(value, list) else None
        if not isinstance(message, Mapping):
            break
        keys = [key for key, part in message.items() if part is not None]
        if {"from", "value"} <= set(keys):
            return "ShareGPT conversations"
        if "role" in keys:
            return "OpenAI messages"
    shown = f"messages with {', '.join(keys)}" if keys else "no lists of messages"
    raise DataError(
        f"Column {column!r} holds {shown}.",
        "A message has role and content (OpenAI), or from and value (ShareGPT).",
        "data.columns.messages",
    )


def _no_form(columns: Sequence[str], found: Mapping[str, str]) -> DataError:
    is_half = next((role for role in ("prompt", "completion") if role in found), None)
    missing = "completion" if is_half == "prompt" else "prompt"
    what = (
        f"Column {found[is_half]!r} is the {is_half}, and no column is known to hold the {missing}."
        if is_half
        else "No column of the data is known to hold conversations."
    )
    return DataError(
        what,
        f"Its columns: {', '.join(columns)}.\n"
        "Say it, as   columns: {messages: ...}   or   columns: {prompt: ..., completion: ...}",
        "data.columns",
    )


# Preference data


def equal_pairs(columns: Mapping[str, Iterable[Any]]) -> list[int]:
    """Returns the rows, from 0, in which the chosen and the rejected answer are the same."""
    names = {name.lower(): name for name in columns}
    if not {"chosen", "rejected"} <= set(names):
        return []
    pairs = zip(columns[names["chosen"]], columns[names["rejected"]], strict=True)
    return [number for number, (chosen, rejected) in enumerate(pairs) if chosen and chosen == rejected]


def _refuse_pairs(columns: Sequence[str], sample: Rows, found: Mapping[str, str], told: str) -> None:
    """Refuses rows of a chosen and a rejected answer, unless the spec says which of them is to be learnt."""
    names = {column.lower(): column for column in columns}
    if not {"chosen", "rejected"} <= set(names) or {"messages", "prompt", "completion"} & set(found):
        return
    chosen = names["chosen"]
    messages = next((names[n] for n in KNOWN["messages"] if n in names), None)
    prompt = next((names[n] for n in KNOWN["prompt"] if n in names), None)
    if any(isinstance(value, list) and len(value) > 1 for value in _values(chosen, sample)):
        part = f"messages: {chosen}"
    elif messages or prompt:
        part = f"messages: {messages}, completion: {chosen}" if messages else f"prompt: {prompt}, completion: {chosen}"
    else:
        part = f"messages: {chosen}"
    raise DataError(
        f"This is preference data: columns {chosen!r} and {names['rejected']!r} hold a better and a worse answer. "
        f"{PREFERENCE} {told}".rstrip(),
        f"To learn the better answers alone:   columns: {{{part}}}",
        "data.columns",
    )


def _refuse_marked(columns: Sequence[str], sample: Rows, form: Form, given: Mapping[str, str | None]) -> None:
    """Refuses conversations marked good or bad (as for KTO), unless the spec names columns itself."""
    if any(given.get(role) for role in ("messages", "prompt", "label")):
        return
    label = next((c for c in columns if c.lower() in ("label", "kto_tag") and c not in form.columns.values()), None)
    values = [row.get(label) for row in sample if row.get(label) is not None] if label else []
    if not values or not all(isinstance(value, bool) for value in values):
        return
    role = "messages" if "messages" in form.columns else "prompt"
    raise DataError(
        f"This is preference data: column {label!r} marks {'conversations' if role == 'messages' else 'answers'} as "
        f"good or bad (KTO). {PREFERENCE}",
        f"To learn the good ones alone:   columns: {{{role}: {form.columns[role]}, label: {label}}}",
        "data.columns",
    )


# Rows


def conversation(row: Mapping[str, Any], form: Form) -> tuple[list[Message], list[dict[str, Any]]]:
    """Returns a row's messages and its tools; raises Unusable where nothing can be learnt from it."""
    column = form.columns
    if "label" in column and not row.get(column["label"]):
        raise Unusable(f"column {column['label']!r} marks it as bad")
    messages = _whole(row, column["messages"]) if "messages" in column else _asked(row, form)
    if "completion" in column:
        messages += _answer(row.get(column["completion"]))
    system = row.get(column.get("system", ""))
    if system and not (messages and messages[0]["role"] == "system"):
        messages.insert(0, {"role": "system", "content": str(system)})
    flaw = flaw_of(messages)
    if flaw:
        raise Unusable(flaw)
    return messages, tool_list(row.get(column.get("tools", "")))


def _whole(row: Mapping[str, Any], column: str) -> list[Message]:
    value = from_json(row.get(column))
    if not isinstance(value, list) or not value:
        raise Unusable("there is no message")
    return [clean_message(message) for message in value]


def _asked(row: Mapping[str, Any], form: Form) -> list[Message]:
    """A prompt is a text, what the instruction is about appended, or messages."""
    prompt = from_json(row.get(form.columns["prompt"]))
    if _is_messages(prompt):
        return [clean_message(message) for message in prompt]
    messages = []
    for turn in from_json(row.get(form.columns.get("history", ""))) or []:
        if not isinstance(turn, list | tuple) or len(turn) != 2:
            raise Unusable("the history is no list of pairs")
        messages += [
            {"role": role, "content": str(t or "")} for role, t in zip(("user", "assistant"), turn, strict=True)
        ]
    about = row.get(form.columns.get("input", ""))
    asked = [str(part).strip() for part in (row.get(form.columns["prompt"]), about) if part and str(part).strip()]
    if not asked:
        raise Unusable("the prompt is empty")
    return [*messages, {"role": "user", "content": "\n".join(asked)}]


def _answer(value: Any) -> list[Message]:
    found = from_json(value)
    if isinstance(found, Mapping) and ("role" in found or "from" in found):
        return [clean_message(found)]
    if _is_messages(found):
        return [clean_message(message) for message in found]
    return [{"role": "assistant", "content": "" if value is None else str(value).strip()}]


def _is_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
