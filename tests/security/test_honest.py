"""The firewall stops nobody who is honest: names, addresses and ways as residents have them."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest

from tests.integration.city import FIRST_DAY, flexible, ticket
from tests.security.site import Door, Site, identity
from tests.system.attackers import Device

BORN = {"birth_era": "showa", "birth_year": "25", "birth_month": "1", "birth_day": "1"}

CONTACTS = (
    ("印西 花子", "090-1234-5678", "hanako@example.jp"),
    ("ｻﾄｳ ﾀﾛｳ", "０９０（１２３４）５６７８", "taro..sato.@docomo.example.jp"),
    ("髙橋 𠮷郎", "0476 42 5111", "a+b_c-d.e@sub.example.co.jp"),
    ("O'Brien-D'Angelo, Seán", "+81 90 1234 5678", "o'brien@example.ie"),
    ("Nguyễn Thị Ánh Tuyết", "09012345678", "select.from.where@example.vn"),
    ("João Conceição & Filhos", "080-1111-2222", "union.select@example.br"),
    ("김 하늘 (Kim)", "070-1234-5678", "drop_table@example.kr"),
    ("Null Undefined", "0476-42-5111", "admin@example.jp"),
    ("Or And Selector Union", "0476-42-5112", "script@example.jp"),
)


def found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, pattern
    return unescape(match[1])


@pytest.mark.parametrize("contact", CONTACTS, ids=range(len(CONTACTS)))
def test_resident_books_by_pages_through_the_firewall(
    site: Site, contact: tuple[str, str, str]
) -> None:
    door = site.doors["edge"]
    number = 20 + CONTACTS.index(contact)
    browser = Browser(door)
    browser.opens("/")
    browser.opens("/sign-in?back=my-booking")
    browser.sends("/sign-in", ticket_number=ticket(number), back="", **BORN)
    browser.sends("/details", **dict(zip(("name", "phone", "email"), contact, strict=True)))
    page = browser.opens("/choose")
    day = browser.opens(found(r'href="(/choose/[0-9-]+)', page))
    page = browser.sends("/choose", slot=found(r'name="slot" value="([^"]+)"', day))
    sent = {
        name: found(rf'name="{name}" value="([^"]+)"', page) for name in ("request_id", "shown")
    }
    browser.sends("/check", **sent)
    page = browser.opens("/my-booking")
    assert found(r'class="[^"]*number[^"]*">([0-9-]+)<', page)
    browser.opens("/my-booking?language=en")
    browser.opens(f"/choose?from={FIRST_DAY.isoformat()}")
    browser.sends("/sign-out")


@pytest.mark.parametrize("contact", CONTACTS, ids=range(len(CONTACTS)))
def test_resident_books_by_program_through_the_firewall(
    site: Site, contact: tuple[str, str, str]
) -> None:
    number = 30 + CONTACTS.index(contact)
    device = site.doors["edge"].device()
    assert device.signs_in(identity(number)).status_code == 200
    body = {
        "contact": dict(zip(("name", "phone", "email"), contact, strict=True)),
        "flexible": flexible(times=["morning", "afternoon"]),
    }
    key = {"Idempotency_Key": str(uuid4())}
    assert device.call("POST", "/api/v1/bookings", body, **key).status_code == 201
    for path in ("/api/v1/me", "/api/v1/booking", "/api/v1/availability?venue=hall&doses=second"):
        assert device.call("GET", path).status_code == 200, path
    change = {"doses": "both", "flexible": flexible(venue="school")}
    key = {"Idempotency_Key": str(uuid4())}
    assert device.call("PUT", "/api/v1/booking", change, **key).status_code == 200
    key = {"Idempotency_Key": str(uuid4())}
    assert device.call("DELETE", "/api/v1/booking?doses=both", **key).status_code == 200


class Browser:
    """A browser that sends what ours do, and stops where it is stopped."""

    def __init__(self, door: Door) -> None:
        self._device = Device(door.http)
        self._http = door.http

    def opens(self, path: str) -> str:
        """Open a page; follow where it leads."""
        return self._asks("GET", path)

    def sends(self, path: str, **form: str) -> str:
        """Send a form; follow where it leads."""
        return self._asks("POST", path, form)

    def _asks(self, method: str, path: str, form: dict[str, str] | None = None) -> str:
        headers = {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "ja,en-US;q=0.7,en;q=0.3",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self._device.cookies.items()),
        }
        answer = self._http.request(method, path, data=form, headers=headers)
        assert answer.status_code in (200, 303), f"{method} {path}: {answer.status_code}"
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self._device.cookies[name] = rest.partition(";")[0]
        location = answer.headers.get("location")
        return answer.text if location is None else self._asks("GET", location)


@pytest.mark.parametrize("name", ["session", "place", "device", "form"])
def test_random_cookie_that_looks_like_an_attack_is_let_through(site: Site, name: str) -> None:
    """A rehearsal of 2,500 met this one: libinjection takes its dashes for a comment of SQL."""
    random = "1-Iwyu1cHj2mw--DsfGAFGsLjJ7evjEEp-X0qDfDkxxPewEr"
    edge = site.doors["edge"]
    ours = edge.asks("GET", "/sign-in", headers={"Cookie": f"__Host-{name}={random}"})
    foreign = edge.asks("GET", "/sign-in", headers={"Cookie": f"other-{name}={random}"})
    assert (ours.status_code, foreign.status_code) == (200, 403)
