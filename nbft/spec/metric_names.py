"""Which metrics a run computes, by name; how they are computed is the engine's business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nbft.spec.guess import plain_word

if TYPE_CHECKING:
    from nbft.spec.sections import RunSpec

DEFAULT_METRICS: dict[str, tuple[str, ...]] = {
    "text-classification": ("accuracy", "f1", "precision", "recall"),
    "text-classification, multi-label": ("f1_micro", "f1_macro", "accuracy"),
    "text-classification, regression": ("pearson", "spearman", "mse"),
    "token-classification": ("f1", "precision", "recall", "accuracy"),
    "question-answering": ("f1", "exact_match"),
    "translation": ("bleu", "chrf"),
    "summarization": ("rouge1", "rouge2", "rougeL"),
    "text-generation": ("perplexity", "token_accuracy"),
    "chat": ("perplexity", "token_accuracy"),
    "fill-mask": ("perplexity", "token_accuracy"),
}
"""The metrics of a task where `evaluate.metrics` is left out; what a label is makes kinds of text-classification."""
MORE_METRICS: dict[str, tuple[str, ...]] = {
    "text-classification": ("matthews_correlation", "roc_auc"),
    "text-classification, multi-label": ("precision", "recall", "roc_auc"),
    "text-classification, regression": ("mae",),
    "question-answering": ("has_answer_f1", "has_answer_exact_match", "no_answer_accuracy"),
    "translation": ("ter", "meteor"),
    "summarization": ("rougeLsum", "meteor"),
}
"""What a task computes besides when it is asked."""
METRICS = tuple(
    dict.fromkeys(name for table in (DEFAULT_METRICS, MORE_METRICS) for names in table.values() for name in names)
)

SHIPPED = (
    *("accuracy", "f1", "f1_micro", "f1_macro", "precision", "recall", "matthews_correlation", "roc_auc"),
    *("pearsonr", "spearmanr", "mse", "mae", "seqeval", "squad", "squad_v2", "exact_match"),
    *("sacrebleu", "chrf", "ter", "rouge", "meteor"),
)
"""Metrics that need no network, by the names that `evaluate` has for them: an evaluation takes these too."""

FOREIGN: dict[str, tuple[str, ...]] = {
    "acc": ("accuracy", "token_accuracy"),
    "mcc": ("matthews_correlation",),
    "matthews_corrcoef": ("matthews_correlation",),
    "auc": ("roc_auc",),
    "auroc": ("roc_auc",),
    "rocauc": ("roc_auc",),
    "f1_score": ("f1", "f1_macro"),
    "f1_weighted": ("f1", "f1_macro"),
    "f1_overall": ("f1",),
    "overall_f1": ("f1",),
    "overall_precision": ("precision",),
    "overall_recall": ("recall",),
    "overall_accuracy": ("accuracy",),
    "seqeval": ("f1",),
    "macro_f1": ("f1", "f1_macro"),
    "f1_macro": ("f1",),
    "micro_f1": ("f1_micro", "accuracy"),
    "f1_micro": ("f1", "accuracy"),
    "hamming": ("accuracy",),
    "subset_accuracy": ("accuracy",),
    "precision_macro": ("precision",),
    "recall_macro": ("recall",),
    "pearsonr": ("pearson",),
    "pearson_correlation": ("pearson",),
    "spearmanr": ("spearman",),
    "spearman_correlation": ("spearman",),
    "mean_squared_error": ("mse",),
    "rmse": ("mse",),
    "mean_absolute_error": ("mae",),
    "em": ("exact_match",),
    "exact": ("exact_match",),
    "squad": ("f1",),
    "squad_v2": ("f1",),
    "hasans_f1": ("has_answer_f1",),
    "hasans_exact": ("has_answer_exact_match",),
    "noans_exact": ("no_answer_accuracy",),
    "noans_f1": ("no_answer_accuracy",),
    "sacrebleu": ("bleu",),
    "bleu_score": ("bleu",),
    "chrf++": ("chrf",),
    "rouge": ("rougeL",),
    "rouge_1": ("rouge1",),
    "rouge_2": ("rouge2",),
    "rouge_l": ("rougeL",),
    "rouge_lsum": ("rougeLsum",),
    "meteor_score": ("meteor",),
    "ppl": ("perplexity",),
    "mean_token_accuracy": ("token_accuracy",),
    "accuracy": ("token_accuracy",),
}
"""What other tools call a metric, and ours, the likeliest first; which of them fits is the task's affair."""
_FOREIGN = {plain_word(word): names for word, names in FOREIGN.items()}
_SPLITS = ("eval/", "eval_", "val/", "val_", "validation/", "validation_", "valid_", "dev_")


def kinds_of_task(task: str | None, problem: str | None = None) -> list[str]:
    """Returns which keys of DEFAULT_METRICS a run may turn out to be; one where task and problem are known."""
    if task is None:
        return list(DEFAULT_METRICS)
    if problem is not None and task == "text-classification":
        named = f"{task}, {problem}"
        return [named] if named in DEFAULT_METRICS else [task]
    return [kind for kind in DEFAULT_METRICS if kind.partition(",")[0] == task]


def metrics_of(kinds: list[str]) -> list[str]:
    """Returns all metrics that runs of these kinds can compute."""
    return list(dict.fromkeys(name for kind in kinds for name in (*DEFAULT_METRICS[kind], *MORE_METRICS.get(kind, ()))))


def metric_names(spec: RunSpec) -> list[str]:
    """Returns the metrics of a run besides the loss, in the spec's order; `$name` is called `name`.

    Where the spec leaves open what the run will compute, those of every kind that it may turn out to be.
    """
    kinds = kinds_of_task(spec.task, spec.classification.problem)
    names = spec.evaluate.metrics or [name for kind in kinds for name in DEFAULT_METRICS[kind]]
    return list(dict.fromkeys(name.removeprefix("$") for name in names))


def computed_metrics(spec: RunSpec) -> list[str]:
    """Returns what each evaluation measures, and so what can be monitored: `eval/loss`, `eval/accuracy`, ..."""
    return ["eval/loss", *(f"eval/{name}" for name in metric_names(spec))]


def monitored_metric(spec: RunSpec) -> str:
    """Returns the full name of the metric that decides: `eval/f1` where the spec says `f1`."""
    monitor = spec.early_stopping.monitor
    if monitor is None:
        return computed_metrics(spec)[1]
    return monitor if "/" in monitor else f"eval/{monitor}"


def metric_meant(word: str, known: Iterable[str] = METRICS) -> str | None:
    """Returns our name, one of those known, for a metric that other tools call otherwise; None where it has none."""
    bare = next((word[len(split) :] for split in _SPLITS if word.startswith(split)), word)
    names = (*known, "loss")
    return next((name for name in (bare, *_FOREIGN.get(plain_word(bare), ())) if name in names), None)


def told(kinds: list[str], before: str = "") -> str:
    """Returns the metrics of such runs in words, those of the first kind and then what other kinds have besides."""
    words = ", ".join(f"{before}{name}" for name in metrics_of(kinds[:1]))
    more = [
        f"{kind.partition(', ')[2]}: {', '.join(before + name for name in metrics_of([kind]))}" for kind in kinds[1:]
    ]
    return f"{words} ({'; '.join(more)})" if more else words
