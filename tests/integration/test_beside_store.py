"""What a plan is held against in the tables: other releases with their slots, and the roster."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from allocator.beside_store import cohort_has_people, look_at_cohort, read_beside
from allocator.errors import StoreAway
from allocator.held_against import ROSTER_TOLD_MIN
from allocator.model import PROBE_BORN, Release
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_orders import give_order
from allocator.release_store import Loaded, check_release, load_release
from allocator.roster import RosterKeys, import_people
from allocator.roster_file import Person
from gateway.staff.register import add_account
from seiriken.cli import app

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"
TEXT = CORRECT.read_text("utf-8")
SUMMER = TEXT.replace("id: autumn", "id: summer")
KEYS = RosterKeys(secrets.token_bytes(32), secrets.token_bytes(32))


def planned(text: str = TEXT) -> ReleasePlan:
    made = read_release_file(text.encode())
    assert isinstance(made, ReleasePlan)
    return made


def born(first: date, last: date) -> Release:
    return msgspec.structs.replace(planned().release, born_from=first, born_to=last)


def enrol(database_url: str, count: int, birth_date: date) -> None:
    people = [Person("122319", f"{number:010}", birth_date) for number in range(count)]
    import_people(database_url, KEYS, people)


def test_other_releases_come_with_their_slots_and_count_for_a_venues_hours(
    database_url: str,
) -> None:
    assert isinstance(load_release(database_url, planned()), Loaded)
    assert read_beside(database_url, "autumn") == []
    (other,) = read_beside(database_url, "summer")
    assert (other.release.release_id, len(other.slots), other.firsts) == ("autumn", 728, 3_640)
    assert other.limits == planned().limits
    refused = load_release(database_url, planned(SUMMER))
    assert isinstance(refused, list)
    assert [one.code for one in refused] == ["too_many_an_hour_together", "slot_in_another"]
    assert "together with autumn 182 hours have more" in refused[0].message
    give_order(database_url, other.release, "close", None, other.release.opens_at)
    assert check_release(database_url, planned(SUMMER)) == []


def test_cohort_is_looked_for_on_the_roster(database_url: str) -> None:
    everybody = born(date(1800, 1, 1), date(2018, 1, 1))
    assert cohort_has_people(database_url, KEYS.roster, everybody) is None
    import_people(database_url, KEYS, [Person("122319", "9999999999", PROBE_BORN)])
    nobody = born(date(2040, 1, 1), date(2041, 12, 31))
    assert cohort_has_people(database_url, KEYS.roster, nobody) is None, "nobody but the probe"
    assert look_at_cohort(database_url, KEYS.roster, nobody) == []
    enrol(database_url, 3, date(1950, 4, 1))
    found = look_at_cohort(database_url, KEYS.roster, nobody)
    assert [(one.severity, one.code) for one in found] == [("warning", "cohort_empty")]
    enrol(database_url, ROSTER_TOLD_MIN, date(1950, 4, 1))
    for release, severities in (
        (nobody, ["error"]),
        (born(date(1950, 4, 2), date(2000, 1, 1)), ["error"]),
        (born(date(1950, 4, 1), date(1950, 4, 1)), []),
    ):
        found = look_at_cohort(database_url, KEYS.roster, release)
        assert [one.severity for one in found] == severities


def test_roster_that_is_away_is_said(run_dir: Path) -> None:
    with pytest.raises(StoreAway):
        cohort_has_people(f"postgresql://nobody@/none?host={run_dir}", b"", planned().release)


@pytest.mark.parametrize("act", [("release", "check"), ("release", "load")])
def test_commands_refuse_a_cohort_in_which_nobody_is(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: tuple[str, str],
) -> None:
    values = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRETS_DIR": f"{tmp_path}"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "roster.key").write_text(KEYS.roster.hex())
    enrol(database_url, ROSTER_TOLD_MIN, date(1970, 4, 1))
    file = tmp_path / "release.yaml"
    file.write_text(TEXT, "utf-8")
    refused = CliRunner().invoke(app, [*act, f"{file}"])
    assert refused.exit_code == 1
    assert "nobody on the roster is born from 1900-01-01 to 1956-04-01" in refused.stdout
    file.write_text(TEXT.replace("born_to: 1956-04-01", "born_to: 1970-04-01"), "utf-8")
    assert CliRunner().invoke(app, [*act, f"{file}"]).exit_code == 0


def test_nobody_opens_for_a_cohort_in_which_nobody_is(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The roster came after the release; a pause is taken back all the same."""
    values = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRETS_DIR": f"{tmp_path}"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert isinstance(load_release(database_url, planned()), Loaded)
    enrol(database_url, ROSTER_TOLD_MIN, date(1970, 4, 1))
    key = tmp_path / "roster.key"
    key.write_text(KEYS.roster.hex())
    for order, exit_code in (("pause", 0), ("resume", 0), ("open", 1), ("close", 0), ("resume", 1)):
        done = CliRunner().invoke(app, ["release", order])
        assert done.exit_code == exit_code, order
        assert ("nobody on the roster is born from 1900-01-01" in done.stdout) == bool(exit_code)
    assert add_account(database_url, "a-one", "operator", planned().release.opens_at)
    words = ("approval", "propose", "open", "--by", "a-one", "--reason", "now")
    assert "nobody on the roster" in CliRunner().invoke(app, [*words]).stdout
    key.write_text(secrets.token_hex(32))
    assert CliRunner().invoke(app, ["release", "open"]).exit_code == 0, "none that opens the roster"
