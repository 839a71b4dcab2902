"""What a spec may say. Pure data: reading this file is reading the reference; the sentence under a field is its help text."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nbft.spec.cleaning import CleanSteps, NewLabels
from nbft.spec.columns import Columns
from nbft.spec.options import Chat, Classification, FillMask, Generate, QuestionAnswering, Translation
from nbft.spec.row_source import HeldOut, Rows
from nbft.spec.section import Section
from nbft.spec.types import (
    Count,
    Every,
    Fraction,
    Function,
    MetricNames,
    Monitor,
    NewTokens,
    Seed,
    Seeds,
    Settings,
    Text,
)


class Model(Section):
    """Which model learns: a pretrained one by its name, or an architecture whose weights start from nothing."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[Text | None, Field(examples=["distilbert-base-uncased", "starter-encoder"])] = None
    """A hub id, a local folder, or `starter-encoder`, which ships with nbft."""
    from_scratch: Annotated[Settings | None, Field(examples=["gpt2", {"model_type": "bert", "hidden_size": 128}])] = (
        None
    )
    """Random weights instead: a model to take architecture and tokenizer from, or `model_type` and other settings."""

    @property
    def source(self) -> str | None:
        """The folder or hub id that config and tokenizer come from; None where the spec gives the settings itself."""
        return self.from_scratch if isinstance(self.from_scratch, str) else self.name

    def __str__(self) -> str:
        return self.source or f"a {dict(self.from_scratch or {}).get('model_type', 'new')} model from scratch"


class Tokenizer(Section):
    """How text becomes tokens, where it is not by the model's own tokenizer."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[Text | None, Field(examples=["bert-base-uncased"])] = None
    """A hub id or local folder that holds another tokenizer than the model's."""
    train: Literal["bpe", "unigram", "wordpiece", "words"] | None = None
    """Learns a tokenizer of this kind from the training texts; for models from scratch."""
    vocabulary: Annotated[int, Field(ge=16, le=10_000_000)] = 8000
    """Tokens of a tokenizer that is learnt, at most."""
    add_tokens: Annotated[NewTokens | None, Field(examples=[["<product>", "<name>"], "characters"])] = None
    """New tokens; the model's embeddings grow with them. `characters`: those of the training texts that it doesn't know."""


class Data(Section):
    """Where the rows come from, and how they are split."""

    train: Annotated[Rows, Field(examples=["reviews.csv", "imdb", "$reviews"])]
    """Rows to learn from: files, folders, URLs, databases, data sets of the hub, `$variables` of the notebook."""
    validation: Annotated[HeldOut, Field(examples=["10%", 500, "validation.csv"])] = None
    """Rows to judge by while training: a source like `train`, or a share (`10%`) or number of training rows; 10% if left out."""
    test: Annotated[HeldOut, Field(examples=["test.csv", "20%"])] = None
    """Rows that only the final evaluation sees: a source like `train`, or a share or number of training rows."""
    group_by: Annotated[Text | None, Field(examples=["user_id"])] = None
    """A column; rows that have the same value in it stand on one side of a split that is drawn."""
    order_by: Annotated[Text | None, Field(examples=["date"])] = None
    """A column of dates or numbers; the last rows by it are held out, instead of rows drawn by chance."""
    split_seed: Annotated[Seed | None, Field(examples=[42])] = None
    """Draws the held-out rows and whatever else is drawn of the data by chance; `seed` if left out."""
    columns: Columns = Columns()
    """Which column holds what; recognised by name and content where left out."""
    labels: Annotated[NewLabels | None, Field(examples=[{"0": "negative", "1": "positive", "9": "drop"}])] = None
    """New names for labels, several to one to merge them; `drop` drops their rows. For text- and token-classification."""
    clean: Annotated[CleanSteps | None, Field(examples=[["strip-html", "drop-duplicates", "drop-leaks"]])] = None
    """Steps that the rows go through in this order before any is held out, a `$function` of the notebook among them."""
    preprocess: Annotated[Function | None, Field(examples=["$clean"])] = None
    """A function of the notebook, text to text, that every text goes through before it is tokenised."""
    prompt: Annotated[Text | None, Field(examples=["translate English to German: {text}"])] = None
    """What the model reads in place of each text, `{text}` standing for it; for translation and summarization."""
    max_tokens: Annotated[Count | None, Field(examples=[256])] = None
    """Longer texts are cut after this many tokens; by default the training texts' 99th percentile, within the model's limit."""
    max_target_tokens: Annotated[Count | None, Field(examples=[128])] = None
    """The same for what the model is to write; for translation and summarization."""
    cache: bool = True
    """Whether tokenised rows and their check-up are kept, so that a later run on the same rows starts at once."""


class Train(Section):
    """How the weights move."""

    epochs: Annotated[float, Field(gt=0, le=10_000)] = 3
    """Passes over the training rows; a fraction is allowed."""
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 2e-5
    """Peak learning rate of AdamW, reached after the warmup."""
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 16
    """Rows per optimizer step, over all devices."""
    gradient_accumulation: Count = 1
    """Passes in which a step's rows go through the model, one after the other: less memory, same result."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Decay of AdamW on all weights but biases and norms (Loshchilov and Hutter 2019)."""
    warmup: Fraction = 0.06
    """Share of the steps in which the learning rate rises from 0."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate falls after the warmup."""
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    """Gradients longer than this are scaled down to it."""
    label_smoothing: Fraction = 0.0
    """Share of the target that is spread over all classes (Szegedy et al. 2016)."""
    loss: Annotated[Function | None, Field(examples=["$my_loss"])] = None
    """A function of the notebook, (logits, labels) to a tensor of one number; the model's own loss if left out."""
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    """Numbers used in the passes; `auto` takes bf16 where the processor or GPU does it well."""


class EarlyStopping(Section):
    """When to stop before the last epoch, and which model is the best."""

    enabled: bool = True
    """Whether the run may stop early; the best model is kept either way."""
    monitor: Annotated[Monitor | None, Field(examples=["eval/f1"])] = None
    """The metric that decides, as `eval/f1`; the first metric of `evaluate.metrics` if left out."""
    patience: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    """Evaluations in a row without a gain before the run stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """A gain counts only if it is larger than this."""


class Evaluate(Section):
    """When to evaluate on the validation rows, and by which metrics."""

    every: Every = "epoch"
    """`epoch`, or a number of steps."""
    metrics: Annotated[MetricNames | None, Field(examples=[["accuracy", "f1"]])] = None
    """Metrics to compute, as [accuracy, f1] or a `$function` of (predictions, references); the task's own if left out."""
    batch_size: Annotated[Count | None, Field(examples=[64])] = None
    """Rows that go through the model at once in evaluation; twice the training's if left out."""


class Save(Section):
    """When to write a checkpoint from which the run can be resumed."""

    every: Every = "epoch"
    """`epoch`, or a number of steps; the best model is saved in any case."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 2
    """Newest checkpoints to keep, besides the best one."""


TaskName = Literal[
    "text-classification",
    "token-classification",
    "question-answering",
    "translation",
    "summarization",
    "text-generation",
    "chat",
    "fill-mask",
]


class RunSpec(Section):
    """A whole run: which model learns what from which rows, and how."""

    model: Annotated[Model, Field(examples=["distilbert-base-uncased", "starter-encoder"])]
    """Which model learns: a hub id, a local folder, `starter-encoder`, or an architecture from scratch."""
    task: TaskName | None = None
    """What the model learns to do; seen from the data's columns and the model if left out."""
    data: Data
    """Where the rows come from, and how they are split."""
    tokenizer: Annotated[Tokenizer, Field(examples=["bert-base-uncased"])] = Tokenizer()
    """How text becomes tokens, where it is not by the model's own tokenizer."""
    classification: Classification = Classification()
    """Options of text-classification."""
    question_answering: QuestionAnswering = QuestionAnswering()
    """Options of question-answering."""
    translation: Translation = Translation()
    """Options of translation."""
    generate: Generate = Generate()
    """How text is written, in evaluation and by the trained model; for translation, summarization, text-generation and chat."""
    chat: Chat = Chat()
    """Options of chat."""
    fill_mask: FillMask = FillMask()
    """Options of fill-mask."""
    train: Train = Train()
    """How the weights move."""
    early_stopping: EarlyStopping = EarlyStopping()
    """When to stop before the last epoch, and which model is the best."""
    evaluate: Evaluate = Evaluate()
    """When to evaluate on the validation rows, and by which metrics."""
    save: Save = Save()
    """When to write a checkpoint from which the run can be resumed."""
    seed: Seed = 42
    """Starts every random choice: the new head, the split, the order of rows, dropout."""
    seeds: Annotated[Seeds | None, Field(examples=[5, [1, 2, 3]])] = None
    """Trains once with each of so many seeds (`seed`, `seed` + 1, ...), or of a list, on the same split: mean and spread."""

    @property
    def split_seed(self) -> int:
        """What draws the held-out rows."""
        return self.seed if self.data.split_seed is None else self.data.split_seed

    @property
    def every_seed(self) -> list[int]:
        """The seeds of a series in the order in which they are trained; empty for a run alone."""
        if isinstance(self.seeds, int):
            return list(range(self.seed, self.seed + self.seeds))
        return list(self.seeds or ())

    def of_seed(self, seed: int) -> RunSpec:
        """Returns the spec of one run of the series; the first seed draws the rows that all of them hold out."""
        drawn = self.data.split_seed if self.data.split_seed is not None else self.every_seed[0]
        data = self.data.model_copy(update={"split_seed": drawn})
        return self.model_copy(update={"seed": seed, "seeds": None, "data": data})


__all__ = [
    "Chat",
    "Classification",
    "Columns",
    "Data",
    "EarlyStopping",
    "Evaluate",
    "FillMask",
    "Generate",
    "Model",
    "QuestionAnswering",
    "RunSpec",
    "Save",
    "Section",
    "TaskName",
    "Tokenizer",
    "Train",
    "Translation",
]
