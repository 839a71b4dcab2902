"""Token classification: a tag for every word, as in named entities and parts of speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.nn import functional
from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nbft.data.columns import Role, recognise
from nbft.data.rows import NothingLeft, cells
from nbft.errors import DataError, ModelError
from nbft.inference.token_classification import OUTSIDE, split_tag
from nbft.inference.words import joined, lengths_of, windows
from nbft.metrics.spans import span_metrics
from nbft.record.examination import Examination
from nbft.tasks.base import Collate, Features, Task, default_limit, map_columns
from nbft.tasks.class_weights import Loss
from nbft.tasks.examining import of_tags
from nbft.tasks.pretrained import load_model
from nbft.tasks.rare_labels import keep_every_label, refuse_unseen, strata_of
from nbft.tasks.tagged_rows import TaggedRow, has_spans, read_tagged
from nbft.tasks.tags import for_seqeval, scheme_of, tag_names, to_bio

ROLES = (
    Role("tokens", ("tokens", "words"), is_needed=False),
    Role("text", ("text", "sentence", "content", "document"), is_needed=False),
    Role(
        "tags",
        (
            "ner_tags",
            "tags",
            "ner",
            "entities",
            "spans",
            "upos",
            "word_labels",
            "labels",
            "label",
            "pos_tags",
            "chunk_tags",
        ),
    ),
)
MASKED = -100
"""The label of tokens that are neither learnt nor scored."""
_NOTES = {
    "IOB1": "The tags are IOB1: they were converted to BIO, in which every span begins with B-.",
    "BIOES": "The tags mark last and single words (BIOES or BILOU): they were converted to BIO.",
    "words": "The tags are not BIO: each word is judged by itself, and f1 is that of words with a tag other than O.",
}


class TokenClassification(Task):
    """Rows have `text`, its words as `starts` and `ends` in characters, and `tags`, one a word."""

    name = "token-classification"
    _scheme: str | None = None
    _said: tuple[list[list[str]], list[list[str]]] | None = None
    """The tags that were scored last, for whoever looks at them next."""

    @property
    def scheme(self) -> str:
        """How tags mark the words of a span."""
        return self._scheme or "BIO"

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns text, starts, ends and tags; rows without words are dropped with a warning."""
        source, tags, notes = self._columns(rows)
        read, said = read_tagged(rows, source, tags, self.preprocess)
        self.notes += [note for note in [*notes, *said.notes] if note not in self.notes]
        for message, fix in said.warnings:
            self.warn(f"{split}: {message}", fix)
        whole = [row for row in read if row is not None]
        if not whole:
            fix = f"Looked in {source!r}."
            raise NothingLeft(f"No row of the {split} data has words and tags.", fix, "data.columns")
        empty = [i for i, row in enumerate(read) if row is None]
        self.leave_out(split, len(read), empty, "have no words or no tags")
        return self._as_dataset(whole)

    def _columns(self, rows: Dataset) -> tuple[str, str, list[str]]:
        """Returns the columns of words (or text) and of tags, and notes; a text that is named goes before words that aren't."""
        given = {role.name: getattr(self.spec.data.columns, role.name) for role in ROLES}
        is_text = given["text"] is not None and given["tokens"] is None
        found, notes = recognise(rows, given, [role for role in ROLES if role.name != "tokens" or not is_text])
        if "text" in found and has_spans(rows, found["tags"]):
            return found["text"], found["tags"], notes
        source = found.get("tokens") or found.get("text")
        if source is None:
            raise DataError(
                "No column of the data is known to hold the words.",
                f"Its columns: {', '.join(rows.column_names)}.\nSay which it is, as in:  columns: {{tokens: ...}}",
                "data.columns",
            )
        return source, found["tags"], notes

    def _as_dataset(self, rows: list[TaggedRow]) -> Dataset:
        if self._scheme is None:
            self._scheme = scheme_of(row.tags for row in rows)
            self.notes += [_NOTES[self._scheme]] if self._scheme in _NOTES else []
        table = {
            "text": [row.text for row in rows],
            "starts": [[start for start, _ in row.places] for row in rows],
            "ends": [[end for _, end in row.places] for row in rows],
            "tags": [to_bio(row.tags, self._scheme) for row in rows],
        }
        return Dataset.from_dict(table)

    def map_texts(self, rows: Dataset, change: Callable[[str], str]) -> Dataset:
        """Returns the rows with every word changed by itself; one of which nothing would be left stays as it was."""

        def changed(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
            made: dict[str, list[Any]] = {"text": [], "starts": [], "ends": []}
            for text, starts, ends in zip(batch["text"], batch["starts"], batch["ends"], strict=True):
                words = [text[start:end] for start, end in zip(starts, ends, strict=True)]
                whole, places = joined([change(word).strip() or word for word in words])
                made["text"].append(whole)
                made["starts"].append([start for start, _ in places])
                made["ends"].append([end for _, end in places])
            return made

        return map_columns(rows, changed)

    def targets(self, rows: Dataset) -> Iterable[str]:
        """Yields the tags of each row."""
        return (" ".join(tags) for tags in cells(rows, "tags"))

    def _types(self, rows: Dataset) -> list[list[str]]:
        """Returns the types that each row has, without O: what a split must not lose."""
        return [sorted({split_tag(tag)[1] for tag in tags if tag != OUTSIDE}) for tags in cells(rows, "tags")]

    def strata(self, rows: Dataset) -> Sequence[str]:
        """Returns the rarest type of each row: a split keeps their proportions."""
        return strata_of(self._types(rows))

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note); every type keeps a row to be learnt from."""
        return keep_every_label(super().hold_out(rows, size), self._types)

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Takes O, and B- and I- of each type; refuses rows without a single entity, and types that training never saw."""
        names = tag_names(train["tags"], self.scheme)
        if len(names) < 2:
            raise DataError(
                f"Every word of the {len(train)} training rows has the tag {names[0]}: there is nothing to find.",
                "Is data.columns.tags the right column?",
                "data.train",
            )
        self.take_labels(names, others)

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Takes tags in the order of the model's classes; refuses splits that hold others."""
        self.labels = labels
        if any(label.startswith(("B-", "I-")) for label in labels):
            self._scheme = "BIO"  # of a trained model; its rows were converted
        self._numbers = {label: i for i, label in enumerate(labels)}
        for split, rows in splits.items():
            refuse_unseen(split, rows["tags"][:], labels, "tag")

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the encoder with a head of one logit a tag for every token, the tags named in the config."""
        return load_model(
            AutoModelForTokenClassification,
            self.spec.model,
            tokenizer,
            num_labels=len(self.labels),
            id2label=dict(enumerate(self.labels)),
            label2id=self._numbers,
            ignore_mismatched_sizes=True,
        )

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns windows of input_ids and labels, -100 but for the first token of each word; `words` are those judged."""
        if not tokenizer.is_fast:
            what = f"The tokenizer {type(tokenizer).__name__} can't say which token belongs to which word."
            raise ModelError(what, "Take a model with a fast tokenizer.", "model")
        texts, tags = rows["text"][:], rows["tags"][:]
        lengths = lengths_of(tokenizer, texts)
        limit = max_tokens or default_limit(lengths, tokenizer, self.model_limit)
        places = [list(zip(s, e, strict=True)) for s, e in zip(cells(rows, "starts"), cells(rows, "ends"), strict=True)]
        made = [window for window in windows(tokenizer, texts, places, limit) if window.words]
        if not made:
            raise DataError("The tokenizer makes no tokens of these words.", "Is it the model's own?", "tokenizer")
        self._say_long(sum(length > limit for length in lengths), limit)
        columns = {name: [window.inputs[name] for window in made] for name in made[0].inputs}
        columns["labels"] = [[MASKED] * len(window.inputs["input_ids"]) for window in made]
        for window, labels in zip(made, columns["labels"], strict=True):
            for position, word in window.words.items():
                labels[position] = self._numbers[tags[window.example][word]]
        columns["words"] = [list(window.words.values()) for window in made]
        found = [len(ids) for ids in columns["input_ids"]]
        of_row = [window.example for window in made]
        return Features(Dataset.from_dict(columns), found, 0, limit, rows, of_row, [lengths[i] for i in of_row])

    def _say_long(self, count: int, limit: int) -> None:
        note = (
            f"{count} training rows are longer than {limit} tokens: they are read in windows that overlap, none is cut."
        )
        if count and not any("read in windows" in said for said in self.notes):
            self.notes.append(note)

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads to the longest row of the batch, labels with -100."""
        return DataCollatorForTokenClassification(tokenizer, pad_to_multiple_of=self.pad_to_multiple_of)

    def loss(self) -> Loss:
        """Returns the mean cross-entropy of the words of a step, however many passes it takes."""
        smoothing = self.spec.train.label_smoothing

        def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
            logits, truth = outputs["logits"].float().flatten(0, 1), labels.flatten()
            total = functional.cross_entropy(logits, truth, reduction="sum", label_smoothing=smoothing)
            return total / (truth.ne(MASKED).sum() if num_items_in_batch is None else num_items_in_batch)

        return loss

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns the likeliest class (B, T), and minus the logarithm of the true one's probability (B, T)."""
        scores = (logits[0] if isinstance(logits, tuple) else logits).float()
        losses = functional.cross_entropy(scores.transpose(1, 2), labels, reduction="none")
        return scores.argmax(dim=-1), losses

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[list[list[str]], list[list[str]]]:
        """Returns the tags predicted and the true ones, a list of them for each row."""
        assert features.examples is not None
        truth: list[list[str]] = features.examples["tags"][:]
        found = [[OUTSIDE] * len(tags) for tags in truth]  # a word that the tokenizer drops is O
        windows_of_rows = zip(features.example_of, cells(features.rows, "words"), outputs[0], references, strict=True)
        for example, words, classes, labels in windows_of_rows:
            judged = classes[np.asarray(labels) != MASKED]
            for word, number in zip(words, judged, strict=True):
                found[example][word] = self.labels[number]
        return found, truth

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns seqeval's metrics, and the mean loss of words where it is the task's own."""
        found, truth = self._said = self.answers(outputs, references, features)
        pairs = [[for_seqeval(tags, self.scheme) for tags in side] for side in (found, truth)]
        values = span_metrics(pairs[0], pairs[1], metrics)
        if self.spec.train.loss is None:
            values["loss"] = float(outputs[1][references != MASKED].mean(dtype=np.float64))
        return values

    def examine(self, outputs: Any, references: Any, features: Features) -> Examination | None:
        """Returns what was taken for what, word by word, and the rows with the most mistakes."""
        examples = features.examples
        if examples is None:
            return None

        def words_of(i: int) -> list[str]:
            row = examples[i]
            return [row["text"][start:end] for start, end in zip(row["starts"], row["ends"], strict=True)]

        said, self._said = self._said or self.answers(outputs, references, features), None
        return of_tags(*said, words_of)
