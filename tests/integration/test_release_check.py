"""`seiriken release check` says what `release load` would, and what it did not look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import Loaded, load_release, read_catalogue
from seiriken.cli import app
from seiriken.release_check_command import COHORT, LOADED

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"
TEXT = CORRECT.read_text("utf-8")
BESIDE = TEXT.replace("id: autumn", "id: large", 1).replace("covid-19", "large-site")


@pytest.fixture
def loaded(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A system that the environment names, with the correct release."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    (tmp_path / "roster.key").write_text("00" * 32)
    planned = read_release_file(TEXT.encode())
    assert isinstance(planned, ReleasePlan)
    assert isinstance(load_release(database_url, planned), Loaded)
    return database_url


def check(text: str, *options: str, exit_code: int = 0) -> str:
    file = Path("release.yaml")
    file.write_text(text, "utf-8")
    done = CliRunner().invoke(app, ["release", "check", str(file), *options])
    assert done.exit_code == exit_code, (done.output, done.exception)
    return done.stdout


def found(text: str, *options: str, exit_code: int = 0) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(check(text, *options, "--json", exit_code=exit_code))
    return shown


def test_file_alone_is_checked_and_says_what_nobody_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = check(TEXT)
    assert "autumn: no error, 3,640 pairs" in shown
    assert "not looked at: other releases that are loaded, seats that are taken, the ro" in shown
    assert "held against" not in shown
    assert found(TEXT) == {"findings": [], "pairs": 3_640, "not_looked_at": [*LOADED]}
    unreadable = check("schema: [", exit_code=1)
    assert "not looked at: its seats" in unreadable
    assert "not accepted; nothing was changed" in unreadable


def test_file_is_held_against_the_cohorts_that_are_loaded(loaded: str) -> None:
    shown = check(BESIDE, exit_code=1)
    assert "error" in shown
    assert "not looked at" not in shown
    wrong = found(BESIDE, exit_code=1)
    codes = ["booked_twice", "too_many_an_hour_together", "slot_in_another"]
    assert [one["code"] for one in wrong["findings"]] == codes
    assert wrong["not_looked_at"] == []
    assert found(BESIDE, "--file-alone")["not_looked_at"] == [*LOADED]


def test_roster_that_cannot_be_opened_is_said(loaded: str) -> None:
    Path("roster.key").unlink()
    assert found(TEXT)["not_looked_at"] == [COHORT]
    shown = check(TEXT)
    assert "not looked at: whether anybody on the roster is of the cohort" in shown
    assert "held against other releases that are loaded, seats that are taken, the ro" in shown


def test_file_that_takes_a_booked_seat_away_is_refused_and_nothing_is_changed(loaded: str) -> None:
    with psycopg.connect(loaded) as connection:
        connection.execute("UPDATE seats SET taken = 10 WHERE capacity = 10 AND slot_id < 3")
    before = read_catalogue(loaded)
    fewer = TEXT.replace("dose_1: 10", "dose_1: 9")
    assert {one["code"] for one in found(fewer, exit_code=1)["findings"]} == {"slot_in_use"}
    assert found(TEXT)["findings"] == []
    assert read_catalogue(loaded) == before


def test_release_that_would_be_changed_is_named_as_loaded(loaded: str) -> None:
    already = "is loaded already: `release load` would change it"
    assert already in check(TEXT)
    assert "held against other releases that are loaded, seats that are taken" in check(TEXT)
    assert already not in check(BESIDE, exit_code=1)


def test_file_that_would_open_or_end_at_once_is_told_before_it_is_loaded(loaded: str) -> None:
    past = TEXT.replace("at: 2030-09-04T", "at: 2020-09-04T")
    assert [one["code"] for one in found(past)["findings"]] == ["opens_at_once"]
    over = past.replace("closes_at: 2030-09-13", "closes_at: 2020-09-13")
    assert [one["code"] for one in found(over)["findings"]] == ["release_over"]
    assert found(past, "--file-alone")["findings"] == []
    Path("past.yaml").write_text(past, "utf-8")
    done = CliRunner().invoke(app, ["release", "load", "past.yaml", "--json"])
    assert [one["code"] for one in json.loads(done.stdout)["findings"]] == ["opens_at_once"]
    assert found(past)["findings"] == []
    (told,) = found(TEXT)["findings"]
    assert told["code"] == "open_already"
    assert "since 2020-09-04 09:00, and would let nobody in until 2030-09-04" in told["message"]


def test_system_that_is_named_and_away_is_not_passed_over(
    loaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    Path("release.yaml").write_text(TEXT, "utf-8")
    failed = CliRunner().invoke(app, ["release", "check", "release.yaml"])
    assert failed.exit_code == 1
    assert "--file-alone looks at the file alone" in str(failed.exception)
    assert "no error" in check(TEXT, "--file-alone")
    failed = CliRunner().invoke(app, ["release", "check", "release.yaml", "--home", "nowhere"])
    assert "no stack runs in" in str(failed.exception)
