"""What a model is made for, seen from its config.json alone: it reads, it writes, or it writes answers to what it reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbft.spec.sections import Model
from nbft.starter import STARTER_MODELS

READS, WRITES, ANSWERS = "encoder", "decoder", "encoder-decoder"
_FAMILIES = {
    READS: """
    albert bert big_bird camembert convbert data2vec-text deberta deberta-v2 distilbert electra ernie esm eurobert
    flaubert fnet funnel gte ibert jina_embeddings_v3 layoutlm longformer luke megatron-bert mobilebert modernbert
    mpnet mra nomic_bert nystromformer rembert roberta roberta-prelayernorm roc_bert roformer squeezebert tapas xlm
    xlm-roberta xlm-roberta-xl xmod yoso
    """,
    ANSWERS: """
    bart bigbird_pegasus blenderbot blenderbot-small encoder-decoder fsmt led longt5 m2m_100 marian mbart mt5 mvp
    nllb-moe pegasus pegasus_x plbart prophetnet switch_transformers t5 t5gemma umt5
    """,
    WRITES: """
    biogpt bloom codegen cohere cohere2 ctrl deepseek_v2 deepseek_v3 exaone4 falcon falcon_mamba gemma gemma2 gemma3
    gemma3_text gemma4_text glm glm4 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_oss gptj granite helium jamba lfm2
    llama llama4_text mamba mamba2 ministral mistral mixtral modernbert-decoder mpt nanochat olmo olmo2 olmo3 olmoe
    openai-gpt opt persimmon phi phi3 phimoe qwen2 qwen2_moe qwen3 qwen3_moe qwen3_next rwkv seed_oss smollm3 stablelm
    starcoder2 xglm zamba2
    """,
}
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_FILL_TOO = frozenset(("bart", "mbart", "mvp"))
"""Encoder-decoders that were trained to fill masks as well."""
_LARGEST_CONFIG = 1_000_000


@dataclass(frozen=True)
class ModelKind:
    """What a config says of its model."""

    model_type: str = ""
    family: str = ""
    """encoder, decoder or encoder-decoder; empty where it can't be told."""

    def lacks(self, task: str) -> str:
        """Returns why the model can't serve a task, as a sentence's second half; empty where it can, or nobody can tell."""
        if task in ("text-generation", "chat") and self.family == READS:
            return f"reads text and can't write it, and {task} needs a model that writes on"
        if task in ("text-generation", "chat") and self.family == ANSWERS:
            return f"writes only in answer to a source text, and {task} needs a model that writes on"
        if task in ("translation", "summarization") and self.family == READS:
            return f"reads text and can't write it, and {task} needs a model that writes"
        if task == "fill-mask" and (self.family == WRITES or (self.family and self._is_answering_alone)):
            return "was never made to guess a word from both sides, and fill-mask needs a model that does"
        return ""

    @property
    def _is_answering_alone(self) -> bool:
        return self.family == ANSWERS and self.model_type not in _FILL_TOO


UNKNOWN = ModelKind()
EXAMPLES = {
    "text-generation": "gpt2, llama, qwen2",
    "chat": "gpt2, llama, qwen2",
    "translation": "marian, t5, mbart",
    "summarization": "t5, bart, pegasus",
    "fill-mask": "bert, roberta, modernbert",
}
"""Kinds of models that serve a task."""


def kind_of_config(config: Mapping[str, Any]) -> ModelKind:
    """Returns what a config says; `config` is the data of a config.json."""
    name = str(config.get("model_type") or "")
    heads = [str(head) for head in config.get("architectures") or []]
    family = _FAMILY_OF.get(name, "")
    if config.get("is_encoder_decoder"):
        family = ANSWERS
    elif family != ANSWERS and (config.get("is_decoder") or any("ForCausalLM" in head for head in heads)):
        family = WRITES
    return ModelKind(name, family)


def kind_of_model(model: Model) -> ModelKind:
    """Returns what is known of a spec's model without the network; UNKNOWN where that is nothing."""
    if isinstance(model.from_scratch, dict):
        return kind_of_config(model.from_scratch)
    return kind_of_config(_config_of(model.source)) if model.source else UNKNOWN


def _config_of(name: str) -> Mapping[str, Any]:
    """Returns the config.json of a starter or local model, or of one that the hub's cache holds."""
    try:
        folder = STARTER_MODELS.get(name) or Path(name).expanduser()
        file = folder / "config.json"
        if not folder.exists() and (cached := _in_cache(name)):
            file = cached
        if not file.is_file() or file.stat().st_size > _LARGEST_CONFIG:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def hub_cache() -> Path:
    """Returns the folder in which the hub's client keeps what it fetched."""
    home = os.environ.get("HF_HOME") or str(Path("~/.cache/huggingface").expanduser())
    return Path(os.environ.get("HF_HUB_CACHE") or f"{home}/hub")


def _in_cache(name: str) -> Path | None:
    folder = hub_cache() / f"models--{name.replace('/', '--')}"
    head = folder / "refs" / "main"
    if not head.is_file():
        return None
    return folder / "snapshots" / head.read_text(encoding="utf-8").strip() / "config.json"
