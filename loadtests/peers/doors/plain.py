"""The plain booking site: one call books at once, or (a Celery task each) is asked about again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loadtests.peers.doors.visiting import CONTACT, Told, expect, pauses_s
from loadtests.peers.scene import Person
from loadtests.peers.talking import Talk


class PlainDoor:
    """The way into the site on a port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def visit(self, answers_s: list[float]) -> PlainVisit:
        """Begin a visit."""
        return PlainVisit(Talk(self._port, answers_s, {}))


class PlainVisit:
    """A visit to the site."""

    wishes_max = 1

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.end = talk.end

    async def sign_in(self, person: Person) -> None:
        """Give ticket number and birth date; the cookie of the session comes back."""
        asked = {
            "ticket_number": person.ticket_number,
            "birth_date": person.birth_date.isoformat(),
        }
        expect(await self._talk.post("/sign-in", asked), 200, "sign-in")

    async def look(self) -> frozenset[int]:
        """Read what is free."""
        document = expect(await self._talk.get("/availability"), 200, "availability")
        return frozenset(slot["number"] for slot in document["slots"] if slot["left"] > 0)

    async def book(self, slots: Sequence[int]) -> Told | None:
        """Book, and ask again while it is not decided."""
        (slot,) = slots
        answer = await self._talk.post("/bookings", {"slot": slot, "contact": dict(CONTACT)})
        path = f"/bookings/{answer.document['request_id']}" if answer.status == 202 else ""
        pauses = pauses_s()
        while answer.status == 202:
            await asyncio.sleep(next(pauses))
            answer = await self._talk.get(path)
        if answer.status == 409 and answer.document["code"] == "no_seats":
            return None
        document = expect(answer, 201, "booking")
        return Told(str(document["booking"]), slot)

    async def see(self, told: Told) -> bool:
        """Look at the booking."""
        document = expect(await self._talk.get("/booking"), 200, "own booking")
        return (str(document["booking"]), document["slot"]) == (told.reference, told.slot)
