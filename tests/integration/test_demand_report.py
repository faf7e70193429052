from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from allocator.demand import Need
from allocator.demand_report import CSV_COLUMNS, read_demand
from allocator.errors import StoreAway
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import load_release
from seiriken.cli import app
from seiriken.probe_enrolment import release_plan

EXAMPLE = Path(__file__).parents[2] / "examples" / "inzai" / "release.yaml"
GYM, CENTRE = "matsuyamashita-gym", "chuo-health-centre"
FIRST_DAY = date(2030, 9, 14)
TAKE = """
    UPDATE seats SET taken = 7 FROM slot
    WHERE slot.slot_id = seats.slot_id AND dose = 1 AND slot.day = %s AND venue_id = %s
        AND starts_at = (SELECT min(starts_at) FROM slot WHERE day = %s AND venue_id = %s)
"""


@pytest.fixture
def booked(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Return the URL of a city where seven are booked at the gymnasium."""
    planned = read_release_file(EXAMPLE.read_bytes())
    assert isinstance(planned, ReleasePlan)
    load_release(database_url, planned)
    with psycopg.connect(database_url) as connection:
        connection.execute(TAKE.encode(), (FIRST_DAY, GYM) * 2)
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    return database_url


def demand(*options: str) -> str:
    done = CliRunner().invoke(app, ["report", "demand", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_is_booked_and_what_may_be(booked: str) -> None:
    report = read_demand(booked)
    need = next(need for need in report.needs if need.doses)
    assert (need.day, need.venue_id, need.dose_1, need.dose_2) == (FIRST_DAY, GYM, 7, 0)
    assert (need.vials, need.spare_doses) == (2, 5)
    # 09:00-12:00 and 13:00-17:00 are 28 quarters of an hour of ten people each.
    assert (need.seats, need.vials_for_all_seats) == (280, 47)
    assert len({need.venue_id for need in report.needs}) == 2


def test_table_has_a_column_for_all_that_is_known() -> None:
    assert set(CSV_COLUMNS) == {*Need.__struct_fields__, "venue", "product"}


def test_days_and_a_venue_are_chosen(booked: str) -> None:
    chosen = read_demand(booked, first_day=FIRST_DAY, last_day=date(2030, 9, 16), venue_id=CENTRE)
    assert [need.day for need in chosen.needs] == [date(2030, 9, 16)]
    assert read_demand(booked, first_day=date(2031, 1, 1)).needs == []
    (only,) = json.loads(demand("--from", "2030-09-14", "--to", "2030-09-14", "--json"))["needs"]
    assert (only["venue_id"], only["doses"]) == (GYM, 7)


def test_command_shows_sums_and_writes_a_table(booked: str, tmp_path: Path) -> None:
    shown = demand("--venue", GYM)
    assert "コミナティ(ファイザー): 7 doses booked, 2 vials (5 doses left over)" in shown
    assert "no seats there" in demand("--from", "2031-01-01")
    told = demand("--csv", str(tmp_path / "demand.csv"))
    with (tmp_path / "demand.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert told == f"{len(rows)} lines written to {tmp_path / 'demand.csv'}\n"
    assert [row["vials"] for row in rows if row["doses"] != "0"] == ["2"]
    assert "松山下公園総合体育館" in demand("--csv", "-")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--venue", "gym"), f"there is no gym; known: {CENTRE}, {GYM}"),
        (("--from", "2030-09-15", "--to", "2030-09-14"), "2030-09-15 is after --to 2030-09-14"),
        (("--csv", "/nowhere/demand.csv"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(booked: str, options: tuple[str, ...], says: str) -> None:
    failed = CliRunner().invoke(app, ["report", "demand", *options])
    assert says in str(failed.exception)


def test_synthetic_resident_needs_no_vaccine(booked: str) -> None:
    load_release(booked, release_plan())
    assert {need.venue_id for need in read_demand(booked).needs} == {GYM, CENTRE}


def test_database_that_is_away_is_said() -> None:
    with pytest.raises(StoreAway):
        read_demand("postgresql://127.0.0.1:1/nowhere")
