"""What was taken for what: as a table of shades in the page, and as a picture where no style is kept.

Shades tell a label's share of its own row; right ones are blue, wrong ones orange, and up to NUMBERED labels every cell
has its number as well.
"""

from __future__ import annotations

from collections import defaultdict

from nbft.panels.base import text
from nbft.panels.svg import FONT, INK
from nbft.record.examination import TakenFor

NUMBERED = 14
"""Labels up to which cells are wide enough for numbers."""
RIGHT, WRONG = "#0072b2", "#d55e00"
_LEFT, _TOP, _SHADES, _NAME = 150, 26, 8, 20


def shares_of(taken: TakenFor) -> list[list[float]]:
    """Returns each cell's share of its row; 0 in rows without any."""
    return [[count / max(sum(row), 1) for count in row] for row in taken.counts]


def commonest(taken: TakenFor, most: int = 3) -> list[str]:
    """Returns the confusions that occur most often, in words."""
    found = [
        (count, wanted, said)
        for wanted, row in zip(taken.labels, taken.counts, strict=True)
        for said, count in zip(taken.labels, row, strict=True)
        if wanted != said and count
    ]
    found.sort(key=lambda one: -one[0])
    return [f"{wanted} taken for {said}: {count:,} {taken.of}" for count, wanted, said in found[:most]]


def to_table(taken: TakenFor) -> str:
    """Returns a table for the page; its shades need insight.css."""
    small = "" if len(taken.labels) <= NUMBERED else " nbft-many"
    heads = "".join(f'<th scope="col" title="{text(name)}"><span>{text(name)}</span></th>' for name in taken.labels)
    rows = []
    for i, (name, counts, shares) in enumerate(zip(taken.labels, taken.counts, shares_of(taken), strict=True)):
        cells = "".join(
            f'<td class="nbft-{"right" if i == j else "wrong"}" style="--share:{share:.2f}" '
            f'title="{text(name)} taken for {text(taken.labels[j])}: {count:,}">{count or ""}</td>'
            for j, (count, share) in enumerate(zip(counts, shares, strict=True))
        )
        rows.append(f'<tr><th scope="row" title="{text(name)}">{text(name)}</th>{cells}</tr>')
    caption = f"Row: what the {taken.of} are. Column: what they were taken for."
    return (
        f'<table class="nbft-taken{small}"><caption>{caption}</caption><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def to_picture(taken: TakenFor) -> str:
    """Returns the same as an SVG document, for light and dark pages alike."""
    size, count = (44 if len(taken.labels) <= NUMBERED else 14), len(taken.labels)
    width, height = _LEFT + size * count + 8, _TOP + size * count + 96
    body = [f'<text x="8" y="15">rows: true label, columns: taken for ({taken.of})</text>', *_shades(taken, size)]
    for i, name in enumerate(taken.labels):
        y, x = _TOP + size * i + size / 2 + 4, _LEFT + size * i + size / 2
        shown = text(name if len(name) <= _NAME else f"{name[: _NAME - 1]}…")
        body.append(f'<text x="{_LEFT - 6}" y="{y:.0f}" text-anchor="end">{shown}</text>')
        place = f"{x:.0f} {_TOP + size * count + 12}"
        body.append(f'<text transform="translate({place}) rotate(-40)" text-anchor="end">{shown}</text>')
    body += _numbers(taken, size) if count <= NUMBERED else []
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{FONT}" font-size="11" fill="{INK}"><title>{text(describe(taken))}</title>'
        f"{''.join(body)}</svg>"
    )


def describe(taken: TakenFor) -> str:
    """Returns the matrix in words, for those who do not see it."""
    right = sum(row[i] for i, row in enumerate(taken.counts))
    total = sum(map(sum, taken.counts))
    often = "; ".join(commonest(taken))
    return f"Confusion matrix of {len(taken.labels)} labels: {right:,} of {total:,} {taken.of} right. {often}".strip()


def _shades(taken: TakenFor, size: int) -> list[str]:
    """Returns one path for the cells of a shade: 2,500 of them one by one would take much more room."""
    paths: dict[tuple[str, int], list[str]] = defaultdict(list)
    for i, shares in enumerate(shares_of(taken)):
        for j, share in enumerate(shares):
            shade = min(int(share * _SHADES) + 1, _SHADES)
            if share > 0:
                cell = f"M{_LEFT + size * j} {_TOP + size * i}h{size - 1}v{size - 1}h{1 - size}z"
                paths[RIGHT if i == j else WRONG, shade].append(cell)
    frame = size * len(taken.labels)
    return [
        f'<path d="M{_LEFT - 1} {_TOP - 1}h{frame}v{frame}h-{frame}z" fill="none" stroke="{INK}" stroke-opacity=".4"/>',
        *(
            f'<path d="{"".join(cells)}" fill="{colour}" fill-opacity="{0.7 * shade / _SHADES:.2f}"/>'
            for (colour, shade), cells in sorted(paths.items())
        ),
    ]


def _numbers(taken: TakenFor, size: int) -> list[str]:
    """Numbers get an outline of half-transparent white: they stand on dark pages and dark cells too."""
    return [
        f'<text x="{_LEFT + size * (j + 0.5):.0f}" y="{_TOP + size * (i + 0.5) + 4:.0f}" text-anchor="middle" '
        f'fill="#111" stroke="#fff" stroke-width="3" paint-order="stroke">{count}</text>'
        for i, row in enumerate(taken.counts)
        for j, count in enumerate(row)
        if count
    ]
