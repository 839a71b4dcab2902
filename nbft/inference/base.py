"""A trained model, ready to be used. Imports torch only when called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbft.functions import changes_texts, preprocessed
from nbft.record.folder import RunFolder
from nbft.spec.sections import RunSpec

MODEL_CLASSES = {
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "translation": "AutoModelForSeq2SeqLM",
    "summarization": "AutoModelForSeq2SeqLM",
    "text-generation": "AutoModelForCausalLM",
    "chat": "AutoModelForCausalLM",
    "fill-mask": "AutoModelForMaskedLM",
}
"""The class of transformers that a task's model is loaded with."""


@dataclass(frozen=True)
class Loaded:
    """A model and what it was trained by."""

    model: Any
    tokenizer: Any
    spec: RunSpec
    task: str
    folder: str


def load_model(folder: str, task: str, **options: Any) -> Any:
    """Returns the model in evaluation mode; `options` are those of from_pretrained."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
    with without_progress_bars():
        return model_class(config, task).from_pretrained(folder, trust_remote_code=False, **options).eval()


def model_class(config: Any, task: str) -> Any:
    """Returns the class of transformers that a model of this config is loaded with for a task."""
    import transformers

    name = MODEL_CLASSES[task]
    if name == "AutoModelForSeq2SeqLM" and not config.is_encoder_decoder:
        name = "AutoModelForCausalLM"
    return getattr(transformers, name)


@contextmanager
def without_progress_bars() -> Iterator[None]:
    """A bar for 40 small tensors would stay in the notebook as a widget that no reader can open."""
    from transformers.utils import logging

    were_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if were_on:
            logging.enable_progress_bar()


def loaded(folder: str, spec: RunSpec, task: str) -> Loaded:
    """Returns a run's model and tokenizer; those used last stay in memory."""
    model, tokenizer = _parts(folder, task, (Path(folder) / "config.json").stat().st_mtime)
    return Loaded(model, tokenizer, spec, task, folder)


def reading_as_trained(pipeline: Any, loaded: Loaded) -> Any:
    """Returns a transformers pipeline whose inputs go through the spec's `data.preprocess` and `data.clean` first."""
    if not changes_texts(loaded.spec):
        return pipeline
    plain, run = pipeline.preprocess, RunFolder(Path(loaded.folder).parent)

    def preprocess(inputs: Any, **options: Any) -> Any:
        if hasattr(inputs, "messages"):  # a conversation, as transformers wraps it
            return plain(type(inputs)(preprocessed(inputs.messages, loaded.spec, run)), **options)
        return plain(preprocessed(inputs, loaded.spec, run), **options)

    pipeline.preprocess = preprocess
    return pipeline


@lru_cache(maxsize=2)
def _parts(folder: str, task: str, stamp: float) -> tuple[Any, Any]:  # noqa: ARG001 - a model written anew is loaded anew
    from transformers import AutoTokenizer

    return load_model(folder, task), AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
