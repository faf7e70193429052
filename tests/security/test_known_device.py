"""No lock that a stranger can use: who is known on a device gets in while others hammer."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from redis import Redis

from tests.integration.city import BORN, City, Resident, ticket
from tests.waiting import until

WITHIN_S = 60
HAMMERS = 4


class Strangers:
    """Somebody's ticket, hammered from many sides until it is over."""

    def __init__(self, city: City, number: int) -> None:
        self.statuses: list[int] = []
        self._city, self._number = city, number
        self._over = Event()
        self._threads = [Thread(target=self._hammer) for _ in range(HAMMERS)]

    def __enter__(self) -> Strangers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _hammer(self) -> None:
        stranger = self._city.resident(self._number)
        while not self._over.is_set():
            self.statuses.append(stranger.sign_in(birth_date="1950-01-02").status_code)


@pytest.fixture(autouse=True)
def forgotten(city: City) -> Iterator[None]:
    """Each test begins without failures."""
    yield
    with Redis.from_url(city.redis_url) as redis:
        for name in redis.scan_iter("failures:*"):
            redis.delete(name)


def been_there(city: City, number: int) -> Resident:
    """Return a resident whose device is known, and whose session and place token are gone."""
    resident = city.inside(number)
    for name in ("session", "place"):
        del resident.http.cookies[name]
    assert set(resident.http.cookies) == {"device"}
    return resident


def until_locked(strangers: Strangers) -> None:
    until(lambda: strangers.statuses.count(429) > 20)


def test_known_device_gets_in_while_strangers_hammer_its_ticket(city: City) -> None:
    resident = been_there(city, 1)
    with Strangers(city, 1) as strangers:
        until_locked(strangers)
        assert city.resident(1).sign_in().status_code == 429
        began = time.monotonic()
        assert resident.sign_in().json()["state"] == "inside"
        assert time.monotonic() - began < WITHIN_S
    assert set(strangers.statuses) == {401, 429}


def test_known_device_gets_in_by_the_page_too(city: City) -> None:
    resident = been_there(city, 2)
    with Strangers(city, 2) as strangers:
        until_locked(strangers)
        typed = {"ticket_number": ticket(2), "birth_year": "1950"}
        page = resident.http.post("/sign-in", data={**typed, "birth_month": "1", "birth_day": "1"})
        assert page.headers["location"] == "/details"


def test_device_of_somebody_else_opens_no_locked_ticket(city: City) -> None:
    other = been_there(city, 3)
    with Strangers(city, 4) as strangers:
        until_locked(strangers)
        other.number = 4
        assert other.sign_in().status_code == 429


def test_known_device_is_no_door_for_guessing(city: City) -> None:
    thief = been_there(city, 5)
    tried = [thief.sign_in(birth_date="1950-01-02").status_code for _ in range(12)]
    assert tried == [*[401] * 10, 429, 429]
    assert city.resident(5).sign_in().json()["state"] == "inside"


def test_mark_of_a_device_says_nothing_of_the_person(city: City) -> None:
    resident = been_there(city, 6)
    mark = resident.http.cookies["device"]
    raw = urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
    for secret in (ticket(6), BORN.isoformat()):
        assert secret.encode() not in raw
        assert secret not in mark
    assert resident.http.get("/api/v1/me").status_code == 401


def test_failing_sign_in_leaves_no_mark(city: City) -> None:
    stranger = city.resident(7)
    assert stranger.sign_in(birth_date="1950-01-02").status_code == 401
    assert set(stranger.http.cookies) == set()


def test_signing_out_forgets_the_device(city: City) -> None:
    resident = city.inside(8)
    assert resident.http.post("/api/v1/sign-out").status_code == 204
    assert set(resident.http.cookies) == set()
