"""What a spec may say of one task alone, and how text is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nbft.spec.section import Section
from nbft.spec.types import Count, Fraction, Template, Text, Texts


class Classification(Section):
    """Options of text-classification."""

    problem: Literal["single-label", "multi-label", "regression"] | None = None
    """What a label is: one of several, any of several, or a number; seen from the data if left out."""
    weights: Literal["none", "balanced"] = "none"
    """`balanced` lets rare labels weigh more in the loss, in inverse proportion to their rows."""
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """The probability from which on a label is given, where there may be several."""


class QuestionAnswering(Section):
    """Options of question-answering."""

    stride: Annotated[int, Field(ge=0, le=1_000_000)] = 128
    """Tokens that neighbouring windows of a long context share, so that no answer is cut in two."""
    candidates: Annotated[int, Field(ge=1, le=1000)] = 20
    """The best so many starts and ends are combined to find the answer."""
    max_answer_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 30
    """Longer answers are never given."""


class Translation(Section):
    """Options of translation."""

    source_language: Annotated[Text | None, Field(examples=["en", "eng_Latn"])] = None
    """The language of the text, as the model's tokenizer calls it; the column's name if left out."""
    target_language: Annotated[Text | None, Field(examples=["de", "deu_Latn"])] = None
    """The language of the translation, as the model's tokenizer calls it; the column's name if left out."""


class Generate(Section):
    """How text is written, in evaluation and by the trained model; greedy unless told otherwise."""

    beams: Annotated[int, Field(ge=1, le=64)] = 1
    """Beams of beam search; 1 is greedy."""
    max_new_tokens: Annotated[Count | None, Field(examples=[64])] = None
    """Tokens after which writing stops; by default what the training rows need."""
    temperature: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Above 0 the next token is drawn by chance, seeded; 0 takes the likeliest."""
    prompts: Annotated[Texts | None, Field(examples=[["Once upon a time"]])] = None
    """Beginnings that the model continues after every evaluation, for you to read; for text-generation and chat."""


class Chat(Section):
    """Options of chat."""

    template: Annotated[Template | None, Field(examples=["chatml"])] = None
    """A chat template by name, or as Jinja text; the tokenizer's own if left out."""
    learn: Literal["assistant", "last", "all"] = "assistant"
    """Which tokens are learnt: those of all assistant messages, of the last one alone, or all."""


class FillMask(Section):
    """Options of fill-mask."""

    share: Annotated[Fraction, Field(examples=["15%"])] = 0.15
    """Share of the tokens that the model has to guess (Devlin et al. 2019)."""
