"""The release desk in a browser: a plan is mended, proposed, and approved by another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk

CORRECT = (Path(__file__).parents[1] / "unit/allocator/incidents/correct.yaml").read_text("utf-8")
ROOMY = CORRECT.replace("    doses_per_hour_max: 60\n", "")
"""For a place with room for the plans of both languages."""

NO_FIRST_SEAT = {
    "ja": "1回目の予約枠がひとつもありません",
    "en": "There is no seat for a first dose",
}
LOCALES = {"ja": "ja-JP", "en": "en-GB"}


@pytest.fixture(scope="module")
def release_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    """A desk in a city that asks for two people."""
    with desk_beside(staff_city, release_approval="two_people") as desk:
        yield desk


def leads_to_its_line(one: AtTheKeys, words: str, *, javascript: bool) -> None:
    """Follow the link of a finding: with JavaScript its line is marked in the text."""
    found = one.page.locator(".notice-error")
    assert words in found.inner_text()
    one.keys.presses("Enter", found.locator("a[data-line]").first)
    if javascript:
        expect(one.page.locator("#content")).to_be_focused()
        chosen = one.page.evaluate("getSelection().toString()")
        assert chosen.strip().startswith("- venue"), "the line is marked"


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_plan_is_mended_proposed_and_approved_by_another_by_keys_alone(
    browser: Browser,
    staff_city: StackUnderTest,
    release_desk: StaffDesk,
    language: str,
    javascript: bool,
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    release_id = f"plan-{language}"
    text = ROOMY.replace("id: autumn", f"id: {release_id}", 1)

    def at_the_desk(login: str, role: str) -> AtTheKeys:
        context = browser.new_context(locale=LOCALES[language], java_script_enabled=javascript)
        colleague = AtTheKeys(release_desk, context.new_page())
        colleague.enrols(login, first_password(staff_city, login, role))
        return colleague

    one = at_the_desk(f"unyo-{language}", "operator")
    page = one.page
    page.goto(f"{release_desk.url}/plans")
    page.fill("#content", text.replace("dose_1: 10, dose_2: 0", "dose_1: 0, dose_2: 0"))
    with page.expect_navigation():
        one.keys.presses("Enter", page.locator("button[value=check]"))
    leads_to_its_line(one, NO_FIRST_SEAT[language], javascript=javascript)
    assert not javascript or violations(page) == []
    page.fill("#content", text)
    one.keys.types("#reason", "autumn")
    with page.expect_navigation():
        one.keys.presses("Enter", page.locator("button[value=propose]"))
    assert page.url.endswith("/releases?done=proposed")
    assert page.locator("button[value=approved]").count() == 0, "not one's own"
    assert not javascript or violations(page) == []
    page.context.close()

    two = at_the_desk(f"kacho-{language}", "supervisor")
    page = two.page
    page.goto(f"{release_desk.url}/releases")
    assert release_id in page.locator("main").inner_text()
    with page.expect_navigation():
        two.keys.presses("Enter", page.locator("button[value=approved]"))
    assert page.locator(".staff-table tbody tr", has_text=release_id).count() == 1
    assert page.locator("section.card h2").count() >= 2, "it is among the releases"

    page.goto(f"{release_desk.url}/demand")
    assert not javascript or violations(page) == []
    with page.expect_download() as download:
        two.keys.presses("Enter", page.locator("button[formaction='/demand.csv']"))
    assert download.value.suggested_filename == "demand.csv"
    page.context.close()
