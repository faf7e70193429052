"""A clerk lost the authenticator: the supervisor resets the account, and the clerk begins anew."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import StackUnderTest, desk_beside
from tests.browser.test_accessibility import violations
from tests.browser.test_staff import AtTheKeys, first_password

LOCALES = {"ja": "ja-JP", "en": "en-GB"}


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_clerk_begins_anew_after_a_reset_by_keys_alone(
    browser: Browser, staff_city: StackUnderTest, language: str, javascript: bool
) -> None:
    # axe runs in the page, so it looks where the page may run scripts.
    with desk_beside(staff_city) as desk:
        pages = [
            browser.new_context(locale=LOCALES[language], java_script_enabled=javascript).new_page()
            for _ in range(2)
        ]
        clerk, boss = (AtTheKeys(desk, page) for page in pages)
        login = f"wasure-{language}"
        clerk.enrols(login, first_password(staff_city, login, "clerk"))
        name = f"kanri-{language}"
        boss.enrols(name, first_password(staff_city, name, "supervisor"))
        boss.page.goto(f"{desk.url}/accounts")
        assert not javascript or violations(boss.page) == []
        with boss.page.expect_navigation():
            row = boss.page.locator(".staff-table tbody tr", has_text=login)
            boss.keys.presses("Enter", row.locator("button"))
        assert not javascript or violations(boss.page) == []
        password = boss.page.locator(".staff-secret").inner_text()

        clerk.page.goto(f"{desk.url}/caller")
        assert "/sign-in" in clerk.page.url, "the session has ended"
        clerk.enrols(login, password)
        assert clerk.page.url.endswith("/caller")
        for page in pages:
            page.context.close()
