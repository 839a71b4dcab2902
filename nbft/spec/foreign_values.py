"""The values of other tools for keys that take one of a few, and bare values given to sections."""

from __future__ import annotations

_VALUES = {
    "task": {
        "text-classification": """
            classification sentiment sentiment_analysis sequence_classification seq_cls single_label_classification
            text_binary_classification text_multi_class_classification multi_label_classification text_regression
            regression sentence_regression multilabel binary nli entailment sentence_pair text_cls
            stsb sts_b sst2 mrpc cola mnli qnli qqp rte wnli
        """,
        "token-classification": "ner pos chunking tagging token_cls named_entity_recognition",
        "question-answering": "qa squad extractive_qa extractive_question_answering question_ans",
        "translation": "mt nmt machine_translation seq2seq seq_2_seq_lm text2text text2text_generation",
        "summarization": "summarisation summary tldr",
        "text-generation": """
            clm causal_lm causal lm language_modeling language_modelling pt pretrain pretraining continued_pretraining
            generation completion
        """,
        "chat": """
            sft llm_sft instruct instruction_tuning instruction conversational chat_completion dialogue dialog
            conversation supervised_fine_tuning
        """,
        "fill-mask": "mlm masked_lm masked_language_modeling masked_language_modelling",
    },
    "classification.problem": {
        "single-label": "single_label_classification multi_class multiclass multi_class_classification binary",
        "multi-label": "multi_label_classification",
    },
    "classification.weights": {"balanced": "balance auto inverse yes true"},
    "tokenizer.train": {
        "bpe": "byte_level_bpe byte_pair byte_pair_encoding byte_bpe",
        "unigram": "sentencepiece spm ulm",
        "words": "word_level whitespace word",
    },
    "chat.learn": {
        "assistant": "assistant_only response responses completion completions answers",
        "last": "last_turn final last_assistant",
        "all": "everything full inputs prompt",
    },
    "train.schedule": {
        "cosine": "cosine_with_restarts cosine_annealing cosine_with_warmup",
        "linear": "polynomial linear_with_warmup inverse_sqrt",
        "constant": "constant_with_warmup none",
    },
    "train.precision": {
        "bf16": "bfloat16 torch.bfloat16 bf16-mixed",
        "fp16": "float16 half 16 16-mixed",
        "fp32": "float32 full 32 no",
        "auto": "mixed amp",
    },
    "evaluate.every": {"epoch": "epochs each_epoch every_epoch per_epoch"},
    "save.every": {"epoch": "epochs each_epoch every_epoch per_epoch"},
}
VALUES: dict[str, dict[str, str]] = {
    name: {word: ours for ours, words in known.items() for word in words.split()} for name, known in _VALUES.items()
}
"""Foreign values of keys that take one of a few: by key, then by value."""

SHORTHAND: dict[tuple[str, type], str] = {
    ("data", str): "train",
    ("data", list): "train",
    ("data.columns", str): "text",
    ("tokenizer", list): "add_tokens",
    ("classification", str): "problem",
    ("question_answering", int): "stride",
    ("translation", str): "target_language",
    ("generate", int): "beams",
    ("generate", float): "temperature",
    ("generate", list): "prompts",
    ("chat", str): "template",
    ("fill_mask", float): "share",
    ("fill_mask", str): "share",
    ("train", int): "epochs",
    ("train", float): "learning_rate",
    ("early_stopping", bool): "enabled",
    ("early_stopping", int): "patience",
    ("early_stopping", str): "monitor",
    ("evaluate", int): "every",
    ("evaluate", str): "every",
    ("evaluate", list): "metrics",
    ("save", int): "every",
    ("save", str): "every",
}
"""The key meant by those who give a section a bare value."""

BESIDES = {
    ("task", "regression"): "classification: {problem: regression}",
    ("task", "multilabel"): "classification: {problem: multi-label}",
}
"""A line to write besides, by a key and what the given value ends or begins with, as `plain_word` spells it."""
