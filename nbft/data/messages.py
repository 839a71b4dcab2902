"""Messages of a conversation, whatever tool wrote them -> {role, content, tool_calls, ...} as chat templates read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Message = dict[str, Any]

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "ipython": "tool",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
"""What tools call the one who speaks, and what templates call them."""
_CALLS = ("function_call", "tool_call")
_KEPT = ("name", "tool_call_id", "reasoning_content", "weight")
"""What else a message may say that a template, or the mask, reads."""


class Unusable(Exception):
    """A row that no conversation can be made of; its text says why, without the row's number."""


def clean_message(given: Any) -> Message:
    """Returns a message of OpenAI's or ShareGPT's form as templates read it; raises Unusable."""
    if not isinstance(given, Mapping):
        raise Unusable(f"a message is a {type(given).__name__}, not an object with role and content")
    said = given.get("role") or given.get("from")
    role = ROLES.get(str(said).strip().lower()) if said else None
    if role is None:
        raise Unusable(f"the role {said!r} is not known" if said else "a message has no role")
    content = text_of(given["value"] if given.get("value") is not None else given.get("content"))
    message: Message = {"role": role, "content": content}
    calls = given.get("tool_calls") or given.get("function_call")
    if str(said).strip().lower() in _CALLS and isinstance(from_json(content), dict | list):
        message["content"], calls = "", from_json(content)
    if calls:
        message["tool_calls"] = [_call(call) for call in (calls if isinstance(calls, list) else [calls])]
    message.update({key: given[key] for key in _KEPT if given.get(key) is not None})
    return message


def text_of(content: Any) -> str:
    """Returns the text of a message's content, parts joined; raises Unusable for pictures and sound."""
    if content is None:
        return ""
    if isinstance(content, list):
        kinds = {str(part.get("type", "text")) for part in content if isinstance(part, Mapping)} - {"text"}
        if kinds:
            raise Unusable(f"a message holds {', '.join(sorted(kinds))}, not only text")
        return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)
    return json.dumps(without_gaps(content), ensure_ascii=False) if isinstance(content, Mapping) else str(content)


def from_json(value: Any) -> Any:
    """Returns what a JSON text holds, anything else as it is."""
    if not (isinstance(value, str) and value.strip()[:1] in ("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def without_gaps(value: Any) -> Any:
    """Returns the value without keys that hold nothing: a table gives every object of a column the keys of all of them."""
    if isinstance(value, Mapping):
        return {key: without_gaps(part) for key, part in value.items() if part is not None}
    return [without_gaps(part) for part in value] if isinstance(value, list) else value


def _call(call: Any) -> dict[str, Any]:
    """Arguments become an object, as templates write them; OpenAI keeps them as JSON text."""
    call = without_gaps(from_json(call))
    function = call.get("function", call) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not function.get("name"):
        raise Unusable("a tool call names no function")
    arguments = from_json(function.get("arguments", function.get("parameters", {})))
    found = {"type": "function", "function": {"name": str(function["name"]), "arguments": arguments}}
    return {"id": call["id"], **found} if call.get("id") else found


def tool_list(value: Any) -> list[dict[str, Any]]:
    """Returns tools as JSON schemas in transformers' form; raises Unusable for what is no list of them."""
    tools = without_gaps(from_json(value))
    if not tools:
        return []
    if not isinstance(tools, list) or not all(isinstance(from_json(t), Mapping) for t in tools):
        raise Unusable("the tools are no list of objects")
    found = [dict(from_json(tool)) for tool in tools]
    return [tool if "function" in tool else {"type": "function", "function": tool} for tool in found]


def flaw_of(messages: Iterable[Message]) -> str:
    """Returns why nothing can be learnt from a conversation, empty where something can."""
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        return "no message is the assistant's"
    if not any(message["content"].strip() or message.get("tool_calls") for message in answers):
        return "every message of the assistant's is empty"
    return ""


def with_text(messages: list[Message], change: Callable[[str], str]) -> list[Message]:
    """Returns the messages with every text that is not empty changed."""
    return [{**m, "content": change(m["content"]) if m["content"] else ""} for m in messages]
