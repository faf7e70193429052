"""The proof of work in a real browser: solved by our script, and got over without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from gateway import i18n
from tests.integration.city import City, make_plan, ticket
from tests.integration.conftest import database_url as database_url
from tests.integration.conftest import postgres as postgres
from tests.integration.conftest import redis_server as redis_server
from tests.integration.conftest import redis_url as redis_url
from tests.integration.conftest import run_dir as run_dir
from tests.integration.conftest import template as template
from tests.waiting import until

TRIES_MAX = 20_000
PATIENCE_MS = 60_000


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city that asks for a proof after two failures of a ticket."""
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    asking = city.gateway(proof_ticket_from=2, proof_tries_max=TRIES_MAX)
    with city.allocator(), city.waiting_room(), asking:
        city.wait_until_ready()
        for _ in range(2):
            city.resident(1).sign_in(birth_date="1950-01-02")
        yield city


@pytest.fixture(params=[True, False], ids=["with-javascript", "without-javascript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def context(browser: Browser, city: City, javascript: bool) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=city.url, locale="en-GB", java_script_enabled=javascript)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def signs_in(context: BrowserContext) -> Page:
    """Type a ticket and its birth date, and press the button."""
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#ticket_number", ticket(1))
    for part, typed in (("year", "1950"), ("month", "1"), ("day", "1")):
        page.fill(f"#birth_{part}", typed)
    page.click("#sign-in button[type=submit]")
    return page


@pytest.mark.parametrize("javascript", [True], indirect=True, ids=["with-javascript"])
def test_script_solves_it_and_goes_on_by_itself(context: BrowserContext) -> None:
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(error.error.message))
    page = signs_in(context)
    page.wait_for_url(re.compile("/details$"))
    assert faults == []


@pytest.mark.parametrize("javascript", [True], indirect=True, ids=["with-javascript"])
def test_who_mends_what_was_typed_is_not_sent_on_meanwhile(context: BrowserContext) -> None:
    page = context.new_page()
    # Held up until the reader has mended it: the work itself may be over in no time.
    held: list[Route] = []
    hold = lambda route: held.append(route)  # noqa: E731, PLW0108, Playwright marks its handlers
    page.route(re.compile(r"/static/proof\.js"), hold)
    page.goto("/sign-in")
    page.fill("#ticket_number", ticket(1))
    for part, typed in (("year", "1950"), ("month", "1"), ("day", "2")):
        page.fill(f"#birth_{part}", typed)
    page.click("#sign-in button[type=submit]", no_wait_after=True)
    expect(page.get_by_role("heading", name=i18n.text("sign_in.proof_title", "en"))).to_be_visible()
    page.fill("#birth_day", "1")

    def asked_for() -> list[Route]:
        """Playwright tells of the script's request while it is asked something."""
        page.title()
        return held

    until(asked_for)[0].continue_()
    expect(page.locator("#proof-told")).to_have_text(i18n.text("sign_in.proof_done", "en"))
    assert page.url.endswith("/sign-in")
    page.click("#sign-in button[type=submit]")
    page.wait_for_url(re.compile("/details$"))


@pytest.mark.parametrize("javascript", [False], indirect=True, ids=["without-javascript"])
def test_without_javascript_the_page_says_to_wait_and_keeps_what_was_typed(
    context: BrowserContext,
) -> None:
    page = signs_in(context)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(i18n.text("sign_in.proof_wait", "en", seconds=60))
    expect(page.locator("#ticket_number")).to_have_value(ticket(1))
    expect(page.locator("#proof-work")).to_be_hidden()
    page.click("#sign-in button[type=submit]")
    expect(alert).to_be_visible()
