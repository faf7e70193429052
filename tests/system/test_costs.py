"""The unit costs can be measured, and `seiriken size` can be worked out from what was found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seiriken.size import INSIDE, WAY_IN, Assumptions, read_costs, size
from tests.system.stack import seiriken


@pytest.mark.timeout(1800)
def test_every_step_is_measured_and_gives_a_size(tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    options = ["--people", "20", "--rounds", "1", "--rosters", "500", "1000"]
    options += ["--backlog", "500", "--waiting", "1000", "2000", "--booked", "100", "200"]
    options += ["--slots", "1000", "2000", "--batches", "1", "100"]
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.costs", *options, "--json", str(file)],
        check=False,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr
    found = read_costs(file.read_bytes())
    for step in (*WAY_IN, *INSIDE, "poll", "file"):
        assert found.steps[step]["bytes_out"] > 0
    assert found.steps["booking"]["gateway"] > 0
    assert found.grows["wal_bytes_per_booking"] > 500
    assert found.grows["drained_per_s"] > 100
    assert [row["people"] for row in found.waiting] == [1_000, 2_000]
    assert 20 < found.waiting[1]["redis_bytes"] / 2_000 < 1_000
    assert [row["bookings"] for row in found.booked] == [100, 200]
    assert [row["slots"] for row in found.slots] == [1_000, 2_000]
    alone, together = found.batches
    assert together["allocator_us"] < alone["allocator_us"]
    assert size(100_000, found, Assumptions()).cores_in_all >= 1


def test_command_prints_a_table_and_the_same_as_json() -> None:
    shown = seiriken("size", "--table")
    assert shown.returncode == 0, shown.stderr
    assert "10,000,000" in shown.stdout
    assert "assumed:" in shown.stdout
    told = json.loads(seiriken("size", "--population", "105000", "--json").stdout)
    assert told["sizes"][0]["population"] == 105_000
    assert seiriken("size", "--population", "0").returncode == 2
