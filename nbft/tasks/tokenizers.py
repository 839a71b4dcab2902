"""Tokenizers: the model's own, another one by name, or one learnt from the training texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from nbft.errors import ModelError
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import explain_failure, locate

SPECIAL = {
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "cls_token": "<cls>",
    "sep_token": "<sep>",
    "mask_token": "<mask>",
}
"""The special tokens of a tokenizer that is learnt; which of them a row gets depends on the model."""

_ENCODER = ("<cls> $A <sep>", "<cls> $A <sep> $B:1 <sep>:1")
_ENCODER_DECODER = ("$A </s>", "$A </s> $B </s>")
_FRAMES: dict[str, tuple[str, str] | None] = {
    "translation": _ENCODER_DECODER,
    "summarization": _ENCODER_DECODER,
    "text-generation": None,
    "chat": None,
}
"""What stands around a text, and around a pair, by task; the tasks of decoders set their own ends."""


def load_tokenizer(spec: RunSpec, texts: Iterable[str] = ()) -> PreTrainedTokenizerBase:
    """Returns the spec's tokenizer, new tokens added; `texts` are learnt from where it asks for that. Raises ModelError."""
    wanted = spec.tokenizer
    tokenizer = learn_tokenizer(texts, spec) if wanted.train else named_tokenizer(wanted.name or spec.model.source)
    if wanted.add_tokens:
        tokenizer.add_tokens(wanted.add_tokens)
    return tokenizer


def named_tokenizer(name: str | None) -> PreTrainedTokenizerBase:
    """Returns the tokenizer of a folder or hub id, with a padding token; raises ModelError."""
    if name is None:
        raise ModelError(
            "A model made from settings has no tokenizer.",
            "Name one, as   tokenizer: bert-base-uncased   or learn one:   tokenizer: {train: bpe}",
            "tokenizer",
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(locate(name), trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise explain_failure(name, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def learn_tokenizer(texts: Iterable[str], spec: RunSpec) -> PreTrainedTokenizerFast:
    """Returns a tokenizer learnt from texts, with all of SPECIAL."""
    kind = str(spec.tokenizer.train)
    tokenizer, trainer = _untrained(kind, spec.tokenizer.vocabulary)
    tokenizer.train_from_iterator(texts, trainer)
    frame = _FRAMES.get(str(spec.task), _ENCODER)
    if frame:
        single, pair = frame
        special = [(token, tokenizer.token_to_id(token)) for token in ("<cls>", "<sep>", "</s>")]
        tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=special)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def _untrained(kind: str, size: int) -> tuple[Tokenizer, Any]:
    special: dict[str, Any] = {"special_tokens": list(SPECIAL.values()), "vocab_size": size, "show_progress": False}
    unknown = SPECIAL["unk_token"]
    if kind == "bpe":  # over bytes: no text is unknown
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        return tokenizer, trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **special)
    if kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        return tokenizer, trainers.UnigramTrainer(unk_token=unknown, **special)
    tokenizer = Tokenizer(
        models.WordPiece(unk_token=unknown) if kind == "wordpiece" else models.WordLevel(unk_token=unknown)
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece() if kind == "wordpiece" else None
    return tokenizer, (trainers.WordPieceTrainer if kind == "wordpiece" else trainers.WordLevelTrainer)(**special)
