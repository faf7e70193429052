"""The staff's commands refuse what cannot be meant before anything is asked or ordered."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from allocator.commands import AddSeats, CloseSlots
from allocator.model import Slot
from gateway.languages import LANGUAGES
from seiriken.desk_commands import LanguageCode, app
from seiriken.desk_counter import Counter, account, built, span_words
from seiriken.errors import CommandError
from seiriken.target import Target
from tests.unit.gateway.factories import make_catalogue, make_release, make_slot

FAR_AHEAD = date(2100, 6, 10)
SLOTS = (
    make_slot(1, FAR_AHEAD, 9),
    make_slot(2, FAR_AHEAD, 10),
    make_slot(3, FAR_AHEAD, 10, venue_id="school"),
    make_slot(4, date(2021, 6, 10)),
    make_slot(5, FAR_AHEAD, release_id="r2"),
)


class CounterOfACity(Counter):
    """A counter that knows what is on offer without asking."""

    catalogue = make_catalogue(make_release(), make_release("r2"), slots=SLOTS)


@pytest.fixture
def counter() -> Counter:
    return CounterOfACity(Target("", "", Path(), None), None, yes=False, as_json=False)


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=given)


def ids(slots: list[Slot]) -> list[int]:
    return [slot.slot_id for slot in slots]


def test_slots_are_found_by_place_day_and_hours(counter: Counter) -> None:
    assert ids(counter.slots_of_day("r1", "hall", FAR_AHEAD, None, None)) == [1, 2]
    assert ids(counter.slots_of_day("r1", "hall", FAR_AHEAD, time(9, 30), None)) == [2]
    assert ids(counter.slots_of_day("r1", "hall", FAR_AHEAD, None, time(10))) == [1]


def test_the_only_release_need_not_be_named_and_the_synthetic_residents_is_none() -> None:
    class CounterOfOneRelease(Counter):
        catalogue = make_catalogue(make_release(), make_release("probe", campaign_id="probe"))

    at = CounterOfOneRelease(Target("", "", Path(), None), None, yes=False, as_json=False)
    assert at.release(None).release_id == "r1"
    assert at.release("probe").release_id == "probe"


def test_which_release_is_meant_must_be_said_of_several(counter: Counter) -> None:
    with pytest.raises(CommandError, match="loaded: r1, r2"):
        counter.release(None)


def test_slots_that_are_over_are_meant_only_when_their_hours_are_named(counter: Counter) -> None:
    past = date(2021, 6, 10)
    with pytest.raises(CommandError, match="no such slots"):
        counter.slots_of_day("r1", "hall", past, None, None)
    assert ids(counter.slots_of_day("r1", "hall", past, time(9), time(12))) == [4]


def test_slots_of_one_order_are_known_and_of_one_release(counter: Counter) -> None:
    assert ids(counter.slots([2, 1, 2])) == [1, 2]
    with pytest.raises(CommandError, match="no slot 98, 99"):
        counter.slots([1, 98, 99])
    with pytest.raises(CommandError, match="several releases"):
        counter.slots([1, 5])


def test_release_is_named_where_there_are_several(counter: Counter) -> None:
    assert counter.release("r2").release_id == "r2"
    for asked in (None, "r3"):
        with pytest.raises(CommandError, match="loaded: r1, r2"):
            counter.release(asked)


def test_bounds_are_said_in_numbers() -> None:
    with pytest.raises(CommandError, match=r"1 to 1,000 seats"):
        built(lambda: AddSeats("r1", 1, (0, 0), "a"))
    with pytest.raises(CommandError, match="1 to 500 different slots"):
        built(lambda: CloseSlots("r1", (), "a"))


def test_account_is_a_short_line() -> None:
    assert account(" desk 1 ") == "desk 1"
    assert account(None)
    for by in ("", " ", "a\nb", "a" * 65):
        with pytest.raises(CommandError, match="--by"):
            account(by)


def test_slots_are_said_by_place_and_time() -> None:
    assert span_words(SLOTS[:2]) == "hall, 2100-06-10 09:00 to 10:30"
    assert span_words(SLOTS[1:4]) == "hall, school, 2021-06-10 10:00 to 2100-06-10 10:30"


@pytest.mark.parametrize(
    "words",
    [
        ("add-seats",),
        ("cut-supply", "--venue", "hall"),
        ("close-slots", "--slot", "one"),
        ("close-slots", "--venue", "hall", "--day", "tomorrow"),
        ("close-slots", "--venue", "hall", "--day", "2021-06-10", "--from", "9 o'clock"),
        ("dose-given", "--dose", "3"),
        ("dose-given", "--ticket", "1234567890"),
        ("walk-in", "--slot", "1", "--name", "x"),
        ("walk-in", "--slot", "1", "--language", "fr"),
        ("close-slots", "--request-id", "1"),
        ("end-sessions", "--ticket", "1234567890"),
    ],
)
def test_command_that_cannot_be_meant_is_not_understood(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("command", sorted(str(one.name) for one in app.registered_commands))
def test_nothing_personal_can_be_an_argument(command: str) -> None:
    shown = run(command, "--help").output
    options: Any = {word.strip() for word in shown.split() if word.startswith("--")}
    who = {"call": "--caller-file", "end-sessions": "--ticket-file"}
    assert who.get(command, "--by") in options
    assert options.isdisjoint({"--ticket", "--ticket-number", "--birth-date", "--name", "--phone"})


def test_whoever_walks_in_may_be_written_to_in_every_language_of_the_pages() -> None:
    assert get_args(LanguageCode) == LANGUAGES
