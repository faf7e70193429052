"""`seiriken top`: the surge screen, live in a terminal, without Prometheus or Grafana.

On a terminal it fills the screen and stays until Ctrl-C; elsewhere each refresh is printed
below the last.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json
from seiriken.stack_commands import HomeOption
from seiriken.target import HOME_USUAL

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

    from seiriken.home import Home
    from seiriken.surge_figures import Figures

Interval = Annotated[float, typer.Option(min=0.2, max=60, help="Seconds between two refreshes.")]
Once = Annotated[bool, typer.Option(help="Look twice, an interval apart, show it, and end.")]


def top(
    home: HomeOption = None, interval: Interval = 2.0, once: Once = False, as_json: AsJson = False
) -> None:
    """Show the surge live: who waits, what is booked, what is left, are we well."""
    from seiriken.home import Home

    # A shell starts background jobs with SIGINT ignored; here it ends the show all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    looks = _looks(Home(home or HOME_USUAL), interval)
    if once:
        next(looks)
        looks = iter([next(looks)])
    try:
        if as_json:
            for shown in looks:
                print_json({"at": datetime.now().astimezone(), **_fields(shown)})
        else:
            _show(looks, once=once)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # Whoever read has gone (`seiriken top --json | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fields(shown: Figures) -> dict[str, object]:
    import msgspec

    fields: dict[str, object] = msgspec.to_builtins(shown)
    return fields


def _looks(home: Home, interval_s: float) -> Iterator[Figures]:
    """Yield the figures at each interval, for as long as the stack runs.

    Raises:
        CommandError: none runs, or it has stopped.
    """
    from seiriken.surge_figures import Scrape, figures, recent
    from seiriken.top_scraping import scrape

    scrapes: list[Scrape] = []
    due = time.monotonic()
    while True:
        ports = _ports(home, began=bool(scrapes))
        scrapes = [*recent([*scrapes, scrape(ports)])]
        yield figures(scrapes)
        due = max(due + interval_s, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def _ports(home: Home, *, began: bool) -> dict[str, int]:
    from seiriken.processes import is_alive

    stack = home.read()
    if stack is not None and is_alive(stack.supervisor_pid):
        return stack.internal_ports
    if began:
        raise CommandError(f"the stack in {home.path} has stopped")
    raise CommandError(
        f"no stack runs in {home.path}; start one with `seiriken up`, or name it with --home"
    )


def _show(looks: Iterator[Figures], *, once: bool) -> None:
    from rich.console import Console

    from seiriken.top_screen import History, screen

    console = Console(highlight=False)
    history = History()
    with _live(console) if console.is_terminal and not once else nullcontext() as live:
        for shown in looks:
            history.add(shown)
            clock = datetime.now().astimezone().strftime("%H:%M:%S")
            drawn = screen(shown, history, width=console.width, clock=clock)
            if live is None:
                console.print(drawn, end="\n\n")
            else:
                live.update(drawn, refresh=True)


def _live(console: Console) -> Live:
    from rich.live import Live

    return Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop")
