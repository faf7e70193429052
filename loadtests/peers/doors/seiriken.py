"""Seiriken, by its contract for programs (`/api/v1`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from loadtests.peers.doors.visiting import CONTACT, Told, expect, pauses_s
from loadtests.peers.scene import MUNICIPALITY_CODE, Person, Scene
from loadtests.peers.talking import Answer, Talk

_API = "/api/v1"
_GONE = ("no_first_dose", "no_second_dose")
_INSIDE = "inside"


class SeirikenDoor:
    """The way into a city; what the slots' ids are is read once, as a page would show them."""

    def __init__(self, port: int, scene: Scene, wishes_max: int) -> None:
        self._port = port
        self._wishes_max = wishes_max
        self._numbers: Mapping[datetime, int] = {
            slot.starts_at: slot.number for slot in scene.slots
        }

    def visit(self, answers_s: list[float]) -> SeirikenVisit:
        """Begin a visit."""
        talk = Talk(self._port, answers_s, {"X-Requested-With": "seiriken"})
        return SeirikenVisit(talk, self._numbers, self._wishes_max)


class SeirikenVisit:
    """A visit to the city."""

    def __init__(self, talk: Talk, numbers: Mapping[datetime, int], wishes_max: int) -> None:
        self.wishes_max = wishes_max
        self._talk = talk
        self._numbers = numbers
        self._slot_ids: dict[int, str] = {}
        self.end = talk.end

    async def sign_in(self, person: Person) -> None:
        """Sign in; wait for one's turn, and enter, when the waiting room says so."""
        asked = {
            "municipality_code": MUNICIPALITY_CODE,
            "ticket_number": person.ticket_number,
            "birth_date": person.birth_date.isoformat(),
        }
        document = expect(await self._talk.post(f"{_API}/sign-in", asked), 200, "sign-in")
        if document["state"] == _INSIDE:
            return
        answer = await self._enter()
        pauses = pauses_s()
        while answer.status == 409:
            await asyncio.sleep(next(pauses))
            answer = await self._enter()
        expect(answer, 200, "enter")

    async def _enter(self) -> Answer:
        return await self._talk.post(f"{_API}/enter", {})

    async def look(self) -> frozenset[int]:
        """Read what is free, and by which id it is booked."""
        document = expect(await self._talk.get(f"{_API}/availability"), 200, "availability")
        free = set()
        for day in document["days"]:
            for slot in day["slots"]:
                number = self._numbers[datetime.fromisoformat(slot["starts_at"])]
                self._slot_ids[number] = slot["slot_id"]
                if slot["pairs"] != "none":
                    free.add(number)
        return frozenset(free)

    async def book(self, slots: Sequence[int]) -> Told | None:
        """Book, and ask again while it is not decided."""
        request_id = str(uuid4())
        choices = [{"slot_id": self._slot_ids[slot]} for slot in slots]
        asked = {"contact": dict(CONTACT), "choices": choices}
        answer = await self._talk.post(f"{_API}/bookings", asked, {"Idempotency-Key": request_id})
        pauses = pauses_s()
        while answer.status == 202:
            await asyncio.sleep(next(pauses))
            answer = await self._talk.get(f"{_API}/bookings/{request_id}")
        document = answer.document or {}
        if answer.status in {200, 409} and document.get("code") in _GONE:
            return None
        document = expect(answer, 200 if answer.status == 200 else 201, "booking")
        return Told(document["booking_number"], self._first_slot(document))

    async def see(self, told: Told) -> bool:
        """Look at the booking."""
        document = expect(await self._talk.get(f"{_API}/booking"), 200, "own booking")
        shown = (document["booking_number"], self._first_slot(document))
        return shown == (told.reference, told.slot)

    def _first_slot(self, booking: Mapping[str, Any]) -> int:
        return self._numbers[datetime.fromisoformat(booking["doses"][0]["starts_at"])]
