"""Plots as SVG: axes, steps, whiskers, bars. Colours are classes, set by the style of the page or of the file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["Axis", "Bar", "Line", "Mark", "Row", "as_file", "bar_plot", "line_plot"]

Point = tuple[float, float]

_WIDTH, _HEIGHT = 460, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 22, 12, 52
_LABEL, _BAR, _GAP = 20, 10, 5

_FILE_STYLE = """
svg { background: #fff; font: 12px sans-serif } text { fill: #333 } .grid { stroke: #ddd }
.line, .whisker { fill: none; stroke-width: 1.5 } .whisker { stroke: #333 } .bar rect, g text { stroke: none }
.shade { fill: #57606a; opacity: .11 }
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis.

    Args:
        label: what it counts.
        low, high: its ends.
        ticks: values with their texts.
        log: whether equal steps are equal factors.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between two coordinates; beyond the axis it lies at its end."""
        held = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(held / self.low) / math.log(self.high / self.low)
        else:
            share = (held - self.low) / (self.high - self.low)
        return start + share * (end - start)


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, of a style that the page's CSS knows."""

    style: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot with an upright whisker, if it has one, and a text that shows on pointing at it.

    Args:
        style: class in the page's CSS.
        x, y: where.
        text: for the pointer and for screen readers.
        low, high: ends of the whisker.
        label: written beside the dot.
    """

    style: str
    x: float
    y: float
    text: str
    low: float | None = None
    high: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from 0 with a whisker; `text` stands at its end."""

    style: str
    value: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Bars under one label, with a remark at the right."""

    label: str
    remark: str
    bars: Sequence[Bar] = field(default_factory=tuple)


def line_plot(
    key: str,
    title: str,
    x: Axis,
    y: Axis,
    *,
    lines: Sequence[Line],
    marks: Sequence[Mark] = (),
    shade_below: float | None = None,
) -> str:
    """Draw lines and dots.

    Args:
        key: unique on the page.
        title: what a screen reader says of it.
        x, y: the axes.
        lines, marks: what to draw, in order.
        shade_below: shade the part with x below this.
    """
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    if shade_below is not None and shade_below > x.low:
        edge = x.place(shade_below, _LEFT, right)
        parts.append(
            f'<rect class="shade" x="{_LEFT}" y="{_TOP}" width="{edge - _LEFT:.1f}" height="{bottom - _TOP}"/>'
        )
    parts += _grid(x, y, right, bottom)
    for line in lines:
        at = " ".join(f"{x.place(a, _LEFT, right):.1f},{y.place(b, bottom, _TOP):.1f}" for a, b in line.points)
        parts.append(f'<polyline class="line {line.style}" points="{at}"/>')
    parts += [_mark(mark, x, y, right, bottom) for mark in marks]
    return _svg(key, title, _HEIGHT, parts)


def bar_plot(key: str, title: str, axis: Axis, rows: Sequence[Row]) -> str:
    """Draw rows of bars, each row under its label; arguments as `line_plot`."""
    left, right = 4, _WIDTH - 66
    heights = [_LABEL + len(row.bars) * (_BAR + _GAP) + 8 for row in rows]
    bottom = sum(heights) + 4
    parts = []
    for value, text in axis.ticks:
        at = axis.place(value, left, right)
        anchor = "start" if value == axis.low else "middle"
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{at:.1f}" y="{bottom + 15}" text-anchor="{anchor}">{escape(text)}</text>')
    parts.append(_axis_label(axis.label, (left + right) / 2, bottom + 34))
    top = 0
    for row, height in zip(rows, heights, strict=True):
        parts.append(f'<text class="name" x="{left}" y="{top + 13}">{escape(row.label)}</text>')
        parts.append(
            f'<text class="tick" x="{_WIDTH - 2}" y="{top + 13}" text-anchor="end">{escape(row.remark)}</text>'
        )
        parts += [
            _bar(bar, axis, left, right, top + _LABEL + i * (_BAR + _GAP), row.label) for i, bar in enumerate(row.bars)
        ]
        top += height
    return _svg(key, title, bottom + 42, parts)


def as_file(drawn: str, colours: Mapping[str, str]) -> str:
    """Make a file of its own of a plot that was drawn for a page.

    Args:
        drawn: by `line_plot` or `bar_plot`.
        colours: of its classes.
    """
    style = "\n".join(
        f".{name} {{ stroke: {colour} }} .{name} circle, .{name} rect, .{name} .note {{ fill: {colour} }}"
        for name, colour in colours.items()
    )
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="720" ', 1)
    return drawn.replace(">", f"><style>{_FILE_STYLE}{style}</style>", 1)


def _svg(key: str, title: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{escape(key)}">'
        f'<title id="{escape(key)}">{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _grid(x: Axis, y: Axis, right: int, bottom: int) -> list[str]:
    parts = []
    for value, text in x.ticks:
        at = x.place(value, _LEFT, right)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{at:.1f}" y="{bottom + 17}" text-anchor="middle">{escape(text)}</text>')
    for value, text in y.ticks:
        at = y.place(value, bottom, _TOP)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    parts.append(_axis_label(x.label, (_LEFT + right) / 2, bottom + 40))
    upright = f'transform="translate(13 {(_TOP + bottom) / 2:.0f}) rotate(-90)"'
    parts.append(f'<text class="axis" {upright} text-anchor="middle">{escape(y.label)}</text>')
    return parts


def _axis_label(label: str, x: float, y: float) -> str:
    return f'<text class="axis" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(label)}</text>'


def _mark(mark: Mark, x: Axis, y: Axis, right: int, bottom: int) -> str:
    at, height = x.place(mark.x, _LEFT, right), y.place(mark.y, bottom, _TOP)
    parts = [f"<title>{escape(mark.text)}</title>"]
    if mark.low is not None and mark.high is not None:
        ends = y.place(mark.low, bottom, _TOP), y.place(mark.high, bottom, _TOP)
        parts.append(f'<line class="whisker" x1="{at:.1f}" x2="{at:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>')
    parts.append(f'<circle cx="{at:.1f}" cy="{height:.1f}" r="4.5"/>')
    if mark.label:
        beside, anchor = (at - 9, "end") if at > (_LEFT + right) / 2 else (at + 9, "start")
        below = height + (18 if height < (_TOP + bottom) / 2 else -10)
        parts.append(
            f'<text class="note" x="{beside:.1f}" y="{below:.1f}" text-anchor="{anchor}">{escape(mark.label)}</text>'
        )
    return f'<g class="mark {mark.style}">{"".join(parts)}</g>'


def _bar(bar: Bar, axis: Axis, left: int, right: int, top: int, label: str) -> str:
    value, low, high = (axis.place(v, left, right) for v in (bar.value, bar.low, bar.high))
    middle = top + _BAR / 2
    whisker = f"M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 3}v6M{high:.1f} {middle - 3}v6"
    tip = f'<path class="beyond" d="M{right + 2} {top}l5 {_BAR / 2}l-5 {_BAR / 2}z"/>' if bar.high > axis.high else ""
    return (
        f'<g class="bar {bar.style}"><title>{escape(f"{label}: {bar.text}")}</title>'
        f'<rect x="{left}" y="{top}" width="{max(value - left, 1.5):.1f}" height="{_BAR}"/>'
        f'<path class="whisker" d="{whisker}"/>{tip}'
        f'<text class="value" x="{_WIDTH - 2}" y="{middle + 4}" text-anchor="end">{escape(bar.text)}</text></g>'
    )
