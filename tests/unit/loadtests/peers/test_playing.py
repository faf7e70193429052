"""The loop of residents, with doors that need no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from loadtests.peers.doors.visiting import Told
from loadtests.peers.playing import TRIES_MAX, Played, play
from loadtests.peers.scene import Person
from loadtests.peers.talking import TalkFailed

PEOPLE = [Person(f"{number:010}", date(1950, 1, 1), (2, 1, 0)) for number in range(7)]


class Hall:
    """A system in memory: seats by slot, and whether it shows what is gone as free."""

    def __init__(self, seats: dict[int, int], *, is_stale: bool = False, wishes_max: int = 1):
        self.seats = seats
        self.is_stale = is_stale
        self.wishes_max = wishes_max
        self.asked: list[Sequence[int]] = []
        self.signed_in: list[Person] = []

    def visit(self, answers_s: list[float]) -> HallVisit:
        return HallVisit(self, answers_s)


class HallVisit:
    def __init__(self, hall: Hall, answers_s: list[float]) -> None:
        self.hall = hall
        self.answers_s = answers_s
        self.wishes_max = hall.wishes_max

    async def sign_in(self, person: Person) -> None:
        self.hall.signed_in.append(person)
        self.answers_s.append(0.001)

    async def look(self) -> frozenset[int]:
        seats = self.hall.seats
        return frozenset(slot for slot in seats if self.hall.is_stale or seats[slot] > 0)

    async def book(self, slots: Sequence[int]) -> Told | None:
        self.hall.asked.append(slots)
        for slot in slots:
            if self.hall.seats[slot] > 0:
                self.hall.seats[slot] -= 1
                return Told(str(len(self.hall.asked)), slot)
        return None

    async def see(self, told: Told) -> bool:
        return told.slot != 0

    def end(self) -> None:
        return


class ClosedVisit(HallVisit):
    async def sign_in(self, person: Person) -> None:
        raise TalkFailed("POST /sign-in: refused")


class Closed(Hall):
    def visit(self, answers_s: list[float]) -> ClosedVisit:
        return ClosedVisit(self, answers_s)


def test_everybody_comes_once_and_takes_the_dearest_wish_that_is_free() -> None:
    hall = Hall({1: 3, 2: 2})
    played = play(hall, PEOPLE, at_once=3, s_max=60)
    assert sorted(one.slot for one in played.told) == [1, 1, 1, 2, 2]
    assert played.went_home == 2
    assert hall.signed_in == PEOPLE
    assert len(played.bookings_s) == 5
    assert len(played.answers_s) == len(PEOPLE)
    assert not played.faults


def test_who_is_refused_asks_for_another_slot_even_if_the_first_still_looks_free() -> None:
    hall = Hall({1: 1, 2: 0}, is_stale=True)
    played = play(hall, PEOPLE[:1], at_once=1, s_max=60)
    assert hall.asked == [[2], [1]]
    assert [one.slot for one in played.told] == [1]


def test_several_wishes_go_into_one_call_where_that_is_possible() -> None:
    hall = Hall({1: 1, 2: 0}, is_stale=True, wishes_max=5)
    play(hall, PEOPLE[:1], at_once=1, s_max=60)
    assert hall.asked == [[2, 1]]


def test_nobody_tries_for_ever() -> None:
    hall = Hall(dict.fromkeys(range(50), 0), is_stale=True)
    person = Person("0000000001", date(1950, 1, 1), tuple(range(50)))
    assert play(hall, [person], at_once=1, s_max=60).went_home == 1
    assert len(hall.asked) == TRIES_MAX


def test_who_has_not_come_when_the_time_is_over_is_not_reached() -> None:
    played = play(Hall({1: 9}), PEOPLE, at_once=2, s_max=-1)
    assert played.not_reached == len(PEOPLE)
    assert not played.told


def test_faults_are_kept_and_do_not_stop_the_others() -> None:
    assert len(play(Closed({1: 9}), PEOPLE, at_once=2, s_max=60).faults) == len(PEOPLE)
    assert play(Hall({0: 1}), PEOPLE[:1], at_once=1, s_max=60).faults == [
        "the booking that is shown is another one"
    ]


def test_a_run_is_void_when_the_generator_was_the_limit() -> None:
    assert not Played(elapsed_s=10, cpu_s=5, lags_s=[0.01] * 100).void
    assert "used 95%" in Played(elapsed_s=10, cpu_s=9.5).void
    assert "200 ms late" in Played(elapsed_s=10, cpu_s=1, lags_s=[0.2] * 100).void
