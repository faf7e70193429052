"""A plan in forms in a browser: by keys alone, on a phone and a tablet, without JavaScript."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from allocator.plan_store import read_edits
from seiriken.home import Home
from tests.browser.conftest import StackUnderTest
from tests.browser.test_accessibility import sticks_out_px, violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk, running_desk
from tests.system.stack import running_stack

EXAMPLE = (Path(__file__).parents[2] / "examples/inzai/plan.yaml").read_text("utf-8")
HOW = pytest.mark.parametrize(
    ("language", "width", "javascript"), [("ja", 390, False), ("en", 768, True)]
)
NUMBERS = count(1)
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
REVERSED = {
    "ja": "12:00-09:00 は、終わりが始まりより前です",
    "en": "12:00-09:00 ends before it starts",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[StackUnderTest]:
    """A city of its own."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-plans-", dir="/tmp"))
    folder.chmod(0o711)
    with running_stack(folder / "home", "--people", "300") as running:
        yield StackUnderTest(running.file.url, running.home.path, iter(()), "")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def plans_desk(stack: StackUnderTest) -> Iterator[StaffDesk]:
    """The staff gateway of the stack."""
    home = Home(stack.home)
    running = home.read()
    assert running is not None
    with running_desk(running.database_url, running.redis_url, home.secrets_dir) as desk:
        yield desk


def begins(one: AtTheKeys, plan_id: str) -> None:
    """Save the example as a plan of that name."""
    one.page.goto(f"{one.desk.url}/plans")
    one.page.fill("#content", EXAMPLE.replace("id: inzai-2030-09-04-plan", f"id: {plan_id}", 1))
    one.page.fill("#reason", "begun")
    with one.page.expect_navigation():
        one.keys.presses("Enter", one.page.locator("button[value=save]"))


class AtThePlan(AtTheKeys):
    """Somebody who works at a plan, without a mouse."""

    runs_scripts = True

    def goes(self, selector: str) -> None:
        """Follow a link or press a button, and wait until its answer is there."""
        with self.page.expect_navigation():
            self.keys.presses("Enter", self.page.locator(selector))

    def looks(self) -> None:
        """See that nothing sticks out and that axe finds nothing; axe needs scripts."""
        assert sticks_out_px(self.page) == 0
        assert not self.runs_scripts or violations(self.page) == []


@pytest.fixture
def somebody(
    browser: Browser, stack: StackUnderTest, plans_desk: StaffDesk
) -> Iterator[Callable[[str, int, bool], AtThePlan]]:
    """Sign somebody in, in a language, at a width, with scripts or without."""
    contexts: list[BrowserContext] = []

    def signs_in(language: str, width: int, javascript: bool) -> AtThePlan:
        context = browser.new_context(
            locale=LOCALES[language],
            java_script_enabled=javascript,
            viewport={"width": width, "height": 844},
        )
        contexts.append(context)
        one = AtThePlan(plans_desk, context.new_page())
        one.runs_scripts = javascript
        login = f"keikaku{next(NUMBERS)}"
        one.enrols(login, first_password(stack, login, "operator"))
        return one

    yield signs_in
    for context in contexts:
        context.close()


@HOW
def test_week_is_mended_and_a_day_closed_by_keys_alone(
    somebody: Callable[[str, int, bool], AtThePlan], language: str, width: int, javascript: bool
) -> None:
    plan_id = f"forms-{language}"
    one = somebody(language, width, javascript)
    page = one.page
    begins(one, plan_id)
    one.goes(f"a[href='/plans/weeks/{plan_id}/1']")
    one.looks()
    page.fill("#hours_tue", "12:00-09:00")
    page.fill("#lines", "３")
    one.keys.types("#reason", "a nurse is away")
    one.goes("button[value=save]")
    assert REVERSED[language] in page.locator("#hours_tue-error").inner_text()
    expect(page.locator("#lines")).to_have_value("３")
    expect(page.locator("#reason")).to_have_value("a nurse is away")
    one.looks()
    page.fill("#hours_tue", "9:00-12:00")
    one.goes("button[value=save]")
    assert page.url.endswith(f"/plans?plan={plan_id}")

    one.goes(f"a[href='/plans/days/{plan_id}']")
    one.looks()
    page.fill("#closed_day", "2030-09-20")
    one.keys.types("#closed_reason", "election")
    one.goes("button[value=close]")
    assert "2030-09-20" in page.locator("#content").input_value()
    edits = read_edits(one.desk.database_url, plan_id)
    assert [edit.reason for edit in edits] == ["election", "a nurse is away", "begun"]


@HOW
def test_pattern_is_added_and_taken_away_by_keys_alone(
    somebody: Callable[[str, int, bool], AtThePlan], language: str, width: int, javascript: bool
) -> None:
    plan_id = f"patterns-{language}"
    one = somebody(language, width, javascript)
    page = one.page
    begins(one, plan_id)
    one.goes(f"a[href='/plans/new-week/{plan_id}/0']")
    one.looks()
    one.keys.goes_to(page.locator("#venue"))
    page.keyboard.press("ArrowDown")
    for weekday in ("mon", "tue", "thu", "fri"):
        page.fill(f"#hours_{weekday}", "")
    page.fill("#hours_wed", "13:00-17:00")
    one.keys.types("#reason", "wednesdays, too")
    one.goes("button[value=save]")
    assert page.locator("#hours_wed-error").is_visible(), "the venue works then already"
    expect(page.locator("#venue")).to_have_value("chuo-health-centre")
    one.looks()
    page.fill("#hours_wed", "")
    page.fill("#hours_fri", "13:00-17:00")
    one.goes("button[value=save]")
    assert page.url.endswith(f"/plans?plan={plan_id}")

    one.goes(f"a[href='/plans/weeks/{plan_id}/3']")
    expect(page.locator("#hours_fri")).to_have_value("13:00-17:00")
    one.goes(f"a[href='/plans/weeks/{plan_id}/3/remove']")
    one.looks()
    one.keys.types("#reason", "not on fridays")
    one.goes("button[value=remove]")
    assert page.locator(f"a[href='/plans/weeks/{plan_id}/2']").is_visible()
    assert page.locator(f"a[href='/plans/weeks/{plan_id}/3']").count() == 0
    edits = read_edits(one.desk.database_url, plan_id)
    assert [edit.reason for edit in edits] == ["not on fridays", "wednesdays, too", "begun"]
    assert edits[0].text == edits[2].text, "it stands there as it did"


@HOW
def test_venue_is_added_and_a_wrong_interval_refused_by_keys_alone(
    somebody: Callable[[str, int, bool], AtThePlan], language: str, width: int, javascript: bool
) -> None:
    plan_id = f"entries-{language}"
    one = somebody(language, width, javascript)
    page = one.page
    begins(one, plan_id)
    one.goes(f"a[href='/plans/new-venue/{plan_id}']")
    one.looks()
    one.keys.types("#id", "hall")
    one.keys.types("#names_en", "Hall")
    one.keys.types("#addresses_ja", "印西市大森")
    one.keys.goes_to(page.locator("#open_sat"))
    page.keyboard.press("Space")
    one.keys.types("#reason", "one more")
    one.goes("button[value=save]")
    assert page.locator("#names_ja-error").is_visible(), "Japanese is always there"
    expect(page.locator("#open_sat")).to_be_checked()
    one.looks()
    one.keys.types("#names_ja", "公民館")
    one.goes("button[value=save]")

    one.goes(f"a[href='/plans/products/{plan_id}/comirnaty']")
    one.looks()
    page.fill("#interval_standard", "28")
    one.keys.types("#reason", "four weeks")
    one.goes("button[value=save]")
    assert page.locator("#interval_standard-error").is_visible()
    assert "通常、3週間の間隔" in page.locator("#official").inner_text(), "its source is beside it"
    one.looks()
    page.fill("#interval_standard", "21")
    page.fill("#supply", "1700")
    page.fill("#reason", "more vials")
    one.goes("button[value=save]")
    assert page.url.endswith(f"/plans?plan={plan_id}")
    edits = read_edits(one.desk.database_url, plan_id)
    assert [edit.reason for edit in edits] == ["more vials", "one more", "begun"]
    added = [row for row in edits[0].text.splitlines() if row not in edits[2].text.splitlines()]
    assert added == [
        "    supply: {vials: 1700}",
        "  - id: hall",
        "    names: {ja: 公民館, en: Hall}",
        "    addresses: {ja: 印西市大森}",
        "    open:",
        "      weekdays: [sat]",
    ]
