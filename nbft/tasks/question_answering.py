"""Question answering: the answer to a question is a stretch of its context, or there is none."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from transformers import (
    AutoModelForQuestionAnswering,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES

from nbft.data.rows import cells
from nbft.data.slices import chosen
from nbft.errors import DataError, ModelError
from nbft.inference.question_answering import IMPOSSIBLE, best_of, may_answer_nothing
from nbft.inference.spans import Best, Found, decide, spans_of, trimmed
from nbft.inference.windows import Window, windows
from nbft.metrics.answers import answer_metrics, is_by_character, score_answer
from nbft.record.examination import MAX_ROWS, Examination
from nbft.tasks.answered_rows import answered_rows, changed_rows
from nbft.tasks.base import BETWEEN, Collate, Features, Sample, Task, map_columns
from nbft.tasks.examining import answered
from nbft.tasks.pretrained import load_model, read_config
from nbft.tasks.window_trainer import POSITIONS, WindowTrainer

LONGEST = 384
"""Tokens of a window where the spec leaves them open, as in BERT's own runs on SQuAD."""
SAMPLES = 3
_ROWS_AT_ONCE = 1000
_LOOKED_AT = 200
"""Contexts from which the script is told."""


class QuestionAnswering(Task):
    """Rows have `question`, `context`, `answers` (texts) and the `start` and `end` of one of them, -1 where there is none."""

    name = "question-answering"
    text_columns: ClassVar[tuple[str, ...]] = ("question", "context")
    trainer_base = WindowTrainer
    label_names = POSITIONS
    may_be_none = False
    """Whether the model learns, or has learnt, that some questions have no answer."""
    _said: tuple[list[str], list[list[str]]] | None = None
    """The answers that were scored last, for whoever looks at them next."""
    _is_first = True
    """Whether no features were made yet; those of training come first."""

    # Rows

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns the rows; those without question or context are dropped, of training also those whose answer is nowhere."""
        read = answered_rows(rows, split, self.spec.data.columns.model_dump(), self.preprocess)
        self.notes += [note for note in read.notes if note not in self.notes]
        for why, left in read.left_out.items():
            self.leave_out(split, len(rows), left, why)
        for message, fix in read.warnings:
            self.warn(message, fix)
        return read.rows

    def map_texts(self, rows: Dataset, change: Callable[[str], str]) -> Dataset:
        """Returns the rows with their texts changed, answers in their place; where one would be lost the row stays as it was."""
        return map_columns(rows, lambda batch: changed_rows(batch, change))

    def targets(self, rows: Dataset) -> Iterable[str]:
        """Yields the answers to each question."""
        return (BETWEEN.join(answers) for answers in cells(rows, "answers"))

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note): a context is in one of them only, so about as many rows as `size` says."""
        of_context: dict[str, list[int]] = defaultdict(list)
        for i, context in enumerate(cells(rows, "context")):
            of_context[context].append(i)
        wanted = max(round(size * len(rows)), 1) if isinstance(size, float) else size
        if len(of_context) == len(rows) or len(of_context) < 2 or wanted >= len(rows):
            return super().hold_out(rows, size)
        contexts = sorted(of_context)
        random.Random(self.spec.split_seed).shuffle(contexts)
        held: list[int] = []
        while len(held) < wanted and len(contexts) > 1:
            held += of_context[contexts.pop()]
        kept = sorted(set(range(len(rows))) - set(held))
        note = f"{len(held)} rows were held out by context: no context is on both sides."
        return chosen(rows, kept), chosen(rows, sorted(held)), note

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Sees whether some questions have no answer; refuses a model that can't point at answers."""
        self._refuse()
        without = _without_answer(train)
        self.may_be_none = without > 0
        if without:
            share = without / len(train)
            self.notes.append(f"{share:.0%} of the training questions have no answer: the model learns to say so.")
        for split, rows in others.items():
            if not without and _without_answer(rows):
                self.warn(
                    f"{_without_answer(rows)} {split} questions have no answer, and no training question is like that: "
                    "the model will always give one.",
                    "Train on some questions without an answer.",
                )
        if is_read_by_character(train):
            self.notes.append("The contexts are Chinese or Japanese: answers are scored by character, as in MLQA.")

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Sees from the trained model's config whether it may answer with nothing."""
        self.may_be_none = may_answer_nothing(read_config(self.spec.model))

    # Model

    def _refuse(self) -> None:
        kind = read_config(self.spec.model).model_type
        if kind not in MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES:
            raise ModelError(
                f"A {kind} model has no question-answering form in transformers.",
                "Take an encoder such as BERT.",
                "model",
            )
        if self.spec.train.label_smoothing:
            raise DataError("question-answering has no label smoothing.", "Leave it out.", "train.label_smoothing")

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Refuses a tokenizer that doesn't know where in a text its tokens stand."""
        if not tokenizer.is_fast:
            raise ModelError(
                f"{type(tokenizer).__name__} can't say where in a text a token stands: answers can't be found by it.",
                "Take a model whose tokenizer is a fast one (with a tokenizer.json).",
                "tokenizer",
            )
        tokenizer.padding_side = "right"  # positions count from the left

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the model with two logits a token: how likely an answer starts there, and ends there."""
        names = {0: "start", 1: "end"}
        model = load_model(
            AutoModelForQuestionAnswering,
            self.spec.model,
            tokenizer,
            num_labels=2,
            id2label=names,
            label2id={name: i for i, name in names.items()},
        )
        known = getattr(model.config, "task_specific_params", None) or {}
        model.config.task_specific_params = {**known, self.name: {IMPOSSIBLE: self.may_be_none}}
        return model

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns windows of input_ids and positions, and where their tokens stand in the context."""
        limit = max_tokens or self._limit(rows, tokenizer)
        stride = self.spec.question_answering.stride
        parts, of_example, cut = [], [], 0
        for at in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[at : at + _ROWS_AT_ONCE]
            made, too_long = windows(tokenizer, some["question"], some["context"], limit, stride)
            columns = [_columns(w, some["start"][w.example], some["end"][w.example], tokenizer) for w in made]
            parts.append(Dataset.from_dict({name: [row[name] for row in columns] for name in columns[0]}))
            of_example += [at + window.example for window in made]
            cut += too_long
        table = concatenate_datasets(parts)
        self._say(len(rows), len(table), limit, cut)
        return Features(table, [len(ids) for ids in table["input_ids"]], cut, limit, rows, of_example)

    def _limit(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> int:
        limit = min(LONGEST, *(n for n in (self.model_limit, tokenizer.model_max_length) if n))
        longest = 0
        for at in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[at : at + _ROWS_AT_ONCE]
            read = tokenizer(some["question"], some["context"], return_attention_mask=False, verbose=False)
            longest = max(longest, *map(len, read["input_ids"]))
            if longest >= limit:
                return limit
        return min(limit, -(-longest // 8) * 8)

    def _say(self, rows: int, made: int, limit: int, cut: int) -> None:
        if made > rows and self._is_first:
            shared = self.spec.question_answering.stride
            self.notes.append(
                f"Contexts are read in windows of {limit} tokens that share {shared} at most: "
                f"{made} windows for {rows} questions."
            )
        self._is_first = False
        if cut:
            what = "1 question takes" if cut == 1 else f"{cut:,} questions take"
            self.warn(f"{what} more than half of {limit} tokens; the end is lost.", "Raise max_tokens.")

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads to the longest window of the batch."""
        return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=self.pad_to_multiple_of)

    # Evaluation

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns the best logits (B, 2, K) of starts and ends, their positions, and the score (B,) of no answer."""
        starts, ends, null = logits
        scores, positions = best_of(torch.stack([starts, ends], dim=1), self.spec.question_answering.candidates)
        return scores, positions, null

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[list[str], list[list[str]]]:
        """Returns the answers given (N,), empty where there is none, and the lists of right ones."""
        assert features.examples is not None
        found = self._found(outputs, features, range(len(features.examples)))
        contexts = features.examples["context"][:]
        return [_text(contexts[i], said) for i, said in found.items()], features.examples["answers"][:]

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns exact match, F1 and the like of a split's windows."""
        assert features.examples is not None
        self._said = self.answers(outputs, references, features)
        values = answer_metrics(*self._said, is_read_by_character(features.examples))
        return {name: values[name] for name in metrics}

    def samples(self, outputs: Any, features: Features, model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Sample]:
        """Returns the answers to the first questions beside the right ones."""
        assert features.examples is not None
        first = range(min(SAMPLES, len(features.examples)))
        rows = features.examples.select(first).to_list()
        found = self._found(outputs, features, first)
        return [
            Sample(row["question"], _text(row["context"], found[i]) or NOTHING, (row["answers"] or [NOTHING])[0])
            for i, row in enumerate(rows)
        ]

    def examine(self, outputs: Any, references: Any, features: Features) -> Examination | None:
        """Returns answers beside the right ones, those that share no word with them first."""
        if features.examples is None:
            return None
        said, wanted = self._said or self.answers(outputs, references, features)
        self._said = None
        by_character = is_read_by_character(features.examples)
        worth = [score_answer(one, right, by_character)[1] for one, right in zip(said, wanted, strict=True)]
        order = sorted(range(len(worth)), key=worth.__getitem__)[:MAX_ROWS]
        found = self._found(outputs, features, order)
        shown = []
        for i in order:
            row, best = features.examples[i], found[i]
            at = trimmed(row["context"], best.spans[0])[1] if best.is_answered else -1
            place = (row["start"], row["end"])
            shown.append(answered(row["question"], row["context"], row["answers"], place, said[i], at))
        return Examination(len(worth), sum(one < 1 for one in worth), answered=shown)

    def _found(self, outputs: Any, features: Features, wanted: Sequence[int]) -> dict[int, Found]:
        """Returns what is said of the examples wanted, from all of their windows."""
        options = self.spec.question_answering
        chosen = set(wanted)
        of_example: dict[int, list[int]] = defaultdict(list)
        for i, example in enumerate(features.example_of):
            if example in chosen:
                of_example[example].append(i)
        places = features.rows.select_columns(["first", "starts", "ends"]).with_format("numpy")
        found = {}
        for example in wanted:
            own = of_example[example]
            best = [Best(outputs[0][i], outputs[1][i], float(outputs[2][i])) for i in own]
            spans = [
                spans_of(kept, _window(places[i]), options.candidates, options.max_answer_tokens)
                for kept, i in zip(best, own, strict=True)
            ]
            found[example] = decide(spans, [kept.null for kept in best], options.candidates, self.may_be_none)
        return found


NOTHING = "(no answer)"


def _window(place: dict[str, Any]) -> Window:
    return Window({}, 0, int(place["first"]), place["starts"], place["ends"])


def _text(context: str, found: Found) -> str:
    return trimmed(context, found.spans[0])[0] if found.is_answered else ""


def _without_answer(rows: Dataset) -> int:
    return sum(not answers for answers in cells(rows, "answers"))


def is_read_by_character(rows: Dataset) -> bool:
    """Returns whether answers are compared letter by letter, as in Chinese."""
    return is_by_character(rows["context"][:_LOOKED_AT])


def _columns(window: Window, start: int, end: int, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """Returns a row of features; a window without the answer points at [CLS], or at the first token."""
    ids = window.inputs["input_ids"]
    null = int(np.argmax(ids == tokenizer.cls_token_id)) if tokenizer.cls_token_id is not None else 0
    first, last = window.tokens_of(start, end) or (null, null)
    places = {"first": window.first, "starts": window.starts, "ends": window.ends}
    return {**window.inputs, "start_positions": first, "end_positions": last, **places}
