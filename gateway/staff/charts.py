"""Lines of a chart, as points in a drawing of fixed size.

Rule 1: nothing here does I/O, reads a clock or draws a random number.

Units: a point's x and y are those of an SVG, y downwards; the drawing is `WIDTH` by `HEIGHT`.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 600, 240


def points(moments: Sequence[float], values: Sequence[float], value_max: float) -> str:
    """Return a line through values, as the points of an SVG polyline.

    The first moment is at the left edge, the last at the right; 0 at the bottom, `value_max` at
    the top. One moment alone is a point.
    """
    first, span = moments[0], (moments[-1] - moments[0]) or 1.0
    top = value_max or 1.0
    return " ".join(
        f"{WIDTH * (moment - first) / span:.1f},{HEIGHT * (1 - value / top):.1f}"
        for moment, value in zip(moments, values, strict=True)
    )


def thinned(count: int, most: int) -> list[int]:
    """Return which of `count` rows to show, `most` or one more; the last is among them."""
    every = max(1, -(-count // most))
    shown = [*range(0, count, every)]
    return shown if not shown or shown[-1] == count - 1 else [*shown, count - 1]
