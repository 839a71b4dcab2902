"""Text in, text out: what translation and summarization have in common, by encoder-decoders or by decoders with a prompt."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nbft.data.rows import cells, whole_rows
from nbft.errors import DataError, ModelError
from nbft.inference.text_to_text import decode, encode, with_prompt, write
from nbft.spec.sections import RunSpec
from nbft.tasks.base import NO_LIMIT, Collate, Features, Sample, Task, Warn, default_limit
from nbft.tasks.generation import set_generation, shifted, writer_class
from nbft.tasks.language_model import IGNORED, reduce_tokens, token_metrics
from nbft.tasks.pairs import Pairs, collate, pad_of, prompts_of, target_limit
from nbft.tasks.pretrained import load_model, read_config
from nbft.tasks.prompts import Languages, prompt_for

SAMPLES = 5
"""Examples whose texts are shown after every evaluation, the same ones each time."""
_PREVIEW = 400
"""Characters of a sample's prompt."""
_OWN = "task_specific_params"
"""Where a model's config keeps what it was trained with."""


class TextToText(Task):
    """Rows have `source` and `target`. Evaluation writes, and judges what was written by the targets as they are."""

    generates = True
    text_columns: ClassVar[tuple[str, ...]] = ("source", "target")

    def __init__(self, spec: RunSpec, warn: Warn) -> None:
        super().__init__(spec, warn)
        self.languages: Languages = (None, None)
        self.prompt: str | None = None
        self.target_limit: int | None = spec.data.max_target_tokens
        self.is_decoder = False
        self._limit: int | None = None
        self._pairs = Pairs(is_decoder=False)
        self._decoder_inputs: Callable[[torch.Tensor], torch.Tensor] | None = None
        self._tokenizer: PreTrainedTokenizerBase

    # Rows

    @abstractmethod
    def pairs(self, rows: Dataset) -> tuple[list[Any], list[Any]]:
        """Returns sources and targets as they stand in the data; raises DataError."""

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns source and target; rows that lack one of them are dropped with a warning."""
        sources, targets = ([self._clean(value) for value in values] for values in self.pairs(rows))
        whole = whole_rows({"source": sources, "target": targets}, split, self.leave_out)
        return Dataset.from_dict({"source": [sources[i] for i in whole], "target": [targets[i] for i in whole]})

    def _clean(self, value: Any) -> str:
        text = "" if value is None else str(value).strip()
        return self.preprocess(text) if self.preprocess and text else text

    def texts(self, rows: Dataset) -> Iterable[str]:
        """Yields sources in their prompts, and targets."""
        template = self._template()[0]
        yield from (with_prompt(template, text) for text in cells(rows, "source"))
        yield from cells(rows, "target")

    def inputs(self, rows: Dataset) -> Iterable[str]:
        """Yields the sources."""
        return cells(rows, "source")

    def targets(self, rows: Dataset) -> Iterable[str]:
        """Yields the targets."""
        return cells(rows, "target")

    def _template(self) -> tuple[str | None, str]:
        return prompt_for(self.spec.data.prompt, self.name, read_config(self.spec.model), self.languages)

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Refuses a model that can't write, and targets that only repeat the sources."""
        writer_class(read_config(self.spec.model))
        if all(source == target for source, target in zip(cells(train, "source"), cells(train, "target"), strict=True)):
            raise DataError(
                f"In all {len(train)} training rows the target is the source itself: there is nothing to learn.",
                "Do data.columns name two different columns?",
                "data.columns",
            )

    def trained_as(self, config: Any) -> None:
        """Takes languages and the targets' limit from a trained model."""
        own = (getattr(config, _OWN, None) or {}).get(self.name) or {}
        self.target_limit = own.get("max_target_tokens") or self.target_limit
        source, target = own.get("languages") or (None, None)
        self.languages = (source, target)

    # Model

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Settles the prompt; refuses a decoder's tokenizer that can't say where a text ends."""
        self._tokenizer = tokenizer
        self.is_decoder = not read_config(self.spec.model).is_encoder_decoder
        self.prompt, note = self._template()
        self.notes += [note] if note else []
        joint = "" if self.prompt is None or self.prompt[-1].isspace() else " "
        self._pairs = Pairs(self.is_decoder, joint)
        if self.is_decoder and tokenizer.eos_token_id is None:
            raise ModelError("The tokenizer has no token that ends a text.", "Name another one.", "tokenizer")

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the model, its generation config set, and what was settled for the user kept in its config."""
        model = load_model(writer_class(read_config(self.spec.model)), self.spec.model, tokenizer)
        limit = self.target_limit or self.spec.generate.max_new_tokens or 1
        kept = dict(getattr(model.config, _OWN, None) or {})
        settled = {"prompt": self.prompt, "max_target_tokens": limit, "languages": list(self.languages)}
        setattr(model.config, _OWN, {**kept, self.name: {**(kept.get(self.name) or {}), **settled}})
        set_generation(model, tokenizer, self.spec.generate, self.spec.generate.max_new_tokens or limit)
        self._decoder_inputs = None if self.is_decoder else decoder_inputs_of(model)
        return model

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns rows of input_ids and labels; a decoder's input_ids hold the target too, its labels the target alone."""
        targets = self._pairs.targets(tokenizer, rows["target"][:])
        is_first = self.target_limit is None or self._limit is None
        longest = self.target_limit or target_limit([len(ids) for ids in targets], self.model_limit)
        self.target_limit = longest
        self._refuse_long_targets(longest)
        too_long = [i for i, ids in enumerate(targets) if len(ids) > longest]
        for i in too_long:
            targets[i] = self._pairs.cut(tokenizer, rows["target"][i], longest)
        limit = self._limit = self._source_limit(rows, tokenizer, max_tokens)
        sources, cut = encode(tokenizer, rows["source"][:], self.prompt, limit)
        if is_first:
            self._say_limits(cut, len(too_long), len(rows))
        pairs = list(zip(sources, targets, strict=True))
        made = Dataset.from_list([self._pairs.row(*pair) for pair in pairs])
        lengths = [len(source) + len(target) for source, target in pairs]
        return Features(made, lengths, cut + len(too_long), limit, rows, list(range(len(rows))))

    def _refuse_long_targets(self, longest: int) -> None:
        """What is written must fit into the model, behind the prompt where the model is a decoder."""
        room = (self.model_limit or NO_LIMIT) - (1 if self.is_decoder else 0)
        asked = self.spec.generate.max_new_tokens
        for count, key in ((longest, "data.max_target_tokens"), (asked or 0, "generate.max_new_tokens")):
            if count > room:
                what = f"The model has room for {self.model_limit} tokens; {count} can't be written."
                raise DataError(what, f"Write  {key.partition('.')[2]}: {room}", key)

    def _source_limit(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, given: int | None) -> int:
        """Returns the tokens at which sources are cut; a decoder needs room for the target behind them."""
        room = self.model_limit
        if self.is_decoder and room is not None:
            room -= self.target_limit or 0
        if given is not None and given >= NO_LIMIT:  # of a tokenizer that knows no limit
            given = None
        limit = given or default_limit(
            [len(ids) for ids in encode(tokenizer, rows["source"][:], self.prompt, None)[0]], tokenizer, room
        )
        if room is not None and limit > room:
            what = f"The model reads {self.model_limit} tokens, {self.target_limit} of them the target's; {limit} are too many."
            raise DataError(what, f"Write  max_tokens: {max(room, 1)}", "data.max_tokens")
        empty = len(encode(tokenizer, [""], self.prompt, None)[0][0])
        if limit <= empty:
            what = f"{limit} tokens leave no room for a text: the prompt alone takes {empty}."
            raise DataError(what, "Write a larger number, or a shorter prompt.", "data.max_tokens")
        return limit

    def _say_limits(self, cut: int, cut_targets: int, total: int) -> None:
        def told(count: int) -> str:
            return f"{count} of {total} training rows lose their end" if count else "no row is longer"

        self.notes.append(f"Sources are cut at {self._limit} tokens: {told(cut)}.")
        self.notes.append(f"Targets are cut at {self.target_limit} tokens: {told(cut_targets)}.")

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads sources and targets to the longest of the batch."""
        return lambda rows: collate(rows, pad_of(tokenizer), self._decoder_inputs, self.pad_to_multiple_of)

    def loss(self) -> Callable[..., Any]:
        """Returns the mean cross-entropy of the tokens of a whole step, smoothed where the spec asks for it."""
        smoothing, shift = self.spec.train.label_smoothing, self.is_decoder

        def token_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
            logits = outputs["logits"]
            if shift:
                logits, labels = logits[:, :-1], labels[:, 1:]
            total = cross_entropy(
                logits.flatten(0, 1).float(),
                labels.flatten(),
                ignore_index=IGNORED,
                reduction="sum",
                label_smoothing=smoothing,
            )
            return total / ((labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch)

        return token_loss

    # Evaluation

    def generate(self, model: Any, inputs: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> Any:
        """Returns the tokens written (B, L), and sums of the targets' losses (B, 3) from reduce_tokens, not smoothed."""
        labels = inputs["labels"]
        with torch.inference_mode():
            logits = model(**{name: value for name, value in inputs.items() if name != "labels"}).logits
            sums = reduce_tokens(logits, labels, self.is_decoder)
        if self.is_decoder:
            rows = prompts_of(inputs)
        else:
            mask = inputs["attention_mask"].bool()
            rows = [ids[real].tolist() for ids, real in zip(inputs["input_ids"], mask, strict=True)]
        return write(model, tokenizer, rows, self.spec.seed), sums

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[list[str], list[str]]:
        """Returns the texts written and the targets as the data has them."""
        examples: Any = features.examples
        return decode(self._tokenizer, outputs[0]), [examples["target"][i] for i in features.example_of]

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns the metrics of the texts and, unless the spec brings a loss of its own, the exact mean over tokens."""
        written, wanted = self.answers(outputs, references, features)
        values = self.judge(written, wanted, metrics)
        return values if self.spec.train.loss else {**values, "loss": token_metrics(outputs[1])["loss"]}

    @abstractmethod
    def judge(self, written: list[str], wanted: list[str], metrics: Sequence[str]) -> dict[str, float]:
        """Returns the metrics of texts against their references."""

    def samples(self, outputs: Any, features: Features, model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Sample]:
        """Returns what was written for the first examples of the split, beside the references."""
        written, wanted = self.answers(outputs, None, features)
        sources: Any = features.examples["source"] if features.examples else []
        place = {example: i for i, example in enumerate(features.example_of)}
        chosen = sorted(place)[:SAMPLES]
        return [
            Sample(sources[example][:_PREVIEW], written[place[example]], wanted[place[example]]) for example in chosen
        ]


def decoder_inputs_of(model: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Returns what makes decoder inputs of labels, as the model does itself when it is given labels alone."""
    own = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    if own is not None:
        return lambda labels: own(labels=labels)
    start = model.generation_config.decoder_start_token_id
    return lambda labels: shifted(labels, start, model.config.pad_token_id)
