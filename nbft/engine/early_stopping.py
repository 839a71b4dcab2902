"""Stop rules: the state of a run -> the reason to stop it, in words, or None."""

from __future__ import annotations

from nbft.record.state import RunState


def reason_to_stop(state: RunState) -> str | None:
    """Returns why the run should stop now, None where it should go on."""
    rule = state.early_stopping
    if not rule.is_exhausted:
        return None
    gain = f"gained more than {rule.min_delta:g}" if rule.min_delta else "got better"
    times = f"{rule.waited} evaluations" if rule.waited > 1 else "1 evaluation"
    if rule.best is None:
        return f"Early stopping: {rule.monitor} was never a number in {times}."
    return (
        f"Early stopping: in {times}, {rule.monitor} never {gain}; "
        f"its best was {rule.best:.4g} at step {rule.best_step}."
    )
