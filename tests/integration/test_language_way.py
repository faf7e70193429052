"""A language that was chosen is kept over the whole way, in the booking, and after signing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx2
import psycopg
import pytest

from gateway import i18n
from gateway.languages import LANGUAGES
from tests.integration.city import CONTACT, City, ticket

ERA = {"birth_era": "showa", "birth_year": "25", "birth_month": "1", "birth_day": "1"}
WESTERN = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}
"""The birth date of everybody in the city, written in two ways."""

SENT_UNSEEN = ("request_id", "shown")
"""What the form of the last step carries."""


class Visitor:
    """Somebody with a browser that names no language; every page must be in the one chosen."""

    def __init__(self, http: httpx2.Client, number: int, language: str) -> None:
        self._http, self._number, self._language = http, number, language

    def opens(self, path: str) -> str:
        """Open a page."""
        return self._read(self._http.get(path))

    def sends(self, path: str, leads_to: str, **form: str) -> str:
        """Send a form, and come to the page it leads to."""
        answer = self._http.post(path, data=form)
        assert answer.url.path == leads_to
        return self._read(answer)

    def signs_in(self, born: dict[str, str]) -> None:
        """Sign in on the page."""
        self.sends("/sign-in", "/details", ticket_number=ticket(self._number), **born)

    def _read(self, answer: httpx2.Response) -> str:
        assert answer.status_code == 200
        assert answer.headers["content-language"] == self._language
        return answer.text


def found(pattern: str, page: str) -> str:
    """Return what a browser would send on."""
    match = re.search(pattern, page)
    assert match is not None
    return unescape(match[1])


@contextmanager
def visiting(city: City, number: int, language: str) -> Iterator[Visitor]:
    """Give somebody a browser of their own."""
    # A browser says that a form comes from the same site.
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx2.Client(
        base_url=city.url, headers=headers, timeout=60, follow_redirects=True
    ) as http:
        yield Visitor(http, number, language)


@pytest.mark.parametrize(("number", "language"), list(enumerate(LANGUAGES)))
def test_chosen_language_is_kept_over_the_whole_way(city: City, number: int, language: str) -> None:
    with visiting(city, number, language) as visitor:
        visitor.opens(f"/?language={language}")
        visitor.opens("/sign-in")
        visitor.signs_in(ERA)
        page = visitor.sends("/details", "/choose", **CONTACT)
        page = visitor.opens(found(r'href="(/choose/[0-9-]+)', page))
        page = visitor.sends("/choose", "/check", slot=found(r'name="slot" value="([^"]+)"', page))
        sent = {name: found(rf'name="{name}" value="([^"]+)"', page) for name in SENT_UNSEEN}
        page = visitor.sends("/check", "/booked", **sent)
        number_booked = found(r'class="big-number">([^<]+)<', page)
        for path in ("/my-booking", "/change", "/cancel", "/draw"):
            visitor.opens(path)
        page = visitor.sends("/sign-out", "/signed-out")
        assert str(i18n.text("signed_out.title", language)) in without_tags(page)
        visitor.opens("/")

    with psycopg.connect(city.database_url) as connection:
        row = connection.execute(
            "SELECT language FROM booking WHERE booking_number = %s", [number_booked]
        ).fetchone()
    assert row == (language,), "the mails are written in it, too"


def without_tags(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_birth_date_by_its_era_and_by_its_western_year_is_the_same(city: City) -> None:
    for born in (ERA, WESTERN, WESTERN | {"birth_era": ""}):
        with visiting(city, 20, "ja") as visitor:
            visitor.opens("/")
            visitor.signs_in(born)
