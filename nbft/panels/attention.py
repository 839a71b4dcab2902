"""Attention: every head of every layer small, one of them large; as an anywidget, and as pictures where no script runs.

What is sent: `view` (what the maps are of) and `weights`: each map's (L, H, R, C) as little-endian uint16, 65535 for 1.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import numpy as np
import traitlets

from nbft.panels.base import HERE, text
from nbft.panels.svg import FONT, INK

SCRIPTS, STYLES = ("labelling_notebook.js", "attention.js"), ("style.css", "attention.css")
EXPLAINED = (
    "Each row is softmax(QKᵀ/√dₖ) of one token: how much of every token's value V goes into its new vector "
    "(scaled dot-product attention, Vaswani et al. 2017). A row adds up to 1."
)
TITLES = {"self": "self-attention", "encoder": "encoder", "decoder": "decoder (causal)", "cross": "cross-attention"}
STATIC_TOKENS = 40
_ONE = 65535
_SHADES, _CELL, _LEFT, _TOP = 10, 13, 110, 100
_PIXELS = 120_000
"""Of a picture of all heads: what keeps a page of three of them small."""


@dataclass(frozen=True)
class Map:
    """One kind of attention: the weights (L, H, R, C) of tokens that look (rows) at tokens (columns)."""

    name: str
    rows: list[str]
    columns: list[str]
    left_out: int
    weights: np.ndarray


class AttentionPanel(anywidget.AnyWidget):
    """Shows maps; which head is large, and whose weights are shown, the page decides alone."""

    _esm = traitlets.Unicode("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)).tag(sync=True)
    _css = traitlets.Unicode("\n".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)).tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    weights = traitlets.List().tag(sync=True)
    twin = traitlets.Unicode("").tag(sync=True)

    def __init__(self, name: str, maps: Sequence[Map], layer: int, head: int) -> None:
        super().__init__()
        told = [
            {
                "name": TITLES.get(one.name, one.name),
                "rows": one.rows,
                "columns": one.columns,
                "shape": list(one.weights.shape),
            }
            for one in maps
        ]
        with self.hold_sync():
            self.weights = [np.rint(one.weights * _ONE).astype("<u2").tobytes() for one in maps]
            self.twin = to_html(name, maps, layer, head)
            self.view = {
                "model_id": self.model_id,
                "name": name,
                "maps": told,
                "layer": layer,
                "head": head,
                "explained": EXPLAINED,
                "note": note_of(maps),
            }


def note_of(maps: Sequence[Map]) -> str:
    """Returns how much of the text was left out, in a sentence; empty where nothing was."""
    left = max(one.left_out for one in maps)
    return f"The text was cut: {left} tokens more are not shown." if left else ""


def to_html(name: str, maps: Sequence[Map], layer: int, head: int) -> str:
    """Returns pictures of all heads and of one, for a saved notebook."""
    parts = [f"<p><b>{text(name)}: attention</b></p><p>{text(EXPLAINED)} {text(note_of(maps))}</p>"]
    for one in maps:
        layers, heads = one.weights.shape[:2]
        title = TITLES.get(one.name, one.name)
        words = f"{title}: heads across, layers down, {layers} by {heads}"
        png = base64.b64encode(all_heads(one.weights)).decode()
        svg = base64.b64encode(one_head(one, layer, head).encode()).decode()
        large = f"{title}, layer {layer + 1}, head {head + 1}"
        parts.append(f'<p>{text(words)}<br><img alt="{text(words)}" src="data:image/png;base64,{png}"></p>')
        parts.append(f'<p>{text(large)}<br><img alt="{text(large)}" src="data:image/svg+xml;base64,{svg}"></p>')
    return f"<div>{''.join(parts)}</div>"


def to_text(name: str, maps: Sequence[Map], layer: int, head: int) -> str:
    """Returns for each token the one it looks at most, in lines of a terminal."""
    lines = [f"{name}: attention of layer {layer + 1}, head {head + 1}: the token that each token looks at most"]
    for one in maps:
        lines.append(TITLES.get(one.name, one.name))
        weights = one.weights[layer, head]
        for token, row in zip(one.rows, weights, strict=True):
            best = int(row.argmax())
            lines.append(f"  {_flat(token)} → {_flat(one.columns[best])} {row[best]:.3f}")
    return "\n".join(lines)


def _flat(words: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in words)


def all_heads(weights: np.ndarray) -> bytes:
    """Returns a PNG of all heads (L, H, R, C): layers down, heads across, white for 0 and dark blue for 1."""
    layers, heads = weights.shape[:2]
    side = int(min(max((_PIXELS / (layers * heads)) ** 0.5, 8), 48))
    tiles = np.stack([[_tile(head, side) for head in layer] for layer in weights])  # (L, H, S, S)
    padded = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=16)
    return png(padded.transpose(0, 2, 1, 3).reshape(layers * (side + 2), heads * (side + 2)))


def _tile(weights: np.ndarray, side: int) -> np.ndarray:
    """Returns a square of shades 0 to 15; of cells that fall together, the largest counts."""
    rows, columns = (np.linspace(0, n, side + 1) for n in weights.shape)
    first_row, first_column = rows[:-1].astype(int), columns[:-1].astype(int)
    small = weights
    if weights.shape[0] > side:
        small = np.maximum.reduceat(small, first_row, axis=0)
    if weights.shape[1] > side:
        small = np.maximum.reduceat(small, first_column, axis=1)
    if weights.shape[0] <= side:
        small = small[first_row]
    if weights.shape[1] <= side:
        small = small[:, first_column]
    return np.rint(np.clip(small, 0, 1) ** 0.5 * 15).astype(np.uint8)


def png(shades: np.ndarray) -> bytes:
    """Returns a PNG of shades 0 to 15, and 16 for what lies between heads."""
    height, width = shades.shape
    blue = [tuple(round(255 + (end - 255) * i / 15) for end in (0, 66, 128)) for i in range(16)]
    palette = b"".join(bytes(colour) for colour in [*blue, (160, 160, 160)])
    rows = b"".join(b"\0" + row.tobytes() for row in shades.astype(np.uint8))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
    body = chunk(b"PLTE", palette) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def one_head(one: Map, layer: int, head: int) -> str:
    """Returns an SVG of one head with its tokens, the first STATIC_TOKENS of them."""
    weights = one.weights[layer, head][:STATIC_TOKENS, :STATIC_TOKENS]
    rows, columns = one.rows[:STATIC_TOKENS], one.columns[:STATIC_TOKENS]
    width, height = _LEFT + _CELL * len(columns) + 60, _TOP + _CELL * len(rows) + 8
    body = _cells(weights)
    for i, token in enumerate(rows):
        body.append(f'<text x="{_LEFT - 5}" y="{_TOP + _CELL * i + 10}" text-anchor="end">{_short(token)}</text>')
    for i, token in enumerate(columns):
        body.append(
            f'<text transform="translate({_LEFT + _CELL * i + 9} {_TOP - 5}) rotate(-60)">{_short(token)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{FONT}" font-size="11" fill="{INK}">{"".join(body)}</svg>'
    )


def _cells(weights: np.ndarray) -> list[str]:
    paths: dict[int, list[str]] = {}
    for (i, j), weight in np.ndenumerate(weights):
        shade = min(int(weight * _SHADES) + 1, _SHADES)
        if weight >= 0.01:
            cell = f"M{_LEFT + _CELL * j} {_TOP + _CELL * i}h{_CELL - 1}v{_CELL - 1}h{1 - _CELL}z"
            paths.setdefault(shade, []).append(cell)
    frame = f"M{_LEFT - 1} {_TOP - 1}h{_CELL * weights.shape[1] + 1}v{_CELL * weights.shape[0] + 1}H{_LEFT - 1}z"
    shades = [f'<path d="{"".join(p)}" fill="#0072b2" fill-opacity="{s / _SHADES:.1f}"/>' for s, p in paths.items()]
    return [f'<path d="{frame}" fill="none" stroke="{INK}" stroke-opacity=".4"/>', *shades]


def _short(token: str) -> str:
    return text(token if len(token) <= 14 else f"{token[:13]}…")


def whole(panel: AttentionPanel) -> list[Any]:
    """Returns the arrays that the page gets, as it reads them."""
    return [
        np.frombuffer(data, dtype="<u2").reshape(one["shape"]) / _ONE
        for data, one in zip(panel.weights, panel.view["maps"], strict=True)
    ]
