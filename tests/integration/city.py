"""A whole city in one process: real PostgreSQL, Redis and HTTP, our processes as threads.

One release ("spring") for people born in 1950, with first doses from three days
ahead and the second doses that go with them; `City` starts and stops the allocator,
the waiting room and one gateway, and gives out residents to call it with.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import psycopg
import uvicorn
from redis import Redis

from allocator.commits import ThreadedCommits
from allocator.intake import Intake
from allocator.migrate import create_login_roles, role_url
from allocator.model import SITE_TIMEZONE, Product, Release, Slot, Venue
from allocator.publish import Publisher
from allocator.release import ReleasePlan
from allocator.release_orders import Order, give_order
from allocator.release_store import Loaded, load_release
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.store import Store
from allocator.writer import Writer
from gateway.app import create_app
from gateway.board import Board
from gateway.parts import Parts, assemble
from gateway.serving import server_config
from gateway.settings import GatewaySettings
from monitoring.secrets import create_missing, read_secret
from seiriken.embedded_postgres import EmbeddedPostgres
from seiriken.embedded_redis import EmbeddedRedis
from tests.integration.described import hold_against_description
from tests.waiting import until
from waiting_room.__main__ import Ticking
from waiting_room.admission import AdmissionRules
from waiting_room.errors import WaitingRoomError
from waiting_room.memory import MemoryFile
from waiting_room.tick import Room

MUNICIPALITY = "122319"
BORN = date(1950, 1, 1)
PEOPLE = 40
SEATS_PER_SLOT = 20
SEATS_ON_LAST_DAY = 2
DAYS = 4
PROGRAM = {"X-Requested-With": "seiriken", "Accept-Language": "en"}
CONTACT = {"name": "試験 百合", "phone": "０８０－９８７６－５４３２", "email": "yuri.7@example.jp"}
PHONE = "08098765432"
"""The phone number of CONTACT as it is stored."""
NOON = datetime.now(SITE_TIMEZONE).replace(hour=12, minute=0, second=0, microsecond=0)
FIRST_DAY = NOON.date() + timedelta(days=3)
INTERVAL_DAYS = 21


def ticket(number: int) -> str:
    """Return a resident's ticket number."""
    return f"{number:010d}"


def make_slot(slot_id: int, venue_id: str, day: date, hour: int, seats: tuple[int, int]) -> Slot:
    """Return a slot of half an hour."""
    starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=SITE_TIMEZONE)
    ends_at = starts_at + timedelta(minutes=30)
    return Slot(slot_id, "spring", venue_id, "comirnaty", starts_at, ends_at, seats)


def make_plan(**changes: object) -> ReleasePlan:
    """Return the release; `changes` are to its fields."""
    values: dict[str, object] = {
        "release_id": "spring",
        "campaign_id": "c1",
        "names": {"ja": "春", "en": "Spring"},
        "born_from": date(1950, 1, 1),
        "born_to": date(1950, 12, 31),
        "lobby_at": NOON - timedelta(days=2),
        "opens_at": NOON - timedelta(days=1),
        "closes_at": NOON + timedelta(days=2),
        "cut_off_hours": 24,
    }
    product = Product("comirnaty", {"ja": "コミナティ"}, INTERVAL_DAYS, 19, 42, 6, "a test")
    venues = {
        name: Venue(name, {"ja": f"会場 {name}", "en": f"Venue {name}"}, {"ja": "大森1"})
        for name in ("hall", "school")
    }
    slots: list[Slot] = []
    for offset in range(DAYS):
        seats = SEATS_ON_LAST_DAY if offset == DAYS - 1 else SEATS_PER_SLOT
        for venue_id in venues:
            for hour in (10, 14):
                first = FIRST_DAY + timedelta(days=offset)
                second = first + timedelta(days=INTERVAL_DAYS)
                for day, capacities in ((first, (seats, 0)), (second, (0, seats))):
                    slots.append(make_slot(len(slots) + 1, venue_id, day, hour, capacities))
    release = Release(**(values | changes))  # type: ignore[arg-type]
    return ReleasePlan(release, {"comirnaty": product}, venues, tuple(slots))


@contextmanager
def cloned_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """Give a migrated database to a whole module of tests; the fixture gives one to each test."""
    name = f"city_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield postgres.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class Resident:
    """Somebody with a browser (or a program) of their own."""

    def __init__(self, url: str, number: int, headers: dict[str, str]) -> None:
        hooks = {"response": [hold_against_description]}
        self.http = httpx2.Client(base_url=url, headers=headers, timeout=60, event_hooks=hooks)
        self.number = number

    def sign_in(self, **changes: str) -> httpx2.Response:
        """Sign in with one's own ticket and birth date, or with others."""
        body = {"ticket_number": ticket(self.number), "birth_date": BORN.isoformat()} | changes
        return self.http.post("/api/v1/sign-in", json=body)

    def slots(self, query: str = "") -> list[dict[str, str]]:
        """Return the slots on offer."""
        days = self.http.get(f"/api/v1/availability{query}").json()["days"]
        return [slot for day in days for slot in day["slots"]]

    def first_slot(self, **wanted: str) -> dict[str, str]:
        """Return the first slot on offer that still has a pair and is as wanted."""
        free = (slot for slot in self.slots() if slot["pairs"] != "none")
        return next(slot for slot in free if all(slot[k] == v for k, v in wanted.items()))

    def second_slot(self, days_later: int = 0) -> dict[str, str]:
        """Return a free slot for a second dose, by its days after the first of them."""
        day = (FIRST_DAY + timedelta(days=INTERVAL_DAYS + days_later)).isoformat()
        offered = self.slots("?doses=second")
        free = (slot for slot in offered if slot["seats"] != "none")
        return next(slot for slot in free if slot["starts_at"].startswith(day))

    def book(
        self, request_id: str | None = None, contact: object = CONTACT, **body: object
    ) -> httpx2.Response:
        """Ask for a booking; without a wish, for any pair."""
        wish = body or {"flexible": flexible()}
        headers = {"Idempotency-Key": request_id or str(uuid4())}
        return self.http.post("/api/v1/bookings", json={"contact": contact} | wish, headers=headers)

    def change(self, request_id: str | None = None, **body: object) -> httpx2.Response:
        """Ask for other seats."""
        headers = {"Idempotency-Key": request_id or str(uuid4())}
        return self.http.put("/api/v1/booking", json=body, headers=headers)

    def cancel(self, doses: str | None = None) -> httpx2.Response:
        """Give seats back."""
        headers = {"Idempotency-Key": str(uuid4())}
        query = {} if doses is None else {"doses": doses}
        return self.http.delete("/api/v1/booking", params=query, headers=headers)


def flexible(**changes: object) -> dict[str, object]:
    """Return a wish for any slot of the release."""
    days = {"from": FIRST_DAY.isoformat(), "to": (FIRST_DAY + timedelta(days=5)).isoformat()}
    return {**days, **changes}


class City:
    """The running city. `ahead` is how far its clock is put ahead of the machine's."""

    def __init__(
        self, database_url: str, redis_url: str, home: Path, ahead: timedelta = timedelta()
    ) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self.ahead = ahead
        self.secrets_dir = home / "secrets"
        create_missing(self.secrets_dir)
        self.parts: Parts | None = None
        self.url = ""
        self.port = 0
        self._residents: list[Resident] = []

    def now(self) -> datetime:
        """Return the time in this city."""
        return datetime.now(UTC) + self.ahead

    def load(self, plan: ReleasePlan) -> None:
        """Load a release, and a roster of PEOPLE who were born on one day."""
        assert isinstance(load_release(self.database_url, plan), Loaded)
        self.release = plan.release
        people = [Person(MUNICIPALITY, ticket(number), BORN) for number in range(PEOPLE)]
        people.append(Person(MUNICIPALITY, ticket(PEOPLE), date(2000, 1, 1)))
        import_people(self.database_url, read_keys(self.secrets_dir), people)

    def order(self, order: Order) -> None:
        """Give an operator's order about the release."""
        now = self.now().astimezone(SITE_TIMEZONE)
        give_order(self.database_url, self.release, order, None, now)

    def resident(self, number: int, **headers: str) -> Resident:
        """Return a program that acts for one resident."""
        resident = Resident(self.url, number, PROGRAM | headers)
        self._residents.append(resident)
        return resident

    def inside(self, number: int) -> Resident:
        """Return a resident who has been let in."""
        resident = self.resident(number)
        assert resident.sign_in().json()["state"] in ("inside", "booked")
        return resident

    @contextmanager
    def allocator(self) -> Iterator[None]:
        """Run the allocator."""
        stop = threading.Event()
        roster_key = read_secret(self.secrets_dir, "roster.key")
        store = Store(self.database_url, roster_key=roster_key)
        for_batches = Store(self.database_url, roster_key=roster_key, pipelined=True)
        commits = ThreadedCommits(for_batches)
        with Redis.from_url(self.redis_url) as redis, closing(store), closing(commits):
            writer = Writer(
                store,
                Intake(redis, "allocator-0", 500),
                Publisher(redis, store, 0.05),
                commits,
                instance="allocator-0",
                lease_s=4.0,
                clock=lambda: self.now().astimezone(SITE_TIMEZONE),
                stopped=stop.wait,
            )
            with _thread(writer.run, stop):
                until(lambda: redis.exists("published"))
                yield

    @contextmanager
    def undecided(self) -> Iterator[None]:
        """Let nothing be committed in a block; the allocator tries again by itself."""
        with psycopg.connect(self.database_url) as holding:
            holding.execute("SELECT FROM catalogue FOR NO KEY UPDATE")
            yield

    @contextmanager
    def waiting_room(self, rules: AdmissionRules | None = None) -> Iterator[None]:
        """Run the waiting room's tick."""
        stop = threading.Event()
        with Redis.from_url(self.redis_url, protocol=2) as redis:
            room = Room(
                redis,
                draw_key=read_secret(self.secrets_dir, "draw.key"),
                rules=rules or AdmissionRules(),
                poll_budget_per_s=1_000.0,
                memory=MemoryFile(None),
            )
            ticking = Ticking(room, 0.05, stop, clock=lambda: self.now().timestamp())
            with _thread(ticking.run, stop):
                yield

    @contextmanager
    def gateway(self, **changes: object) -> Iterator[None]:
        """Run one gateway, in the database as the role that may only look."""
        create_login_roles(self.database_url, {"gateway": "gateway-password"})
        values: dict[str, object] = {
            "database_url": role_url(self.database_url, "gateway", "gateway-password"),
            "redis_url": self.redis_url,
            "secrets_dir": self.secrets_dir,
            "gateway_id": "g0",
            "internal_port": 0,
            "port": 0,
            "municipality_code": MUNICIPALITY,
            "reply_wait_s": 15.0,
            "redis_timeout_s": 15.0,
            "database_timeout_s": 15.0,
        }
        self.parts = assemble(GatewaySettings.model_validate(values | changes), self.now)
        listener = socket.create_server(("127.0.0.1", self.port))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(
            server_config(create_app(self.parts), self.parts.settings.graceful_shutdown_s)
        )
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started)
            yield
        finally:
            for resident in self._residents:
                resident.http.close()
            server.should_exit = True
            thread.join()

    def wait_until_ready(self) -> None:
        """Wait until the gateway has all that it needs."""
        assert self.parts is not None
        readiness, board = self.parts.readiness, self.parts.board
        until(lambda: all(readiness.snapshot().values()) and _has_notice(board))


def _has_notice(board: Board) -> bool:
    try:
        return board.raw() is not None
    except WaitingRoomError:
        return False


@contextmanager
def running_city(
    database_url: str,
    redis_url: str,
    home: Path,
    plan: ReleasePlan | None = None,
    ahead: timedelta = timedelta(),
    /,
    **gateway: object,
) -> Iterator[City]:
    """Run a city with all its parts; `gateway` are settings of its gateway."""
    city = City(database_url, redis_url, home, ahead)
    city.load(plan or make_plan())
    with city.allocator(), city.waiting_room(), city.gateway(**gateway):
        city.wait_until_ready()
        yield city


@contextmanager
def city_of_a_module(
    postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    home: Path,
    **gateway: object,
) -> Iterator[City]:
    """Run a city for a whole module of tests; `gateway` are settings of its gateway."""
    with Redis.from_url(redis_server.url()) as redis:
        redis.flushall()
    with (
        cloned_database(postgres, template) as database_url,
        running_city(database_url, redis_server.url(), home, **gateway) as city,
    ):
        yield city


@contextmanager
def _thread(run: object, stop: threading.Event) -> Iterator[None]:
    assert callable(run)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
