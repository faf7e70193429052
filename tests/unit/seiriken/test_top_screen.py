from __future__ import annotations

import msgspec
import pytest
from rich.console import Console

from monitoring.labels import LABEL_VALUES
from seiriken.surge_figures import Figures, ProcessFigures, Trouble
from seiriken.top_screen import BARS, HELD_BY, History, screen, span, sparkline

PROCESSES = tuple(
    ProcessFigures(name, is_up=True, cores=0.83, memory_bytes=123e6, lacks=())
    for name in (*(f"gateway_{n}" for n in range(8)), "waiting_room", "allocator", "worker")
)
BUSY = Figures(
    verdict="well",
    troubles=(),
    state="open",
    waiting=12_345,
    inside=1_180,
    limit=1_200,
    held_by="inside_limit",
    booked_per_minute=1_023.4,
    refused_per_minute=12.2,
    refusals_per_minute={"no_first_dose": 10.2, "already_booked": 2.0},
    sign_ins_per_minute=2_300.0,
    pairs_left=8_400,
    sell_out_s=490.0,
    told_low_s=600.0,
    told_high_s=780.0,
    outlook={"likely": 8_000, "borderline": 200, "unlikely": 4_145},
    oldest_s=0.12,
    undecided=12,
    outbox=340,
    requests_per_s=421.3,
    failed_share=0.0,
    processes=PROCESSES,
)
NOTHING = Figures(
    verdict="not well",
    troubles=(Trouble("bad", "nobody decides bookings"),),
    state=None,
    waiting=0,
    inside=0,
    limit=0,
    held_by=None,
    booked_per_minute=None,
    refused_per_minute=None,
    refusals_per_minute={},
    sign_ins_per_minute=None,
    pairs_left=None,
    sell_out_s=None,
    told_low_s=None,
    told_high_s=None,
    outlook={},
    oldest_s=0.0,
    undecided=0,
    outbox=0,
    requests_per_s=None,
    failed_share=None,
    processes=(ProcessFigures("worker", is_up=False, cores=None, memory_bytes=None, lacks=()),),
)


def drawn(shown: Figures, width: int = 80, looks: int = 100) -> list[str]:
    """Return the screen's lines as a terminal without colours shows them."""
    history = History()
    for _ in range(looks):
        history.add(shown)
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as captured:
        console.print(screen(shown, history, width=width, clock="21:04:07"))
    return [line.rstrip() for line in captured.get().splitlines()]


def row(lines: list[str], label: str) -> str:
    (line,) = [line for line in lines if line.startswith(label)]
    return " ".join(line.removeprefix(label).split())


@pytest.mark.parametrize("width", [80, 120])
def test_screen_of_a_surge_fits_the_terminal(width: int) -> None:
    lines = drawn(BUSY, width)
    assert len(lines) <= 24
    assert max(len(line) for line in lines) <= width
    assert lines[0].split() == [
        "Seiriken",
        "release:",
        "open",
        *["are", "we", "well?", "YES", "21:04:07"],
    ]
    assert row(lines, "booked a minute").startswith("1,023 █")
    assert row(lines, "pairs left") == "8,400 sold out in about 8 min"
    assert row(lines, "inside / limit") == "1,180 / 1,200 held back by: the inside is full"
    assert (
        row(lines, "last one waits")
        == "10 min - 13 min get one: likely 8,000 maybe 200 hardly 4,145"
    )
    assert row(lines, "pages a second") == "421 failing 0.0%, sign-ins a minute 2,300"
    assert row(lines, "refused a minute") == "12 no_first_dose 10, already_booked 2"
    assert row(lines, "gateway_0").startswith("0.83 117 MiB")


def test_what_is_not_known_is_said_so() -> None:
    lines = drawn(NOTHING)
    assert "release: none" in lines[0]
    assert lines[1] == "!! nobody decides bookings"
    assert row(lines, "booked a minute").split()[0] == "-"
    assert row(lines, "pairs left") == "-"
    assert row(lines, "last one waits") == "nobody"
    assert row(lines, "worker") == "DOWN"
    shown = msgspec.structs.replace(BUSY, told_low_s=None, sell_out_s=None, held_by="something new")
    lines = drawn(shown)
    assert row(lines, "pairs left") == "8,400 nothing is being booked"
    assert row(lines, "last one waits").startswith("not known yet")
    assert row(lines, "inside / limit").endswith("held back by: something new")
    assert row(drawn(msgspec.structs.replace(BUSY, pairs_left=0)), "pairs left") == "0 sold out"
    early = msgspec.structs.replace(BUSY, booked_per_minute=None, sell_out_s=None)
    assert row(drawn(early), "pairs left") == "8,400"


def test_all_that_holds_the_line_back_has_words() -> None:
    assert HELD_BY.keys() == LABEL_VALUES["held_by"]


def test_verdict_and_degree_are_words_and_marks_not_colours() -> None:
    several = tuple(Trouble("strained", f"trouble {number} " + "x" * 90) for number in range(5))
    lines = drawn(msgspec.structs.replace(BUSY, verdict="strained", troubles=several))
    assert "STRAINED" in lines[0]
    assert [line[:12] for line in lines[1:5]] == [
        "!  trouble 0",
        "!  trouble 1",
        "!  trouble 2",
        "   and 2 mor",
    ]
    assert max(len(line) for line in lines) <= 80


def test_curve_shows_the_latest_values_from_zero_to_the_greatest() -> None:
    assert sparkline([9.0, 0.0, 4.0, 8.0], 3) == f"{BARS[0]}{BARS[4]}{BARS[7]}"
    assert sparkline([0.0, 0.0], 9) == BARS[0] * 2
    assert sparkline([], 9) == ""


def test_history_is_as_long_as_a_wide_terminal() -> None:
    history = History()
    for _ in range(History.POINTS_MAX + 5):
        history.add(BUSY)
    assert len(history.waiting) == len(history.booked) == History.POINTS_MAX


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (0.12, "0.1 s"),
        (60.0, "60 s"),
        (600.0, "10 min"),
        (10_800.0, "3 h"),
        (864_000.0, "10 days"),
    ],
)
def test_span_is_as_coarse_as_it_is_true(seconds: float | None, words: str) -> None:
    assert span(seconds) == words
