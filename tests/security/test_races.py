"""Many calls at the same moment, with one session: one place, one booking, one outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import httpx2
import psycopg

from tests.integration.city import flexible
from tests.security.site import ATTACKER_CONTACT, Door, Site, assert_tells_nothing, identity
from tests.system.attackers import Device, at_once
from waiting_room.line import SESSIONS_PER_PERSON_MAX

Call = Callable[[], httpx2.Response]

AT_ONCE = 20
FREE = range(20, 40)


def come_in(site: Site, door: Door, number: int) -> Device:
    """Return the device of a resident whom no other test of this module has."""
    edge = 10 if door.name == "edge" else 0
    return Device(door.http, **site.doors["gateway"].signed_in(FREE[number + edge]).cookies)


def booking(device: Device, request_id: str | None = None) -> Call:
    """Return the call that books any pair."""
    body = {"contact": ATTACKER_CONTACT, "flexible": flexible()}
    key = {"Idempotency_Key": request_id or str(uuid4())}
    return partial(
        Device(device.http, **device.cookies).call, "POST", "/api/v1/bookings", body, **key
    )


def count(site: Site, number: str) -> int:
    """Return how many live bookings have a number."""
    counted = "SELECT count(*) FROM booking WHERE booking_number = %s AND state <> 'cancelled'"
    with psycopg.connect(site.city.database_url) as connection:
        row = connection.execute(counted, [number]).fetchone()
    assert row is not None
    return int(row[0])


def test_parallel_bookings_of_one_session_make_one(site: Site, door: Door) -> None:
    device = come_in(site, door, 0)
    answers = at_once([booking(device) for _ in range(AT_ONCE)])
    booked = [answer for answer in answers if answer.status_code == 201]
    assert len(booked) == 1
    codes = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert codes == {"already_booked"}
    assert count(site, booked[0].json()["booking_number"]) == 1
    for answer in answers:
        assert_tells_nothing(answer.text, site.victim)


def test_one_booking_that_is_sent_many_times_has_one_answer(site: Site, door: Door) -> None:
    device, request_id = come_in(site, door, 1), str(uuid4())
    answers = at_once([booking(device, request_id) for _ in range(AT_ONCE)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_booking_and_giving_back_at_once_end_in_one_state(site: Site, door: Door) -> None:
    device = come_in(site, door, 2)
    number = booking(device)().json()["booking_number"]
    calls: list[Call] = []
    for _ in range(AT_ONCE // 2):
        other = Device(door.http, **device.cookies)
        give_back = partial(other.call, "DELETE", "/api/v1/booking", Idempotency_Key=str(uuid4()))
        calls += [give_back, booking(device)]
    answers = at_once(calls)
    assert {answer.status_code for answer in answers} <= {200, 201, 404, 409}
    held = device.call("GET", "/api/v1/booking")
    assert held.status_code in (200, 404)
    if held.status_code == 200:
        assert count(site, held.json()["booking_number"]) == 1
    assert count(site, number) <= 1


def test_parallel_changes_leave_one_pair(site: Site, door: Door) -> None:
    device = come_in(site, door, 3)
    assert booking(device)().status_code == 201
    wishes = [flexible(venue=venue) for venue in ("hall", "school") for _ in range(AT_ONCE // 2)]
    answers = at_once(
        [
            partial(
                Device(door.http, **device.cookies).call,
                "PUT",
                "/api/v1/booking",
                {"doses": "both", "flexible": wish},
                Idempotency_Key=str(uuid4()),
            )
            for wish in wishes
        ]
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    doses = device.call("GET", "/api/v1/booking").json()["doses"]
    assert [dose["dose"] for dose in doses] == [1, 2]
    assert doses[0]["venue"] == doses[1]["venue"]


def test_parallel_sign_ins_and_entries_hold_one_place(site: Site, door: Door) -> None:
    who = identity(FREE[4 + (10 if door.name == "edge" else 0)])
    devices = [door.device() for _ in range(AT_ONCE)]
    answers = at_once([partial(device.signs_in, who) for device in devices])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["place"] for answer in answers}) == 1
    assert {answer.status_code for answer in at_once([d.enters for d in devices])} == {200}
    alive = 0
    for device in devices:
        session = {"__Host-session": device.cookies["__Host-session"]}
        alive += door.device(**session).me().status_code == 200
    assert alive <= SESSIONS_PER_PERSON_MAX


def test_signing_out_while_calls_are_under_way_ends_the_session(site: Site, door: Door) -> None:
    device = come_in(site, door, 5)
    leaving = Device(door.http, **device.cookies)
    asks = partial(Device(door.http, **device.cookies).call, "GET", "/api/v1/me")
    calls: list[Call] = [asks] * AT_ONCE
    answers = at_once([*calls, leaving.signs_out])
    assert {answer.status_code for answer in answers} <= {200, 204, 401}
    assert device.call("GET", "/api/v1/me").status_code == 401
