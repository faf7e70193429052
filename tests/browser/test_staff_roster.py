"""The roster in a browser: a bad file is mended, the counts are seen, and it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk

LOCALES = {"ja": "ja-JP", "en": "en-GB"}
DONE = {"ja": "終わりました", "en": "It is done"}
READY = {"ja": "まだ何も変わっていません", "en": "Nothing is changed yet"}
HEADER = "municipality_code,ticket_number,birth_date\n"


@pytest.fixture(scope="module")
def roster_desk(staff_city: StackUnderTest) -> Iterator[StaffDesk]:
    with desk_beside(staff_city) as desk:
        yield desk


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_people_are_added_by_keys_alone(
    browser: Browser,
    staff_city: StackUnderTest,
    roster_desk: StaffDesk,
    tmp_path: Path,
    language: str,
    javascript: bool,
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    context = browser.new_context(locale=LOCALES[language], java_script_enabled=javascript)
    boss = AtTheKeys(roster_desk, context.new_page())
    login = f"meibo-{language}"
    boss.enrols(login, first_password(staff_city, login, "supervisor"))
    page = boss.page
    file = tmp_path / "roster.csv"
    page.goto(f"{roster_desk.url}/roster")
    assert not javascript or violations(page) == []
    boss.submits()
    expect(page.locator(".notice-error a")).to_have_count(1)

    file.write_text(f"{HEADER}122319,1234,1950-01-31\n", "utf-8")
    page.set_input_files("#file", file)
    boss.submits()
    expect(page.locator(".staff-table")).to_be_visible()
    assert not javascript or violations(page) == []

    number = "999999990" + str(int(javascript))
    file.write_text(f"{HEADER}122319,{number},1950-01-31\n", "cp932")
    page.goto(f"{roster_desk.url}/roster")
    page.set_input_files("#file", file)
    boss.submits()
    expect(page.locator(".notice")).to_contain_text(READY[language])
    assert not javascript or violations(page) == []
    other = "en" if language == "ja" else "ja"
    with page.expect_navigation():
        boss.keys.presses("Enter", page.locator(f".staff-languages a[lang={other}]"))
    expect(page.locator(".notice").first).to_contain_text(READY[other])
    with page.expect_navigation():
        boss.keys.presses("Enter", page.locator("button[value=store]"))
    expect(page.locator(".notice").first).to_contain_text(DONE[other])
    assert not javascript or violations(page) == []
    context.close()
