"""The page of the draw: what it computes is right, by itself and from a saved copy."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from gateway import i18n
from tests.browser.conftest import OpenPage, StackUnderTest
from tests.browser.resident import Resident
from tests.unit.waiting_room.test_draw import VECTORS
from waiting_room.draw import RULES, commitment, place_of, shuffle_seed

SEED = hashlib.sha256(b"a seed").digest()
BEACON = "第1234回 ナンバーズ4「0815」"
MIXED = shuffle_seed(SEED, BEACON)
COUNT = 104_876
INDEX = 51_234
DRAW = {
    "commitment": commitment(SEED),
    "rules_url": "/draw-rules.txt",
    "revealed_seed": SEED.hex(),
    "lobby_count": COUNT,
    "beacon": BEACON,
    "beacon_source": "宝くじ公式サイト",
    "shuffle_seed": MIXED.hex(),
}
SCRIPTS = ("draw", "waiting")
TOLD_MS_MAX = 60_000
SHA256_LENGTHS = (0, 1, 31, 55, 56, 63, 64, 65, 119, 120, 1_000)


def document(stack: StackUnderTest, **changes: object) -> str:
    """Return the city's status document, with another draw in it."""
    told = httpx2.get(f"{stack.url}/queue/status.json", timeout=60).json()
    return json.dumps(told | {"draw": {**DRAW, **changes}}, ensure_ascii=False)


def publishes(page: Page, body: str) -> None:
    """Let the page find this document where it asks for the published one."""

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="application/json")

    page.route("**/queue/status.json", answer)


def checks(page: Page, number: str) -> dict[str, str]:
    """Type a draw number and check it; return what the page says."""
    page.fill("#draw_number", number)
    page.click("#draw-form button")
    expect(page.locator("#draw-result")).to_be_visible()
    found = {"verdict": page.locator("#draw-result h2").inner_text()}
    for row in page.locator("#draw-result [data-row]:visible").all():
        name = row.locator("dd").get_attribute("data-fill") or ""
        found[name] = row.locator("dd").inner_text()
    return found


def pictured(page: Page, folder: Path, name: str) -> None:
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], f"{name} is wider than the screen"
    page.screenshot(path=folder / f"draw-{name}.png", full_page=True)


def said(msgid: str, language: str = "ja") -> str:
    return i18n.text(msgid, language)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A phone that shows the page of the draw."""
    opened = open_page()
    opened.goto("/draw")
    return opened


def test_sha_256_of_the_page_is_that_of_the_standard(page: Page) -> None:
    for length in SHA256_LENGTHS:
        message = bytes(number % 251 for number in range(length))
        computed = page.evaluate(
            "bytes => seirikenDraw.hex(seirikenDraw.sha256(Uint8Array.from(bytes)))", list(message)
        )
        assert computed == hashlib.sha256(message).hexdigest()


def test_shuffle_of_the_page_is_that_of_the_specification(page: Page) -> None:
    for seed, before, after in VECTORS:
        places = page.evaluate(
            "([seed, count]) => Array.from({ length: count }, (_, index) =>"
            " seirikenDraw.shuffledIndex(index, count, seirikenDraw.bytesOf(seed)))",
            [seed.hex(), len(before)],
        )
        assert [after[place] for place in places] == before


def test_resident_checks_the_place_that_was_drawn(
    stack: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    for language in ("ja", "en"):
        page = open_page(language=language)
        publishes(page, document(stack))
        page.goto("/draw")
        expect(page.locator("h1")).to_have_text(said("draw.title", language))
        pictured(page, screenshots, f"{language}-before")
        found = checks(page, "51,234")
        assert found == {
            "verdict": said("draw.good", language),
            "place": f"{place_of(INDEX, COUNT, MIXED):,}",
            "commitment": said("draw.matches", language),
            "mixed": said("draw.matches", language),
            "beacon": f"{BEACON} (宝くじ公式サイト)",
            "count": f"{COUNT:,}",
        }
        pictured(page, screenshots, f"{language}-good")


def test_what_does_not_fit_is_said_in_red(
    stack: StackUnderTest, page: Page, screenshots: Path
) -> None:
    publishes(page, document(stack, beacon="4711"))
    found = checks(page, "５１２３４")
    assert found["verdict"] == said("draw.bad")
    assert "place" not in found, "a place that nothing vouches for"
    assert (found["commitment"], found["mixed"]) == (said("draw.matches"), said("draw.differs"))
    expect(page.locator("#draw-result")).to_have_class("notice notice-error")
    pictured(page, screenshots, "ja-bad")
    page.unroute("**/queue/status.json")
    publishes(page, document(stack, revealed_seed="00" * 32))
    assert checks(page, "51234")["commitment"] == said("draw.differs")


def test_saved_copy_is_checked_without_the_city(
    stack: StackUnderTest, page: Page, screenshots: Path
) -> None:
    saved = document(stack)
    page.context.set_offline(True)
    assert checks(page, "51234") == {"verdict": said("draw.unread")}
    expect(page.locator("#draw_pasted")).to_be_visible()
    page.fill("#draw_pasted", saved)
    assert checks(page, "51234")["place"] == f"{place_of(INDEX, COUNT, MIXED):,}"
    pictured(page, screenshots, "ja-saved")
    page.fill("#draw_pasted", saved[:-20])
    assert checks(page, "51234") == {"verdict": said("draw.unread")}


@pytest.mark.parametrize("number", ["", "abc", "-1", "1.5", "99999999999999"])
def test_what_is_no_draw_number_is_said(page: Page, number: str) -> None:
    assert checks(page, number) == {"verdict": said("draw.number_wrong")}


def test_before_the_draw_and_without_one_the_page_says_so(
    stack: StackUnderTest, page: Page
) -> None:
    publishes(page, document(stack, revealed_seed=None))
    assert checks(page, "7") == {"verdict": said("draw.not_yet")}
    page.unroute("**/queue/status.json")
    publishes(page, document(stack, mode="fifo"))
    assert checks(page, "7") == {"verdict": said("draw.no_draw"), "place": "8"}


def test_citys_own_draw_is_verified_by_the_page_and_by_the_command(
    stack: StackUnderTest, page: Page, screenshots: Path
) -> None:
    assert checks(page, "0")["verdict"] == said("draw.good")
    pictured(page, screenshots, "ja-own")
    stack.command("draw", "verify")
    stack.command("draw", "verify", "--status", f"{stack.url}/queue/status.json", "--index", "0")


def test_resident_in_line_finds_the_number_and_proves_the_own_place(
    stack: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    stack.orders("pause", "paused")
    try:
        resident = Resident(open_page(), next(stack.people), "ja", screenshots / "draw")
        resident.starts()
        resident.signs_in()
        resident.arrives("/wait", resident.reads("wait.paused_title"))
        page = resident.page
        place = page.locator("#waiting").get_attribute("data-place")
        page.locator("#draw-number summary").click()
        number = page.locator("#draw-number strong").inner_text()
        pictured(page, screenshots, "ja-wait")
        page.locator("#draw-number a").click()
        expect(page.locator("h1")).to_have_text(said("draw.title"))
        address = page.url
        found = checks(page, number)
        assert page.url == address, "the number stands in the address"
        assert (found["verdict"], found["place"]) == (said("draw.good"), place)
    finally:
        stack.orders("resume", "open")


def test_opening_of_the_lobby_tells_the_place_without_another_page(
    stack: StackUnderTest, open_page: OpenPage, screenshots: Path
) -> None:
    """The lobby's page is made from the real one, and the opening is a document that it reads."""
    resident = Resident(open_page(), next(stack.people), "ja", screenshots / "draw")
    stack.orders("pause", "paused")
    try:
        resident.starts()
        resident.signs_in()
        resident.arrives("/wait", resident.reads("wait.paused_title"))
    finally:
        stack.orders("resume", "open")
    page, asked = resident.page, []

    def in_the_lobby(route: Route) -> None:
        asked.append(route.request.url)
        html = re.sub(r'data-place="\d*"', 'data-place=""', route.fetch().text())
        html = re.sub(r'data-arrival="\d*"', f'data-arrival="{INDEX}"', html)
        html = html.replace('data-show="paused"', 'data-show="lobby"')
        scripts = "".join(f'<script src="/static/{name}.js" defer></script>' for name in SCRIPTS)
        html = re.sub(r"<script src=.*waiting.js.*</script>", scripts, html)
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route("**/wait", in_the_lobby)
    opened = json.loads(document(stack)) | {"state": "open", "serving": 0}
    answer = json.dumps(opened)
    page.route("**/queue/*/status.json", lambda route: route.fulfill(body=answer))
    page.goto("/wait")
    place = f"{place_of(INDEX, COUNT, MIXED):,}"
    expect(page.locator("[data-fill=place]")).to_have_text(place, timeout=TOLD_MS_MAX)
    expect(page.locator("h1:visible")).to_have_text(said("wait.waiting_title"))
    pictured(page, screenshots, "ja-opened")
    assert len(asked) == 1


def test_rules_on_the_page_are_to_the_byte_those_that_were_committed_to(
    stack: StackUnderTest, page: Page
) -> None:
    served = httpx2.get(f"{stack.url}/draw-rules.txt", timeout=60)
    assert served.content == RULES.encode()
    assert served.headers["content-type"] == "text/plain; charset=utf-8"
    shown = page.evaluate("document.getElementById('draw-rules').textContent")
    assert shown == RULES
    assert httpx2.get(f"{stack.url}/draw/unknown", timeout=60).status_code == 404


def test_without_javascript_the_page_says_how_else_to_check(
    open_page: OpenPage, screenshots: Path
) -> None:
    page = open_page(javascript=False)
    page.goto("/draw")
    expect(page.locator("#draw-form")).to_be_hidden()
    expect(page.locator("noscript, .notice").filter(has_text="JavaScript").first).to_be_visible()
    page.locator("summary").last.click()
    expect(page.get_by_text("seiriken draw verify")).to_be_visible()
    pictured(page, screenshots, "ja-without-javascript")
