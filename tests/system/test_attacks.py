"""Attacks that must fail, against a whole running stack (I7; L7: queues that were skipped).

Each test has people of its own. Attacks for which a real browser is what matters are in
`tests/browser/test_attacks.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import httpx2
import msgspec
import pytest

from allocator.model import SITE_TIMEZONE
from gateway.sessions import digest_of
from monitoring.secrets import read_secret
from tests.system.attackers import Cohort, Cohorts, Device, at_once, calling, load, stack_letting_in
from tests.system.forgeries import altered_tokens, place_key, token_of, with_other_body
from tests.system.inner_pages import WITH_A_PLACE_ALONE, Booked, assert_kept_out, inner_calls
from tests.system.stack import Stack
from tests.waiting import until
from waiting_room import keys
from waiting_room.line import SESSIONS_PER_PERSON_MAX
from waiting_room.tickets import TOKEN_AGE_S_MAX, sign

INSIDE_MAX = 10
"""How many may be inside each release at once here."""

CROWD = 100
LEFT = 3


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack that lets few people in at once, and never more."""
    with stack_letting_in(INSIDE_MAX) as running:
        yield running


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx2.Client]:
    """What all devices call with."""
    with calling(stack.file.url) as client:
        yield client


@pytest.fixture(scope="module")
def cohorts(stack: Stack, http: httpx2.Client) -> Cohorts:
    """The people of the stack."""
    return Cohorts(stack, http)


@pytest.fixture
def inside(cohorts: Cohorts) -> Cohort:
    """A cohort whose people come straight in."""
    return cohorts.open()


@pytest.fixture
def waiting(cohorts: Cohorts) -> Cohort:
    """A cohort whose people have places, and none of whom may come in yet."""
    return cohorts.paused()


def session_lives(device: Device) -> bool:
    """Say whether the device's session, without its place token, still identifies somebody."""
    answer = Device(device.http, session=device.cookies["session"]).me()
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def all_enter(devices: list[Device]) -> set[int]:
    """Let all try to come in at once; return the statuses of the answers."""
    return {answer.status_code for answer in at_once([one.enters for one in devices])}


# Direct addresses


def test_direct_address_of_an_inner_page_shows_nothing_without_a_session(
    stack: Stack, inside: Cohort
) -> None:
    booked = Booked(inside, 0)
    calls = inner_calls(stack, booked)
    assert len(calls) > 30
    for method, path in calls:
        answer = inside.device().call(method, path, Idempotency_Key=booked.request_id)
        assert_kept_out(answer, "not_signed_in", "/sign-in")


@pytest.mark.parametrize("whose", ["of_somebody_who_booked", "of_somebody_who_waits"])
def test_direct_address_of_an_inner_page_shows_nothing_to_a_place_token(
    stack: Stack, inside: Cohort, waiting: Cohort, whose: str
) -> None:
    booked = Booked(inside, 0)
    holder = booked.device if whose == "of_somebody_who_booked" else waiting.signed_in(0)
    place = holder.cookies["place"]
    for method, path in inner_calls(stack, booked):
        if (method, path) not in WITH_A_PLACE_ALONE:
            thief = Device(holder.http, place=place)
            answer = thief.call(method, path, Idempotency_Key=booked.request_id)
            assert_kept_out(answer, "not_inside", "/wait")
    for path in ("/wait", "/api/v1/me"):
        booked.assert_nothing_told(Device(holder.http, place=place).call("GET", path))
    shown = Device(holder.http, place=place).me().json()
    assert set(shown) == {"state", "place", "ticket_number", "birth_date"}


def test_inner_page_is_not_reached_by_another_spelling_of_its_address(
    stack: Stack, inside: Cohort
) -> None:
    booked = Booked(inside, 0)
    thief = inside.device(place=booked.device.cookies["place"])
    inner = {path for method, path in inner_calls(stack, booked) if method == "GET"}
    for path in sorted(inner - {"/wait", "/api/v1/me"}):
        first, rest = path[1], path[2:]
        others = [f"{path}/", f"/{path}", path.upper(), f"/static/..%2f{first}{rest}"]
        for other in (*others, f"/%{ord(first):02X}{rest}", f"/{first}{rest};x", f"{path}%00"):
            answer = thief.call("GET", f"{stack.file.url}{other}")
            assert answer.request.url.raw_path.decode() == other
            assert 300 <= answer.status_code < 500, other
            booked.assert_nothing_told(answer)
        for header in ("X-Original-URL", "X-Rewrite-URL"):
            booked.assert_nothing_told(thief.call("GET", "/", **{header: path}))


# Tokens of others


def test_another_persons_place_token_does_not_give_their_place(waiting: Cohort) -> None:
    owner = waiting.signed_in(0)
    for person in (1, 2):
        waiting.signed_in(person)
    thief = waiting.device(place=owner.cookies["place"])
    assert thief.signs_in(waiting.identity(3)).json()["place"] == 4
    assert thief.me().json()["ticket_number"] == waiting.identity(3)["ticket_number"]
    assert waiting.place_of(thief) == 4
    assert waiting.place_of(owner) == 1
    assert waiting.indices() == [0, 1, 2, 3]


def test_stolen_place_token_takes_no_second_place_and_no_second_seat(waiting: Cohort) -> None:
    owner = waiting.signed_in(0)
    waiting.signed_in(1)
    thieves = [waiting.device(place=owner.cookies["place"]) for _ in range(20)]
    assert {answer.json()["place"] for answer in at_once([one.me for one in thieves])} == {1}
    assert all_enter(thieves) == {409}
    assert waiting.inside() == 0
    waiting.orders("resume", "open")
    everybody = [owner, *thieves]
    until(lambda: all_enter(everybody) == {200})
    assert waiting.inside() == 1
    assert waiting.indices() == [0, 1]
    assert sum(map(session_lives, everybody)) == SESSIONS_PER_PERSON_MAX


def test_another_persons_place_token_does_not_change_who_is_inside(inside: Cohort) -> None:
    owner, other = inside.signed_in(0), inside.signed_in(1)
    mixed = inside.device(session=other.cookies["session"], place=owner.cookies["place"])
    shown = mixed.me().json()
    assert shown["ticket_number"] == inside.identity(1)["ticket_number"]
    assert shown["place"] != inside.place_of(owner)
    assert mixed.books().status_code == 201
    assert owner.call("GET", "/api/v1/booking").json()["code"] == "no_booking"


ENDINGS = ("signed_out", "idle_for_too_long", "older_than_allowed", "superseded")


@pytest.mark.parametrize("ending", ENDINGS)
def test_session_token_that_was_ended_opens_nothing(
    stack: Stack, inside: Cohort, ending: str
) -> None:
    booked = Booked(inside, 0)
    token = booked.device.cookies["session"]
    assert session_lives(booked.device)
    if ending == "signed_out":
        assert booked.device.signs_out().status_code == 204
    elif ending == "superseded":
        for _ in range(SESSIONS_PER_PERSON_MAX):
            inside.signed_in(0)
    else:
        limit = "until" if ending == "idle_for_too_long" else "ends_at"
        with stack.redis() as redis:
            redis.hset(keys.session(digest_of(token)), limit, time.time())
    for method, path in inner_calls(stack, booked):
        replay = inside.device(session=token)
        answer = replay.call(method, path, Idempotency_Key=booked.request_id)
        assert_kept_out(answer, "not_signed_in", "/sign-in")
    with stack.redis() as redis:
        assert not redis.exists(keys.session(digest_of(token)))


def test_place_token_that_was_signed_out_enters_no_more(inside: Cohort) -> None:
    device = inside.signed_in(0)
    place = device.cookies["place"]
    assert device.signs_out().status_code == 204
    assert inside.device(place=place).enters().status_code == 401
    assert inside.device(place=place).me().status_code == 401
    assert inside.inside() == 0


# Altered tokens


def assert_no_token(cohort: Cohort, text: str, person: int, place: int) -> None:
    """The text opens nothing, and whoever signs in with it gets the place that is theirs."""
    assert cohort.device(place=text).me().status_code == 401
    assert cohort.device(place=text).enters().status_code == 401
    assert cohort.device(place=text).signs_in(cohort.identity(person)).json()["place"] == place


def test_place_token_with_any_byte_altered_is_no_token(waiting: Cohort) -> None:
    for person in range(3):
        waiting.signed_in(person)
    token = waiting.signed_in(3).cookies["place"]
    assert waiting.device(place=token).me().status_code == 200
    for text in altered_tokens(token):
        assert waiting.device(place=text).me().status_code == 401, text
    for changes in ({"index": 0}, {"index": None}, {"person_key": b"?" * 16}, {"issued_at": 0}):
        assert_no_token(waiting, with_other_body(token, **changes), 3, 4)


def test_place_token_signed_with_another_key_is_no_token(stack: Stack, waiting: Cohort) -> None:
    genuine = token_of(stack, waiting.signed_in(0))
    waiting.signed_in(1)
    for person, name in enumerate(("session.key", "draw.key", "request.key"), 2):
        key = read_secret(stack.home.secrets_dir, name)
        other = msgspec.structs.replace(genuine, person_key=waiting.person_key(person))
        assert_no_token(waiting, sign(key, other), person, person + 1)
    assert_no_token(waiting, sign(b"", genuine), 1, 2)


def test_place_token_that_is_too_old_or_from_the_future_is_no_token(
    stack: Stack, waiting: Cohort
) -> None:
    genuine = token_of(stack, waiting.signed_in(0))
    waiting.signed_in(1)
    for person, age_s in ((2, TOKEN_AGE_S_MAX + 60), (3, -3_600)):
        stale = msgspec.structs.replace(
            genuine, person_key=waiting.person_key(person), issued_at=int(time.time()) - age_s
        )
        assert_no_token(waiting, sign(place_key(stack), stale), person, person + 1)


def test_place_in_an_earlier_release_is_no_place_in_a_later_one(cohorts: Cohorts) -> None:
    earlier = cohorts.paused()
    early = earlier.signed_in(0)
    assert earlier.place_of(early) == 1
    earlier.orders("close", "closed")
    born = earlier.release.born_from
    later = cohorts.new("later", "open", born_from=born, born_to=born)
    for person in (1, 2, 3):
        earlier.signed_in(person)
    assert later.indices() == [0, 1, 2]
    assert early.enters().json()["code"] == "release_closed"
    moved = with_other_body(early.cookies["place"], release_id=later.release.release_id)
    assert later.device(place=moved).enters().status_code == 401
    assert early.signs_in(earlier.identity(0)).json()["place"] == 4


# Many devices at once


def test_many_devices_of_one_person_get_one_place_and_one_seat(waiting: Cohort) -> None:
    waiting.signed_in(0)
    devices = [waiting.device() for _ in range(30)]
    others = [partial(waiting.device().signs_in, waiting.identity(n)) for n in range(2, 7)]
    at_once([partial(one.signs_in, waiting.identity(1)) for one in devices] + others)
    assert len({waiting.place_of(one) for one in devices}) == 1
    assert waiting.indices() == list(range(7))
    waiting.orders("resume", "open")
    until(lambda: all_enter(devices) == {200})
    assert waiting.inside() == 1
    assert sum(map(session_lives, devices)) == SESSIONS_PER_PERSON_MAX


def test_fifty_tabs_of_one_person_get_one_place_one_seat_and_one_booking(inside: Cohort) -> None:
    tabs = [inside.device() for _ in range(50)]
    answers = at_once([partial(tab.signs_in, inside.identity(0)) for tab in tabs])
    assert {answer.json()["place"] for answer in answers} == {1}
    assert inside.indices() == [0]
    assert inside.inside() == 1
    assert sum(map(session_lives, tabs)) == SESSIONS_PER_PERSON_MAX
    presses = at_once([tab.books for tab in tabs])
    told = [answer.json().get("code", "booked") for answer in presses]
    assert told.count("booked") == 1, told
    assert set(told) == {"booked", "already_booked", "not_inside"}, told
    assert inside.bookings() == 1
    assert inside.inside() == 0


# Before the turn


def test_hundred_who_race_come_in_by_their_places_and_never_more_than_allowed(
    cohorts: Cohorts,
) -> None:
    opens_at = datetime.now(SITE_TIMEZONE) + timedelta(hours=1)
    cohort = cohorts.new("race", "lobby", lobby_at=opens_at - timedelta(hours=2), opens_at=opens_at)
    crowd = at_once([partial(cohort.signed_in, person) for person in range(CROWD)])
    assert cohort.indices() == list(range(CROWD))
    assert all_enter(crowd) == {409}
    assert cohort.inside() == 0

    def places_let_in() -> list[int]:
        """Let everybody try at once; return the places of those who have a session."""
        all_enter(crowd)
        assert cohort.inside() <= INSIDE_MAX
        return sorted(cohort.place_of(one) for one in crowd if "session" in one.cookies)

    cohort.orders("open", "open")
    until(lambda: len(places_let_in()) >= INSIDE_MAX)
    for _ in range(3):
        assert places_let_in() == list(range(1, INSIDE_MAX + 1))
    assert cohort.inside() == INSIDE_MAX
    for one in [one for one in crowd if "session" in one.cookies][:LEFT]:
        crowd.remove(one)
        one.signs_out()
    until(lambda: len(places_let_in()) >= INSIDE_MAX)
    assert places_let_in()[-LEFT:] == [INSIDE_MAX + n for n in range(1, LEFT + 1)]
    assert cohort.inside() == INSIDE_MAX


def test_signing_in_again_and_again_lets_nobody_in_before_their_turn(inside: Cohort) -> None:
    for person in range(INSIDE_MAX):
        inside.signed_in(person)
    waiters = range(INSIDE_MAX, 2 * INSIDE_MAX)
    tries = at_once([partial(inside.signed_in, person) for person in waiters for _ in range(5)])
    assert all("session" not in one.cookies for one in tries)
    assert all_enter(tries) == {409}
    assert inside.inside() == INSIDE_MAX
    assert inside.indices() == list(range(2 * INSIDE_MAX))


def test_pause_keeps_out_even_those_whose_turn_it_was(waiting: Cohort) -> None:
    called = [waiting.signed_in(person) for person in range(3)]
    waiting.orders("resume", "open")
    until(lambda: waiting.serving() >= len(called))
    waiting.orders("pause", "paused")
    again = at_once([partial(waiting.signed_in, person) for person in range(3)])
    assert all("session" not in one.cookies for one in again)
    assert all_enter([*called, *again]) == {409}
    assert waiting.inside() == 0
    waiting.orders("resume", "open")
    until(lambda: all_enter(called) == {200})


def test_sign_in_before_the_lobby_gives_no_place_and_gains_nothing_at_the_opening(
    stack: Stack, cohorts: Cohorts
) -> None:
    opens_at = datetime.now(SITE_TIMEZONE) + timedelta(hours=2)
    moments = {"lobby_at": opens_at - timedelta(hours=1), "opens_at": opens_at}
    cohort = cohorts.new("too-early", "scheduled", **moments)
    early = [cohort.device() for _ in range(20)]
    tries = at_once([partial(one.signs_in, cohort.identity(0)) for one in early])
    assert {answer.json()["code"] for answer in tries} == {"not_open_yet"}
    assert all(one.cookies == {} for one in early)
    assert all_enter(early) == {401}
    assert cohort.indices() == []

    release = cohort.release
    born = {"born_from": release.born_from, "born_to": release.born_to}
    lobby = {"lobby_at": opens_at - timedelta(hours=3), "opens_at": opens_at}
    ids = {"release_id": release.release_id, "campaign_id": release.campaign_id}
    load(stack.file.database_url, **ids, **born, **lobby)
    cohort.until_told("lobby")
    for person in range(1, 6):
        cohort.signed_in(person)
    assert cohort.indices() == list(range(5))
    cohort.orders("open", "open")
    assert cohort.place_of(cohort.signed_in(0)) == 6
