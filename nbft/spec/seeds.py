"""The YAML of one run of a series: the series' own text with a seed in place of `seeds`."""

from __future__ import annotations

import copy
from typing import Any

from nbft.spec.rewrite import rewritten
from nbft.spec.text import LINE_BREAK, SpecText
from nbft.spec.yaml_text import read_yaml


def text_of_seed(text: str, seed: int, split_seed: int) -> str:
    """Returns the text that trains with this seed alone, on the same split; comments and all else stay as they are."""
    read = read_yaml(_without_seeds(text))
    wanted: dict[str, Any] = copy.deepcopy(read.data)
    wanted.pop("seeds", None)
    wanted["seed"] = seed
    wanted["data"]["split_seed"] = split_seed
    return rewritten(read, {("seed",): seed, ("data", "split_seed"): split_seed}, wanted)


def _without_seeds(text: str) -> str:
    """Returns the text with `seed` in place of the key `seeds`, or without its line where there is a seed already."""
    read = read_yaml(text)
    key, value = read.keys.get(("seeds",)), read.values.get(("seeds",))
    if key is None or value is None:
        return text
    start = _offset(read, key.line, key.column)
    in_lines = [span for path, span in read.values.items() if path[:1] == ("seeds",) and span.line > key.line]
    last = max(in_lines, default=value) if value.line > key.line else value  # a list ends where the next key begins
    end = _offset(read, last.end_line, last.end_column)
    if ("seed",) not in read.keys:
        return f"{text[:start]}seed: 0{text[end:]}"
    is_alone = not read.lines[key.line][: key.column].strip()
    after = LINE_BREAK.search(text, end)
    if is_alone and not text[end : after.start() if after else len(text)].partition("#")[0].strip():
        return text[: start - key.column] + (text[after.end() :] if after else "")
    return text  # in braces: the whole is written anew


def _offset(read: SpecText, line: int, column: int) -> int:
    starts = [0, *(match.end() for match in LINE_BREAK.finditer(read.text))]
    return starts[line] + column
