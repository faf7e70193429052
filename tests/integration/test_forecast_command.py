from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import Loaded, load_release
from seiriken.cli import app

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"


def rehearse(*options: str) -> str:
    done = CliRunner().invoke(app, ["release", "rehearse", *options])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_file_is_forecast_without_any_server() -> None:
    shown = rehearse(str(CORRECT), "--inside", "200")
    assert "autumn: 24,000 people come for 3,640 pairs" in shown
    assert "15% of them get one; all pairs are booked 2" in shown
    assert "reckoned with all seats of the file, as if none were taken" in shown
    assert shown.count("█") > 40


def test_measured_rate_is_taken_as_it_was_measured() -> None:
    shown = rehearse(str(CORRECT), "--inside", "200", "--per-minute", "120")
    assert "120 bookings a minute while all seats inside are taken" in shown
    both = ["release", "rehearse", str(CORRECT), "--per-minute", "120", "--inside-s", "60"]
    assert "give one of them" in str(CliRunner().invoke(app, both).exception)


def test_loaded_release_is_forecast_for_whom_it_says(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = read_release_file(CORRECT.read_bytes())
    assert isinstance(planned, ReleasePlan)
    load_release(database_url, planned)
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    found = json.loads(rehearse("--json"))
    assert found["release_id"] == "autumn"
    assert (found["forecast"]["people"], found["forecast"]["pairs"]) == (24_000, 3_640)
    assert found["seats_taken"] == 0
    assert json.loads(rehearse("--json", "--people", "100"))["forecast"]["sold_out_s"] is None
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE seats SET taken = 2 WHERE dose = 1 AND capacity > 1 AND slot_id = "
            "(SELECT min(slot_id) FROM seats WHERE dose = 1 AND capacity > 1)"
        )
    found = json.loads(rehearse("--json"))
    assert (found["seats_taken"], found["forecast"]["pairs"]) == (2, 3_638)
    assert "reckoned with the seats that are free; 2 are taken" in rehearse()
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE seats SET taken = capacity WHERE dose = 2")
    failed = CliRunner().invoke(app, ["release", "rehearse"])
    assert "no pair of seats that is free" in str(failed.exception)


def test_seats_of_days_that_are_over_are_not_free(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRETS_DIR": f"{tmp_path}"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    text = CORRECT.read_text("utf-8").replace("at: 2030-09-04", "at: 2020-09-04")
    old = "days: {from: 2030-09-14, to: 2030-09-27"
    earlier = text.replace(old, "days: {from: 2020-09-14, to: 2020-09-27").replace(
        "days: {from: 2030-10-05, to: 2030-10-18", "days: {from: 2020-10-05, to: 2020-10-18"
    )
    sessions = earlier[earlier.index("sessions:\n") + len("sessions:\n") :]
    head = text[: text.index("  days:\n")] + text[text.index("products:\n") :]
    planned = read_release_file(
        (head.replace("    supply: {doses: 8000}\n", "") + sessions).encode()
    )
    assert isinstance(planned, ReleasePlan), planned
    assert isinstance(load_release(database_url, planned), Loaded)
    assert json.loads(rehearse("--json"))["forecast"]["pairs"] == 3_640


def test_what_a_day_does_not_suffice_for_is_said() -> None:
    shown = rehearse(str(CORRECT), "--inside", "1")
    assert "not all who could are served in 1,440 min" in shown
    assert "all pairs are booked" not in shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("  people: 24000\n", ""), "say how many come"),
        (("2030-09-04T09", "2030-09-34T09"), "has mistakes"),
        (("dose_1: 10, dose_2: 0", "dose_1: 0, dose_2: 0"), "no pair of seats"),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, change: tuple[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "release.yaml"
    file.write_text(CORRECT.read_text("utf-8").replace(*change), "utf-8")
    failed = CliRunner().invoke(app, ["release", "rehearse", str(file)])
    assert says in str(failed.exception)
