"""How fast training goes and when it will be done: pauses and evaluations are told apart from steps."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_STEPS = 50


class Pace:
    """Takes in each step; rates are over the last WINDOW_STEPS steps."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._mark = clock()
        self._steps: deque[tuple[float, int, int]] = deque(maxlen=WINDOW_STEPS)
        self._aside: list[float] = []

    def restart(self) -> None:
        """Begins to measure a step from now; what came before (a pause, a save) is not training."""
        self._mark = self._clock()

    def step(self, examples: int, tokens: int) -> None:
        """Takes in one finished step."""
        now = self._clock()
        self._steps.append((now - self._mark, examples, tokens))
        self._mark = now

    def evaluated(self, seconds: float) -> None:
        """Takes in the duration of an evaluation, for the time that is left."""
        self._aside.append(seconds)
        self.restart()

    @property
    def examples_per_s(self) -> float | None:
        """Rows per second."""
        return self._rate(1)

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens per second, without padding."""
        return self._rate(2)

    def _rate(self, index: int) -> float | None:
        seconds = sum(step[0] for step in self._steps)
        return sum(step[index] for step in self._steps) / seconds if seconds > 0 else None

    def eta_s(self, steps_left: int, evaluations_left: float) -> float | None:
        """Returns the seconds that the steps and evaluations left will take."""
        if not self._steps:
            return None
        step_s = sum(step[0] for step in self._steps) / len(self._steps)
        evaluation_s = sum(self._aside) / len(self._aside) if self._aside else 0.0
        return steps_left * step_s + evaluations_left * evaluation_s
