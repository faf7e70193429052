from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from allocator.errors import StoreAway
from allocator.limits import Limits
from allocator.model import PROBE_ID, Release
from allocator.release import ReleasePlan, findings_of, pairs_possible
from allocator.release_file import read_release_file
from allocator.release_orders import give_order, tell
from allocator.release_store import (
    Loaded,
    check_load,
    check_release,
    load_release,
    plan_of,
    read_catalogue,
    read_plan,
    read_writer,
)
from seiriken.cli import app
from seiriken.probe_enrolment import release_plan

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"
EXAMPLE = (Path(__file__).parents[2] / "examples" / "inzai" / "release.yaml").read_text("utf-8")
NOW = datetime(2030, 9, 1, tzinfo=UTC)


def planned(text: str = EXAMPLE) -> ReleasePlan:
    made = read_release_file(text.encode())
    assert isinstance(made, ReleasePlan)
    return made


def load(database_url: str, text: str = EXAMPLE) -> Loaded:
    done = load_release(database_url, planned(text))
    assert isinstance(done, Loaded), done
    return done


def stored_release(database_url: str) -> Release:
    (release,) = read_catalogue(database_url).releases.values()
    return release


def test_release_comes_back_as_it_was_loaded(database_url: str) -> None:
    wanted = planned()
    done = load(database_url)
    assert done.slots == done.slots_added == len(wanted.slots)
    stored = plan_of(read_catalogue(database_url), wanted.release.release_id)
    assert (stored.release, stored.products, stored.venues) == (
        wanted.release,
        wanted.products,
        wanted.venues,
    )
    assert len(stored.slots) == len(wanted.slots)
    assert pairs_possible(stored) == pairs_possible(wanted)
    assert findings_of(stored) == []


def test_loading_again_keeps_the_slots_and_their_numbers(database_url: str) -> None:
    load(database_url)
    before = read_catalogue(database_url)
    again = load(database_url)
    after = read_catalogue(database_url)
    assert (again.slots_added, again.slots_removed) == (0, 0)
    assert after.slots == before.slots
    assert after.version == before.version + 1


def test_changed_file_moves_capacities_and_takes_free_slots_away(database_url: str) -> None:
    load(database_url)
    text = EXAMPLE.replace(
        '"13:00-17:00"]\n    slot_minutes: 15', '"13:00-16:00"]\n    slot_minutes: 15'
    )
    done = load(database_url, text.replace("dose_1: 10", "dose_1: 9"))
    assert (done.slots_added, done.slots_removed) == (0, 2 * 14 * 4)
    firsts = {s.capacities for s in read_catalogue(database_url).slots.values() if s.capacities[0]}
    assert firsts == {(9, 0), (6, 0)}


def test_slot_with_a_booking_is_never_taken_away(database_url: str) -> None:
    load(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE seats SET taken = 10 WHERE capacity = 10 AND slot_id < 3")
    before = read_catalogue(database_url)
    for text in (
        EXAMPLE.replace("dose_1: 10", "dose_1: 9"),
        EXAMPLE.replace("{from: 2030-09-14, to: 2030-09-27}", "{from: 2030-09-15, to: 2030-09-27}"),
    ):
        refused = load_release(database_url, planned(text))
        assert isinstance(refused, list)
        assert {finding.code for finding in refused} == {"slot_in_use"}
        assert "10 seats for dose 1 are taken" in refused[0].message
    assert read_catalogue(database_url) == before


def test_times_are_those_of_the_site_whatever_zone_the_database_has(database_url: str) -> None:
    load(database_url)
    elsewhere = make_conninfo(database_url, options="-c timezone=America/New_York")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE seats SET taken = 10 WHERE capacity = 10 AND slot_id < 3")
    refused = load_release(elsewhere, planned(EXAMPLE.replace("dose_1: 10", "dose_1: 9")))
    assert isinstance(refused, list)
    assert "2030-09-14 09:00: the slot would have 9 seats" in refused[0].message


def test_release_with_an_error_is_not_loaded(database_url: str) -> None:
    refused = load_release(database_url, planned(EXAMPLE.replace("dose_2: 11", "dose_2: 8")))
    assert isinstance(refused, list)
    assert [finding.code for finding in refused] == ["second_doses_short"]
    assert read_catalogue(database_url).releases == {}


def test_orders_are_kept_by_a_load_and_taken_back_by_resume(database_url: str) -> None:
    load(database_url)
    release = stored_release(database_url)
    give_order(database_url, release, "pause", "少しお待ちください", NOW)
    load(database_url)
    paused = stored_release(database_url)
    assert (paused.state_by_hand, paused.message) == ("paused", "少しお待ちください")
    give_order(database_url, paused, "resume", None, NOW)
    resumed = stored_release(database_url)
    assert (resumed.state_by_hand, resumed.message) == ("none", "")
    assert resumed.opens_at == release.opens_at


def test_close_keeps_the_message_and_can_be_taken_back(database_url: str) -> None:
    load(database_url)
    give_order(database_url, stored_release(database_url), "pause", "混雑", NOW)
    closed = give_order(database_url, stored_release(database_url), "close", None, NOW)
    assert (closed.state_by_hand, closed.message) == ("closed", "混雑")
    assert stored_release(database_url) == closed


def test_new_message_of_an_order_goes_before_older_ones_of_single_languages(
    database_url: str,
) -> None:
    """Else readers of English would go on reading that of yesterday."""
    load(database_url)
    told = tell(database_url, stored_release(database_url), "A moment, please", "en")
    closed = give_order(database_url, told, "close", None, NOW)
    assert closed.messages == {"en": "A moment, please"}
    paused = give_order(database_url, closed, "pause", "停止しています", NOW)
    assert (paused.message, paused.messages) == ("停止しています", {})
    assert stored_release(database_url) == paused
    told = tell(database_url, paused, "Stopped", "en")
    assert stored_release(database_url).messages == {"en": "Stopped"}
    resumed = give_order(database_url, told, "resume", None, NOW)
    assert (resumed.message, resumed.messages) == ("", {})


@pytest.mark.parametrize("hours", [-100, 100])
def test_open_brings_the_opening_forward_and_never_back(database_url: str, hours: int) -> None:
    load(database_url)
    release = stored_release(database_url)
    now = release.opens_at + timedelta(hours=hours)
    opened = give_order(database_url, release, "open", None, now)
    assert opened.opens_at == min(now, release.opens_at)
    assert opened.lobby_at <= opened.opens_at
    assert stored_release(database_url) == opened


def test_each_order_raises_the_version(database_url: str) -> None:
    load(database_url)
    before = read_catalogue(database_url).version
    give_order(database_url, stored_release(database_url), "pause", None, NOW)
    assert read_catalogue(database_url).version == before + 1


def test_new_database_has_had_no_writer(database_url: str) -> None:
    epoch, holder = read_writer(database_url)
    assert (epoch, holder) == (0, "")


def test_database_that_is_away_is_said(run_dir: Path) -> None:
    with pytest.raises(StoreAway):
        load_release(f"postgresql://nobody@/none?host={run_dir}", planned())


def test_plan_of_a_release_has_what_is_its_own_alone(database_url: str) -> None:
    load(database_url)
    other = planned()
    # Without limits: the two give more in an hour than the venue may.
    other = msgspec.structs.replace(
        other,
        release=msgspec.structs.replace(other.release, release_id="other"),
        limits=Limits(),
    )
    assert isinstance(load_release(database_url, other), Loaded)
    assert isinstance(load_release(database_url, release_plan()), Loaded)
    catalogue = read_catalogue(database_url)
    stored = plan_of(catalogue, "other")
    assert {slot.release_id for slot in stored.slots} == {"other"}
    assert PROBE_ID in catalogue.products.keys() & catalogue.venues.keys()
    assert PROBE_ID not in stored.products.keys() | stored.venues.keys()
    assert findings_of(stored) == findings_of(other)


def test_limits_are_kept_with_a_release_and_looked_at_again(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = planned(CORRECT.read_text("utf-8"))
    load(database_url, CORRECT.read_text("utf-8"))
    stored = read_plan(database_url, read_catalogue(database_url), "autumn")
    assert stored.limits == wanted.limits
    assert check_release(database_url, stored) == []
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE seats SET capacity = capacity * 10")
    stored = read_plan(database_url, read_catalogue(database_url), "autumn")
    codes = {finding.code for finding in check_release(database_url, stored)}
    assert codes == {"more_seats_than_doses", "too_many_an_hour"}
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    refused = CliRunner().invoke(app, ["release", "open"])
    assert refused.exit_code == 1
    assert "72,800 seats of comirnaty, but 8,000 doses" in refused.stdout
    assert "mend: take away 64,800 seats, or have 10,800 vials more" in refused.stdout


def test_release_that_people_could_book_beside_another_is_refused(database_url: str) -> None:
    text = CORRECT.read_text("utf-8")
    load(database_url, text)
    both = text.replace("id: autumn", "id: large").replace("covid-19", "large-site")
    findings = load_release(database_url, planned(both))
    assert not isinstance(findings, Loaded)
    assert "booked_twice" in [finding.code for finding in findings]
    assert isinstance(load_release(database_url, planned(text)), Loaded)


def test_plan_is_held_against_the_roster(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO roster (person_key, birth_check, sealed) "
            "SELECT decode(md5(n::text), 'hex'), decode(md5(n::text), 'hex'), ''::bytea "
            "FROM generate_series(1, 1000) AS n"
        )
    found = {one.code for one in check_release(database_url, planned())}
    assert "more_pairs_than_roster" in found


def without_hourly_limit() -> str:
    """Return a correct plan for a place that has room for two of them."""
    return CORRECT.read_text("utf-8").replace("    doses_per_hour_max: 60\n", "")


def test_product_of_another_release_is_not_changed_by_a_load(database_url: str) -> None:
    text = without_hourly_limit()
    load(database_url, text)
    spring = text.replace("id: autumn", "id: spring").replace("max: 42", "max: 21")
    refused = load_release(database_url, planned(spring))
    assert not isinstance(refused, Loaded)
    errors = [one for one in refused if one.severity == "error"]
    assert [(one.code, one.values["releases"]) for one in errors] == [("product_differs", "autumn")]
    assert read_catalogue(database_url).products["comirnaty"].interval_days_max == 42
    give_order(database_url, stored_release(database_url), "close", None, NOW)
    assert isinstance(load_release(database_url, planned(spring)), Loaded)


def test_other_address_of_a_venue_that_another_release_has_is_told(database_url: str) -> None:
    text = without_hourly_limit()
    load(database_url, text)
    moved = planned(text.replace("id: autumn", "id: spring").replace("浦部275", "浦部1"))
    assert [(one.code, one.severity) for one in check_load(database_url, moved)] == [
        ("slot_in_another", "warning"),
        ("names_differ", "warning"),
    ]
    assert isinstance(load_release(database_url, moved), Loaded)
