"""The comparison runs, whatever the speed of the machine.

pretix takes minutes to set up, and a download: it is left to `make peers`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.peers.__main__ import SYSTEMS

ROOT = Path(__file__).parents[2]
PLAYED = ("seiriken", "room", "django", "celery")
NAMES = (
    "Seiriken",
    "Seiriken, waiting room, 5 wishes",
    "Django, row locks",
    "Django, Celery task each",
)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a tiny run wrote."""
    file = tmp_path_factory.mktemp("peers") / "rows.json"
    options = ["--people", "40", "--runs", "1", "--json", str(file)]
    for name in PLAYED:
        options += ["--only", name]
    finished = subprocess.run(
        [sys.executable, "-m", "loadtests.peers", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    written: dict[str, Any] = json.loads(file.read_bytes())
    return written


def test_all_are_named_and_only_pretix_is_left_out() -> None:
    assert set(SYSTEMS) - set(PLAYED) == {"pretix"}


@pytest.mark.parametrize("name", NAMES)
def test_every_system_books_and_its_tables_are_right(document: dict[str, Any], name: str) -> None:
    rows = {row["what"]: row for row in document["rows"]}
    for what in ("bookings", "the call that books, p99", "booked", "memory of its own processes"):
        assert rows[f"{name}: {what}"]["median"] > 0
    for what in ("oversold", "half pairs", "told booked, not stored", "stored, not told"):
        assert rows[f"{name}: {what}"]["is_met"] is True


def test_others_are_compared_with_ours(document: dict[str, Any]) -> None:
    ratios = [row["what"] for row in document["rows"] if row["unit"] == "x"]
    assert len(ratios) == 3 * 2 * 2
    assert not document["remarks"]
