"""The live chart's kernel side: an anywidget to which only new points travel.

What is sent: `plots`, `marks`, `bands` and `total_steps` as traits, and points by messages
`{op: "points", parts: [[metric, revision, start, count], ...]}` with one buffer of float64 pairs (step, value). Every
part says where it starts, so that the page notices what it missed and asks for `resync`: messages that come before the
script has loaded are lost. All points known so far travel with the widget's own state, also after a page reload. The page
sends `{op: "compare", run: name}` where another run is chosen from `others`; `ghost` names the one that is shown.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from nbft.panels.base import HERE
from nbft.record.curve import Curve

SCRIPTS = ("uPlot.iife.min.js", "words.js", "points.js", "marks.js", "tools.js", "key_guard.js", "keys.js")
SCRIPTS += ("figure.js", "chart.js")


def _script() -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


def _style() -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("uPlot.min.css", "chart.css"))


def _snapshot(_: Any, chart: LiveChart) -> dict[str, Any]:
    return chart.snapshot()


class Track:
    """The points of one metric that have been sent; `revision` tells a curve that was thinned or cut."""

    def __init__(self) -> None:
        self.revision = -1
        self.pairs = array("d")

    def __len__(self) -> int:
        return len(self.pairs) // 2

    def take(self, curve: Curve, *, is_over: bool) -> int | None:
        """Takes in what the curve has more; returns where the new part starts, None where there is none."""
        if curve.revision != self.revision:
            self.revision, self.pairs = curve.revision, array("d")
            self._add(curve.points)
            return 0
        start = len(self)
        self._add(curve.points[start:])
        if is_over and curve.last and len(self) and self.pairs[-2] != curve.last[0]:
            self._add([curve.last])
        return start if len(self) > start else None

    def _add(self, points: Iterable[tuple[int, float | None]]) -> None:
        for step, value in points:
            self.pairs.extend((step, math.nan if value is None else value))


class LiveChart(anywidget.AnyWidget):
    """Draws plots of points in the page, and tells by `is_heard` whether the page does draw."""

    _esm = traitlets.Unicode(_script()).tag(sync=True)
    _css = traitlets.Unicode(_style()).tag(sync=True)
    plots = traitlets.List().tag(sync=True)
    marks = traitlets.List().tag(sync=True)
    bands = traitlets.List().tag(sync=True)
    total_steps = traitlets.Int(0).tag(sync=True)
    others = traitlets.List().tag(sync=True)
    ghost = traitlets.Unicode("").tag(sync=True)
    points = traitlets.Any(None).tag(sync=True, to_json=_snapshot)

    def __init__(self, **traits: Any) -> None:
        self._tracks: dict[str, Track] = {}
        self._lock = threading.RLock()  # messages of the page may come in another thread
        self.is_heard = False
        self.about: tuple[Any, ...] = ()
        """What was last said besides the points; nothing is made anew while it stays the same."""
        self.compare: Callable[[str], None] | None = None
        """Told the name of the run that the page wants behind the curves, or an empty one."""
        super().__init__(**traits)
        self.on_msg(self._hear)

    def follow(self, curves: Mapping[str, Curve], *, is_over: bool = False) -> int:
        """Sends the points that the page does not have yet; returns how many metrics had some."""
        with self._lock:
            for name in self._tracks.keys() - curves.keys():
                del self._tracks[name]
            starts = {
                name: self._tracks.setdefault(name, Track()).take(c, is_over=is_over) for name, c in curves.items()
            }
            new = {name: start for name, start in starts.items() if start is not None}
            if new:
                self._send_from(new)
        return len(new)

    def snapshot(self) -> dict[str, Any]:
        """Returns all points as plain data and one buffer."""
        with self._lock:
            parts, pairs = self._pack(dict.fromkeys(self._tracks, 0))
        return {"parts": parts, "data": memoryview(pairs)}

    def _send_from(self, starts: dict[str, int]) -> None:
        parts, pairs = self._pack(starts)
        self.send({"op": "points", "parts": parts}, buffers=[pairs])

    def _pack(self, starts: dict[str, int]) -> tuple[list[list[Any]], bytes]:
        parts, pairs = [], array("d")
        for name, start in starts.items():
            track = self._tracks[name]
            parts.append([name, track.revision, start, len(track) - start])
            pairs.extend(track.pairs[2 * start :])
        return parts, pairs.tobytes()

    def _hear(self, _: Any, message: dict[str, Any], __: Any) -> None:
        """Answers the page: `hello` and `resync` tell how many points it has of each metric, `compare` names a run."""
        self.is_heard = True
        if message.get("op") == "compare":
            if self.compare is not None:
                self.compare(str(message.get("run", "")))
            return
        have = message.get("have")
        with self._lock:
            lacks = {n: t for n, t in self._tracks.items() if not _is_whole(have, n, t)}
            if lacks:
                self._send_from(dict.fromkeys(lacks, 0))


def _is_whole(have: Any, name: str, track: Track) -> bool:
    return isinstance(have, dict) and have.get(name) == [track.revision, len(track)]
