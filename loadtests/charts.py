"""Charts as SVG text, made to be read by people who do not read charts every day.

One question a chart, few lines, the axis from nothing, a title that says what is seen.
Nothing is loaded from elsewhere; colours can be told apart by colour-blind readers
(Okabe and Ito 2008), and each line has its name beside it in the legend.

Units: x in seconds, shown as minutes:seconds; y in whatever the title says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 14, 34
_POINTS_MAX = 360
_TICKS = 5


@dataclass(frozen=True)
class Line:
    """One line: its name, and its value at each second."""

    name: str
    values: Mapping[int, float]


def line_chart(lines: Sequence[Line], title: str, marks: Mapping[float, str] | None = None) -> str:
    """Return lines over time; `marks` are moments with a name, drawn as upright lines."""
    shown = [line for line in lines if line.values]
    if not shown:
        return ""
    begin = min(min(line.values) for line in shown)
    end = max(max(*line.values, begin + 1) for line in shown)
    top = nice_top(max(max(line.values.values()) for line in shown))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - begin) / (end - begin) * (WIDTH - _LEFT - _RIGHT)
        return _LEFT + across, HEIGHT - _BOTTOM - y / top * (HEIGHT - _TOP - _BOTTOM)

    parts = [*_y_axis(top), *_x_axis(begin, end)]
    for moment, name in (marks or {}).items():
        if begin <= moment <= end:
            x, _ = at(moment, 0)
            parts.append(
                f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{HEIGHT - _BOTTOM}"'
                ' class="mark"/>'
                f'<text x="{x + 4:.1f}" y="{_TOP + 10}" class="tick">{escape(name)}</text>'
            )
    for colour, line in zip(COLOURS, shown, strict=False):
        points = " ".join(
            "{:.1f},{:.1f}".format(*at(x, y)) for x, y in thinned(line.values, _POINTS_MAX)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    return _framed(parts, title, [line.name for line in shown])


def bar_chart(bars: Mapping[str, float], title: str) -> str:
    """Return one bar for each name, the longest first, with its number beside it."""
    if not bars:
        return ""
    rows = sorted(bars.items(), key=lambda item: -item[1])
    top = max(*bars.values(), 1)
    whole = sum(bars.values()) or 1
    cells = [
        f"<tr><th scope='row'>{escape(name)}</th>"
        f"<td class='bar'><span style='width:{100 * value / top:.1f}%'></span></td>"
        f"<td class='number'>{value:,.0f}</td><td class='number'>{100 * value / whole:.1f} %</td>"
        "</tr>"
        for name, value in rows
    ]
    return f"<table class='bars'><caption>{escape(title)}</caption>{''.join(cells)}</table>"


def nice_top(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten that is not below a value."""
    if value <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value))


def thinned(values: Mapping[int, float], points_max: int) -> list[tuple[float, float]]:
    """Return the points in order; where there are too many, means of so many in a row."""
    ordered = sorted(values.items())
    group = math.ceil(len(ordered) / points_max)
    return [
        (
            sum(x for x, _ in ordered[n : n + group]) / len(ordered[n : n + group]),
            sum(y for _, y in ordered[n : n + group]) / len(ordered[n : n + group]),
        )
        for n in range(0, len(ordered), group)
    ]


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with its sign."""
    sign = "−" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds)), 60)
    return f"{sign}{minutes}:{rest:02}"


def _y_axis(top: float) -> list[str]:
    parts = []
    for n in range(_TICKS + 1):
        y = HEIGHT - _BOTTOM - n / _TICKS * (HEIGHT - _TOP - _BOTTOM)
        value = top * n / _TICKS
        words = f"{value:,.0f}" if top >= _TICKS else f"{value:,.2f}"
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="tick end">{words}</text>'
        )
    return parts


def _x_axis(begin: float, end: float) -> list[str]:
    step = _time_step((end - begin) / 6)
    first = math.ceil(begin / step) * step
    parts = []
    for n in range(math.floor((end - first) / step) + 1):
        moment = first + n * step
        x = _LEFT + (moment - begin) / (end - begin) * (WIDTH - _LEFT - _RIGHT)
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 12}" class="tick middle">{clock(moment)}</text>'
        )
    return parts


def _time_step(seconds: float) -> float:
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600)
    return float(next((step for step in steps if step >= seconds), 7_200))


def _framed(parts: Sequence[str], title: str, names: Sequence[str]) -> str:
    legend = "".join(
        f"<li><span style='background:{colour}'></span>{escape(name)}</li>"
        for colour, name in zip(COLOURS, names, strict=False)
    )
    shown = f"<ul class='legend'>{legend}</ul>" if len(names) > 1 else ""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>{shown}"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )
