"""pretix, by its REST API, as a city's own front would call it with an API token.

A person is a voucher: its code is the ticket number, its comment the birth date, and it is
good for two positions, so that nobody books twice. One order holds both doses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.peers.doors.visiting import CONTACT, Told, expect
from loadtests.peers.scene import Person, Scene
from loadtests.peers.talking import Talk, TalkFailed

CONFLICTS_MAX = 50
"""So often a resident tries again what met a lock (409, which pretix wants to be repeated)."""


@dataclass(frozen=True)
class Shop:
    """What the set-up made: where the event is, and the ids of item, quotas and sub-events."""

    event_path: str
    token: str
    item: int
    slots_by_quota: dict[int, int]
    subevents: dict[int, tuple[int, int]]
    """By the number of a slot: those of dose 1 and of dose 2."""


class PretixDoor:
    """The way into a shop."""

    def __init__(self, port: int, shop: Shop, scene: Scene) -> None:
        self._port = port
        self._shop = shop
        self._page = f"{shop.event_path}quotas/?with_availability=true&ordering=id&page_size="
        self._page += str(len(scene.slots))

    def visit(self, answers_s: list[float]) -> PretixVisit:
        """Begin a visit."""
        talk = Talk(self._port, answers_s, {"Authorization": f"Token {self._shop.token}"})
        return PretixVisit(talk, self._shop, self._page)


class PretixVisit:
    """A visit to the shop."""

    wishes_max = 1

    def __init__(self, talk: Talk, shop: Shop, page: str) -> None:
        self._talk = talk
        self._shop = shop
        self._page = page
        self._voucher = ""
        self.end = talk.end

    async def sign_in(self, person: Person) -> None:
        """Find the person's voucher, and compare the birth date."""
        path = f"{self._shop.event_path}vouchers/?code={person.ticket_number}"
        found = expect(await self._talk.get(path), 200, "voucher")["results"]
        if [one["comment"] for one in found] != [person.birth_date.isoformat()]:
            raise TalkFailed("the voucher of a person is not there")
        self._voucher = person.ticket_number

    async def look(self) -> frozenset[int]:
        """Read the quotas of the first doses (they were made first, and fill one page)."""
        document = expect(await self._talk.get(self._page), 200, "quotas")
        return frozenset(
            self._shop.slots_by_quota[quota["id"]]
            for quota in document["results"]
            if quota["available"] and quota["id"] in self._shop.slots_by_quota
        )

    async def book(self, slots: Sequence[int]) -> Told | None:
        """Order both doses, in one order of two positions."""
        (slot,) = slots
        position: dict[str, Any] = {
            "item": self._shop.item,
            "variation": None,
            "attendee_name_parts": {"_scheme": "full", "full_name": CONTACT["name"]},
            "voucher": self._voucher,
            "answers": [],
        }
        asked = {
            "email": CONTACT["email"],
            "phone": "+81" + CONTACT["phone"][1:],
            "locale": "en",
            "sales_channel": "web",
            "status": "p",
            "payment_provider": "free",
            "positions": [
                {**position, "positionid": number, "subevent": subevent}
                for number, subevent in enumerate(self._shop.subevents[slot], start=1)
            ],
        }
        path = f"{self._shop.event_path}orders/"
        answer = await self._talk.post(path, asked)
        for _ in range(CONFLICTS_MAX):
            if answer.status != 409:
                break
            answer = await self._talk.post(path, asked)
        if answer.status == 400 and is_sold_out(answer.document):
            return None
        return Told(expect(answer, 201, "order")["code"], slot)

    async def see(self, told: Told) -> bool:
        """Look at the order."""
        path = f"{self._shop.event_path}orders/{told.reference}/"
        document = expect(await self._talk.get(path), 200, "own order")
        subevents = {position["subevent"] for position in document["positions"]}
        return subevents == set(self._shop.subevents[told.slot])


def is_sold_out(document: object) -> bool:
    """Say whether a refused order was refused for want of quota, and for nothing else."""
    if not isinstance(document, dict) or set(document) != {"positions"}:
        return False
    errors = [text for position in document["positions"] for text in position.values()]
    return bool(errors) and all("quota" in str(text) for text in errors)
