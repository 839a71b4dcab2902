"""Which metrics a run computes, by name; how they are computed is the engine's business."""

from __future__ import annotations

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
    "translation": ("ter",),
    "summarization": ("rougeLsum",),
}
"""What a task computes besides when it is asked."""
METRICS = tuple(
    dict.fromkeys(name for table in (DEFAULT_METRICS, MORE_METRICS) for names in table.values() for name in names)
)

FOREIGN = {
    "acc": "accuracy",
    "mcc": "matthews_correlation",
    "matthews_corrcoef": "matthews_correlation",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "f1_score": "f1",
    "f1_weighted": "f1",
    "macro_f1": "f1_macro",
    "micro_f1": "f1_micro",
    "sacrebleu": "bleu",
    "pearsonr": "pearson",
    "spearmanr": "spearman",
    "ppl": "perplexity",
    "em": "exact_match",
    "exact": "exact_match",
    "chrf++": "chrf",
    "precision_macro": "precision",
    "recall_macro": "recall",
}
_FOREIGN = {plain_word(word): name for word, name in FOREIGN.items()}
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


def metric_meant(word: str) -> str | None:
    """Returns our name for a metric that other tools call otherwise (`eval_f1`, `mcc`), None where it has none."""
    bare = next((word[len(split) :] for split in _SPLITS if word.startswith(split)), word)
    if bare in (*METRICS, "loss"):
        return bare
    return _FOREIGN.get(plain_word(bare))
