"""A device is known to its people, and tells nobody else anything."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices import (
    DEVICE_AGE_S_MAX,
    DEVICE_PEOPLE_MAX,
    NUMBER_BYTES,
    device_of,
    with_person,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NUMBER = b"n" * NUMBER_BYTES
NOW = 1_800_000_000.0
PEOPLE = [bytes([n]) * 16 for n in range(DEVICE_PEOPLE_MAX + 1)]


def used_by(*people: bytes, number: bytes = NUMBER) -> str:
    cookie = ""
    for person in people:
        cookie = with_person(KEY, cookie, person, NOW, number)
    return cookie


def knows(cookie: str, person: bytes, now: float = NOW, key: bytes = KEY) -> bool:
    return device_of(key, cookie, person, now) != ""


def test_device_is_known_to_who_has_signed_in_on_it_and_to_nobody_else() -> None:
    cookie = used_by(PEOPLE[0])
    assert knows(cookie, PEOPLE[0])
    assert not knows(cookie, PEOPLE[1])
    assert not knows("", PEOPLE[0])
    assert not knows(cookie, PEOPLE[0], key=OTHER_KEY)


def test_family_shares_a_device_and_the_one_who_came_longest_ago_is_forgotten() -> None:
    family = PEOPLE[:DEVICE_PEOPLE_MAX]
    assert all(knows(used_by(*family), person) for person in family)
    crowded = used_by(*PEOPLE)
    assert [knows(crowded, person) for person in PEOPLE] == [False, *[True] * DEVICE_PEOPLE_MAX]
    again = used_by(*family, family[0])
    assert len(again) == len(used_by(*family))


def test_each_person_and_each_device_has_a_bucket_of_their_own() -> None:
    names = {device_of(KEY, used_by(*PEOPLE[:2]), person, NOW) for person in PEOPLE[:2]}
    other = used_by(PEOPLE[0], number=b"m" * NUMBER_BYTES)
    names.add(device_of(KEY, other, PEOPLE[0], NOW))
    assert len(names) == 3
    assert device_of(KEY, used_by(PEOPLE[0]), PEOPLE[0], NOW) == device_of(
        KEY, used_by(*PEOPLE[:2]), PEOPLE[0], NOW + 1
    )


def test_mark_grows_old() -> None:
    cookie = used_by(PEOPLE[0])
    assert knows(cookie, PEOPLE[0], NOW + DEVICE_AGE_S_MAX)
    assert not knows(cookie, PEOPLE[0], NOW + DEVICE_AGE_S_MAX + 1)


def test_cookie_holds_nothing_of_the_person() -> None:
    raw = urlsafe_b64decode(used_by(PEOPLE[1]) + "==")
    assert PEOPLE[1][:4] not in raw


@pytest.mark.parametrize("cookie", ["é", "a", "AAAA", "A" * 400, "=" * 8, used_by(PEOPLE[0])[:-2]])
def test_what_is_no_cookie_of_ours_is_an_unknown_device(cookie: str) -> None:
    assert not knows(cookie, PEOPLE[0])
    assert knows(with_person(KEY, cookie, PEOPLE[0], NOW, NUMBER), PEOPLE[0])


@given(st.integers(0), st.integers(1, 255))
def test_altered_cookie_is_not_known(place: int, change: int) -> None:
    raw = bytearray(urlsafe_b64decode(used_by(PEOPLE[0]) + "=="))
    raw[place % len(raw)] ^= change
    assert not knows(urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode(), PEOPLE[0])
