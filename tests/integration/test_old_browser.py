"""The whole way in a browser that says nothing of where its forms come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.integration.city import CONTACT, City, ticket

BORN = {"birth_era": "showa", "birth_year": "25", "birth_month": "1", "birth_day": "1"}
FORM = re.compile(
    r'<form\b[^>]*\baction="(?P<action>[^"]+)"[^>]*>(?P<content>.*?)</form>', re.DOTALL
)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class OldBrowser:
    """Opens pages and sends their forms with what stands in them unseen."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.page = ""

    def opens(self, path: str) -> None:
        """Open a page."""
        self._read(self._http.get(path))

    def sends(self, action: str, leads_to: str, **typed: str) -> None:
        """Send the form of the page that goes to `action`."""
        forms = (form for form in FORM.finditer(self.page) if form["action"] == action)
        unseen = dict(HIDDEN.findall(next(forms)["content"]))
        sent = {name: unescape(value) for name, value in unseen.items()} | typed
        answer = self._http.post(action, data=sent)
        assert urlsplit(str(answer.url)).path == leads_to, answer.text
        self._read(answer)

    def found(self, pattern: str) -> str:
        """Return what stands on the page."""
        match = re.search(pattern, self.page)
        assert match is not None, self.page
        return unescape(match[1])

    def _read(self, answer: httpx2.Response) -> None:
        assert answer.status_code == 200
        self.page = answer.text


@pytest.fixture
def browser(city: City) -> Iterator[OldBrowser]:
    with httpx2.Client(base_url=city.url, timeout=60, follow_redirects=True) as http:
        yield OldBrowser(http)


def test_old_browser_books_changes_nothing_gives_back_and_leaves(browser: OldBrowser) -> None:
    browser.opens("/sign-in")
    browser.sends("/sign-in", "/details", ticket_number=ticket(0), **BORN)
    browser.sends("/details", "/choose", **CONTACT)
    browser.opens(browser.found(r'href="(/choose/[0-9-]+)'))
    browser.sends("/choose", "/check", slot=browser.found(r'name="slot" value="([^"]+)"'))
    browser.sends("/check", "/booked")
    browser.opens("/cancel")
    browser.sends("/cancel", "/cancelled", doses="both")
    browser.opens("/my-booking")
    browser.sends("/sign-out", "/signed-out")


def test_typed_twice_wrongly_it_may_send_again(browser: OldBrowser) -> None:
    """The form of the page that shows what is wrong has its token, too."""
    browser.opens("/sign-in")
    for _ in range(2):
        answer = browser._http.post(
            "/sign-in",
            data={
                "form_token": browser.found(r'name="form_token" value="([^"]+)"'),
                "ticket_number": "12",
            },
        )
        assert answer.status_code == 422
        browser.page = answer.text
    browser.sends("/sign-in", "/details", ticket_number=ticket(1), **BORN)
