"""Show how far a long command is: on standard error, so that standard output is the result.

On a terminal a step spins, or fills a bar, until it is done; elsewhere each step
is one plain line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]
"""Say that so many more of the things counted are done."""


class Steps:
    """Where the steps of one command are shown."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that a step is under way, then how long it took, in seconds."""
        began = monotonic()
        if self._console.is_terminal:
            with self._console.status(text):
                yield
        else:
            yield
        self.say(f"  {text}: {monotonic() - began:.1f} s")

    @contextmanager
    def counted(self, text: str, total: int) -> Iterator[Advance]:
        """Show a step whose parts can be counted."""
        began = monotonic()
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            with Progress(
                *columns, TimeElapsedColumn(), console=self._console, transient=True
            ) as bar:
                task = bar.add_task(text, total=total)
                yield lambda count: bar.advance(task, count)
        else:
            yield lambda _: None
        self.say(f"  {text} ({total:,}): {monotonic() - began:.1f} s")
