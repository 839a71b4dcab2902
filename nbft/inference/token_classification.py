"""What a tagger says of the words of a text: a label for each, and the spans that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.errors import RunError
from nbft.inference.base import Loaded, reading_as_trained
from nbft.inference.words import SHARED, Place, Window, joined, windows, words_of

OUTSIDE = "O"


@dataclass(frozen=True)
class Token:
    """A word and its label."""

    text: str
    start: int
    """Its first character in the text."""
    end: int
    """The first character after it."""
    label: str
    score: float
    """The label's probability; 0 for a word that the tokenizer drops, which is O."""

    def __repr__(self) -> str:
        return f"Token({self.text!r}, {self.label!r}, score={self.score:.3f})"


@dataclass(frozen=True)
class Span:
    """Words that belong together."""

    text: str
    start: int
    end: int
    label: str
    """The type (PER), without B- and I-."""
    score: float
    """Mean of the probabilities of its words' labels."""

    def __repr__(self) -> str:
        return f"Span({self.text!r}, {self.label!r}, start={self.start}, end={self.end}, score={self.score:.3f})"


@dataclass(frozen=True)
class Tagged:
    """What the model says of one text."""

    text: str
    """As it was given, or the given words with a space between them; places are those of characters in it."""
    tokens: list[Token]
    spans: list[Span]

    def __repr__(self) -> str:
        return f"Tagged({self.spans!r})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one text, or the words of one as {tokens: [...]}; a list of texts is several."""
    return isinstance(inputs, str | Mapping)


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a transformers pipeline that labels words by their first token, as the run did, and reads long texts whole."""
    from transformers import pipeline

    room = int(loaded.tokenizer.model_max_length) - loaded.tokenizer.num_special_tokens_to_add()
    options = {"trust_remote_code": False, "aggregation_strategy": "first", "stride": room // SHARED}
    if {"aggregation_strategy", "stride"} & set(kwargs):
        del options["stride"]
    made = pipeline("token-classification", model=loaded.folder, tokenizer=loaded.folder, **{**options, **kwargs})
    return reading_as_trained(made, loaded)


def predict(loaded: Loaded, inputs: list[Any], batch_size: int) -> list[Tagged]:
    """Returns what the model says of each text, or list of words; raises RunError for other inputs."""
    read = [_read(row) for row in inputs]
    texts, places = [text for text, _ in read], [words for _, words in read]
    made = windows(loaded.tokenizer, texts, places, int(loaded.tokenizer.model_max_length)) if texts else []
    tags = [[OUTSIDE] * len(words) for words in places]
    scores = [[0.0] * len(words) for words in places]
    order = sorted(range(len(made)), key=lambda i: len(made[i].inputs["input_ids"]))
    for at in range(0, len(order), batch_size):
        some = [made[i] for i in order[at : at + batch_size]]
        for window, labels, chances in zip(some, *_batch(loaded, some), strict=True):
            for position, word in window.words.items():
                tags[window.example][word] = labels[position]
                scores[window.example][word] = chances[position]
    return [_tagged(*row) for row in zip(texts, places, tags, scores, strict=True)]


def _read(row: Any) -> tuple[str, list[Place]]:
    if isinstance(row, Mapping):
        row = row.get("tokens", row.get("text"))
    if isinstance(row, str):
        return row, words_of(row)
    if isinstance(row, Sequence) and all(isinstance(word, str) for word in row):
        return joined(row)
    raise RunError(
        f"This is no text and no list of words: {repr(row)[:80]}",
        "Write  run.predict('a text'), run.predict({'tokens': ['its', 'words']}), or a list of texts or of lists of words.",
    )


def _batch(loaded: Loaded, some: Sequence[Window]) -> tuple[list[list[str]], list[list[float]]]:
    """Returns labels and probabilities of each window's tokens."""
    import torch
    from transformers.data.data_collator import pad_without_fast_tokenizer_warning

    rows = [window.inputs for window in some]
    batch = pad_without_fast_tokenizer_warning(loaded.tokenizer, rows, padding_side="right", return_tensors="pt")
    with torch.inference_mode():
        best = loaded.model(**batch).logits.float().softmax(dim=-1).max(dim=-1)  # (B, T)
    names = loaded.model.config.id2label
    return [[names[i] for i in row] for row in best.indices.tolist()], best.values.tolist()


def _tagged(text: str, places: list[Place], tags: list[str], scores: list[float]) -> Tagged:
    tokens = [
        Token(text[start:end], start, end, tag, score)
        for (start, end), tag, score in zip(places, tags, scores, strict=True)
    ]
    spans = []
    for first, last, label in stretches(tags):
        start, end = tokens[first].start, tokens[last].end
        mean = sum(scores[first : last + 1]) / (last + 1 - first)
        spans.append(Span(text[start:end], start, end, label, mean))
    return Tagged(text, tokens, spans)


def stretches(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Returns (first word, last word, type) of each span, as seqeval reads BIO: I- also begins one where none of its type runs.

    A tag without B- or I- is a span of one word.
    """
    found: list[tuple[int, int, str]] = []
    for word, tag in enumerate(tags):
        mark, label = split_tag(tag)
        if mark == "I" and found and found[-1][1:] == (word - 1, label):
            found[-1] = (found[-1][0], word, label)
        elif tag != OUTSIDE:
            found.append((word, word, label))
    return found


def split_tag(tag: str) -> tuple[str, str]:
    """Returns (`B`, `PER`) of B-PER; (``, tag) of a tag that is not so."""
    mark, dash, label = tag.partition("-")
    return (mark, label) if dash and label and mark in ("B", "I") else ("", tag)
