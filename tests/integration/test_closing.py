"""A place is closed for a day on a whole city: foreseen, carried out once, and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner, Result

from allocator.audit import audit
from allocator.closing import Closing, orders_of
from allocator.commands import STAFF_KEY
from allocator.model import BOOKINGS_MOVED_MAX
from allocator.release_store import read_catalogue
from allocator.verify import verify
from seiriken.cli import app
from seiriken.closing_command import PEOPLE_AT_ONCE_MAX
from seiriken.desk_errands import Errand, carry_out
from seiriken.errors import CommandError
from seiriken.processes import free_ports
from seiriken.progress import Steps
from seiriken.target import Target
from tests.integration.city import (
    DAYS,
    FIRST_DAY,
    INTERVAL_DAYS,
    MUNICIPALITY,
    City,
    Resident,
    flexible,
    make_plan,
    running_city,
)
from tests.waiting import until

DAY_1 = FIRST_DAY.isoformat()
CLOSE_DAY_1 = ("desk", "close-day", "--venue", "hall", "--day", DAY_1, "--reason", "venue")


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, make_plan()) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=given)


def document(*words: str) -> Any:
    """Return what a command that must succeed printed for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def book(city: City, count: int) -> list[Resident]:
    residents = [city.inside(number) for number in range(count)]
    for resident in residents:
        wish = flexible(venue="hall", **{"from": DAY_1, "to": DAY_1})
        assert resident.book(flexible=wish).status_code == 201
    return residents


def booking(resident: Resident) -> dict[str, Any]:
    found: dict[str, Any] = resident.http.get("/api/v1/booking").json()
    return found


def notices(city: City) -> list[str]:
    """Return what people are told, but for confirmations."""
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute(
            "SELECT kind FROM outbox WHERE kind <> 'booked' ORDER BY outbox_id"
        ).fetchall()
    return [str(kind) for (kind,) in rows]


def state(city: City) -> list[Any]:
    """Return all bookings and seats."""
    with psycopg.connect(city.database_url) as connection:
        bookings = connection.execute(
            "SELECT booking_number, state, dose1_slot_id, dose2_slot_id FROM booking ORDER BY 1"
        ).fetchall()
        seats = connection.execute("SELECT * FROM seats ORDER BY 1, 2").fetchall()
    return [bookings, seats]


@contextmanager
def stop_after(city: City, moved: int) -> Iterator[None]:
    """Let the allocator wait, once so many were moved, in the middle of the next one's order.

    For the length of the block, at whose beginning nobody was moved yet.
    """
    with psycopg.connect(city.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(8)")
        connection.execute(
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF (SELECT count(*) FROM outbox WHERE kind = 'moved') >= TG_ARGV[0]::int "
            "THEN PERFORM pg_advisory_xact_lock(8); END IF; RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER stop BEFORE INSERT ON outbox FOR EACH ROW "
            f"WHEN (NEW.kind = 'moved') EXECUTE FUNCTION stop({moved})".encode()
        )
        yield


def free_in(city: City, on: date) -> int:
    """Return the capacities that the hall still has on a day."""
    slots = read_catalogue(city.database_url).slots.values()
    return sum(sum(s.capacities) for s in slots if (s.venue_id, s.day) == ("hall", on))


def interval(held: dict[str, Any]) -> int:
    first, second = (date.fromisoformat(dose["starts_at"][:10]) for dose in held["doses"])
    return (second - first).days


def test_dry_run_says_who_goes_where_and_changes_nothing(city: City) -> None:
    book(city, 3)
    before = state(city)
    foreseen = document(*CLOSE_DAY_1, "--dry-run")["forecast"]
    assert (foreseen["moved"], foreseen["listed"]) == (3, 0)
    assert sum(row["people"] for row in foreseen["displaced"]) == 3
    words = run(*CLOSE_DAY_1, "--dry-run").stdout
    assert "3 people lose a dose there" in words
    assert "1 day later: 3" in words
    assert state(city) == before
    assert notices(city) == []


def test_closed_day_is_what_was_foreseen_and_everybody_is_told_once(city: City) -> None:
    residents = book(city, 3)
    foreseen = document(*CLOSE_DAY_1, "--dry-run")["forecast"]
    closed = document(*CLOSE_DAY_1, "--yes", "--at-once", "2")
    assert (closed["moved"], closed["on_standby"]) == (foreseen["moved"], foreseen["listed"])
    assert closed["orders"] == 3
    for resident in residents:
        held = booking(resident)
        assert held["doses"][0]["starts_at"][:10] == (FIRST_DAY + timedelta(days=1)).isoformat()
        assert interval(held) == INTERVAL_DAYS
    assert notices(city) == ["moved"] * 3
    assert free_in(city, FIRST_DAY) == 0
    wish = flexible(venue="hall", **{"from": DAY_1, "to": DAY_1})
    assert city.inside(10).book(flexible=wish).json()["code"] == "outside_release"
    again = document(*CLOSE_DAY_1, "--yes")
    assert (again["moved"], again["on_standby"]) == (0, 0)
    assert notices(city) == ["moved"] * 3


def test_command_that_is_killed_in_the_middle_is_gone_on_with_to_the_same_end(
    city: City,
) -> None:
    book(city, 12)
    slow = [sys.executable, "-m", "seiriken.cli", *CLOSE_DAY_1, "--yes", "--at-once", "1"]
    with (
        stop_after(city, 3),
        subprocess.Popen(
            slow, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as command,
    ):
        until(lambda: len(notices(city)) == 3)
        command.send_signal(signal.SIGKILL)
    document(*CLOSE_DAY_1, "--yes", "--at-once", "5")
    assert notices(city) == ["moved"] * 12
    assert free_in(city, FIRST_DAY) == 0
    slots = read_catalogue(city.database_url).slots
    bookings, _ = state(city)
    assert len(bookings) == 12
    for _, kept, first, second in bookings:
        assert kept == "booked"
        assert slots[first].day > FIRST_DAY
        assert (slots[second].day - slots[first].day).days == INTERVAL_DAYS


@contextmanager
def allocator_process(city: City) -> Iterator[subprocess.Popen[bytes]]:
    """Run the allocator as a process of its own, until it is killed or the block ends."""
    (port,) = free_ports(1)
    settings = {
        "ALLOCATOR_DATABASE_URL": city.database_url,
        "ALLOCATOR_REDIS_URL": city.redis_url,
        "ALLOCATOR_SECRETS_DIR": str(city.secrets_dir),
        "ALLOCATOR_INTERNAL_PORT": str(port),
    }
    command = [sys.executable, "-m", "allocator"]
    process = subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL)
    try:
        # A command waits for its answer, and not for a process that has yet to begin.
        until(lambda: _is_ready(port))
        yield process
    finally:
        process.kill()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=60).status_code == 200
    except httpx2.TransportError:
        return False


def test_allocator_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is ended with it, as its answer never comes; run again, it ends the closing."""
    for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(name, value)
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
    slow = [sys.executable, "-m", "seiriken.cli", *CLOSE_DAY_1, "--yes", "--at-once", "1"]
    with allocator_process(city) as first, city.waiting_room(), city.gateway():
        city.wait_until_ready()
        book(city, 12)
        with (
            stop_after(city, 3),
            subprocess.Popen(
                slow, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as command,
        ):
            until(lambda: len(notices(city)) == 3)
            first.send_signal(signal.SIGKILL)
            first.wait()
            command.send_signal(signal.SIGKILL)
        with allocator_process(city):
            closed = document(*CLOSE_DAY_1, "--yes", "--at-once", "5")
            again = document(*CLOSE_DAY_1, "--yes")
    assert closed["moved"] + 3 in (12, 11), "one order was on its way"
    assert (again["moved"], again["on_standby"]) == (0, 0)
    assert notices(city) == ["moved"] * 12
    bookings, _ = state(city)
    slots = read_catalogue(city.database_url).slots
    assert [kept for _, kept, _, _ in bookings] == ["booked"] * 12
    assert all(slots[first_slot].day > FIRST_DAY for _, _, first_slot, _ in bookings)
    assert audit(city.database_url).in_order
    assert verify(city.database_url).in_order


def test_order_whose_answer_nobody_waited_for_moves_nobody_twice(city: City) -> None:
    book(city, 3)
    target = Target(city.database_url, city.redis_url, city.secrets_dir, None)
    closing = Closing("hall", FIRST_DAY, "slot_closed", "a test", people_max=2)
    now = min(s.starts_at for s in read_catalogue(city.database_url).slots.values())
    (order,) = orders_of(read_catalogue(city.database_url), closing, now - timedelta(days=1))
    with city.undecided(), pytest.raises(CommandError):
        carry_out(target, Errand(uuid4(), STAFF_KEY, order), Steps(), wait_s=0.0)
    document(*CLOSE_DAY_1, "--yes")
    assert notices(city) == ["moved"] * 3


def test_from_the_first_order_on_nobody_books_a_closing_slot(city: City) -> None:
    book(city, 3)
    target = Target(city.database_url, city.redis_url, city.secrets_dir, None)
    catalogue = read_catalogue(city.database_url)
    closing = Closing("hall", FIRST_DAY, "slot_closed", "a test", people_max=1)
    now = min(slot.starts_at for slot in catalogue.slots.values()) - timedelta(days=1)
    (order,) = orders_of(catalogue, closing, now)
    moved = carry_out(target, Errand(uuid4(), STAFF_KEY, order), Steps())
    assert isinstance(moved, tuple)
    assert len(moved) == 1
    wish = flexible(venue="hall", **{"from": DAY_1, "to": DAY_1})
    refused = city.inside(10).book(flexible=wish)
    assert refused.status_code == 409


def test_whom_nothing_fits_comes_to_the_list_with_the_true_reason(city: City) -> None:
    (resident, *_) = book(city, 1)
    for offset in range(DAYS):
        on = (FIRST_DAY + timedelta(days=offset)).isoformat()
        words = ("desk", "close-day", "--venue", "hall", "--day", on, "--reason", "supply")
        last = document(*words, "--dry-run")["forecast"]
        document(*words, "--yes")
        if last["listed"]:
            break
    assert notices(city)[-1] == "listed"
    assert resident.http.get("/api/v1/standby").json()["reason"] == "supply_cut"


def test_citys_words_are_in_everybodys_message_and_words_over_their_bound_are_refused(
    city: City,
) -> None:
    book(city, 2)
    long = run(*CLOSE_DAY_1, "--yes", "--words", "x" * 301)
    assert isinstance(long.exception, CommandError)
    assert notices(city) == []
    document(*CLOSE_DAY_1, "--yes", "--words", "The lift  is broken.")
    with psycopg.connect(city.database_url) as connection:
        told = connection.execute("SELECT kind, words FROM outbox WHERE kind <> 'booked'")
        assert told.fetchall() == [("closed_moved", "The lift is broken.")] * 2


def test_closing_is_asked_about_first(city: City) -> None:
    book(city, 1)
    asked = run(*CLOSE_DAY_1, given="n\n")
    assert asked.exit_code == 1
    assert "Close hall on" in asked.output
    assert notices(city) == []


@pytest.mark.parametrize(
    ("venue", "on", "said"),
    [("nowhere", DAY_1, "there is no place"), ("hall", "2001-01-01", "has no slots")],
)
def test_place_or_day_that_is_not_there_is_said(city: City, venue: str, on: str, said: str) -> None:
    words = ("desk", "close-day", "--venue", venue, "--day", on, "--reason", "venue")
    result = run(*words, "--dry-run")
    assert isinstance(result.exception, CommandError)
    assert said in str(result.exception)


def test_command_moves_as_many_at_once_as_an_order_may() -> None:
    assert PEOPLE_AT_ONCE_MAX == BOOKINGS_MOVED_MAX
