"""Two windows of one person share a draft: what is sent is what the page showed."""

from __future__ import annotations

import re
from html import unescape

import httpx2

from gateway import i18n
from tests.integration.city import CONTACT, City, ticket

BORN = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}


def hidden(name: str, page: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert match is not None
    return unescape(match[1])


def test_what_the_other_window_changed_is_shown_before_it_is_sent(city: City) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    with httpx2.Client(
        base_url=city.url, headers=headers, timeout=60, follow_redirects=True
    ) as http:
        http.post("/sign-in", data={"ticket_number": ticket(0)} | BORN)
        days = http.post("/details", data=CONTACT).text
        day = re.search(r'href="(/choose/[0-9-]+)', days)
        assert day is not None
        first = http.post("/choose", data={"slot": hidden("slot", http.get(day[1]).text)})
        sent = {name: hidden(name, first.text) for name in ("request_id", "shown")}

        http.post("/details", data=CONTACT | {"name": "Someone Else"})
        again = http.post("/check", data=sent)
        assert (again.url.path, again.status_code) == ("/check", 409)
        assert i18n.text("check.changed", "en") in again.text
        assert "Someone Else" in again.text
        assert http.get("/api/v1/booking").status_code == 404

        sent = {name: hidden(name, again.text) for name in sent}
        assert http.post("/check", data=sent).url.path == "/booked"
