"""A dry run: a few steps of a run, so that everything from the data to the saved model has happened once."""

from __future__ import annotations

import dataclasses

from nbft.engine.build import Built
from nbft.record.events import Planned
from nbft.spec.sections import RunSpec


def judged_once(spec: RunSpec, steps: int) -> RunSpec:
    """Returns the spec with one evaluation and one checkpoint, at the last of the steps."""
    evaluate = spec.evaluate.model_copy(update={"every": steps})
    save = spec.save.model_copy(update={"every": steps})
    return spec.model_copy(update={"evaluate": evaluate, "save": save})


def shortened(planned: Planned, built: Built, steps: int) -> Planned:
    """Ends the training after so many steps, and says so in the plan."""
    steps = min(steps, planned.total_steps)
    built.trainer.args.max_steps = steps
    note = f"A dry run: {steps} of {planned.total_steps} steps, one evaluation, no test."
    refused = {**planned.refused, "SetEpochs": f"is a dry run of {steps} step{'s' * (steps != 1)}"}
    return dataclasses.replace(planned, total_steps=steps, notes=[note, *planned.notes], refused=refused)
