"""What containers run besides our processes: the look at their health, and the made-up city."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocator.model import PROBE_ID
from allocator.release_store import read_catalogue
from allocator.roster import count_people
from monitoring.internal import serve_internal
from monitoring.secrets import create_missing
from seiriken.cli import app
from seiriken.probe_enrolment import enrol

HEALTHY = Path(__file__).parents[2] / "deploy" / "container" / "healthy.py"


def looked(*arguments: str, at: str) -> int:
    """Return the exit status of the look."""
    command = [sys.executable, "-I", str(HEALTHY), *arguments]
    environment = os.environ | {"HEALTHY_AT": at}
    return subprocess.run(command, check=False, env=environment, capture_output=True).returncode


def test_health_is_what_the_internal_port_says() -> None:
    needs = {"redis": True}

    def ready() -> Mapping[str, bool]:
        return needs

    with serve_internal(0, ready) as server:
        at = f"127.0.0.1:{server.port}"
        assert looked("/readyz", at=at) == 0
        needs["redis"] = False
        assert looked("/readyz", at=at) == 1
        assert looked("/healthz", at=at) == 0
    assert looked("/healthz", at=at) == 1
    assert looked(at=at) == 2


def test_demo_fills_a_city_where_only_the_probe_is(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_dir, into = tmp_path / "secrets", tmp_path / "demo"
    create_missing(secrets_dir)
    enrol(database_url, secrets_dir)
    (secrets_dir / "database_url").write_text(database_url)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SETTINGS_DIR", str(secrets_dir))
    monkeypatch.setenv("SECRETS_DIR", str(secrets_dir))
    monkeypatch.setenv("REDIS_URL", "redis://nobody.invalid")
    command = ["demo", "--into", str(into), "--people", "40"]
    shown = CliRunner().invoke(app, command)
    assert (shown.exit_code, shown.stdout.count("ticket ")) == (0, 3)
    assert count_people(database_url) == 41
    assert len((into / "sample-residents.csv").read_text().splitlines()) == 41
    (made,) = read_catalogue(database_url).releases.keys() - {PROBE_ID}
    assert made
    assert CliRunner().invoke(app, command).exit_code == 0
    assert count_people(database_url) == 41
