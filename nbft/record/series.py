"""Which run of a series stands for all of them where one model is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from nbft.record.events import event_from
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower
from nbft.record.state import RunState, is_better_lower, replay


def best_folder(folders: Sequence[RunFolder]) -> RunFolder:
    """Returns the run whose model scored best on the validation rows; the last one as long as none has a model."""
    judged = [(_state(folder), folder) for folder in folders if (folder.model / "config.json").is_file()]
    known = [(rule.best, folder) for state, folder in judged if (rule := state.early_stopping).best is not None]
    if not known:
        return judged[0][1] if judged else folders[-1]
    choose = min if is_better_lower(judged[0][0].early_stopping.monitor) else max
    return choose(known, key=lambda one: one[0] or 0.0)[1]


def _state(folder: RunFolder) -> RunState:
    return replay(event for data in Follower(folder.events).read() if (event := event_from(data)) is not None)
