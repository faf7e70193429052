"""Passwords are hashed as OWASP says, and who has none never matches."""

from __future__ import annotations

import asyncio

from gateway.staff.passwords import Checker, first_password, hashed, matches


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
