"""Build the scene in pretix through its REST API: an event series, and a voucher a person.

One item; one sub-event and one quota for each slot and dose, those of the first doses first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loadtests.peers.doors.pretix import Shop
from loadtests.peers.doors.visiting import expect
from loadtests.peers.scene import Person, Scene
from loadtests.peers.talking import Talk

ORGANIZER = "city"
_EVENT = "release"
_VOUCHERS_AT_ONCE = 100


async def build_shop(port: int, token: str, scene: Scene) -> Shop:
    """Make everything, and return what residents need to know of it."""
    talk = Talk(port, [], {"Authorization": f"Token {token}"})
    events = f"/api/v1/organizers/{ORGANIZER}/events/"
    path = f"{events}{_EVENT}/"
    await _make(talk, events, _event(scene))
    item = await _make(talk, f"{path}items/", _ITEM)
    first, slots_by_quota = {}, {}
    for slot in scene.slots:
        first[slot.number] = await _make(talk, f"{path}subevents/", _date(slot.starts_at))
        quota = _quota(item, first[slot.number], slot.capacity)
        slots_by_quota[await _make(talk, f"{path}quotas/", quota)] = slot.number
    subevents = {}
    for slot in scene.slots:
        second = await _make(talk, f"{path}subevents/", _date(slot.second_starts_at))
        await _make(talk, f"{path}quotas/", _quota(item, second, slot.capacity))
        subevents[slot.number] = (first[slot.number], second)
    everybody = scene.everybody
    for begin in range(0, len(everybody), _VOUCHERS_AT_ONCE):
        vouchers = [_voucher(item, one) for one in everybody[begin : begin + _VOUCHERS_AT_ONCE]]
        answer = await talk.post(f"{path}vouchers/batch_create/", vouchers)
        expect(answer, 201, "vouchers")
    talk.end()
    return Shop(path, token, item, slots_by_quota, subevents)


async def _make(talk: Talk, path: str, asked: dict[str, Any]) -> int:
    document = expect(await talk.post(path, asked), 201, path)
    return int(document.get("id", 0))


def _event(scene: Scene) -> dict[str, Any]:
    return {
        "name": {"en": "Both doses"},
        "slug": _EVENT,
        "live": False,
        "testmode": False,
        "currency": "JPY",
        "date_from": scene.slots[0].starts_at.isoformat(),
        "has_subevents": True,
        "timezone": "Asia/Tokyo",
        "is_public": True,
        "plugins": [],
    }


_ITEM: dict[str, Any] = {
    "name": {"en": "Vaccination"},
    "default_price": "0.00",
    "active": True,
    "admission": True,
    "personalized": True,
    "tax_rule": None,
    "category": None,
}


def _date(starts_at: datetime) -> dict[str, Any]:
    return {
        "name": {"en": "Vaccination"},
        "active": True,
        "date_from": starts_at.isoformat(),
        "item_price_overrides": [],
        "variation_price_overrides": [],
        "meta_data": {},
    }


def _quota(item: int, subevent: int, seats: int) -> dict[str, Any]:
    return {
        "name": "Seats",
        "size": seats,
        "items": [item],
        "variations": [],
        "subevent": subevent,
    }


def _voucher(item: int, person: Person) -> dict[str, Any]:
    return {
        "code": person.ticket_number,
        "comment": person.birth_date.isoformat(),
        "item": item,
        "max_usages": 2,
    }
