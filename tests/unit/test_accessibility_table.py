"""docs/accessibility.md names every criterion once, and no test that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")

WCAG_2_2_AA = """
1.1.1 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.4.1 1.4.2 1.4.3 1.4.4 1.4.5
1.4.10 1.4.11 1.4.12 1.4.13 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4 2.4.5 2.4.6
2.4.7 2.4.11 2.5.1 2.5.2 2.5.3 2.5.4 2.5.7 2.5.8 3.1.1 3.1.2 3.2.1 3.2.2 3.2.3 3.2.4 3.2.6 3.3.1
3.3.2 3.3.3 3.3.4 3.3.7 3.3.8 4.1.2 4.1.3
"""
"""The 55 criteria of levels A and AA."""

WCAG_2_0_ALONE = "4.1.1"
OF_JIS = 38
"""JIS X 8341-3:2016 has WCAG 2.0's criteria: 25 of level A, 13 of level AA."""

STATES = {"kept", "looked at", "does not apply", "not shown"}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if re.match(r"\| \d", line)
]


def test_every_criterion_has_a_row_and_a_state() -> None:
    wanted = WCAG_2_2_AA.split()
    assert len(wanted) == 55
    numbers = [row[0].partition(" ")[0] for row in ROWS]
    assert sorted(numbers) == sorted([*wanted, WCAG_2_0_ALONE])
    assert {row[2] for row in ROWS} <= STATES
    assert sum(row[1] in ("A", "AA") for row in ROWS) == OF_JIS
    assert all(row[3] for row in ROWS)


def test_what_is_kept_names_what_shows_it() -> None:
    shown = re.compile(r"\baxe\b|\bNu\b|`(?:unit|browser|integration)/")
    assert [row[0] for row in ROWS if row[2] == "kept" and not shown.search(row[3])] == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+/[\w/]+\.py)`", TABLE))))
def test_file_that_is_named_is_there(name: str) -> None:
    assert (ROOT / "tests" / name).is_file()
