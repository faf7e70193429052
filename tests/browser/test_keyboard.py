"""Who has no pointer books both doses with Tab, Enter and Space, and always sees where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import SUBMIT, Resident

STOPS_MAX = 60
RING_PX_MIN = 2

FOCUS = """() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  const box = focused.getBoundingClientRect();
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    what: focused.outerHTML.slice(0, 120),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isSeen: hit !== null && (focused.contains(hit) || hit.contains(focused)),
  };
}"""


class Keyboard:
    """Three keys, and letters to type with."""

    def __init__(self, resident: Resident) -> None:
        self._page = resident.page
        self._keys = resident.page.keyboard

    def goes_to(self, target: Locator) -> None:
        """Press Tab until a target has the focus, which shows at every stop."""
        for _ in range(STOPS_MAX):
            self._keys.press("Tab")
            focus = self._page.evaluate(FOCUS)
            assert focus["ring"] >= RING_PX_MIN, f"no ring around {focus['what']}"
            assert focus["isSeen"], f"out of sight or covered: {focus['what']}"
            if target.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"not reached with Tab: {target}")

    def types(self, selector: str, text: str) -> None:
        """Go to a field and type."""
        self.goes_to(self._page.locator(selector))
        self._keys.type(text)

    def presses(self, key: str, target: Locator) -> None:
        """Go to a button or a link and press a key there."""
        self.goes_to(target)
        self._keys.press(key)


@pytest.mark.parametrize(("language", "javascript"), [("ja", True), ("en", False)])
def test_both_doses_are_booked_with_three_keys(
    open_page: OpenPage, person: Person, tmp_path: Path, language: str, javascript: bool
) -> None:
    page = open_page(language=language, javascript=javascript)
    resident = Resident(page, person, language, tmp_path)
    keyboard = Keyboard(resident)
    born = person.birth_date
    page.goto("/")
    keyboard.presses("Enter", resident.button("landing.start"))

    resident.arrives("/sign-in", resident.reads("sign_in.title"))
    keyboard.types("#ticket_number", person.ticket_number)
    keyboard.presses("Space", page.locator("main summary"))
    keyboard.types("#birth_year", str(born.year))
    keyboard.types("#birth_month", str(born.month))
    keyboard.types("#birth_day", str(born.day))
    keyboard.presses("Space", page.locator(SUBMIT))

    resident.arrives("/details", resident.reads("details.title"))
    keyboard.types("#name", "印西 花子")
    keyboard.types("#phone", "090-1234-5678")
    keyboard.types("#email", "hanako@example.jp")
    keyboard.presses("Enter", page.locator(SUBMIT))

    resident.arrives("/choose", resident.reads("choose.title.book"))
    keyboard.presses("Enter", page.locator("a.day").nth(2))
    page.wait_for_url("**/choose/*")
    keyboard.presses("Space", page.locator("button.choice").nth(1))

    resident.arrives("/check", resident.reads("check.title.book"))
    keyboard.presses("Enter", page.locator(SUBMIT))
    resident.arrives("/booked", resident.reads("booked.title.book"))
    assert {resident.reads("dose.1"), resident.reads("dose.2")} <= resident.facts().keys()
