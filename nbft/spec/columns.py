"""`data.columns`: which column of the data holds what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nbft.spec.section import Section
from nbft.spec.types import Text


class Columns(Section):
    """Which column of the data holds what; what is left out is recognised by name and content."""

    text: Annotated[Text | None, Field(examples=["review"])] = None
    """The text to read: to classify, tag, summarise or learn to write."""
    text_pair: Annotated[Text | None, Field(examples=["question"])] = None
    """A second text that is read together with the first, as in sentence pairs."""
    label: Annotated[Text | None, Field(examples=["stars"])] = None
    """What text-classification predicts: a label, a list of labels, or a number. For chat, whether an answer is good."""
    tokens: Annotated[Text | None, Field(examples=["words"])] = None
    """The words of a text, a list; for token-classification."""
    tags: Annotated[Text | None, Field(examples=["ner_tags"])] = None
    """A tag for each word (B-PER, I-PER, O), or spans of the text with `start`, `end` and `label`; for token-classification."""
    question: Annotated[Text | None, Field(examples=["query"])] = None
    """The question; for question-answering."""
    context: Annotated[Text | None, Field(examples=["passage"])] = None
    """The text that holds the answer; for question-answering."""
    answers: Annotated[Text | None, Field(examples=["answer"])] = None
    """Answers with `text` and `answer_start`, as in SQuAD, or the answer's text; for question-answering."""
    source: Annotated[Text | None, Field(examples=["en"])] = None
    """The text to translate; also a language of a `translation` column."""
    target: Annotated[Text | None, Field(examples=["de"])] = None
    """Its translation; also a language of a `translation` column."""
    summary: Annotated[Text | None, Field(examples=["highlights"])] = None
    """The summary of the text; for summarization."""
    messages: Annotated[Text | None, Field(examples=["conversations"])] = None
    """A conversation, a list of messages with role and content; for chat."""
    prompt: Annotated[Text | None, Field(examples=["instruction"])] = None
    """What is asked, where a row is one question and one answer; for chat."""
    completion: Annotated[Text | None, Field(examples=["output"])] = None
    """What is to be answered to the prompt; for chat."""
    input: Annotated[Text | None, Field(examples=["input"])] = None
    """What the instruction is about, appended to the prompt where it is not empty; for chat."""
    system: Annotated[Text | None, Field(examples=["system"])] = None
    """The system message; for chat."""
    tools: Annotated[Text | None, Field(examples=["tools"])] = None
    """The tools that the assistant may call, a list or its JSON; for chat."""
