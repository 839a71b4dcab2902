"""What a blind vote found: counts, the share of the decided that one system wins, with its interval, and the finding in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbft.labelling.session import Session
from nbft.voting.pairs import Pair, is_swapped

if TYPE_CHECKING:
    import pandas as pd

TIE = "tie"
CLEAR = 0.05


@dataclass(frozen=True)
class WinRate:
    """Of the votes that are no ties, the share that a wins, with the ends of its 95% interval, and p of no difference."""

    share: float
    low: float
    high: float
    p: float


class Votes:
    """The votes of `%ft_vote`: `.counts`, `.win_rate`, `.verdict`, `.frame`."""

    def __init__(self, a: str, b: str, pairs: Sequence[Pair], session: Session, seed: int) -> None:
        self.a = a
        self.b = b
        self.seed = seed
        self.pairs = {pair.id: pair for pair in pairs}
        self._session = session

    def __repr__(self) -> str:
        return f"<Votes {self.verdict}>"

    @property
    def counts(self) -> dict[str, int]:
        """How many votes each system has, and how many ties there are."""
        return self._session.counts

    @property
    def voted(self) -> int:
        """Pairs that were voted on, ties among them."""
        return self._session.labelled

    @property
    def win_rate(self) -> WinRate | None:
        """How often a wins where one of the two does; None as long as there is no such vote."""
        won, lost = self.counts[self.a], self.counts[self.b]
        if not won + lost:
            return None
        from nbft.statistics.shares import mcnemar, wilson

        return WinRate(won / (won + lost), *wilson(won, won + lost, 0.95), mcnemar(won, lost)[0])

    @property
    def verdict(self) -> str:
        """The finding in a sentence."""
        rate = self.win_rate
        if rate is None:
            return f"No vote tells {self.a} from {self.b} yet ({self._said()})."
        winner, loser = (self.a, self.b) if rate.share >= 0.5 else (self.b, self.a)
        low, high = (rate.low, rate.high) if winner == self.a else (1 - rate.high, 1 - rate.low)
        share = max(rate.share, 1 - rate.share)
        ends = f"{share:.0%} of the decided (95% CI {low:.0%} to {high:.0%}, {_p(rate.p)}; {self._said()})"
        if rate.p < CLEAR:
            return f"{winner} wins against {loser}: {ends}."
        return f"No difference can be told: {winner} has {ends}."

    def _said(self) -> str:
        counts = self.counts
        return f"{self.a} {counts[self.a]:,}, {self.b} {counts[self.b]:,}, ties {counts[TIE]:,}"

    def side(self, shown: str, name: str) -> str:
        """Returns left or right for a system, tie for a tie."""
        if name == TIE:
            return TIE
        return "left" if (name == self.a) != is_swapped(self.seed, shown) else "right"

    def on_side(self, shown: str, side: str) -> str:
        """Returns the system that stands on a side; a tie for a tie."""
        if side == TIE:
            return TIE
        return self.a if (side == "left") != is_swapped(self.seed, shown) else self.b

    @property
    def frame(self) -> pd.DataFrame:
        """The pairs with their vote, None where there is none yet."""
        import pandas as pd

        rows = [
            {
                "row": pair.row,
                "prompt": pair.prompt,
                self.a: pair.a,
                self.b: pair.b,
                "vote": self._session.label_of(self._session.texts[pair.id]),
            }
            for pair in self.pairs.values()
        ]
        return pd.DataFrame(rows, columns=["row", "prompt", self.a, self.b, "vote"])


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
