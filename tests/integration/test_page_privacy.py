"""Nothing personal in a URL or a title, nothing kept by a browser, nothing after signing out.

Routes are taken from the application's own table, so that a new one is looked at, too.
"""

from __future__ import annotations

import re
from html import unescape

import httpx2

from gateway.policies import Policy
from tests.integration.city import BORN, CONTACT, PHONE, City, ticket
from tests.integration.test_policies import SOME_ID, call, routes_of

BIRTH_DATE = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}
PERSONAL = (
    *(word for word in CONTACT["name"].split()),
    *(CONTACT["phone"], PHONE, "080-9876-5432", CONTACT["email"], CONTACT["email"].split("@")[0]),
    *(BORN.isoformat(), "1950年", "昭和25", "January 1950"),
)
"""What is personal of everybody here; ticket and booking number are each person's own."""

SIGN_OUT = ("/sign-out", "/api/v1/sign-out")
THE_SAME_FOR_ALL = {"/api/v1/availability"}
"""What is on offer: a browser may keep it and asks whether it is still so. Nobody's data."""

LINK = re.compile(r'(?:href|src|action)="([^"]*)"')
TITLE = re.compile(r"<title>([^<]*)</title>")
PAGES_AT_LEAST = 12


class Crawler:
    """Somebody's browser, which notes every URL that it meets and every title."""

    def __init__(self, city: City, number: int) -> None:
        self.http = city.resident(number).http
        self.urls: set[str] = set()
        self.titles: set[str] = set()
        self.opened: set[str] = set()

    def opens(self, path: str) -> str:
        """Open a page; follow where it leads."""
        return self._reads(self.http.get(path))

    def sends(self, path: str, **form: str) -> str:
        """Send a form; follow where it leads."""
        return self._reads(self.http.post(path, data=form))

    def opens_all(self, start: str) -> None:
        """Open every page that can be come to by links from a page."""
        to_open = [start]
        while to_open:
            path = to_open.pop().partition("#")[0]
            is_ours = path.startswith("/") and not path.startswith(("/static/", "/status/"))
            if is_ours and path not in self.opened and "language=" not in path:
                self.opened.add(path)
                to_open += map(unescape, LINK.findall(self.opens(path)))

    def _reads(self, answer: httpx2.Response) -> str:
        while (location := answer.headers.get("location")) is not None:
            self.urls.add(location)
            answer = self.http.get(location)
        self.urls |= {str(answer.url), *map(unescape, LINK.findall(answer.text))}
        self.titles |= {unescape(title) for title in TITLE.findall(answer.text)}
        return answer.text


def found(pattern: str, page: str) -> str:
    """Return what a browser would send on."""
    match = re.search(pattern, page)
    assert match is not None
    return unescape(match[1])


def books(crawler: Crawler, number: int) -> str:
    """Go the whole way, looking at every page on it; return the booking number."""
    crawler.opens_all("/")
    crawler.sends("/sign-in", ticket_number="12")
    crawler.sends("/sign-in", ticket_number=ticket(number), **BIRTH_DATE)
    crawler.sends("/details", name="", phone="1", email="yuri.7@")
    page = crawler.sends("/details", **CONTACT)
    crawler.opens_all("/details")
    day = crawler.opens(found(r'href="(/choose/[0-9-]+)', page))
    page = crawler.sends("/choose", slot=found(r'name="slot" value="([^"]+)"', day))
    sent = {
        name: found(rf'name="{name}" value="([^"]+)"', page) for name in ("request_id", "shown")
    }
    crawler.opens("/checking/" + SOME_ID)
    page = crawler.sends("/check", **sent)
    crawler.opens_all("/my-booking")
    crawler.sends("/change", doses="second")
    crawler.opens_all("/choose")
    return found(r'class="big-number">([^<]+)<', page)


def test_no_url_and_no_title_of_the_whole_way_says_who_it_is(city: City) -> None:
    crawler = Crawler(city, 1)
    number = books(crawler, 1)
    page = crawler.opens("/cancel")
    request_id = found(r'name="request_id" value="([^"]+)"', page)
    crawler.sends("/cancel", request_id=request_id, doses="both")
    crawler.sends("/sign-out")
    assert len(crawler.opened) >= PAGES_AT_LEAST
    assert len(crawler.titles) >= PAGES_AT_LEAST - 2
    own = [ticket(1), number, number.replace("-", "")]
    for said in crawler.urls | crawler.titles:
        if not said.startswith("tel:"):
            assert not [word for word in (*PERSONAL, *own) if word in said], said


def test_no_url_and_no_title_of_the_way_for_two_says_who_comes_along(city: City) -> None:
    crawler = Crawler(city, 7)
    crawler.sends("/sign-in", ticket_number=ticket(7), **BIRTH_DATE)
    crawler.sends("/details", **CONTACT, companion="yes")
    crawler.sends("/companion", ticket_number=ticket(8), birth_year="1950")
    crawler.sends("/companion", ticket_number=ticket(8), **BIRTH_DATE)
    crawler.sends("/companion/details", name="", phone="1", email="yuri.7@")
    page = crawler.sends("/companion/details", **CONTACT)
    crawler.opens_all("/companion/details")
    day = crawler.opens(found(r'href="(/choose/[0-9-]+)', page))
    page = crawler.sends("/choose", slot=found(r'name="slot" value="([^"]+)"', day))
    sent = {
        name: found(rf'name="{name}" value="([^"]+)"', page) for name in ("request_id", "shown")
    }
    page = crawler.sends("/check", **sent)
    number = found(r'class="big-number">([^<]+)<', page)
    assert any("/booked/" in url for url in crawler.urls)
    for said in crawler.urls | crawler.titles:
        if not said.startswith("tel:"):
            own = (*PERSONAL, ticket(7), ticket(8), number)
            assert not [word for word in own if word in said], said


def assert_not_kept(answer: httpx2.Response) -> None:
    """No browser and no cache may keep the answer."""
    directives = re.split(r",\s*", answer.headers["cache-control"])
    assert "no-store" in directives, (answer.request.method, answer.request.url)
    assert not {"public", "immutable"} & set(directives), answer.request.url


def test_no_answer_of_a_route_that_asks_who_calls_is_kept(city: City) -> None:
    """With a session and a booking, with a place alone, with neither; errors of each included."""
    mine = city.inside(2)
    assert mine.book(SOME_ID).status_code == 201
    place = mine.http.cookies["place"]
    asked = routes_of(city, Policy.IDENTIFIED, Policy.SESSION)
    routes = [(method, path) for method, path in asked if path not in THE_SAME_FOR_ALL]
    assert len(routes) > 15
    statuses = set()
    for method, path in routes:
        if path not in SIGN_OUT:
            answers = [call(mine, method, path), mine.http.request("PATCH", path)]
            answers.append(mine.http.request(method, f"{path}?language=en"))
            for answer in answers:
                statuses.add(answer.status_code)
                assert_not_kept(answer)
    assert {200, 303, 404, 405, 409, 415, 422} <= statuses, (
        "pages, ways on, and errors of all kinds"
    )
    waiting, nobody = city.resident(2), city.resident(3)
    for method, path in routes:
        waiting.http.cookies.set("place", place)
        assert_not_kept(call(nobody, method, path))
        if path not in SIGN_OUT:
            assert_not_kept(call(waiting, method, path))


def test_no_form_of_a_public_page_is_kept_either(city: City) -> None:
    typed = {"ticket_number": ticket(4)} | BIRTH_DATE
    for form in (typed, typed | {"birth_year": "1951"}, typed | {"birth_day": "x"}):
        assert_not_kept(city.resident(4).http.post("/sign-in", data=form))
    for path in ("/", "/sign-in", "/sign-in?again=ended&back=check", "/signed-out", "/nowhere"):
        assert_not_kept(city.resident(4).http.get(path))


def test_signing_out_leaves_nothing_in_the_browser(city: City) -> None:
    crawler = Crawler(city, 5)
    number = books(crawler, 5)
    answer = crawler.http.post("/sign-out", data={})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert_not_kept(answer)
    assert dict(crawler.http.cookies) == {}
    for path in sorted(crawler.opened):
        page = crawler.http.get(path, follow_redirects=True)
        assert not [word for word in (*PERSONAL, ticket(5), number) if word in page.text], path
