"""Staff pages: signed in with two factors, a caller looked up, the look seen by the auditor.

Pages in all states are looked at by axe on a narrow phone and at a desk, as the residents' are.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from gateway.staff.words import LANGUAGE_NAMES
from tests.browser.conftest import SEIRIKEN, Person, StackUnderTest
from tests.browser.desk import Desk
from tests.browser.test_accessibility import DESK_PX, NARROW_PX, faults_of, window_with_axe
from tests.browser.test_keyboard import Keyboard
from tests.integration.staff import OWN_PASSWORD, StaffDesk
from tests.unit.gateway.staff import staff_samples

LOOKED_AT_BY_AXE = {"ja": NARROW_PX, "en": DESK_PX}
"""Each width and each language once: a page's elements are the same in both languages."""

SAMPLES = staff_samples.SAMPLES + staff_samples.ENROLLING
SUBMIT = "main button[type=submit]"


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Desk]:
    """Return a window that has axe."""
    with window_with_axe(browser) as made:
        yield made


def first_password(stack: StackUnderTest, login: str, role: str) -> str:
    """Make an account by command."""
    words = ["staff", "add", login, "--role", role, "--home", str(stack.home), "--json"]
    made = subprocess.run([SEIRIKEN, *words], check=True, stdout=subprocess.PIPE)
    return str(json.loads(made.stdout)["first_password"])


class AtTheKeys:
    """Somebody of the staff, without a mouse."""

    def __init__(self, desk: StaffDesk, page: Page) -> None:
        self.desk, self.page = desk, page
        self.keys = Keyboard(self)  # type: ignore[arg-type]  # It takes whoever has a page.

    def code(self, secret: str) -> str:
        """Return a code that was not used before."""
        self.desk.passes(timedelta(seconds=30))
        return pyotp.TOTP(secret).at(self.desk.now())

    def submits(self) -> None:
        """Press the page's own button, and wait until its answer is there."""
        with self.page.expect_navigation():
            self.keys.presses("Enter", self.page.locator(SUBMIT).first)

    def signs_in(self, login: str, password: str, code: str = "") -> None:
        """Fill in the first page."""
        self.page.goto(f"{self.desk.url}/sign-in")
        self.keys.types("#login", login)
        self.keys.types("#password", password)
        self.keys.types("#code", code)
        self.submits()

    def enrols(self, login: str, password: str) -> str:
        """Sign in for the first time; return the authenticator's secret."""
        self.signs_in(login, password)
        secret = self.page.locator(".staff-secret").inner_text()
        self.keys.types("#code", self.code(secret))
        self.keys.types("#password", OWN_PASSWORD)
        self.keys.types("#password_again", OWN_PASSWORD)
        self.submits()
        return secret


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_clerk_looks_a_caller_up_by_keys_alone_and_the_auditor_sees_it(
    browser: Browser,
    stack: StackUnderTest,
    staff_desk: StaffDesk,
    person: Person,
    language: str,
    javascript: bool,
) -> None:
    login = f"mado-{language}"
    context = browser.new_context(
        locale={"ja": "ja-JP", "en": "en-GB"}[language], java_script_enabled=javascript
    )
    clerk = AtTheKeys(staff_desk, context.new_page())
    secret = clerk.enrols(login, first_password(stack, login, "clerk"))
    page = clerk.page
    page.context.clear_cookies()
    clerk.signs_in(login, OWN_PASSWORD, clerk.code(secret))
    assert page.url.endswith("/caller")

    clerk.keys.types("#ticket_number", person.ticket_number)
    for part in ("year", "month", "day"):
        clerk.keys.types(f"#birth_{part}", str(getattr(person.birth_date, part)))
    clerk.keys.goes_to(page.locator("#reason"))
    page.keyboard.press("Space")
    clerk.submits()
    assert person.ticket_number in page.locator(".facts").inner_text()
    assert person.ticket_number not in page.url
    page.keyboard.press("Tab")
    assert page.locator("main a, main button").count() >= 1
    context.close()

    context = browser.new_context(
        locale={"ja": "ja-JP", "en": "en-GB"}[language], java_script_enabled=javascript
    )
    auditor = AtTheKeys(staff_desk, context.new_page())
    auditor.enrols(f"kansa-{language}", first_password(stack, f"kansa-{language}", "auditor"))
    assert auditor.page.url.endswith("/journal")
    auditor.keys.types("#ticket_number", person.ticket_number)
    auditor.submits()
    rows = auditor.page.locator(".staff-table tbody tr", has_text=login)
    assert rows.count() == 1
    assert {"ja": "順番や予約の状況", "en": "how they stand"}[language] in rows.inner_text()
    assert person.ticket_number not in rows.inner_text()
    context.close()


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample[0]))
def test_axe_finds_nothing_and_nothing_sticks_out(
    window: Desk, sample: staff_samples.Sample, language: str
) -> None:
    html = staff_samples.render(sample, language)
    assert faults_of(window, html, LOOKED_AT_BY_AXE[language]) == []
