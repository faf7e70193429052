"""Pages that are the same for many readers: each is made once for each state of what it shows.

In a surge, hundreds of people a second open the first page and the one that asks who they are;
to render the same page for each of them was half of what letting them in cost.
Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable

KEPT_MAX = 512
"""Different views kept at once (pages, languages, days, venues, ways back). Beyond that the one
goes that nobody has asked for longest: rare languages cost the common ones nothing."""


class KeptPages:
    """Rendered pages by view: the page's name, its language, and whatever else makes it another.

    A state is the objects that the page was made from; another object, even an equal one,
    is another state.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], tuple[tuple[object, ...], str]] = {}

    def get(self, view: tuple[str, ...], state: tuple[object, ...], make: Callable[[], str]) -> str:
        """Return the page of a view, making it if its state is new."""
        kept = self._kept.get(view)
        if kept is None or not _are_same(kept[0], state):
            kept = (state, make())
        self._kept.pop(view, None)
        self._kept[view] = kept  # Last in the order: asked for just now.
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return kept[1]


def _are_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
