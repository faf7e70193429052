"""The simulation can fail: bugs that are put into the real code on purpose are found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import allocator
from tests.simulation.__main__ import Report
from tests.simulation.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
PACKAGE = Path(allocator.__file__).parent
SEEDS_MAX = 1_500
"""The rarest of the bugs is found after some five hundred histories."""

SEEDS_WITHOUT_BUG = 400


def copied(folder: Path, bug: Bug | None) -> None:
    """Copy the package to a folder, with the bug in it."""
    ignored = shutil.ignore_patterns("__pycache__", "migrations")
    shutil.copytree(PACKAGE, folder / "allocator", ignore=ignored)
    if bug is not None:
        module = folder / "allocator" / bug.module
        text = module.read_text(encoding="utf-8")
        assert text.count(bug.text) == 1, f"{bug.module} has changed: {bug.name}"
        module.write_text(text.replace(bug.text, bug.instead), encoding="utf-8")


def simulate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the simulation on the package in a folder."""
    path = os.pathsep.join((str(folder), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-P", "-m", "tests.simulation", *options],
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_bug_has_its_own_name() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 10


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_bug_is_found(bug: Bug, tmp_path: Path) -> None:
    """Some history breaks a promise, and says how to see it again."""
    copied(tmp_path, bug)
    ran = simulate(tmp_path, "--seeds", str(SEEDS_MAX), "--stop")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    first_line, *_ = ran.stdout.splitlines()
    assert first_line.startswith("seed "), ran.stdout + ran.stderr
    seed = first_line.removeprefix("seed ").partition(":")[0]
    assert f"again: .venv/bin/python -m tests.simulation --seed {seed}" in ran.stdout


def test_nothing_is_found_without_a_bug(tmp_path: Path) -> None:
    """The same histories keep every promise on an unchanged copy."""
    copied(tmp_path, None)
    ran = simulate(tmp_path, "--seeds", str(SEEDS_WITHOUT_BUG), "--json")
    report = msgspec.json.decode(ran.stdout, type=Report)
    assert report.package == str(tmp_path / "allocator")
    assert report.seeds == SEEDS_WITHOUT_BUG
    assert not report.failures, report.failures[0]
