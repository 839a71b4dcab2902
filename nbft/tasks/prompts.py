"""What a model reads in place of a text, where the spec doesn't say: the prompt it was trained with, or a usual one."""

from __future__ import annotations

from typing import Any

from transformers import PreTrainedTokenizerBase

from nbft.errors import DataError
from nbft.inference.text_to_text import PLACE, is_trained_for, kept_prompt
from nbft.spec.languages import language_of

Languages = tuple["str | None", "str | None"]
_ANSWER = {"translation": "Translation:", "summarization": "TL;DR:"}


def prompt_for(given: str | None, task: str, config: Any, languages: Languages) -> tuple[str | None, str]:
    """Returns the prompt, and a note where nobody gave it; raises DataError for one without a place for the text.

    `given` is the spec's. Models from scratch that read and write apart need none.
    """
    if given is not None:
        if PLACE not in given:
            raise DataError("The prompt has no place for the text.", f"Write {PLACE} where it belongs.", "data.prompt")
        return given, ""
    if is_trained_for(config, task):
        kept = kept_prompt(config, task)
        return kept, f"The prompt is the model's own: {kept!r}." if kept else ""
    usual = _of_decoder(task, languages) if not config.is_encoder_decoder else _of_t5(task, config, languages)
    return usual, f"The prompt is {usual!r}; data.prompt says another." if usual else ""


def _of_decoder(task: str, languages: Languages) -> str:
    source, target = (language_of(language) for language in languages)
    if task == "translation" and source and target:
        return f"{source.name}: {PLACE}\n{target.name}:"
    return f"{PLACE}\n{_ANSWER[task]}"


def _of_t5(task: str, config: Any, languages: Languages) -> str | None:
    """T5 was pretrained with prefixes that name the task (Raffel et al. 2020); its kin were not."""
    if config.model_type != "t5" or not config.name_or_path:
        return None
    source, target = (language_of(language) for language in languages)
    if task == "summarization":
        return f"summarize: {PLACE}"
    return f"translate {source.name} to {target.name}: {PLACE}" if source and target else None


def marian_prompt(tokenizer: PreTrainedTokenizerBase, language: str | None) -> str | None:
    """Returns the prompt by which a Marian model of several target languages is told which; None for others."""
    codes: list[str] = list(getattr(tokenizer, "supported_language_codes", None) or [])
    known = language_of(language)
    wanted = [known.flores.partition("_")[0], known.code, known.flores] if known else [language]
    marks = [f">>{word}<<" for word in wanted] + [code for code in codes if known and code[2:5] == wanted[0]]
    found = next((mark for mark in marks if mark in codes), None)
    return f"{found} {PLACE}" if found else None
