"""What is somebody else's stays theirs: by id, by token, by field, by form of another site.

IPA's classes 4 (sessions), 6 (CSRF), 9 (clickjacking) and 11 (access control). Those whose outcome
hangs on the line, the opening or a crowd are in `tests/system/test_attacks.py`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import httpx2
import msgspec
import pytest
from redis import Redis

from gateway.sessions import digest_of
from monitoring.secrets import read_secret
from tests.integration.city import CONTACT, flexible, ticket
from tests.security.site import (
    ATTACKER_CONTACT,
    VICTIM,
    Door,
    Site,
    assert_harmless,
    assert_tells_nothing,
    identity,
)
from tests.system.attackers import Device
from tests.system.forgeries import with_other_body
from waiting_room import keys
from waiting_room.tickets import TOKEN_AGE_S_MAX, sign, verify

ATTACKER = 13
SESSION, PLACE = "__Host-session", "__Host-place"
SOME_ID = "5d3b6a52-9c1e-4f7a-8b8e-2f6f4e1c9a70"

CHANGING = (
    *(("POST", "/api/v1/bookings"), ("PUT", "/api/v1/booking"), ("DELETE", "/api/v1/booking")),
    *(("POST", "/api/v1/standby"), ("DELETE", "/api/v1/standby"), ("POST", "/api/v1/sign-out")),
    *(("POST", "/api/v1/sign-in"), ("POST", "/api/v1/enter"), ("POST", "/sign-in")),
    *(("POST", "/sign-out"), ("POST", "/cancel"), ("POST", "/check"), ("POST", "/details")),
)

FOREIGN: Mapping[str, dict[str, str]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "origin-alone": {"Origin": "https://evil.example"},
    "origin-null": {"Origin": "null"},
    "origin-of-our-name-in-front": {"Origin": "https://seiriken.example.evil.example"},
    "origin-by-http": {"Origin": "http://evil.example"},
    "referrer-alone": {"Referer": "https://seiriken.example/"},
    "plain-text-body": {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
    "header-of-others": {"X-Requested-With": "XMLHttpRequest"},
    "nothing": {},
}


@pytest.fixture
def attacker(site: Site, door: Door) -> Device:
    """Return the device of a resident who has come in, and means ill."""
    return Device(door.http, **site.doors["gateway"].signed_in(ATTACKER).cookies)


# Ids of others


@pytest.mark.parametrize(
    "path", ["/api/v1/bookings/{id}", "/checking/{id}", "/api/v1/bookings/{ID}", "/checking/{hex}"]
)
def test_request_id_of_another_opens_nothing(
    site: Site, door: Door, attacker: Device, path: str
) -> None:
    own = UUID(site.victim.request_id)
    theirs = path.format(id=own, ID=str(own).upper(), hex=own.hex)
    none = path.format(id=SOME_ID, ID=SOME_ID.upper(), hex=UUID(SOME_ID).hex)
    answer, unknown = attacker.call("GET", theirs), attacker.call("GET", none)
    assert_harmless(answer, site.victim)
    assert answer.status_code == unknown.status_code


def test_request_id_of_another_takes_nothing_over(site: Site, door: Door, attacker: Device) -> None:
    body = {"contact": ATTACKER_CONTACT, "flexible": flexible()}
    calls: list[tuple[str, str, object]] = [
        ("POST", "/api/v1/bookings", body),
        ("PUT", "/api/v1/booking", {"doses": "both", "flexible": flexible()}),
        ("DELETE", "/api/v1/booking", None),
        ("POST", "/api/v1/standby", body),
        ("POST", "/api/v1/standby/accept", None),
        ("DELETE", "/api/v1/standby", None),
    ]
    for method, path, sent in calls:
        key = {"Idempotency_Key": site.victim.request_id}
        answer = attacker.call(method, path, sent, **key)
        assert_harmless(answer, site.victim)
        assert answer.status_code in (404, 409), (method, path)
    mine = site.victim.device.call("GET", "/api/v1/booking")
    assert mine.status_code == 200


@pytest.mark.parametrize("number", ["0000001-3", "1", "0", "-1", "0000007", ticket(VICTIM)])
def test_numbers_of_bookings_and_tickets_are_no_addresses(
    site: Site, door: Door, attacker: Device, number: str
) -> None:
    for path in ("/api/v1/bookings/", "/api/v1/booking/", "/checking/", "/my-booking/", "/draw/"):
        answer = attacker.call("GET", path + number)
        assert answer.status_code in (403, 404), path
        # What was asked for may stand in the answer's own links; nothing else may.
        others = [s for s in site.victim.secrets if s != number and s in answer.text]
        assert others == [], path


@pytest.mark.parametrize("release_id", ["autumn", "../spring", "SPRING", "spring%00", "*"])
def test_release_of_others_is_not_entered_by_its_name(
    site: Site, door: Door, attacker: Device, release_id: str
) -> None:
    answer = attacker.call("GET", f"/queue/{release_id}/status.json")
    assert answer.status_code in (400, 403, 404)
    offer = attacker.call("GET", f"/api/v1/availability?release={release_id}")
    assert offer.status_code in (403, 422)


# Fields that nobody may set


UNASKED = (
    *("state", "booking_number", "booking_id", "person_key", "release_id", "place", "serving"),
    *("is_admin", "role", "campaign_id", "language", "receipt", "__proto__", "id"),
    *("constructor", "contact.name", "given", "epoch"),
)


@pytest.mark.parametrize("field", UNASKED)
def test_field_that_is_not_of_the_form_is_refused(
    site: Site, door: Door, attacker: Device, field: str
) -> None:
    """Mass assignment: at every level of every body."""
    contact = ATTACKER_CONTACT
    bodies: list[tuple[str, str, object]] = [
        ("POST", "/api/v1/sign-in", identity(ATTACKER) | {field: 1}),
        ("POST", "/api/v1/enter", {field: 1}),
        ("POST", "/api/v1/bookings", {"contact": contact, "flexible": flexible(), field: 1}),
        ("POST", "/api/v1/bookings", {"contact": contact | {field: 1}, "flexible": flexible()}),
        ("POST", "/api/v1/bookings", {"contact": contact, "flexible": flexible() | {field: 1}}),
        ("POST", "/api/v1/bookings", {"contact": contact, "choices": [{"slot_id": "1", field: 1}]}),
        ("PUT", "/api/v1/booking", {"doses": "both", "flexible": flexible(), field: 1}),
    ]
    for method, path, body in bodies:
        answer = attacker.call(method, path, body, Idempotency_Key=str(uuid4()))
        assert_harmless(answer, site.victim)
        assert answer.status_code in (403, 422), (path, body)
    cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in attacker.cookies.items())}
    for path in ("/sign-in", "/details", "/first-dose", "/choose", "/cancel"):
        answer = door.asks("POST", path, data={field: "1"}, headers=cookies)
        assert answer.status_code in (400, 403), path
    assert attacker.call("GET", "/api/v1/booking").json()["code"] == "no_booking"


# Tokens


def test_tokens_do_not_stand_for_each_other(site: Site, door: Door, attacker: Device) -> None:
    session, place = attacker.cookies[SESSION], attacker.cookies[PLACE]
    confused: list[dict[str, str]] = [
        {SESSION: place},
        {PLACE: session},
        {SESSION: place, PLACE: session},
        {"session": session},
        {"place": place},
        {"__Secure-session": session},
        {SESSION: digest_of(session).hex()},
        {SESSION: f'"{session}"x'},
        {SESSION: session[:-1]},
        {SESSION: session.swapcase()},
    ]
    for cookies in confused:
        answer = door.device(**cookies).call("GET", "/api/v1/me")
        assert_harmless(answer, site.victim)
        assert answer.status_code in (401, 403), sorted(cookies)
    for header in ("Authorization", "X-Session", "X-Auth-Token"):
        answer = door.asks("GET", "/api/v1/me", headers={header: f"Bearer {session}"})
        assert answer.status_code in (401, 403), header
    answer = door.asks("GET", "/api/v1/me", params={SESSION: session, "session": session})
    assert answer.status_code in (401, 403)


def test_session_of_another_with_ones_own_place_stays_the_others(
    site: Site, door: Door, attacker: Device
) -> None:
    """And the reverse: the place token of another changes nothing about a session."""
    mixed = door.device(
        **{
            SESSION: attacker.cookies[SESSION],
            PLACE: site.victim.device.cookies[PLACE],
        }
    )
    shown = mixed.call("GET", "/api/v1/me")
    assert_harmless(shown, site.victim)
    assert shown.json()["ticket_number"] == ticket(ATTACKER)


Forge = Callable[[Site, str], str]


def _signed(site: Site, text: str, **changes: object) -> str:
    key = read_secret(site.city.secrets_dir, "place.key")
    token = verify(key, text, time.time())
    assert token is not None
    return sign(key, msgspec.structs.replace(token, **changes))


FORGED: Mapping[str, Forge] = {
    "expired": lambda site, text: _signed(
        site, text, issued_at=int(time.time()) - TOKEN_AGE_S_MAX - 60
    ),
    "of-the-future": lambda site, text: _signed(site, text, issued_at=int(time.time()) + 3_600),
    "other-person": lambda site, text: with_other_body(text, person_key=b"?" * 16),
    "other-place": lambda site, text: with_other_body(text, index=0),
    "other-release": lambda site, text: with_other_body(text, release_id="autumn"),
    "cut": lambda site, text: text[:-2],
    "twice": lambda site, text: text + text,
    "empty": lambda site, text: "A",
    "very-long": lambda site, text: "A" * 3_000,
    "jwt-none": lambda site, text: "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_place_token_is_nobodys(
    site: Site, door: Door, attacker: Device, forge: Forge
) -> None:
    forged = door.device(**{PLACE: forge(site, attacker.cookies[PLACE])})
    for method, path in (("GET", "/api/v1/me"), ("POST", "/api/v1/enter"), ("GET", "/wait")):
        answer = forged.call(method, path)
        assert_harmless(answer, site.victim)
        assert answer.status_code in (303, 401, 403), path
        assert "location" not in answer.headers or "/sign-in" in answer.headers["location"]


def test_genuine_token_of_a_release_that_is_not_there_lets_nobody_in(
    site: Site, door: Door, attacker: Device
) -> None:
    """A line that is not there may be coming back, as after a wipe of Redis: not ready (503)."""
    stranded = door.device(**{PLACE: _signed(site, attacker.cookies[PLACE], release_id="autumn")})
    answer = stranded.enters()
    assert_tells_nothing(answer.text, site.victim)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert SESSION not in stranded.cookies


def test_token_that_was_signed_out_is_not_played_again(site: Site, door: Door) -> None:
    leaving = Device(door.http, **site.doors["gateway"].signed_in(14).cookies)
    cookies = dict(leaving.cookies)
    assert leaving.signs_out().status_code == 204
    for kept in (cookies, {SESSION: cookies[SESSION]}, {PLACE: cookies[PLACE]}):
        assert door.device(**kept).call("GET", "/api/v1/me").status_code == 401
        assert door.device(**kept).enters().status_code == 401
    with Redis.from_url(site.city.redis_url) as redis:
        assert not redis.exists(keys.session(digest_of(cookies[SESSION])))


def test_session_is_new_at_each_sign_in_and_none_is_taken_from_outside(
    site: Site, door: Door
) -> None:
    """Session fixation: a token that somebody else has set is not made a session."""
    fixed = door.device(**{SESSION: "A" * 43})
    answer = fixed.signs_in(identity(15))
    assert answer.status_code == 200
    first = fixed.cookies[SESSION]
    assert first != "A" * 43
    fixed.signs_in(identity(15))
    assert fixed.cookies[SESSION] != first
    assert door.device(**{SESSION: "A" * 43}).call("GET", "/api/v1/me").status_code == 401


def test_cookies_are_bound_to_host_path_and_http(site: Site, door: Door) -> None:
    answer = door.device().signs_in(identity(16))
    lines = answer.headers.get_list("set-cookie")
    assert sorted(line.partition("=")[0] for line in lines) == ["__Host-device", PLACE, SESSION]
    for line in lines:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
        assert not [one for one in attributes if one.startswith("domain")]


def test_answer_to_a_booking_is_not_got_by_playing_it_again_as_another(
    site: Site, door: Door, attacker: Device
) -> None:
    body = {"contact": CONTACT, "flexible": flexible()}
    again = attacker.call("POST", "/api/v1/bookings", body, Idempotency_Key=site.victim.request_id)
    assert_tells_nothing(again.text, site.victim)
    assert (again.status_code, again.json()["code"]) == (409, "id_reused")


# Forms and frames of other sites


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_form_of_another_site_changes_nothing(
    site: Site, door: Door, headers: dict[str, str]
) -> None:
    cookies = site.victim.device.cookies
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} | headers
    for method, path in CHANGING:
        content = b'{"doses":"both"}' if path.startswith("/api") else b"doses=both"
        kinds = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = door.http.request(method, path, content=content, headers=kinds | sent)
        assert_harmless(answer, site.victim)
        assert answer.status_code in (400, 403), (method, path)
    assert site.victim.device.call("GET", "/api/v1/booking").status_code == 200


def test_form_with_a_token_of_the_attackers_own_changes_nothing(site: Site, door: Door) -> None:
    """A browser that tells nothing brings its own cookie, or none: never the attacker's token."""
    page = door.http.get("/sign-in")
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', page.text)
    nonce = page.cookies["__Host-form"]
    assert token is not None
    held = site.victim.device.cookies
    for cookies in (held, held | {"__Host-form": nonce}, held | {"__Host-form": "A" * 22}):
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        answer = door.http.post(
            "/cancel",
            data={"form_token": token[1], "doses": "both", "request_id": SOME_ID},
            headers=sent,
        )
        assert_harmless(answer, site.victim)
        assert answer.status_code == 403
    assert site.victim.device.call("GET", "/api/v1/booking").status_code == 200


def test_links_of_another_site_change_nothing(site: Site, door: Door) -> None:
    """What changes something has no GET."""
    victim = Device(door.http, **site.victim.device.cookies)
    for path in ("/sign-out", "/enter", "/stay", "/api/v1/sign-out", "/api/v1/enter"):
        answer = victim.call("GET", path)
        assert answer.status_code == 405, path
    answer = victim.call("GET", "/cancel?doses=both&request_id=" + SOME_ID)
    assert answer.status_code in (200, 403)
    assert site.victim.device.call("GET", "/api/v1/booking").status_code == 200


@pytest.mark.parametrize("path", ["/", "/sign-in", "/my-booking", "/cancel", "/nowhere", "/wait"])
def test_no_page_stands_in_a_frame_of_another(site: Site, door: Door, path: str) -> None:
    answer: httpx2.Response = Device(door.http, **site.victim.device.cookies).call("GET", path)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
