"""The JSON contract, version 1, as a resident's device speaks it. Nothing else knows it here.

Shapes: each call returns what the contract promises, or raises `ProblemTold` with the
problem's code, or `Broken` when the answer is none that the contract knows.
"""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import msgspec

from seiriken.rehearsal_http import Answer, Connection, Origin

PROGRAM = {"X-Requested-With": "seiriken", "Accept": "application/json"}


class ProblemTold(Exception):
    """The answer is a problem that the contract knows; `code` says which."""

    def __init__(self, code: str, *, retry_after_s: float | None, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s
        self.status = status

    @property
    def passes(self) -> bool:
        """Say whether it is a fault that passes: the same call may be made again."""
        return self.status == HTTPStatus.SERVICE_UNAVAILABLE


class Broken(Exception):
    """The answer is none that the contract knows; the text says what of it, without content."""


class SignedIn(msgspec.Struct, frozen=True):
    """Where a person stands after signing in."""

    state: str
    place_token: str
    place: int | None = None


class Me(msgspec.Struct, frozen=True):
    """Where a person stands."""

    state: str
    place: int | None


class Poll(msgspec.Struct, frozen=True):
    """One with so many places before theirs asks again after this time."""

    ahead: int
    after_s: float


class Status(msgspec.Struct, frozen=True):
    """What everybody who waits is told."""

    state: str
    serving: int
    poll: tuple[Poll, ...]

    def poll_after_s(self, place: int | None) -> float:
        """Return when one with that place asks again, in seconds, before jitter."""
        ahead = max(0, (place or 0) - self.serving)
        fitting = (row.after_s for row in self.poll if row.ahead >= ahead)
        return next(fitting, self.poll[-1].after_s if self.poll else 2.0)


class NotYourTurn(msgspec.Struct, frozen=True):
    """The place and how far the line is."""

    place: int | None
    serving: int


class Slot(msgspec.Struct, frozen=True):
    """A first-dose slot on offer."""

    slot_id: str
    starts_at: datetime
    pairs: str


class Day(msgspec.Struct, frozen=True):
    """The slots of one day."""

    date: date
    slots: tuple[Slot, ...]


class Offer(msgspec.Struct, frozen=True):
    """What there still is."""

    days: tuple[Day, ...]


class Dose(msgspec.Struct, frozen=True):
    """One appointment of a booking."""

    dose: int
    slot_id: str
    starts_at: datetime


class Booking(msgspec.Struct, frozen=True):
    """What somebody holds."""

    booking_number: str
    state: str
    product: str
    doses: tuple[Dose, ...]
    receipt: str


class _Refused(msgspec.Struct, frozen=True, tag_field="state", tag="refused"):
    code: str


class _Problem(msgspec.Struct, frozen=True):
    code: str


Shape = TypeVar("Shape")


class Device:
    """One browser: a connection and cookies. `language` is what its mails are written in."""

    def __init__(self, origin: Origin, language: str) -> None:
        self._connection = Connection(origin)
        self._origin = origin
        self._language = language
        self._cookies: dict[str, str] = {}

    def close(self) -> None:
        """Break the connection."""
        self._connection.close()

    def second_window(self) -> Device:
        """Return a window of the same browser: the same cookies on another connection."""
        window = Device(self._origin, self._language)
        window._cookies = dict(self._cookies)
        return window

    async def sign_in(self, municipality_code: str, ticket: str, birth_date: str) -> SignedIn:
        """Confirm an identity and take a place."""
        who = {
            "municipality_code": municipality_code,
            "ticket_number": ticket,
            "birth_date": birth_date,
        }
        answer = await self._ask("POST", "/api/v1/sign-in", who)
        return _read(answer, SignedIn)

    async def me(self) -> Me:
        """Ask where one stands."""
        return _read(await self._ask("GET", "/api/v1/me"), Me)

    async def status(self) -> Status:
        """Ask what everybody asks."""
        return _read(await self._ask("GET", "/queue/status.json"), Status)

    async def enter(self) -> NotYourTurn | None:
        """Come in; None when that was granted."""
        answer = await self._ask("POST", "/api/v1/enter")
        if answer.status == HTTPStatus.CONFLICT and _code(answer) == "not_your_turn":
            return msgspec.json.decode(answer.body, type=NotYourTurn)
        _expect(answer, HTTPStatus.OK)
        return None

    async def offer(self) -> Offer:
        """Ask what there still is."""
        return _read(await self._ask("GET", "/api/v1/availability"), Offer)

    async def book(self, request_id: UUID, body: object) -> Booking | None:
        """Ask for both doses; None while it is undecided. A refusal is raised (`ProblemTold`)."""
        answer = await self._ask("POST", "/api/v1/bookings", body, request_id)
        if answer.status == HTTPStatus.ACCEPTED:
            return None
        _expect(answer, HTTPStatus.CREATED)
        return _decoded(answer, Booking)

    async def book_and_drop(self, request_id: UUID, body: object, after_s: float) -> None:
        """Ask for both doses and lose the connection before the answer."""
        headers = self._headers(request_id)
        content = msgspec.json.encode(body)
        path = "/api/v1/bookings"
        await self._connection.send_and_drop("POST", path, headers, content, after_s)

    async def outcome(self, request_id: UUID) -> Booking | None:
        """Ask what became of a request; None while it is undecided. A refusal is raised."""
        answer = await self._ask("GET", f"/api/v1/bookings/{request_id}")
        if answer.status == HTTPStatus.ACCEPTED:
            return None
        _expect(answer, HTTPStatus.OK)
        state = _decoded(answer, dict[str, object]).get("state")
        if state == "refused":
            raise ProblemTold(_decoded(answer, _Refused).code, retry_after_s=None, status=409)
        return _decoded(answer, Booking)

    async def booking(self) -> Booking:
        """Ask for the booking that one holds."""
        return _read(await self._ask("GET", "/api/v1/booking"), Booking)

    async def sign_out(self) -> None:
        """End the session."""
        answer = await self._ask("POST", "/api/v1/sign-out")
        _expect(answer, HTTPStatus.NO_CONTENT)

    async def _ask(
        self, method: str, path: str, body: object = None, request_id: UUID | None = None
    ) -> Answer:
        content = b"" if body is None else msgspec.json.encode(body)
        answer = await self._connection.ask(method, path, self._headers(request_id), content)
        self._cookies.update(answer.cookies)
        for name in [name for name, value in self._cookies.items() if not value]:
            del self._cookies[name]
        return answer

    def _headers(self, request_id: UUID | None) -> dict[str, str]:
        headers = PROGRAM | {
            "Accept-Language": self._language,
            "Content-Type": "application/json",
        }
        if self._cookies:
            pairs = (f"{name}={value}" for name, value in self._cookies.items())
            headers["Cookie"] = "; ".join(pairs)
        if request_id is not None:
            headers["Idempotency-Key"] = str(request_id)
        return headers


def _read(answer: Answer, shape: type[Shape]) -> Shape:
    _expect(answer, HTTPStatus.OK)
    return _decoded(answer, shape)


def _decoded(answer: Answer, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        name = getattr(shape, "__name__", "object")
        raise Broken(f"{answer.status} that is no {name}") from None


def _expect(answer: Answer, status: HTTPStatus) -> None:
    """Return if the answer has that status; else raise what it is instead."""
    if answer.status == status:
        return
    if answer.status >= HTTPStatus.BAD_REQUEST:
        after = answer.headers.get("retry-after", "")
        retry_after_s = float(after) if after.isdigit() else None
        raise ProblemTold(_code(answer), retry_after_s=retry_after_s, status=answer.status)
    raise Broken(f"{answer.status} in place of {status.value}")


def _code(answer: Answer) -> str:
    return _decoded(answer, _Problem).code
