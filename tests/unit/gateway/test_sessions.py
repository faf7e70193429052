"""Cookies: what the browser is given, under which name, and how it is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway.sessions import (
    clear_cookies,
    digest_of,
    new_token,
    place_token,
    session_token,
    set_place_cookie,
    set_session_cookie,
)
from tests.unit.gateway.factories import make_settings


def cookies_of(response: Response) -> list[str]:
    return [v.decode() for name, v in response.raw_headers if name == b"set-cookie"]


def make_request(cookies: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", cookies.encode())]})


def test_session_token_has_256_bits_and_is_known_by_its_digest() -> None:
    assert len({new_token() for _ in range(50)}) == 50
    assert len(new_token()) == 43
    assert len(digest_of(new_token())) == 32


def test_cookies_are_for_us_alone() -> None:
    settings = make_settings(Path())
    response = Response()
    set_session_cookie(response, settings, "s")
    set_place_cookie(response, settings, "p")
    session, place = cookies_of(response)
    assert session == "session=s; HttpOnly; Max-Age=3600; Path=/; SameSite=lax"
    assert place == "place=p; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax"


def test_cookies_over_tls_have_the_host_prefix() -> None:
    settings = make_settings(Path(), cookie_secure=True)
    response = Response()
    set_session_cookie(response, settings, "s")
    (cookie,) = cookies_of(response)
    assert cookie.startswith("__Host-session=s;")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_cookies_are_taken_back() -> None:
    response = Response()
    clear_cookies(response, make_settings(Path()))
    assert [cookie.partition(";")[0] for cookie in cookies_of(response)] == [
        'session=""',
        'place=""',
        'device=""',
    ]
    assert all("Max-Age=0" in cookie for cookie in cookies_of(response))


@pytest.mark.parametrize(
    ("cookies", "found"),
    [("session=abc", "abc"), ("session=", None), ("session=" + "a" * 65, None), ("x=1", None)],
)
def test_session_token_is_read_when_it_can_be_one(cookies: str, found: str | None) -> None:
    assert session_token(make_request(cookies), make_settings(Path())) == found


def test_plain_cookie_is_not_taken_for_the_one_over_tls() -> None:
    settings = make_settings(Path(), cookie_secure=True)
    assert place_token(make_request("place=forged"), settings) is None
    assert place_token(make_request("__Host-place=p"), settings) == "p"
