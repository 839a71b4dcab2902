"""What is said of a metric beside its numbers: who computes it, how, and which way is better."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from nbft.record.scorecard import MetricNote
from nbft.record.state import is_better_lower
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of

_OWN = "nbft"
_SKLEARN = {
    "accuracy": "accuracy_score",
    "f1": "f1_score, macro average",
    "f1_macro": "f1_score, macro average",
    "f1_micro": "f1_score, micro average",
    "precision": "precision_score, macro average",
    "recall": "recall_score, macro average",
    "matthews_correlation": "matthews_corrcoef",
    "roc_auc": "roc_auc_score, one class against the rest, macro average",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
}
_SPANS = {
    "f1": "f1_score of entities, micro average, default mode",
    "precision": "precision_score of entities, micro average, default mode",
    "recall": "recall_score of entities, micro average, default mode",
    "accuracy": "accuracy_score of words",
}
_ANSWERS = {
    "f1": "F1 of words by SQuAD's rules (evaluate-v1.1.py; evaluate-v2.0.py where some questions have no answer)",
    "exact_match": "exact match by SQuAD's rules (evaluate-v1.1.py; evaluate-v2.0.py where some have no answer)",
    "has_answer_f1": "F1 of words by SQuAD's rules, of questions that have an answer",
    "has_answer_exact_match": "exact match by SQuAD's rules, of questions that have an answer",
    "no_answer_accuracy": "share of questions without an answer to which none is given",
}
_TOKENS = {
    "loss": "mean cross-entropy of tokens",
    "perplexity": "exponential of the mean loss of tokens, over all rows together",
    "token_accuracy": "share of tokens whose likeliest guess is right",
}
_SCIPY = {"pearson": "pearsonr", "spearman": "spearmanr"}
_ROUGE = {name: f"F of {name}, mean over rows" for name in ("rouge1", "rouge2", "rougeL", "rougeLsum")}
_METEOR = {"meteor": "meteor_score with English stems and without WordNet's synonyms, mean over rows"}
_OF_KIND = {"token-classification": (("seqeval", _SPANS),), "question-answering": ((_OWN, _ANSWERS),)}
_OF_ALL = (("scipy", _SCIPY), ("scikit-learn", _SKLEARN), (_OWN, _TOKENS), ("rouge-score", _ROUGE), ("nltk", _METEOR))
_SACREBLEU: dict[str, type[Metric]] = {"bleu": BLEU, "chrf": CHRF, "ter": TER}


def note(metric_name: str, kind: str = "", **options: Any) -> MetricNote:
    """Returns what is to be said of a metric; `kind` is the task's, as DEFAULT_METRICS names it, `options` sacrebleu's.

    A metric that nbft doesn't know is the user's own, or of `evaluate`.
    """
    bare = metric_name.removeprefix("$")
    lower = is_better_lower(bare)
    if metric_name.startswith("$"):
        return MetricNote(metric_name, "a function of the notebook", lower_is_better=lower)
    if bare in _SACREBLEU:
        metric = _SACREBLEU[bare](**options)
        metric.num_refs = options.pop("references", 1)
        return MetricNote(bare, _library("sacrebleu"), metric.get_signature().format(), lower)
    kind = kind or next((kind for kind in DEFAULT_METRICS if bare in metrics_of([kind])), "")
    return MetricNote(bare, _implementation(bare, kind), lower_is_better=lower)


def _implementation(name: str, kind: str) -> str:
    for library, words in (*_OF_KIND.get(kind, ()), *_OF_ALL):
        if name in words:
            return f"{_library(library)}, {words[name]}"
    return f"{_library('evaluate')}, {name}"


def _library(name: str) -> str:
    return f"{name} {version(name)}"
