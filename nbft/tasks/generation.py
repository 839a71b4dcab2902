"""How a model is told what to write: languages of its tokenizer, the tokens it starts and ends with, beams and limits."""

from __future__ import annotations

import re
from typing import Any

from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nbft.errors import DataError, ModelError
from nbft.spec.languages import language_of
from nbft.spec.sections import Generate

_CODE = re.compile(r"[a-z]{2,3}_[A-Za-z]{2,4}")
_KEPT = ("bos_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "bad_words_ids")
_KEPT_WITH_BEAMS = ("length_penalty", "early_stopping")


def writer_class(config: Any) -> Any:
    """Returns the class of transformers that a model which writes is loaded with; raises ModelError where it can't write."""
    if config.is_encoder_decoder and type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return AutoModelForSeq2SeqLM
    reads_both_ways = type(config) in MODEL_FOR_MASKED_LM_MAPPING and not config.is_decoder
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING and not config.is_encoder_decoder and not reads_both_ways:
        return AutoModelForCausalLM
    raise ModelError(
        f"A {config.model_type} model reads text and can't write it.",
        "Take an encoder-decoder (marian, t5, bart, mbart, nllb) or a decoder (gpt2, llama, qwen2).",
        "model",
    )


def language_codes(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Returns the languages that a multilingual tokenizer marks its texts with; none for others."""
    if not hasattr(tokenizer, "src_lang"):
        return []
    codes = list(getattr(tokenizer, "lang_code_to_id", None) or [])
    return codes or [token for token in tokenizer.all_special_tokens if _CODE.fullmatch(token)]


def code_of(tokenizer: PreTrainedTokenizerBase, language: str | None, role: str) -> str:
    """Returns the tokenizer's code of a language (`deu_Latn` for `de`); raises DataError where it has none, or several."""
    codes = language_codes(tokenizer)
    if language in codes:
        return str(language)
    path = f"translation.{role}_language"
    known = language_of(language)
    alike = [code for code in codes if known and code.partition("_")[0] in (known.code, known.flores.partition("_")[0])]
    if known and known.flores in alike:
        return known.flores
    if len(alike) == 1:
        return alike[0]
    shown = ", ".join(alike or codes[:12]) + ("" if alike or len(codes) <= 12 else ", ...")
    what = f"The {role} language is not known" if language is None else f"This model has no language {language!r}"
    raise DataError(f"{what}: its tokenizer marks texts with one.", f"It has {shown}.", path)


def set_languages(tokenizer: PreTrainedTokenizerBase, source: str | None, target: str | None) -> None:
    """Sets the languages on a multilingual tokenizer (mBART, NLLB, M2M100), does nothing to others; raises DataError."""
    if language_codes(tokenizer):
        marked: Any = tokenizer
        marked.src_lang = code_of(tokenizer, source, "source")
        marked.tgt_lang = code_of(tokenizer, target, "target")


def set_generation(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, wanted: Generate, max_new_tokens: int
) -> None:
    """Gives the model a generation config of its own tokens and the spec's beams and limits; it is saved with the model."""
    old = model.generation_config or GenerationConfig()
    kept = (*_KEPT, *_KEPT_WITH_BEAMS) if wanted.beams > 1 else _KEPT
    settings: dict[str, Any] = {name: value for name in kept if (value := getattr(old, name, None)) is not None}
    ends = old.eos_token_id if old.eos_token_id is not None else tokenizer.eos_token_id
    settings |= {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": ends, **_language_start(tokenizer)}
    if wanted.temperature > 0:
        settings |= {"do_sample": True, "temperature": wanted.temperature, "top_k": 0}
    model.generation_config = GenerationConfig(num_beams=wanted.beams, max_new_tokens=max_new_tokens, **settings)


def _language_start(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Where targets start with their language's token, it is forced; where they end with it, writing starts from it."""
    language = getattr(tokenizer, "tgt_lang", None)
    if not language or language not in language_codes(tokenizer):
        return {}
    code: Any = tokenizer.convert_tokens_to_ids(language)
    example = list(tokenizer(text_target="a")["input_ids"])
    if example[0] == code:
        return {"forced_bos_token_id": code}
    return {"decoder_start_token_id": code} if example[-1] == code else {}


def shifted(labels: Any, start: int, pad: int) -> Any:
    """Returns decoder inputs (B, T) of labels (B, T): moved one to the right behind the token that decoders start with."""
    moved = labels.new_full(labels.shape, start)
    moved[:, 1:] = labels[:, :-1]
    return moved.masked_fill(moved == -100, pad)
