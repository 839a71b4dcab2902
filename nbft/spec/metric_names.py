"""Which metrics a run computes, by name; how they are computed is the engine's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbft.spec.guess import plain_word

if TYPE_CHECKING:
    from nbft.spec.sections import RunSpec

METRICS = ("accuracy", "f1", "precision", "recall", "matthews_correlation", "roc_auc")
DEFAULT_METRICS = {"text-classification": ("accuracy", "f1", "precision", "recall")}
"""The metrics of a task where `evaluate.metrics` is left out."""

FOREIGN = {
    "acc": "accuracy",
    "mcc": "matthews_correlation",
    "matthews_corrcoef": "matthews_correlation",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "f1_macro": "f1",
    "f1_score": "f1",
    "f1_weighted": "f1",
    "macro_f1": "f1",
    "precision_macro": "precision",
    "recall_macro": "recall",
}
_FOREIGN = {plain_word(word): name for word, name in FOREIGN.items()}
_SPLITS = ("eval/", "eval_", "val/", "val_", "validation/", "validation_", "valid_", "dev_")


def metric_names(spec: RunSpec) -> list[str]:
    """Returns the metrics of a run besides the loss, in the spec's order; `$name` is called `name`."""
    names = spec.evaluate.metrics or DEFAULT_METRICS[spec.task]
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
