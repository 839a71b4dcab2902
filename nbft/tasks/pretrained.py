"""Pretrained weights and tokenizers: loaded from safetensors only, without remote code, with errors that say what to do."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from nbft.errors import ModelError
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


def load_tokenizer(model: str) -> PreTrainedTokenizerBase:
    """Returns the model's tokenizer; raises ModelError."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(locate(model), **_SAFE)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise explain_failure(model, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def model_limit(model: str) -> int | None:
    """Returns how many tokens the model can read, None where it has no limit; reads the config alone."""
    config = _config(model)
    limit = getattr(config, "max_position_embeddings", None)
    if limit is None or limit <= 0:
        return None
    offset = (config.pad_token_id or 0) + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
    return int(limit) - offset


def count_parameters(model: str) -> int:
    """Returns the number of the model's weights without a head; reads the config alone."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in AutoModel.from_config(_config(model), **_SAFE).parameters())


def _config(model: str) -> Any:
    try:
        return AutoConfig.from_pretrained(locate(model), **_SAFE)
    except (OSError, ValueError, KeyError) as error:
        raise explain_failure(model, error) from error


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
