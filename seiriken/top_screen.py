"""Draw the surge screen for a terminal: 80 columns and 24 lines are enough.

Nothing is said by colour alone. A figure that is not known is "-".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from seiriken.surge_figures import Figures, ProcessFigures

TROUBLES_SHOWN = 3
LABEL_WIDTH = 17
FIGURE_WIDTH = 15
PROCESS_WIDTH = 40
BARS = "▁▂▃▄▅▆▇█"

VERDICTS: Mapping[str, tuple[str, str]] = {
    "well": ("YES", "bold"),
    "strained": ("STRAINED", "bold yellow"),
    "not well": ("NO", "bold red reverse"),
}
HELD_BY: Mapping[str, str] = {
    "nobody_waits": "nobody waits",
    "not_running": "not open, or paused",
    "inside_limit": "the inside is full",
    "late_answers": "answers were late",
    "operators_cap": "the operator's cap",
    "operators_rate": "the operator's rate",
    "calling_speed": "the greatest speed",
}
CHANCES: Mapping[str, str] = {"borderline": "maybe", "unlikely": "hardly"}


class History:
    """What was shown before, for the small curves: as many points as a wide terminal shows."""

    POINTS_MAX = 200

    def __init__(self) -> None:
        self.waiting: list[float] = []
        self.booked: list[float] = []

    def add(self, shown: Figures) -> None:
        """Remember the latest figures."""
        self.waiting = [*self.waiting, float(shown.waiting)][-self.POINTS_MAX :]
        self.booked = [*self.booked, shown.booked_per_minute or 0.0][-self.POINTS_MAX :]


def screen(shown: Figures, history: History, *, width: int, clock: str) -> Text:
    """Return the whole screen. `clock` is the time to print, `width` in columns.

    What is the matter stands at the top, processes at the end: a low terminal cuts the end.
    """
    rule = Text("─" * width, "dim")
    lines = [
        _head(shown, width, clock),
        *_troubles(shown),
        rule,
        *_people(shown, history, width - LABEL_WIDTH - FIGURE_WIDTH - 2),
        rule,
        *_answers(shown),
        rule,
        *_processes(shown.processes, width),
    ]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last `width` values as a row of bars, from 0 to the greatest of them."""
    seen = values[-width:]
    top = max(seen, default=0.0)
    if top <= 0:
        return BARS[0] * len(seen)
    return "".join(BARS[round(value / top * (len(BARS) - 1))] for value in seen)


def span(seconds: float | None) -> str:
    """Return a length of time in words, coarse enough to be true."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:,.0f} h" if seconds < 172_800 else f"{seconds / 86_400:,.0f} days"


def _head(shown: Figures, width: int, clock: str) -> Text:
    word, style = VERDICTS[shown.verdict]
    left = Text(f"Seiriken   release: {shown.state or 'none'}")
    middle = Text.assemble("are we well?  ", (f" {word} ", style))
    gap = max(2, (width - left.cell_len - middle.cell_len - len(clock)) // 2)
    line = Text.assemble(left, " " * gap, middle)
    return Text.assemble(line, " " * max(2, width - line.cell_len - len(clock)), clock)


def _people(shown: Figures, history: History, bars: int) -> Iterator[Text]:
    yield _row("waiting", f"{shown.waiting:,}", sparkline(history.waiting, bars))
    booked = _number(shown.booked_per_minute)
    yield _row("booked a minute", booked, sparkline(history.booked, bars))
    yield _row("pairs left", _number(shown.pairs_left), _sell_out(shown))
    held = HELD_BY.get(shown.held_by or "", shown.held_by or "-")
    yield _row("inside / limit", f"{shown.inside:,} / {shown.limit:,}", f"held back by: {held}")
    yield _row("last one waits", _told(shown), _outlook(shown))


def _answers(shown: Figures) -> Iterator[Text]:
    backlog = f"undecided {shown.undecided:,}, mails to send {shown.outbox:,}"
    yield _row("oldest request", span(shown.oldest_s), backlog)
    failed = "-" if shown.failed_share is None else f"{shown.failed_share:.1%}"
    signed_in = _number(shown.sign_ins_per_minute)
    pages = f"failing {failed}, sign-ins a minute {signed_in}"
    yield _row("pages a second", _number(shown.requests_per_s), pages)
    reasons = [f"{reason} {_number(count)}" for reason, count in shown.refusals_per_minute.items()]
    yield _row("refused a minute", _number(shown.refused_per_minute), ", ".join(reasons))


def _row(label: str, figure: str, more: str) -> Text:
    return Text.assemble(
        f"{label:<{LABEL_WIDTH}}", (f"{figure:>{FIGURE_WIDTH}}", "bold"), f"  {more}"
    )


def _sell_out(shown: Figures) -> str:
    match shown.pairs_left, shown.sell_out_s:
        case None, _:
            return ""
        case 0, _:
            return "sold out"
        case _, None:
            return "nothing is being booked" if shown.booked_per_minute is not None else ""
        case _, seconds:
            return f"sold out in about {span(seconds)}"


def _told(shown: Figures) -> str:
    if shown.waiting == 0:
        return "nobody"
    if shown.told_low_s is None or shown.told_high_s is None:
        return "not known yet"
    return f"{span(shown.told_low_s)} - {span(shown.told_high_s)}"


def _outlook(shown: Figures) -> str:
    told = [f"{CHANCES.get(name, name)} {people:,}" for name, people in shown.outlook.items()]
    return f"get one: {' '.join(told)}" if told else ""


def _processes(processes: Sequence[ProcessFigures], width: int) -> Iterator[Text]:
    """Yield the processes, in as many columns as there is room for."""
    columns = min(max(1, width // PROCESS_WIDTH), len(processes))
    height = -(-len(processes) // columns)
    head = f"{'process':<18}{'cores':>6}{'memory':>10}"
    yield Text((head.ljust(PROCESS_WIDTH) * columns).rstrip(), "dim")
    for row in range(height):
        line = Text()
        for one in processes[row::height]:
            cell = _process(one)
            cell.pad_right(PROCESS_WIDTH - cell.cell_len)
            line.append_text(cell)
        line.rstrip()
        yield line


def _process(one: ProcessFigures) -> Text:
    if not one.is_up:
        return Text.assemble(f"{one.name:<18}", ("DOWN", "bold red"))
    cores = "-" if one.cores is None else f"{one.cores:.2f}"
    memory = "-" if one.memory_bytes is None else f"{one.memory_bytes / 2**20:.0f} MiB"
    return Text(f"{one.name:<18}{cores:>6}{memory:>10}")


def _troubles(shown: Figures) -> Iterator[Text]:
    for trouble in shown.troubles[:TROUBLES_SHOWN]:
        mark, style = ("!!", "bold red") if trouble.degree == "bad" else ("! ", "yellow")
        yield Text.assemble((f"{mark} ", style), trouble.words)
    if (more := len(shown.troubles) - TROUBLES_SHOWN) > 0:
        yield Text(f"   and {more} more")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.1f}" if 0 < value < 10 and value != int(value) else f"{value:,.0f}"
