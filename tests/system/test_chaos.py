"""Three minutes of chaos: every kind of fault strikes a city under load, and no promise breaks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KINDS_MIN = 10
ENDED_WITHIN_S = 120


@pytest.mark.timeout(1800)
def test_no_promise_breaks_in_three_minutes_of_faults(tmp_path: Path) -> None:
    told = tmp_path / "chaos.json"
    options = ["--minutes", "3", "--seed", "7", "--json", str(told)]
    code, said = run_to_its_end(options)
    assert code == 0, said[-8_000:]
    found: dict[str, Any] = json.loads(told.read_text("utf-8"))
    assert found["findings"] == []
    assert found["kinds"] >= KINDS_MIN
    assert found["decisions"] > found["bookings"] > 0
    assert all(count > 0 for count in found["compared"].values()), found["compared"]
    assert "seed 7" in said
    assert "every promise was kept" in said


def run_to_its_end(options: list[str]) -> tuple[int, str]:
    """Run chaos; should the test be given up, have it take its city away first."""
    command = [sys.executable, "-m", "loadtests.chaos", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=ENDED_WITHIN_S)
            raise
    return process.returncode, said
