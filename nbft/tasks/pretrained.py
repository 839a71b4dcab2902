"""Models: pretrained, from safetensors only and without remote code, or from scratch; errors say what to do."""

from __future__ import annotations

import difflib
import inspect
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from safetensors import SafetensorError
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nbft.errors import ModelError
from nbft.spec.sections import Model
from nbft.starter import STARTER_MODELS

_SAFE: dict[str, Any] = {"trust_remote_code": False}


def locate(model: str) -> str:
    """Returns the folder of a starter or local model, or the hub id as it is; raises ModelError for a folder without a model."""
    if model in STARTER_MODELS:
        return str(STARTER_MODELS[model])
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(f"The folder {model!r} holds no model: config.json is missing.", path="model")
        return str(path)
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"There is no folder {model!r}.", f"Paths start at {Path.cwd()}.", "model")
    return model


def model_limit(model: Model) -> int | None:
    """Returns how many tokens the model can read, None where it has no limit; reads the config alone."""
    config = read_config(model)
    limit = getattr(config, "max_position_embeddings", None)
    relative = config.model_type in ("t5", "mt5", "umt5", "longt5")
    if limit is None or limit <= 0 or relative:
        return None
    offset = (config.pad_token_id or 0) + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
    return int(limit) - offset


def count_parameters(model: Model, vocabulary: int | None = None) -> int:
    """Returns the number of the model's weights without a head; reads the config alone.

    `vocabulary` is the size of a tokenizer that is yet to be learnt.
    """
    config = read_config(model)
    if vocabulary is not None:
        config.pad_token_id = 0  # embeddings want it within the vocabulary
        for name in ("vocab_size", "decoder_vocab_size"):
            if hasattr(config, name):
                setattr(config, name, vocabulary)
    with torch.device("meta"):
        return sum(weight.numel() for weight in AutoModel.from_config(config, **_SAFE).parameters())


def read_config(model: Model) -> Any:
    """Returns the config of the spec's model; raises ModelError."""
    if model.source is None:
        return _config_of_settings(dict(model.from_scratch or {}))
    try:
        return AutoConfig.from_pretrained(locate(model.source), **_SAFE)
    except (OSError, ValueError, KeyError) as error:
        raise explain_failure(model.source, error) from error


def _config_of_settings(settings: dict[str, Any]) -> Any:
    kind = str(settings.pop("model_type"))
    if kind not in CONFIG_MAPPING:
        close = difflib.get_close_matches(kind, list(CONFIG_MAPPING), n=1)
        fix = f"Did you mean {close[0]!r}?" if close else "For example bert, gpt2, llama, t5 or marian."
        raise ModelError(f"transformers knows no model_type {kind!r}.", fix, "model.from_scratch")
    known = _settings_of(kind)
    unknown = [name for name in settings if name not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], list(known), n=1)
        fix = f"Did you mean {close[0]!r}?" if close else ""
        raise ModelError(f"A config of {kind} has no setting {unknown[0]!r}.", fix, "model.from_scratch")
    try:
        return CONFIG_MAPPING[kind](**settings)
    except Exception as error:  # each config checks its settings in its own way
        raise ModelError(f"A config of {kind} can't be made so: {error}", path="model.from_scratch") from error


def _settings_of(kind: str) -> set[str]:
    config = CONFIG_MAPPING[kind]
    return set(inspect.signature(config.__init__).parameters) | set(config().to_dict()) | set(config.attribute_map)


def load_model(auto_class: Any, model: Model, tokenizer: PreTrainedTokenizerBase, **kwargs: Any) -> PreTrainedModel:
    """Returns a model in float32, pretrained or of random weights, its embeddings as large as the tokenizer needs.

    `kwargs` are settings of its config. Raises ModelError.
    """
    loaded = _from_scratch(auto_class, model, tokenizer, kwargs) if model.from_scratch else None
    if loaded is None:
        loaded = load_pretrained(auto_class, str(model.name), **kwargs)
    embedded = cast("torch.nn.Embedding", loaded.get_input_embeddings()).num_embeddings
    if len(tokenizer) > embedded:
        _add_embeddings(loaded, embedded, len(tokenizer))
    if auto_class is AutoModelForCausalLM and getattr(loaded, "loss_type", None) is None:
        # of GPT2LMHeadModel transformers can't tell it by the name, and then counts a label too many in each row
        loaded.loss_type = "ForCausalLM"
    return loaded


@torch.no_grad()
def _add_embeddings(model: PreTrainedModel, known: int, wanted: int) -> None:
    """Makes room for new tokens.

    transformers begins all of them at the mean of the old ones (Hewitt 2021), which is right for a model that writes: its
    old words keep their chances. An encoder couldn't tell such tokens apart: there each is drawn as the old ones are spread.
    """
    model.resize_token_embeddings(wanted)
    if model.get_output_embeddings() is None:
        weight = cast("torch.Tensor", model.get_input_embeddings().weight)
        old, new = weight[:known], weight[known:wanted]
        new.copy_(old.mean(dim=0) + torch.randn_like(new) * old.std(dim=0))


def _from_scratch(
    auto_class: Any, model: Model, tokenizer: PreTrainedTokenizerBase, settings: dict[str, Any]
) -> PreTrainedModel:
    config = read_config(model)
    given = model.from_scratch if isinstance(model.from_scratch, dict) else {}
    if model.source is None or _is_foreign(tokenizer, model.source):
        _fit_to_tokenizer(config, tokenizer, given)
    for name, value in settings.items():
        if name != "ignore_mismatched_sizes":
            setattr(config, name, value)
    try:
        return auto_class.from_config(config, dtype=torch.float32, **_SAFE)
    except (ValueError, KeyError, TypeError) as error:
        raise explain_failure(str(model), error) from error


def _is_foreign(tokenizer: PreTrainedTokenizerBase, source: str) -> bool:
    """Returns whether the tokenizer is another one than the model's own."""
    return tokenizer.name_or_path not in (source, locate(source))


_TOKENS = ("pad_token_id", "bos_token_id", "eos_token_id")


def _fit_to_tokenizer(config: Any, tokenizer: PreTrainedTokenizerBase, given: dict[str, Any]) -> None:
    """Sizes the vocabulary and names the special tokens as the tokenizer has them; what the spec gives itself stays."""
    wanted = int(given.get("vocab_size") or len(tokenizer))
    if wanted < len(tokenizer):
        what = f"The tokenizer has {len(tokenizer)} tokens, and vocab_size makes room for {wanted}."
        raise ModelError(what, "Delete vocab_size: it is the tokenizer's by itself.", "model.from_scratch.vocab_size")
    ours: dict[str, Any] = {"vocab_size": wanted, **{name: getattr(tokenizer, name) for name in _TOKENS}}
    if hasattr(config, "decoder_vocab_size"):
        ours["decoder_vocab_size"] = wanted
    if getattr(config, "is_encoder_decoder", False):
        ours["decoder_start_token_id"] = tokenizer.pad_token_id
        ours["forced_bos_token_id"] = None
        is_forced = getattr(config, "forced_eos_token_id", None) is not None
        ours["forced_eos_token_id"] = tokenizer.eos_token_id if is_forced else None
    for name, value in ours.items():
        if name == "vocab_size" or name not in given:
            setattr(config, name, value)


def load_pretrained(auto_class: Any, model: str, **kwargs: Any) -> PreTrainedModel:
    """Returns a model in float32 with weights from safetensors; raises ModelError."""
    try:
        return auto_class.from_pretrained(locate(model), dtype=torch.float32, use_safetensors=True, **_SAFE, **kwargs)
    except (OSError, ValueError, ImportError, KeyError, SafetensorError) as error:
        raise explain_failure(model, error) from error


def explain_failure(model: str, error: Exception) -> ModelError:
    """Returns the error in a user's words: a broken folder, or a hub that can't be reached or doesn't know the name."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, SafetensorError):
        return ModelError(
            f"The weights of {model!r} are broken: {first}", "Delete the file and fetch it again.", "model"
        )
    if Path(model).expanduser().is_dir() or model in STARTER_MODELS:
        return ModelError(f"The model in {model!r} can't be loaded: {first}", path="model")
    close = difflib.get_close_matches(model, [*_cached_models(), *STARTER_MODELS], n=1)
    hint = f"Did you mean {close[0]!r}?\n" if close else ""
    cached = ", ".join(_cached_models()[:8]) or "none yet"
    return ModelError(
        f"{model!r} is no folder here, and it can't be had from the hub: {_reason(first)}",
        f"{hint}Without the hub these work: a local folder, starter-encoder, which ships with nbft, "
        f"and models fetched before ({cached}).",
        "model",
    )


def _reason(first: str) -> str:
    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set."
    lowered = first.lower()
    if "couldn't connect" in lowered or "connection" in lowered or "internet" in lowered:
        return "the hub can't be reached."
    return first


def _cached_models() -> list[str]:
    try:
        cache = scan_cache_dir()
    except (CacheNotFound, OSError, ValueError):
        return []
    return sorted(repo.repo_id for repo in cache.repos if repo.repo_type == "model")
