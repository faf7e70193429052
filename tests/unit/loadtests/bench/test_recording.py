from __future__ import annotations

from loadtests.bench.figures import Row
from loadtests.bench.options import SECTIONS
from loadtests.bench.recording import PAGE, TITLES, Recorded, page, read

MACHINE = {"date": "2026-11-27 10:00", "cores": "2"}
ROWS = [
    Row("7 opening", "page answers, p99", "ms", (900.0, 1_100.0), 1_000.0, "≤ 1,000", is_met=True),
    Row("7 opening", "void one", "ms", (1.0,), 1.0, void="it was late"),
]


def test_page_shows_each_row_with_its_command_and_machine() -> None:
    shown = page({"opening": Recorded(MACHINE, ROWS, "make bench ARGS='--only opening'")})
    assert "| page answers, p99 | 1,000 | ms | 900 to 1,100 | ≤ 1,000 | yes |" in shown
    assert "void: it was late" in shown
    assert "`make bench ARGS='--only opening'`" in shown
    assert "cores 2" in shown
    assert "- Ten times the load" in shown.partition("## Not measured on this tree yet")[2]


def test_peers_stand_side_by_side_and_their_ratios_below() -> None:
    rows = [
        Row("peers", "Seiriken: bookings", "/s", (100.0,), 100.0),
        Row("peers", "Django: bookings", "/s", (50.0,), 50.0),
        Row("peers", "Django: half pairs", "", (0.0,), 0.0, "≤ 0", is_met=True),
        Row("peers", "Seiriken / Django: bookings", "x", (2.0,), 2.0),
    ]
    shown = page({"peers": Recorded(MACHINE, rows, "make peers")})
    assert "| | Seiriken | Django |" in shown
    assert "| bookings, /s | 100 | 50.0 |" in shown
    assert "| half pairs |  | 0.00 |" in shown
    assert "| Seiriken / Django: bookings | 2.00 | x |" in shown


def test_every_section_has_its_words() -> None:
    assert set(SECTIONS) - set(TITLES) == {"profile"}


def test_page_in_the_tree_is_made_from_the_files_in_the_tree() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read())
