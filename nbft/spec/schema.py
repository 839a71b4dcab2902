"""The JSON Schema of a spec, for editors: the same keys, sentences and limits as the loader's, made from the sections."""

from __future__ import annotations

from typing import Any

from nbft.spec.fields import Names, keys
from nbft.spec.sections import RunSpec

DRAFT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE = {"type": "string", "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$"}
NULL = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """Returns the schema (draft 2020-12); `$variables` may stand wherever the loader takes them."""
    schema = RunSpec.model_json_schema()
    sections = schema.pop("$defs")
    return {"$schema": DRAFT, **_section(schema, (), sections)}


def _section(schema: dict[str, Any], path: Names, sections: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _property(value, (*path, name), sections) for name, value in schema["properties"].items()}
    title = ".".join(path) or "a run"
    found = {"title": title, "description": schema["description"], "type": "object", "properties": properties}
    if "required" in schema:
        found["required"] = schema["required"]
    return {**found, "additionalProperties": False}


def _property(schema: dict[str, Any], path: Names, sections: dict[str, Any]) -> dict[str, Any]:
    key = keys()[path]
    if key.section is not None:
        inner = _section(sections[schema["$ref"].rpartition("/")[2]], path, sections)
        bare = {"type": "string", "minLength": 1} if key.shorthand else VARIABLE
        choices = [bare, inner] if key.shorthand else [inner, bare]
        about = {"examples": list(key.examples)} if key.examples else {}
        return {"description": key.sentence, **about, "anyOf": choices if key.is_needed else [*choices, NULL]}
    about: dict[str, Any] = {"description": f"{key.sentence}\nTakes {key.words}."}
    if key.default is not None:
        about["default"] = key.default
    if key.examples:
        about["examples"] = list(key.examples)
    bare = _with_variables(_bare(schema))
    if key.may_be_blank and NULL not in bare.get("anyOf", []):
        bare = {"anyOf": [*bare.get("anyOf", [bare]), NULL]}
    return {**about, **bare}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in schema.items() if name not in ("title", "description", "default", "examples")
    }


def _with_variables(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema that also takes `$name`, in the list's items too."""
    choices = [_bare(choice) for choice in schema.get("anyOf", [schema])]
    for choice in choices:
        if "items" in choice:
            choice["items"] = _with_variables(choice["items"])
    takes_text = any(choice.get("type") == "string" and not _is_percentage(choice) for choice in choices)
    if not takes_text:
        choices.append(VARIABLE)
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _is_percentage(schema: dict[str, Any]) -> bool:
    return schema.get("pattern", "").endswith(r"%\s*$")
