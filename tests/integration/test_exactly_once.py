"""I5 over HTTP: 500 residents each send one request 20 times at once, and get one booking each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.verify import verify
from seiriken.rehearsal_http import Answer, Connection, Origin
from tests.integration.city import (
    BORN,
    CONTACT,
    DAYS,
    FIRST_DAY,
    MUNICIPALITY,
    PROGRAM,
    City,
    flexible,
    make_plan,
    ticket,
)
from tests.integration.city import PEOPLE as KNOWN
from waiting_room.admission import AdmissionRules

PEOPLE = 500
TIMES = 20
AT_ONCE = 15
"""So many residents at once, each on TIMES connections."""

SEATS_PER_SLOT = 100
NO_CROWD = AdmissionRules(inside_start=2_000, inside_min=2_000, inside_max=2_000)
WISH = flexible(to=(FIRST_DAY + timedelta(days=DAYS - 1)).isoformat())


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city with seats for everybody, and nobody who has to wait."""
    plan = make_plan()
    roomy = tuple(
        msgspec.structs.replace(
            slot, capacities=tuple(SEATS_PER_SLOT if seats else 0 for seats in slot.capacities)
        )
        for slot in plan.slots
    )
    city = City(database_url, redis_url, tmp_path)
    city.load(msgspec.structs.replace(plan, slots=roomy))
    more = range(KNOWN + 1, KNOWN + 1 + PEOPLE)
    people = [Person(MUNICIPALITY, ticket(number), BORN) for number in more]
    import_people(database_url, read_keys(city.secrets_dir), people)
    with city.allocator(), city.waiting_room(NO_CROWD), city.gateway(reply_wait_s=20.0):
        city.wait_until_ready()
        yield city


class Device:
    """One resident's browser, with a request that is made up once and sent often."""

    def __init__(self, origin: Origin, number: int) -> None:
        self._origin = origin
        self._number = number
        self._headers = PROGRAM | {"Content-Type": "application/json"}
        self.request_id = uuid4()

    async def sign_in(self) -> None:
        """Sign in; there is no crowd, so that this lets one in."""
        who = {"ticket_number": ticket(self._number), "birth_date": BORN.isoformat()}
        answer = await self._ask("/api/v1/sign-in", who)
        assert msgspec.json.decode(answer.body)["state"] == "inside"
        pairs = (f"{name}={value}" for name, value in answer.cookies.items())
        self._headers["Cookie"] = "; ".join(pairs)

    async def book(self, request_id: UUID, phone: str = CONTACT["phone"]) -> Answer:
        """Ask for a booking, on a connection of its own."""
        headers = {"Idempotency-Key": str(request_id)}
        body = {"contact": CONTACT | {"phone": phone}, "flexible": WISH}
        return await self._ask("/api/v1/bookings", body, headers)

    async def book_often(self) -> list[Answer]:
        """Ask for the same booking many times at once."""
        return await asyncio.gather(*(self.book(self.request_id) for _ in range(TIMES)))

    async def _ask(self, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
        connection = Connection(self._origin)
        headers = self._headers | (headers or {})
        try:
            return await connection.ask("POST", path, headers, msgspec.json.encode(body))
        finally:
            connection.close()


async def everybody_books(city: City) -> tuple[list[Device], list[list[Answer]]]:
    """Let all sign in and book, AT_ONCE residents at a time."""
    origin, turn = Origin.of(city.url), asyncio.Semaphore(AT_ONCE)
    numbers = range(KNOWN + 1, KNOWN + 1 + PEOPLE)
    devices = [Device(origin, number) for number in numbers]

    async def come(device: Device) -> list[Answer]:
        async with turn:
            await device.sign_in()
            return await device.book_often()

    return devices, await asyncio.gather(*(come(device) for device in devices))


async def others_are_refused(devices: list[Device]) -> list[Answer]:
    """Send each id again, with other content or as somebody else."""
    another = [*devices[1:], devices[0]]
    answers = [await device.book(device.request_id, phone="0476425111") for device in devices[:50]]
    return answers + [
        await device.book(other.request_id)
        for device, other in zip(devices[:50], another[:50], strict=True)
    ]


def test_request_that_is_sent_20_times_at_once_is_one_booking(city: City) -> None:
    """Exactly 500 bookings, 10,000 answers, the same bytes for the same request."""

    async def run() -> tuple[list[list[Answer]], list[Answer]]:
        devices, answers = await everybody_books(city)
        return answers, await others_are_refused(devices)

    answers, refused = asyncio.run(run())
    statuses = Counter(answer.status for same in answers for answer in same)
    assert statuses == {201: PEOPLE * TIMES}
    bodies = [{answer.body for answer in same} for same in answers]
    assert {len(different) for different in bodies} == {1}
    numbers = {msgspec.json.decode(body)["booking_number"] for (body,) in bodies}
    assert len(numbers) == PEOPLE
    assert {answer.status for answer in refused} == {409}
    assert {msgspec.json.decode(answer.body)["code"] for answer in refused} == {"id_reused"}
    with psycopg.connect(city.database_url) as connection:
        rows = connection.execute("SELECT booking_number FROM booking").fetchall()
    assert {row[0] for row in rows} == numbers
    assert len(rows) == PEOPLE
    proof = verify(city.database_url)
    assert (proof.findings, proof.entries) == ([], PEOPLE)
