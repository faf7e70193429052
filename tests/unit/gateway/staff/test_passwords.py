"""Passwords are hashed as OWASP says, and who has none never matches."""

from __future__ import annotations

import asyncio

import pytest

from gateway.staff.passwords import (
    LENGTH_MAX,
    Checker,
    fault_of,
    first_password,
    hashed,
    is_guessable,
    matches,
)


def test_hash_is_argon2id_of_19_mib_and_salted() -> None:
    one, other = hashed("a password of one's own"), hashed("a password of one's own")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other


def test_right_password_alone_matches() -> None:
    stored = hashed("a password of one's own")
    assert matches(stored, "a password of one's own")
    assert not matches(stored, "another password")
    assert not matches("no hash at all", "another password")


def test_who_has_no_account_is_compared_and_never_matches() -> None:
    async def compare() -> tuple[bool, bool]:
        checker = Checker()
        stored = await checker.hashed("a password of one's own")
        with_account = await checker.matches(stored, "a password of one's own")
        return with_account, await checker.matches(None, "a password of one's own")

    assert asyncio.run(compare()) == (True, False)


def test_first_passwords_differ_and_are_long() -> None:
    drawn = {first_password() for _ in range(100)}
    assert len(drawn) == 100
    assert all(len(one) == 20 for one in drawn)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("four words stand", None),
        ("x" * 14, "password_short"),
        ("kB9#mWq2!xTz7pL", None),
        ("correct horse 4 battery" + "y" * LENGTH_MAX, "password_long"),
        ("MADO1 in the city hall", "password_is_login"),
        ("passwordpassword", "password_guessable"),
        ("123456789012345", "password_guessable"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_guessable"),
        ("qwertyuiopasdfgh", "password_guessable"),
        ("seirikenseiriken", "password_guessable"),
        ("印西予約ワクチン印西予約ワクチン", "password_guessable"),
        ("窓口の担当は毎朝九時に鍵を開ける", None),
    ],
)
def test_chosen_password_is_long_and_not_guessed_soon(password: str, fault: str | None) -> None:
    assert fault_of("mado1", password) == fault


def test_password_of_known_words_is_guessed_by_who_knows_them() -> None:
    assert not is_guessable("inbanumainbanuma", ())
    assert is_guessable("inbanumainbanuma", ("inbanuma",))


def test_longest_password_is_judged_as_the_first_characters_are() -> None:
    assert fault_of("mado1", "kB9#mWq2!xTz7pL" * 8) is None
    assert fault_of("mado1", "a" * LENGTH_MAX) == "password_guessable"
