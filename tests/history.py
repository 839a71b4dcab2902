"""What two runs of one spec share: all that was learnt, not how long it took."""

from __future__ import annotations

import pandas as pd

from nbft.run import Run


def learnt(run: Run) -> pd.DataFrame:
    """Returns a run's history without its speed and its memory, which differ from time to time."""
    history = run.history
    taken = [name for name in history.columns if name.startswith("memory/") or name.endswith("_per_s")]
    return history.drop(columns=taken)
