"""The benchmark runs, whatever the speed of the machine: a tiny run has every row."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from loadtests.bench.rivals.crowd import WAYS, book_one
from loadtests.bench.rivals.stage import build_stage, check_rival, wishes
from loadtests.bench.room.edge import NOT_INSTALLED, nginx_program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What a quick run wrote as JSON, and what it printed."""
    file = tmp_path_factory.mktemp("bench") / "rows.json"
    finished = subprocess.run(
        [sys.executable, "-m", "loadtests.bench", "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return json.loads(file.read_bytes()), finished.stdout


def test_a_quick_run_has_every_row(run: tuple[dict[str, Any], str]) -> None:
    rows = run[0]["rows"]
    sections = Counter(row["section"] for row in rows)
    assert sections["1 decision"] == 12
    assert sections["2 durable"] >= 3 * 3 + 3
    assert sections["3 latency"] == 7
    assert sections["4 rivals"] == 2 * 7
    assert sections["5 start"] == 4
    assert sections["6 costs"] == 5
    assert sections["7 status"] == 7
    assert sections["8 edge"] == (6 if nginx_program() else 0)
    assert sections["9 sign-in"] == 13
    assert sections["10 room"] == 6
    # A quick run may take less processor time than the system counts in (10 ms).
    counted = [row for row in rows if "CPU" not in row["what"]]
    counted = [row for row in counted if row["section"] not in ("3 latency", "8 edge")]
    assert [row["what"] for row in counted if row["median"] <= 0] == []


def test_an_edge_that_cannot_be_measured_is_said_to_be_left_out(
    run: tuple[dict[str, Any], str],
) -> None:
    assert (NOT_INSTALLED in run[1]) is (nginx_program() is None)


def test_the_table_names_the_machine_and_every_row(run: tuple[dict[str, Any], str]) -> None:
    document, printed = run
    assert all(row["what"] in printed for row in document["rows"])
    assert f"postgresql {document['machine']['postgresql']}" in printed


def test_a_section_that_does_not_exist_is_refused() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "loadtests.bench", "--only", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "decision" in finished.stderr


@pytest.mark.parametrize("way", WAYS)
def test_a_rival_sells_every_pair_and_none_twice(way: str, empty_database_url: str) -> None:
    build_stage(empty_database_url, slots=2, capacity=15)
    end_at = time.monotonic() + 60

    def book_some(seed: int) -> int:
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            wished = islice(wishes(2, seed), 20)
            return sum(book_one(connection, WAYS[way].book_pair, one, end_at) for one in wished)

    with ThreadPoolExecutor(8) as pool:
        booked = sum(pool.map(book_some, range(8)))
    assert booked == 2 * 15
    assert check_rival(empty_database_url, booked).bookings == booked
