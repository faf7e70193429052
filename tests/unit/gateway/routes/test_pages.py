"""The pages' routes while Redis and PostgreSQL are away: what can be said then, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway import i18n, languages
from gateway.app import create_app
from gateway.eras import ERAS
from gateway.forms import TypedDay
from gateway.parts import Parts
from gateway.policies import Policy, PolicyRoute, policy_route
from gateway.routes import pages
from gateway.routes.html import wait_path, way_back
from gateway.routes.way_in import date_from_parts

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def protected() -> Iterator[tuple[str, str]]:
    """Yield method and path of every page that is not public."""
    for route in pages.routes():
        assert isinstance(route, PolicyRoute)
        if route.policy is not Policy.PUBLIC:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, re.sub(r"\{\w+\}", "2021-06-01", route.path)


@pytest.mark.parametrize(("method", "path"), list(protected()))
def test_page_leads_whoever_is_nobody_to_sign_in(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?again=yes")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == ""


def test_public_pages_are_these_and_no_others() -> None:
    public = [
        route.path
        for route in pages.routes()
        if isinstance(route, PolicyRoute) and route.policy is Policy.PUBLIC
    ]
    assert sorted(set(public)) == [
        "/",
        "/draw",
        "/draw-rules.txt",
        "/draw/{release_id}",
        "/sign-in",
        "/sign-out",
        "/signed-out",
        "/unsubscribe/{token}",
    ]


def test_way_back_is_one_of_our_pages(client: TestClient) -> None:
    assert client.get("/check").headers["location"] == "/sign-in?again=yes&back=check"
    assert 'name="back" value="check"' in client.get("/sign-in?back=check").text
    path = "choose/2021-06-10"
    assert client.get(f"/{path}").headers["location"] == f"/sign-in?again=yes&back={path}"
    assert f'name="back" value="{path}"' in client.get("/sign-in", params={"back": path}).text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//example.jp",
        "/example.jp",
        "\\example.jp",
        "https://example.jp",
        "wait",
        "sign-out",
        "choose/..",
        "choose//example.jp",
        "choose/2021-06-10/",
        "choose/２０２１-06-10",
        "check\n",
        "check?x=1",
        '"><b>',
    ],
)
def test_way_back_leads_nowhere_else(client: TestClient, elsewhere: str) -> None:
    assert way_back(elsewhere) == ""
    page = client.get("/sign-in", params={"back": elsewhere}).text
    assert 'name="back" value=""' in page
    assert wait_path(way_back(elsewhere)) == "/wait"


def test_unknown_page_is_told_in_the_readers_language(client: TestClient) -> None:
    japanese = client.get("/nowhere")
    assert japanese.status_code == 404
    assert "ページが見つかりません" in japanese.text
    english = client.get("/nowhere", headers={"Accept-Language": "en"})
    assert "Page not found" in english.text
    assert english.headers["content-language"] == "en"


def test_wrong_method_is_told(client: TestClient) -> None:
    answer = client.put("/sign-in")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert "<h1>" in answer.text


def test_language_is_kept_and_leads_to_the_same_page(client: TestClient) -> None:
    answer = client.get("/sign-in?back=check&language=en")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?back=check"
    assert "language=en" in answer.headers["set-cookie"]
    assert "Sign in" in client.get("/sign-in").text


@pytest.mark.parametrize("path", ["//example.jp/", "/\\example.jp"])
def test_language_switch_leads_to_no_other_host(client: TestClient, path: str) -> None:
    answer = client.get(f"http://testserver{path}?language=en")
    assert re.match(r"/[^/\\]", answer.headers["location"])


def test_unknown_language_changes_nothing(client: TestClient) -> None:
    answer = client.get("/sign-in?language=xx")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_form_with_faults_comes_back_with_what_was_typed(client: TestClient) -> None:
    typed = {
        "ticket_number": "12x",
        "birth_year": "1945",
        "birth_month": "13",
        "birth_day": "1",
        "back": "check",
    }
    answer = client.post("/sign-in", data=typed)
    assert answer.status_code == 422
    for name, value in typed.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', answer.text), name
    assert 'href="#ticket_number"' in answer.text
    assert 'href="#birth_year"' in answer.text
    assert "入力の確認：" in answer.text


@pytest.mark.parametrize(
    ("era", "year", "said"),
    [
        ("", "20", "昭和などの年のときは、元号を選んでください"),
        ("showa", "70", "1989年（昭和64年）1月7日までです"),
        ("reiwa", "1", "2019年（令和元年）5月1日からです"),
        ("meiji", "20", "選択肢の中から選んでください"),
    ],
)
def test_date_that_no_era_has_comes_back_with_what_was_chosen(
    client: TestClient, era: str, year: str, said: str
) -> None:
    typed = {"birth_era": era, "birth_year": year, "birth_month": "3", "birth_day": "1"}
    answer = client.post("/sign-in", data={"ticket_number": "0123456789"} | typed)
    assert answer.status_code == 422
    assert answer.text.count(said) == 2, "in the summary, and at the field"
    assert (f'value="{era}" selected' in answer.text) is (era in ERAS)


@pytest.mark.parametrize(
    "body", [{"nickname": "x"}, {"ticket_number": ["1", "2"]}, {f"f{n}": "x" for n in range(40)}]
)
def test_form_with_other_fields_than_ours_is_refused(
    client: TestClient, body: dict[str, str | list[str]]
) -> None:
    answer = client.post("/sign-in", data=body)
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_file_in_a_form_is_refused(client: TestClient) -> None:
    answer = client.post("/sign-in", files={"ticket_number": b"0123456789"})
    assert answer.status_code == 400


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_what_is_no_form_is_refused(client: TestClient, content_type: str) -> None:
    answer = client.post("/sign-in", content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == 415


def test_long_form_is_refused(client: TestClient) -> None:
    answer = client.post("/sign-in", content=b"a=" + b"x" * 70_000, headers=FORM)
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_form_from_another_site_is_refused(client: TestClient) -> None:
    foreign = {"X-Requested-With": "", "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/sign-in", data={"ticket_number": "1"}, headers=foreign)
    assert answer.status_code == 403
    assert "<h1>" in answer.text


def test_page_says_that_the_parts_are_away_and_tries_again(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert '<meta http-equiv="refresh" content="5">' in answer.text
    assert 'class="button" href="/"' in answer.text


SIGN_IN = {
    "ticket_number": "0123456789",
    "birth_era": "showa",
    "birth_year": "20",
    "birth_month": "5",
    "birth_day": "3",
    "back": "check",
}


def hidden_fields(page: str) -> dict[str, str]:
    """Return what a page's form would send without anything being typed."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in fields}


@pytest.mark.parametrize("session", [None, "A" * 43])
def test_what_was_typed_while_the_parts_are_away_can_be_sent_again(
    client: TestClient, session: str | None
) -> None:
    """Wherever the fault is met: in what the page does, or where it is asked who calls."""
    path, typed = "/sign-in", SIGN_IN
    if session is not None:
        path, typed = "/details", {"name": '印西 "花子"', "phone": "1", "email": ""}
        client.cookies.set("session", session)
    answer = client.post(path, data=typed)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"
    assert f'method="post" action="{path}"' in answer.text
    assert hidden_fields(answer.text) == typed
    assert "<meta http-equiv" not in answer.text, "it would be gone before it is sent"


def test_press_of_a_button_while_the_parts_are_away_can_be_repeated(client: TestClient) -> None:
    client.cookies.set("session", "A" * 43)
    answer = client.post("/enter", headers=FORM)
    assert answer.status_code == 503
    assert 'method="post" action="/enter"' in answer.text


def test_page_that_failed_can_be_opened_again_but_not_by_itself(parts: Parts) -> None:
    async def broken(request: Request) -> Response:
        raise ValueError

    app = create_app(parts)
    app.router.routes.append(policy_route("/broken", broken, methods=["GET"], policy=Policy.PUBLIC))
    answer = TestClient(app).get("/broken")
    assert answer.status_code == 500
    assert 'class="button" href="/broken"' in answer.text
    assert "again.js" not in answer.text


def test_what_is_no_form_of_ours_is_not_shown_again(client: TestClient) -> None:
    client.cookies.set("session", "A" * 43)
    many = client.post("/details", data={f"f{n}": "x" for n in range(40)})
    assert (many.status_code, hidden_fields(many.text)) == (503, {})
    with_file = client.post("/details", files={"name": b"x"})
    assert (with_file.status_code, hidden_fields(with_file.text)) == (503, {})


def test_program_that_meets_a_fault_is_not_told_what_it_sent(client: TestClient) -> None:
    body = {"ticket_number": "0123456789", "birth_date": "1950-01-02"}
    answer = client.post("/api/v1/sign-in", json=body)
    assert answer.status_code == 503
    assert "0123456789" not in answer.text


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_whose_session_has_ended_is_told_so(client: TestClient, language: str) -> None:
    client.cookies.set("language", language)
    ended = client.get("/sign-in?again=ended&back=check").text
    assert str(escape(i18n.text("sign_in.ended_title", language))) in ended
    nobody = client.get("/sign-in?again=yes&back=check").text
    assert str(escape(i18n.text("sign_in.came_back_title", language))) in nobody
    fresh = client.get("/sign-in").text
    for msgid in ("sign_in.ended_title", "sign_in.came_back_title"):
        assert str(escape(i18n.text(msgid, language))) not in fresh


def test_change_of_language_keeps_the_way_back(client: TestClient) -> None:
    page = client.get("/sign-in?again=ended&back=check").text
    links = [unescape(link) for link in re.findall(r'href="([^"]+language=en[^"]*)"', page)]
    assert links == ["/sign-in?language=en&back=check"]
    assert client.get(links[0]).headers["location"] == "/sign-in?back=check"


@pytest.mark.parametrize("path", ["//example.jp/", "///example.jp/"])
def test_links_of_a_page_lead_to_no_other_host(client: TestClient, path: str) -> None:
    links = re.findall(r'href="([^"]+)"', client.get(f"http://testserver{path}").text)
    assert "/example.jp/?language=en" in links
    assert not any(link.startswith("//") for link in links)


def test_browser_is_told_to_forget_at_signing_out(client: TestClient) -> None:
    answer = client.post("/sign-out", headers=FORM)
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "clear-site-data" not in client.get("/signed-out").headers


def test_signing_out_works_with_nothing_to_sign_out_of(client: TestClient) -> None:
    client.cookies.set("session", "x" * 43)
    answer = client.post("/sign-out", headers=FORM)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signed-out"
    assert "session=" in answer.headers["set-cookie"]
    assert "終了しました" in client.get("/signed-out").text


def test_pages_have_routes_of_the_policy_kind_only() -> None:
    assert all(isinstance(route, PolicyRoute) for route in pages.routes())
    assert not any(type(route) is Route for route in pages.routes())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (("", "1945", "5", "3"), TypedDay("", "1945", "5", "3")),
        (("showa", "２０", "５", "３"), TypedDay("showa", "20", "5", "3")),
        (("showa", "", " ", "　"), ""),
        (("", "1945", "", "3"), TypedDay("", "1945", "", "3")),
    ],
)
def test_fields_of_a_date_are_read_together(typed: tuple[str, ...], read: TypedDay | str) -> None:
    names = ("b_era", "b_year", "b_month", "b_day")
    assert date_from_parts(dict(zip(names, typed, strict=True)), "b") == read
