"""The code that opens contact details, in a browser: asked for, mistyped, given, by keys alone."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import expect

from seiriken.home import Home
from tests.browser.conftest import OpenPage, Person, StackUnderTest
from tests.browser.resident import Resident
from tests.browser.test_accessibility import violations
from tests.browser.test_keyboard import Keyboard
from tests.waiting import until

CODE = re.compile(r"^[^\n:：]*[:：] ?(\d{6})\b", re.MULTILINE)
ASK = "form[action='/my-booking/code'] button"
GIVE = "form[action='/my-booking/contact'] button"
MAILED_S_MAX = 60.0
PHONE = "09012345678"
"""As `Resident.gives_details` types it, without its dashes."""


def codes_mailed(stack: StackUnderTest) -> list[str]:
    """Return the codes in the mails of the stack, the oldest first."""
    files = sorted(Home(stack.home).mail_dir.glob("*.eml"), key=lambda one: one.stat().st_mtime)
    codes = []
    for file in files:
        body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        found = CODE.search(str(body.get_content())) if body is not None else None
        codes += [found[1]] if found is not None else []
    return codes


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_code_opens_the_contact_details_by_three_keys(
    stack: StackUnderTest,
    open_page: OpenPage,
    person: Person,
    screenshots: Path,
    language: str,
    javascript: bool,
) -> None:
    page = open_page(language=language, width=390, javascript=javascript)
    resident = Resident(page, person, language, screenshots / f"step-up-{language}")
    keys = Keyboard(resident)
    resident.books()
    page.goto("/my-booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    assert PHONE not in page.content()

    before = len(codes_mailed(stack))
    with page.expect_navigation():
        keys.presses("Enter", page.locator(ASK).first)
    until(lambda: len(codes_mailed(stack)) > before, MAILED_S_MAX)
    code = codes_mailed(stack)[-1]
    resident.sees(resident.reads("my_booking.title"))
    if javascript:  # axe runs as the page's own script would.
        assert violations(page) == []

    keys.types("#code", f"{(int(code) + 1) % 1_000_000:06d}")
    with page.expect_navigation():
        keys.presses("Enter", page.locator(GIVE))
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    resident.sees(resident.reads("my_booking.title"))

    page.locator("#code").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(code)
    with page.expect_navigation():
        keys.presses("Enter", page.locator(GIVE))
    resident.sees(resident.reads("my_booking.title"))
    expect(page.locator("main")).to_contain_text(PHONE)
