"""Attackers' devices, which hold nothing but cookies, and cohorts whose release they attack.

Each cohort is born on a day of its own and has a release, a campaign and a line of its own in
the running stack, so that no test stands behind another's people.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import httpx2
import msgspec
import psycopg
import pytest

from allocator.model import SITE_TIMEZONE, Release
from allocator.release_orders import Order, give_order
from allocator.release_store import Loaded, load_release
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.sealing import person_key
from tests.integration.city import CONTACT, MUNICIPALITY, PROGRAM, flexible, make_plan, ticket
from tests.system.stack import Stack, running_stack
from tests.waiting import until
from waiting_room import keys

Answer = TypeVar("Answer")

BORN_FIRST = date(2018, 1, 1)
"""The made-up city's own release is for older people alone."""

PEOPLE_MAX = 200
STOCK = 10
ASKED_TIMES = 10
NOTICES_GIVEN = (
    'seiriken_http_requests_total{route="/queue/{release_id}/status.json",status_class="2xx"} '
)


class Device:
    """A browser, or a program that behaves like one: all that it holds are its cookies."""

    def __init__(self, http: httpx2.Client, **cookies: str) -> None:
        self.http = http
        self.cookies = cookies

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        """Make one call, and keep the cookies that its answer sets."""
        sent = dict(PROGRAM)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.http.request(method, path, json=body, headers=sent)
        for line in answer.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
                if cookie["max-age"] == "0":
                    del self.cookies[name]
        return answer

    def signs_in(self, identity: Mapping[str, str]) -> httpx2.Response:
        """Sign in."""
        return self.call("POST", "/api/v1/sign-in", identity)

    def enters(self) -> httpx2.Response:
        """Try to come in."""
        return self.call("POST", "/api/v1/enter")

    def me(self) -> httpx2.Response:
        """Ask who one is, and where one stands."""
        return self.call("GET", "/api/v1/me")

    def books(self, request_id: str | None = None) -> httpx2.Response:
        """Ask for any pair."""
        body = {"contact": CONTACT, "flexible": flexible()}
        request_id = request_id or str(uuid4())
        return self.call("POST", "/api/v1/bookings", body, Idempotency_Key=request_id)

    def signs_out(self) -> httpx2.Response:
        """End the session."""
        return self.call("POST", "/api/v1/sign-out")


@dataclass(frozen=True)
class Cohort:
    """People of one day of birth, numbered from 0, and the release that is theirs alone."""

    stack: Stack
    http: httpx2.Client
    release: Release
    number: int

    def identity(self, person: int) -> dict[str, str]:
        """Return what one of them signs in with."""
        return {
            "ticket_number": ticket(self.number * PEOPLE_MAX + person),
            "birth_date": self.release.born_from.isoformat(),
        }

    def person_key(self, person: int) -> bytes:
        """Return what stands for one of them in tokens and in Redis."""
        key = read_keys(self.stack.home.secrets_dir).identity
        return person_key(key, MUNICIPALITY, self.identity(person)["ticket_number"])

    def device(self, **cookies: str) -> Device:
        """Return a device that holds these cookies."""
        return Device(self.http, **cookies)

    def signed_in(self, person: int) -> Device:
        """Return the device of somebody who has signed in."""
        device = self.device()
        answer = device.signs_in(self.identity(person))
        assert answer.status_code == 200, answer.text
        return device

    def place_of(self, device: Device) -> int:
        """Return the place that the server tells a device's holder."""
        return int(device.me().json()["place"])

    def orders(self, order: Order, state: str) -> None:
        """Give an operator's order, and wait until every gateway tells of the new state."""
        self.ordered(order)
        self.until_told(state)

    def ordered(self, order: Order) -> None:
        """Give an operator's order."""
        now = datetime.now(SITE_TIMEZONE)
        give_order(self.stack.file.database_url, self.release, order, None, now)

    def until_told(self, state: str) -> None:
        """Wait until every gateway tells that the release is in a state."""
        until(lambda: self._states() == {state})

    def serving(self) -> int:
        """Return the last place that is called, as everybody is told."""
        return int(self.http.get(self._status_path).json()["serving"])

    @property
    def _status_path(self) -> str:
        return f"/queue/{self.release.release_id}/status.json"

    def _states(self) -> set[str | None]:
        """Return what the gateways tell; nothing before each of them has answered.

        They share one address, and often one of them answers ten times in a row.
        """
        before = self._notices_given()
        closing = {"Connection": "close"}
        asked = [self.http.get(self._status_path, headers=closing) for _ in range(ASKED_TIMES)]
        has_each_answered = all(a != b for a, b in zip(before, self._notices_given(), strict=True))
        return {answer.json().get("state") for answer in asked} if has_each_answered else set()

    def _notices_given(self) -> list[str]:
        """Return what each gateway counts of the notices that it gave."""
        ports = self.stack.file.internal_ports
        urls = [f"http://127.0.0.1:{ports[n]}/metrics" for n in ports if n.startswith("gateway_")]
        pages = [httpx2.get(url, timeout=60).text.splitlines() for url in urls]
        return [next(line for line in page if line.startswith(NOTICES_GIVEN)) for page in pages]

    # What the room has noted.

    def indices(self) -> list[int]:
        """Return the orders of arrival that were given out, sorted."""
        with self.stack.redis() as redis:
            held: Any = redis.hgetall(keys.places(self.release.release_id))
        return sorted(int(index) for index in held.values())

    def inside(self) -> int:
        """Return how many seats inside are held."""
        with self.stack.redis() as redis:
            return int(redis.zcard(keys.inside(self.release.release_id)))

    def bookings(self) -> int:
        """Return how many bookings the tables hold for the release."""
        counted = "SELECT count(*) FROM booking WHERE release_id = %s"
        with psycopg.connect(self.stack.file.database_url) as connection:
            row = connection.execute(counted, [self.release.release_id]).fetchone()
        assert row is not None
        return int(row[0])


class Cohorts:
    """All cohorts of a stack, each with the release that it was made with."""

    def __init__(self, stack: Stack, http: httpx2.Client) -> None:
        self._stack = stack
        self._http = http
        self._count = 0
        self._stock: dict[str, list[Cohort]] = {"open": [], "paused": []}

    def open(self) -> Cohort:
        """Return a cohort of people who come straight in, that no other test has had."""
        return self._fresh("open")

    def paused(self) -> Cohort:
        """Return one whose people get places at once, and none of whom is called yet."""
        return self._fresh("paused")

    def new(self, name: str, state: str, **changes: object) -> Cohort:
        """Load people and their release; `state` is what the changes to it make of it."""
        cohort = self._load(name, **changes)
        cohort.until_told(state)
        return cohort

    def _fresh(self, state: str) -> Cohort:
        """Take one from the stock: gateways and room hear of many as fast as of one."""
        stock = self._stock[state]
        if not stock:
            stock += [self._load(f"{state}-{self._count}") for _ in range(STOCK)]
            for cohort in stock if state == "paused" else ():
                cohort.ordered("pause")
            for cohort in stock:
                cohort.until_told(state)
        return stock.pop()

    def _load(self, name: str, **changes: object) -> Cohort:
        born = BORN_FIRST + timedelta(days=self._count)
        own = {"release_id": name, "campaign_id": f"c-{name}", "born_from": born, "born_to": born}
        file = self._stack.file
        release = load(file.database_url, **{**own, **changes})
        cohort = Cohort(self._stack, self._http, release, self._count)
        self._count += 1
        people = [
            Person(MUNICIPALITY, cohort.identity(number)["ticket_number"], release.born_from)
            for number in range(PEOPLE_MAX)
        ]
        import_people(file.database_url, read_keys(self._stack.home.secrets_dir), people)
        return cohort


def load(database_url: str, **changes: object) -> Release:
    """Load a release, or its changes; return it."""
    plan = make_plan(**changes)
    release_id = plan.release.release_id
    slots = tuple(msgspec.structs.replace(slot, release_id=release_id) for slot in plan.slots)
    loaded = load_release(database_url, msgspec.structs.replace(plan, slots=slots))
    assert isinstance(loaded, Loaded), loaded
    return plan.release


@contextmanager
def stack_letting_in(inside_max: int) -> Iterator[Stack]:
    """Run a stack that lets so many people into each release at once, and never more."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-attacks-", dir="/tmp"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("MIN", "START", "MAX"):
            environment.setenv(f"ROOM_INSIDE_LIMIT_{name}", str(inside_max))
        # Who attacks slowly, on a slow machine, keeps their turn and their seat, and is told of
        # their booking.
        environment.setenv("ROOM_CALLED_GRACE_S", "300")
        environment.setenv("ROOM_SEAT_IDLE_S", "3600")
        for wait in ("REPLY_WAIT_S", "REDIS_TIMEOUT_S", "DATABASE_TIMEOUT_S"):
            environment.setenv(f"GATEWAY_{wait}", "60")
        with running_stack(folder / "home", "--people", "1") as running:
            yield running
    shutil.rmtree(folder)


@contextmanager
def calling(url: str, **options: Any) -> Iterator[httpx2.Client]:
    """Make a client that keeps no cookies of its own and follows nothing."""
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100)
    with httpx2.Client(base_url=url, cookies=jar, timeout=90, limits=limits, **options) as http:
        yield http


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Make calls at the same moment, each in a thread of its own; return their answers."""
    start = Barrier(len(calls))

    def make(call: Callable[[], Answer]) -> Answer:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
