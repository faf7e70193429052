"""Forms of browsers that do not say where they come from: a token, and nothing less."""

from __future__ import annotations

import re

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.form_tokens import FORM_TOKEN, FORM_TYPE, form_token, says_nothing, with_token
from gateway.forms import BODY_BYTES_MAX
from gateway.parts import Parts
from gateway.policies import Policy, policy_route

KEY = bytes(32)


async def reached(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def old_browser(parts: Parts) -> TestClient:
    """Return a client that keeps cookies, and says nothing of where its calls come from."""
    app = create_app(parts)
    app.router.routes += [
        policy_route("/reached", reached, methods=["POST"], policy=Policy.PUBLIC),
    ]
    return TestClient(app, follow_redirects=False)


def token_of(browser: TestClient) -> str:
    """Return the token in the forms of a page; all of one page are the same."""
    page = browser.get("/sign-in").text
    tokens = re.findall(rf'name="{FORM_TOKEN}" value="([^"]+)"', page)
    assert tokens
    assert len(tokens) == len(re.findall('<form[^>]*method="post"', page))
    assert len(set(tokens)) == 1
    return str(tokens[0])


@pytest.mark.parametrize(
    ("headers", "silent"),
    [
        ({}, True),
        ({"Referer": "https://city.example/"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://city.example"}, False),
        ({"Origin": "null"}, False),
        ({"X-Requested-With": "seiriken"}, False),
        ({"X-Requested-With": "XMLHttpRequest"}, False),
    ],
)
def test_browser_says_nothing_only_without_any_of_the_three(
    headers: dict[str, str], silent: bool
) -> None:
    assert says_nothing(Headers(headers)) is silent


def test_token_is_bound_to_key_cookie_and_session() -> None:
    token = form_token(KEY, "nonce", "session")
    others = [
        form_token(bytes([1] * 32), "nonce", "session"),
        form_token(KEY, "nonce2", "session"),
        form_token(KEY, "nonce", "session2"),
        form_token(KEY, "nonce", None),
    ]
    assert form_token(KEY, "nonce", "session") == token
    assert token not in others
    assert len(set(others)) == len(others)


def test_token_stands_in_forms_that_change_something_and_in_no_other() -> None:
    page = '<form action="/a"><form class="x" method="post" action="/b" novalidate><p>'
    field = f'<input type="hidden" name="{FORM_TOKEN}" value="abc">'
    assert with_token(page, "abc") == page.replace("novalidate>", f"novalidate>{field}")


def test_form_with_its_token_is_taken_as_it_came(old_browser: TestClient) -> None:
    form = {FORM_TOKEN: token_of(old_browser), "name": "x" * 1_000}
    answer = old_browser.post("/reached", data=form)
    assert (answer.status_code, answer.text) == (200, str(64 + len(FORM_TOKEN) + 1_000 + 7))


def test_token_stays_the_same_on_each_page(old_browser: TestClient) -> None:
    assert token_of(old_browser) == token_of(old_browser)


def test_cookie_is_given_once_and_kept_from_scripts(old_browser: TestClient) -> None:
    first = old_browser.get("/sign-in").headers.get_list("set-cookie")
    assert [line.partition("=")[0] for line in first] == ["form"]
    assert "HttpOnly" in first[0]
    assert "SameSite=lax" in first[0]
    assert "set-cookie" not in old_browser.get("/sign-in").headers


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "none"}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": ""}]
)
def test_browser_that_says_it_gets_neither_cookie_nor_token(
    parts: Parts, headers: dict[str, str]
) -> None:
    answer = TestClient(create_app(parts)).get("/sign-in", headers=headers)
    assert FORM_TOKEN not in answer.text
    assert "set-cookie" not in answer.headers


def test_page_without_a_form_gives_no_cookie(old_browser: TestClient) -> None:
    answer = old_browser.get("/draw-rules.txt")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "a&form_token=b"])
def test_wrong_token_is_refused(old_browser: TestClient, token: str) -> None:
    token_of(old_browser)
    answer = old_browser.post("/reached", data={FORM_TOKEN: token})
    assert answer.status_code == 403


def test_token_that_is_sent_twice_is_refused(old_browser: TestClient) -> None:
    token = token_of(old_browser)
    answer = old_browser.post("/reached", data={FORM_TOKEN: [token, token]})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X-Requested-With": "XMLHttpRequest"},
    ],
)
def test_token_does_not_make_a_foreign_form_ours(
    old_browser: TestClient, headers: dict[str, str]
) -> None:
    form = {FORM_TOKEN: token_of(old_browser)}
    assert old_browser.post("/reached", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize("nonce", ["", "short", "x" * 23, "x" * 21 + "%"])
def test_token_of_another_cookie_is_refused(
    old_browser: TestClient, parts: Parts, nonce: str
) -> None:
    own = token_of(old_browser)
    attacker = TestClient(create_app(parts))
    for token in (own, token_of(attacker), form_token(parts.keys.session, nonce, None)):
        other = TestClient(old_browser.app, cookies={"form": nonce} if nonce else {})
        assert other.post("/reached", data={FORM_TOKEN: token}).status_code == 403


def test_token_of_before_a_session_does_not_stand_for_it(old_browser: TestClient) -> None:
    token = token_of(old_browser)
    old_browser.cookies.set("session", "s" * 43)
    assert old_browser.post("/reached", data={FORM_TOKEN: token}).status_code == 403
    assert token_of(old_browser) != token


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "text/plain"},
        {"Content-Type": FORM_TYPE, "Content-Length": str(BODY_BYTES_MAX + 1)},
        {"Content-Type": FORM_TYPE, "Content-Length": "9" * 5_000},
        {"Content-Type": FORM_TYPE, "Content-Length": "-1"},
        {"Content-Type": FORM_TYPE, "Content-Length": "x"},
    ],
)
def test_only_a_form_of_a_told_length_is_read(
    old_browser: TestClient, headers: dict[str, str]
) -> None:
    content = f"{FORM_TOKEN}={token_of(old_browser)}".encode()
    assert old_browser.post("/reached", content=content, headers=headers).status_code == 403


@pytest.mark.parametrize("content", [b"\xff=\xff", b"&a" * 1_000, b""])
def test_body_that_is_no_form_is_refused(old_browser: TestClient, content: bytes) -> None:
    token_of(old_browser)
    answer = old_browser.post("/reached", content=content, headers={"Content-Type": FORM_TYPE})
    assert answer.status_code == 403


def test_form_is_sent_again_with_a_token_of_its_own(old_browser: TestClient) -> None:
    """Nothing here answers but the gateway: the form stands in the page that says so."""
    form = {FORM_TOKEN: token_of(old_browser), "ticket_number": "1234567890"}
    answer = old_browser.post("/sign-in", data=form)
    assert answer.text.count(f'name="{FORM_TOKEN}"') == len(
        re.findall("<form[^>]*post", answer.text)
    )
