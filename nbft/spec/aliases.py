"""Words that people bring from transformers, TRL, axolotl, LLaMA-Factory and AutoTrain, and what nbft calls them."""

from __future__ import annotations

from nbft.spec.foreign_keys import ARCHITECTURE, BEST, NOTES, SAME, SPECIAL, Alias
from nbft.spec.guess import plain_word

ALIASES: dict[str, Alias] = {
    **{plain_word(word): Alias(path) for path, words in SAME.items() for word in words.split()},
    **{plain_word(word): Alias("", note) for note, words in NOTES.items() for word in words.split()},
    **{plain_word(word): alias for word, alias in SPECIAL.items()},
}
"""Foreign keys, as `plain_word` spells them."""

_IN_SOURCE = {
    "source": "path name file dataset url id data_files data_file dataset_name table_file",
    "config": "subset config_name dataset_config dataset_config_name builder",
    "split": "slice splits dataset_split",
    "sheet": "sheet_name tab worksheet",
    "query": "sql statement select table",
    "encoding": "charset codec encode",
    "weight": "ratio probability proportion sampling_weight times repeat factor",
}
"""Words for the keys of a source."""
_OF_SOURCES = {
    f"data.{key}": {word: Alias(f"data.{key}.{ours}") for ours, words in _IN_SOURCE.items() for word in words.split()}
    for key in ("train", "validation", "test")
}

IN_SECTION: dict[str, dict[str, Alias]] = {
    **_OF_SOURCES,
    "data": {
        "path": Alias("data.train"),
        "name": Alias("data.train"),
        "file": Alias("data.train"),
        "source": Alias("data.train"),
        "text": Alias("data.columns.text"),
        "label": Alias("data.columns.label"),
        "split": Alias("data.validation"),
        "format": Alias("", "nbft sees it by the ending of the file; leave it out."),
        "type": Alias("", "nbft sees it by the ending of the file; leave it out."),
    },
    "data.columns": {
        **dict.fromkeys(("class", "score"), Alias("data.columns.label")),
        **dict.fromkeys(("document", "article", "premise"), Alias("data.columns.text")),
        "hypothesis": Alias("data.columns.text_pair"),
        "words": Alias("data.columns.tokens"),
        **dict.fromkeys(("ner_tags", "pos_tags", "entities", "spans"), Alias("data.columns.tags")),
        "answer": Alias("data.columns.answers"),
        "passage": Alias("data.columns.context"),
        "src": Alias("data.columns.source"),
        "tgt": Alias("data.columns.target"),
        "highlights": Alias("data.columns.summary"),
        **dict.fromkeys(("conversations", "conversation"), Alias("data.columns.messages")),
        "instruction": Alias("data.columns.prompt"),
        **dict.fromkeys(("output", "response"), Alias("data.columns.completion")),
        "system_prompt": Alias("data.columns.system"),
    },
    "model": {
        **dict.fromkeys(("path", "id", "base", "pretrained", "model"), Alias("model.name")),
        **dict.fromkeys(("config", "architecture", "scratch"), Alias("model.from_scratch")),
        **dict.fromkeys(("type", "kind"), Alias("model.from_scratch", ARCHITECTURE, "")),
        "tokenizer": Alias("tokenizer"),
    },
    "tokenizer": {
        **dict.fromkeys(("path", "id", "tokenizer"), Alias("tokenizer.name")),
        **dict.fromkeys(("type", "kind", "algorithm", "model"), Alias("tokenizer.train")),
        "size": Alias("tokenizer.vocabulary"),
        "special_tokens": Alias("tokenizer.add_tokens"),
    },
    "classification": {
        **dict.fromkeys(("type", "kind"), Alias("classification.problem")),
        **dict.fromkeys(("balance", "balanced"), Alias("classification.weights", "", "balanced", "none")),
    },
    "question_answering": {
        **dict.fromkeys(("overlap", "window_stride"), Alias("question_answering.stride")),
        "max_length": Alias("question_answering.max_answer_tokens"),
    },
    "translation": {
        **dict.fromkeys(("from", "source", "src"), Alias("translation.source_language")),
        **dict.fromkeys(("to", "target", "tgt"), Alias("translation.target_language")),
    },
    "generate": {
        **dict.fromkeys(("max_length", "max_tokens", "length"), Alias("generate.max_new_tokens")),
        **dict.fromkeys(("prompt", "samples"), Alias("generate.prompts")),
    },
    "chat": {
        **dict.fromkeys(("train_on", "loss_on", "mask"), Alias("chat.learn")),
        **dict.fromkeys(("name", "format", "style"), Alias("chat.template")),
    },
    "fill_mask": dict.fromkeys(("probability", "rate", "ratio"), Alias("fill_mask.share")),
    "early_stopping": {
        "metric": Alias("early_stopping.monitor"),
        "threshold": Alias("early_stopping.min_delta"),
        "rounds": Alias("early_stopping.patience"),
        "mode": Alias("", "nbft knows which way each metric is better; leave it out."),
    },
    "evaluate": {
        "steps": Alias("evaluate.every"),
        "strategy": Alias("evaluate.every"),
        "interval": Alias("evaluate.every"),
        "on": Alias("data.validation"),
    },
    "save": {
        "steps": Alias("save.every"),
        "strategy": Alias("save.every"),
        "total_limit": Alias("save.keep"),
        "limit": Alias("save.keep"),
        "best": Alias("", BEST),
    },
}
"""Words that mean something else where they stand in one of our sections."""


def alias_of(section: str, word: str) -> Alias | None:
    """Returns what a foreign key means in a section (dotted, empty at the top), None for words nobody uses."""
    here = IN_SECTION.get(section, {}).get(word.lower())
    return here or ALIASES.get(plain_word(word))
