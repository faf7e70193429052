"""A caller is known by a token that we made, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from allocator.reads import Identity
from gateway.forms import SignInForm
from gateway.identity import (
    credentials,
    find_visitor,
    held_token,
    issue_token,
    network_of,
    token_text,
)
from gateway.parts import Parts, assemble
from monitoring.secrets import create_missing
from tests.unit.gateway.factories import NOW, make_settings
from waiting_room.errors import RoomAway

KEY = bytes(32)
PERSON = b"p" * 16
IDENTITY = Identity("122319", "1234567890", date(1950, 1, 2))


def make_request(
    cookies: str = "", headers: dict[str, str] | None = None, client: str | None = "192.0.2.7"
) -> Request:
    listed = {"cookie": cookies, **(headers or {})}
    return Request(
        {
            "type": "http",
            "headers": [(k.encode(), v.encode()) for k, v in listed.items() if v],
            "client": (client, 1) if client else None,
        }
    )


def test_credentials_tell_people_and_birth_dates_apart() -> None:
    one = credentials(KEY, SignInForm("122319", "1234567890", date(1950, 1, 2)))
    again = credentials(KEY, SignInForm("122319", "1234567890", date(1950, 1, 2)))
    other_day = credentials(KEY, SignInForm("122319", "1234567890", date(1950, 1, 3)))
    other_city = credentials(KEY, SignInForm("131016", "1234567890", date(1950, 1, 2)))
    assert one == again
    assert one.person_key == other_day.person_key
    assert one.birth_check != other_day.birth_check
    assert one.person_key != other_city.person_key


def test_place_token_is_its_holders_and_shows_nothing(parts: Parts) -> None:
    token = issue_token(parts, "r1", 7, PERSON, IDENTITY)
    text = token_text(parts, token)
    assert "1234567890" not in text
    assert held_token(make_request(f"place={text}"), parts) == token


def test_who_cannot_ask_whether_a_token_was_ended_knows_nobody(parts: Parts) -> None:
    text = token_text(parts, issue_token(parts, "r1", 7, PERSON, IDENTITY))
    with pytest.raises(RoomAway):
        asyncio.run(find_visitor(make_request(f"place={text}"), parts))


def test_place_token_of_another_city_or_altered_is_nobodys(parts: Parts, tmp_path: Path) -> None:
    create_missing(tmp_path / "other")
    other = assemble(make_settings(tmp_path / "other"), clock=lambda: NOW)
    text = token_text(parts, issue_token(parts, "r1", 7, PERSON, IDENTITY))
    foreign = token_text(other, issue_token(other, "r1", 7, PERSON, IDENTITY))
    for offered in (foreign, text[:-1], text[:5] + "A" + text[6:], ""):
        assert asyncio.run(find_visitor(make_request(f"place={offered}"), parts)) is None


def test_place_token_grows_old(parts: Parts, secrets_dir: Path) -> None:
    text = token_text(parts, issue_token(parts, "r1", 7, PERSON, IDENTITY))
    later = assemble(make_settings(secrets_dir), clock=lambda: NOW + timedelta(days=15))
    assert asyncio.run(find_visitor(make_request(f"place={text}"), later)) is None


def test_place_token_whose_seal_is_of_another_key_is_nobodys(parts: Parts) -> None:
    token = issue_token(parts, "r1", 7, PERSON, IDENTITY)
    moved = issue_token(parts, "r1", 7, b"q" * 16, IDENTITY)
    mixed = type(token)("r1", 7, PERSON, moved.identity, token.issued_at)
    request = make_request(f"place={token_text(parts, mixed)}")
    assert asyncio.run(find_visitor(request, parts)) is None


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.200", True),
        ("192.0.2.7", "192.0.3.7", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("not an address", "neither", True),
    ],
)
def test_network_is_that_of_a_household_or_office(address: str, other: str, same: bool) -> None:
    settings = make_settings(Path())
    network: Callable[[str], str] = lambda text: network_of(  # noqa: E731
        make_request(client=text), settings, KEY
    )
    assert (network(address) == network(other)) is same
    assert address not in network(address)


def test_network_behind_the_edge_is_what_the_edge_says() -> None:
    settings = make_settings(Path(), client_address_header="x-real-ip")
    direct = make_settings(Path())
    behind = make_request(headers={"x-real-ip": "198.51.100.9"}, client="10.0.0.1")
    alone = make_request(client="198.51.100.9")
    assert network_of(behind, settings, KEY) == network_of(alone, direct, KEY)
    assert network_of(behind, direct, KEY) != network_of(alone, direct, KEY)
