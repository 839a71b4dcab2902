"""Check-ups are kept beside the tokenised rows that they were made of: a second run on the same data doesn't look again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from nbft.data.cache import cache_folder, kept, publish, staging
from nbft.engine.feature_cache import hash_of, plain_state
from nbft.record.data_check import DataCheck, read_check
from nbft.tasks.base import Features, Task

WORTH_S = 0.2
"""What took less time is not kept."""
_CHECK = "check.json"


class CheckCache:
    """The place of one check-up.

    The keys of the features hold rows, spec, tokenizer and versions; here comes what a check-up is told besides.
    """

    def __init__(
        self, task: Task, features: Mapping[str, Features], heard: Sequence[tuple[str, str]], *, is_quick: bool
    ) -> None:
        keys = {name: made.key for name, made in features.items()}
        self.is_on = all(keys.values())
        parts = [
            *(f"{name} {version(name)}" for name in ("rensa", "py3langid")),
            json.dumps([list(keys.items()), heard, is_quick, {name: made.limit for name, made in features.items()}]),
            json.dumps(plain_state(task), sort_keys=True),
        ]
        self.folder = cache_folder() / "checks" / hash_of(parts)

    def find(self) -> DataCheck | None:
        """Returns the check-up that is kept, None where there is none."""
        return read_check(self.folder / _CHECK) if self.is_on and kept(self.folder) else None

    def keep(self, check: DataCheck) -> None:
        """Keeps a check-up that took its time."""
        if not self.is_on or check.seconds < WORTH_S:
            return
        with staging() as staged:
            (staged / _CHECK).write_text(check.to_json(), encoding="utf-8")
            publish(staged, self.folder)
