"""Tokenizers: the model's own, another one by name, or one learnt from the training texts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from nbft.errors import DataError, ModelError
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import explain_failure, locate, model_limit, read_config

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
_WRITING = ("translation", "summarization", "text-generation", "chat")
"""Tasks in which a decoder sets the ends of its texts itself."""
_BYTES = 256


def load_tokenizer(spec: RunSpec, texts: Iterable[str] = (), learnt: Path | None = None) -> PreTrainedTokenizerBase:
    """Returns the spec's tokenizer, new tokens added; raises ModelError and DataError.

    Where the spec asks for it, a tokenizer is learnt from `texts`, or gets their unknown characters. It is kept in the folder
    `learnt`, where a resumed run finds it: the library numbers the tokens of unigram and wordpiece by chance, and the data
    may have changed meanwhile.
    """
    wanted = spec.tokenizer
    is_kept = learnt is not None and learnt.is_dir()
    if is_kept and (wanted.train or wanted.add_tokens == "characters"):
        tokenizer = named_tokenizer(str(learnt), is_bare=bool(wanted.train))
        tokenizer.name_or_path = tokenizer.name_or_path if wanted.train else str(wanted.name or spec.model.source)
    else:
        tokenizer = _made_of_texts(spec, texts)
        if learnt is not None and (wanted.train or wanted.add_tokens == "characters"):
            _keep(tokenizer, learnt)
    if isinstance(wanted.add_tokens, list):
        tokenizer.add_tokens(wanted.add_tokens)
    return tokenizer


def _made_of_texts(spec: RunSpec, texts: Iterable[str]) -> PreTrainedTokenizerBase:
    """Returns the tokenizer with all that it takes from the training texts."""
    wanted = spec.tokenizer
    texts = list(texts) if wanted.train and wanted.add_tokens == "characters" else texts  # they are read twice
    tokenizer = learn_tokenizer(texts, spec) if wanted.train else named_tokenizer(wanted.name or spec.model.source)
    if wanted.add_tokens == "characters":
        tokenizer.add_tokens(unknown_characters(tokenizer, texts))
    return tokenizer


def unknown_characters(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str]) -> list[str]:
    """Returns the characters of the texts, as the tokenizer normalises them, that it knows neither alone nor in a word."""
    unknown = tokenizer.unk_token_id
    if unknown is None:
        return []
    found: set[str] = set()
    for text in texts:
        found.update(text)
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and backend.normalizer is not None:
        found = {part for one in found for part in backend.normalizer.normalize_str(one)}
    seen = sorted(one for one in found if not one.isspace())
    read: Any = tokenizer([text for one in seen for text in (one, f"a{one}")], add_special_tokens=False) if seen else {}
    ids = read.get("input_ids", [])
    return [
        one
        for one, alone, within in zip(seen, ids[::2], ids[1::2], strict=True)
        if unknown in alone and unknown in within
    ]


def told_of_new(spec: RunSpec, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Returns a note on the characters that became tokens, if the spec asks for them."""
    if spec.tokenizer.add_tokens != "characters":
        return []
    anything: Any = tokenizer  # its stub gives this method another type
    added: dict[str, int] = anything.get_added_vocab()
    new = [token for token in sorted(added, key=added.__getitem__) if len(token) == 1]
    if not new:
        return ["The vocabulary knows every character of the training texts: none was added."]
    some = " ".join(new[:8]) + " ..." * (len(new) > 8)
    return [f"{len(new):,} characters that the vocabulary lacks were added as tokens: {some}"]


def _keep(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Writes the tokenizer as a whole, or not at all; of several processes the first one's stands."""
    staged = Path(tempfile.mkdtemp(prefix=".tokenizer-", dir=folder.parent))
    tokenizer.save_pretrained(staged)
    with suppress(OSError):  # another process was first
        staged.replace(folder)
    shutil.rmtree(staged, ignore_errors=True)


def named_tokenizer(name: str | None, *, is_bare: bool = False) -> PreTrainedTokenizerBase:
    """Returns the tokenizer of a folder or hub id, with a padding token; raises ModelError.

    `is_bare` says that the folder holds a tokenizer alone.
    """
    if name is None:
        raise ModelError(
            "A model made from settings has no tokenizer.",
            "Name one, as   tokenizer: bert-base-uncased   or learn one:   tokenizer: {train: bpe}",
            "tokenizer",
        )
    try:
        folder = Path(name).expanduser()
        is_tokenizer_alone = not is_bare and (folder / "tokenizer_config.json").is_file()  # no model need lie beside it
        kind = PreTrainedTokenizerFast if is_bare else AutoTokenizer
        place = str(folder) if is_bare or is_tokenizer_alone else locate(name)
        tokenizer = kind.from_pretrained(place, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise explain_failure(name, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def learn_tokenizer(texts: Iterable[str], spec: RunSpec) -> PreTrainedTokenizerFast:
    """Returns a tokenizer learnt from texts, with all of SPECIAL; raises DataError where there is no text."""
    config = read_config(spec.model)
    reads_and_writes = bool(getattr(config, "is_encoder_decoder", False))
    writes = spec.task in _WRITING and not reads_and_writes
    tokenizer, trainer = _untrained(str(spec.tokenizer.train), spec.tokenizer.vocabulary, is_exact=writes)
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() <= len(SPECIAL):
        raise DataError("There is no text to learn a tokenizer from.", "", "data.train")
    if not writes:
        single, pair = _ENCODER_DECODER if reads_and_writes else _ENCODER
        special = [(token, tokenizer.token_to_id(token)) for token in ("<cls>", "<sep>", "</s>")]
        tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=special)
    knows_pairs = (getattr(config, "type_vocab_size", 0) or 0) > 1
    inputs = ["input_ids", *(["token_type_ids"] if knows_pairs else []), "attention_mask"]
    limit = model_limit(spec.model)
    known: dict[str, Any] = {"model_max_length": limit} if limit else {}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **known, **SPECIAL)


def _untrained(kind: str, size: int, *, is_exact: bool) -> tuple[Tokenizer, Any]:
    """Returns a tokenizer and what trains it; an exact one gives every text back as it was, spaces and all."""
    special: dict[str, Any] = {"special_tokens": list(SPECIAL.values()), "vocab_size": size, "show_progress": False}
    if kind == "bpe":
        return _byte_pairs(special, is_exact=is_exact)
    if kind == "unigram":
        return _pieces(special)
    unknown = SPECIAL["unk_token"]
    model = models.WordPiece(unk_token=unknown) if kind == "wordpiece" else models.WordLevel(unk_token=unknown)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer, (trainers.WordPieceTrainer if kind == "wordpiece" else trainers.WordLevelTrainer)(**special)


def _byte_pairs(special: dict[str, Any], *, is_exact: bool) -> tuple[Tokenizer, Any]:
    """Over bytes, so that no text is unknown; a word at the start of a text is the word that it is within."""
    if special["vocab_size"] < _BYTES + len(SPECIAL):
        raise ModelError(
            f"Byte pairs need {_BYTES + len(SPECIAL)} tokens at least: every byte is one.",
            "Write a larger number, as 4000.",
            "tokenizer.vocabulary",
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=not is_exact)
    whole = decoders.ByteLevel()
    tokenizer.decoder = whole if is_exact else decoders.Sequence([whole, decoders.Strip(" ", 1, 0)])
    return tokenizer, trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **special)


def _pieces(special: dict[str, Any]) -> tuple[Tokenizer, Any]:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, trainers.UnigramTrainer(unk_token=SPECIAL["unk_token"], **special)
