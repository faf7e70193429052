"""One client: speaks the JSON contract, and notes every call it makes and each answer.

Rule 1: nothing is left out of the history, lost answers least of all.
Rule 2: what an answer says of a request is noted once, in one shape (`Answer`), however
it was told: by the call itself, by a repetition, or when asked for later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from loadtests.chaos.history import LOST, REFUSED, Act, Answer, Call
from loadtests.chaos.wire import Lost, Reply, Wire
from loadtests.city import Resident

PROGRAM = {"X-Requested-With": "seiriken", "Content-Type": "application/json"}
BOOKINGS = "/api/v1/bookings"
BOOKING = "/api/v1/booking"

_OPEN_STATES = ("open", "paused")
_DECIDING: frozenset[Act] = frozenset({"book", "change", "cancel", "outcome", "reuse"})


class Device:
    """A connection and the cookies on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self.wire = Wire(*address)
        self.cookies: dict[str, str] = {}

    def window(self) -> Device:
        """Return a second window of the same browser: the same cookies, another connection."""
        other = Device(self._address)
        other.cookies = self.cookies
        return other

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        request_id: str = "",
        drop_after_s: float | None = None,
    ) -> Reply:
        """Send a request with what this device knows. Raises `Lost`."""
        headers = dict(PROGRAM)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        if request_id:
            headers["Idempotency-Key"] = request_id
        reply = await self.wire.ask(method, path, headers, body, drop_after_s)
        for name, text in reply.cookies.items():
            if text:
                self.cookies[name] = text
            else:
                self.cookies.pop(name, None)
        return reply


class Client:
    """One person's calls. `clock` tells the seconds since the load began."""

    def __init__(
        self,
        person: int,
        resident: Resident,
        address: tuple[str, int],
        clock: Callable[[], float],
    ) -> None:
        self.person = person
        self.device = Device(address)
        self.calls: list[Call] = []
        self._resident = resident
        self._address = address
        self._clock = clock

    def take_other_device(self) -> None:
        """Go on elsewhere, without what the first device knew."""
        self.device.wire.close()
        self.device = Device(self._address)

    async def sign_in(self) -> Call:
        """Say who one is."""
        who = {
            "municipality_code": self._resident.municipality_code,
            "ticket_number": self._resident.ticket_number,
            "birth_date": self._resident.birth_date,
        }
        return await self._note("sign_in", "POST", "/api/v1/sign-in", who)

    async def enter(self) -> Call:
        """Ask to come in."""
        return await self._note("enter", "POST", "/api/v1/enter")

    async def status(self) -> Call:
        """Ask what everybody asks."""
        return await self._note("status", "GET", "/queue/status.json")

    async def offer(self) -> list[str]:
        """Return the first-dose slots that have pairs; none when the answer is lost."""
        try:
            reply = await self.device.ask("GET", "/api/v1/availability")
        except Lost:
            return []
        days = reply.content.get("days", [])
        slots = (slot for day in days for slot in day["slots"])
        return [slot["slot_id"] for slot in slots if slot["pairs"] != "none"]

    async def book(
        self,
        request_id: str,
        body: object,
        *,
        window: Device | None = None,
        drop_after_s: float | None = None,
    ) -> Call:
        """Ask for both doses, perhaps from a second window, perhaps breaking off."""
        return await self._note(
            "book", "POST", BOOKINGS, body, request_id, window=window, drop_after_s=drop_after_s
        )

    async def reuse(self, request_id: str, body: object) -> Call:
        """Send a request id again with other content."""
        return await self._note("reuse", "POST", BOOKINGS, body, request_id)

    async def change(self, request_id: str, body: object) -> Call:
        """Ask for another pair in place of the one that is held."""
        return await self._note("change", "PUT", BOOKING, body, request_id)

    async def cancel(self, request_id: str) -> Call:
        """Give both doses back."""
        return await self._note("cancel", "DELETE", BOOKING, request_id=request_id)

    async def outcome(self, request_id: str) -> Call:
        """Ask what became of a request."""
        return await self._note(
            "outcome", "GET", f"{BOOKINGS}/{request_id}", request_id=request_id, sends_id=False
        )

    async def sign_out(self) -> None:
        """End the session; that the answer is lost does no harm."""
        try:
            await self.device.ask("POST", "/api/v1/sign-out")
        except Lost:
            return

    async def _note(
        self,
        act: Act,
        method: str,
        path: str,
        body: object = None,
        request_id: str = "",
        *,
        sends_id: bool = True,
        window: Device | None = None,
        drop_after_s: float | None = None,
    ) -> Call:
        begun_at_s = self._clock()
        device = window or self.device
        try:
            reply = await device.ask(
                method, path, body, request_id if sends_id else "", drop_after_s
            )
        except Lost:
            reply = Reply(LOST)
        call = noted(self.person, act, request_id, begun_at_s, self._clock(), reply)
        self.calls.append(call)
        return call


def noted(
    person: int, act: Act, request_id: str, begun_at_s: float, ended_at_s: float, reply: Reply
) -> Call:
    """Return a call with what its answer says."""
    content = reply.content
    is_shown = act != "status" or content.get("state") in _OPEN_STATES
    return Call(
        person=person,
        act=act,
        begun_at_s=begun_at_s,
        ended_at_s=ended_at_s,
        status=reply.status,
        code=str(content.get("code") or content.get("state") or ""),
        request_id=request_id,
        place=content.get("place"),
        serving=content.get("serving") if is_shown else None,
        answer=_answer(reply) if act in _DECIDING else None,
    )


def _answer(reply: Reply) -> Answer | None:
    """Return what a request came to, if the reply says so."""
    content = reply.content
    if reply.status == REFUSED or content.get("state") == "refused":
        return Answer(str(content.get("code")))
    if reply.status not in (200, 201) or "state" not in content:
        return None
    return booking_told(content)


def booking_told(content: Mapping[str, Any]) -> Answer:
    """Return a booking as it is told, or as the journal has it: the names are the same."""
    slots = {dose["dose"]: str(dose["slot_id"]) for dose in content.get("doses", ())}
    number = str(content.get("booking_number", ""))
    return Answer.of(str(content["state"]), number, slots.get(1, ""), slots.get(2, ""))
