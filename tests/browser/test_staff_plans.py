"""A plan in forms in a browser: by keys alone, on a phone and a tablet, without JavaScript."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from allocator.plan_store import read_edits
from seiriken.home import Home
from tests.browser.conftest import StackUnderTest
from tests.browser.test_accessibility import sticks_out_px, violations
from tests.browser.test_staff import AtTheKeys, first_password
from tests.integration.staff import StaffDesk, running_desk
from tests.system.stack import running_stack

EXAMPLE = (Path(__file__).parents[2] / "examples/inzai/plan.yaml").read_text("utf-8")
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


@pytest.mark.parametrize(
    ("language", "width", "javascript"), [("ja", 390, False), ("en", 768, True)]
)
def test_week_is_mended_and_a_day_closed_by_keys_alone(
    browser: Browser,
    stack: StackUnderTest,
    plans_desk: StaffDesk,
    language: str,
    width: int,
    javascript: bool,
) -> None:
    plan_id = f"forms-{language}"
    context = browser.new_context(
        locale=LOCALES[language],
        java_script_enabled=javascript,
        viewport={"width": width, "height": 844},
    )
    one = AtTheKeys(plans_desk, context.new_page())
    page = one.page
    login = f"keikaku-{language}"
    one.enrols(login, first_password(stack, login, "operator"))

    def goes(selector: str) -> None:
        with page.expect_navigation():
            one.keys.presses("Enter", page.locator(selector))

    begins(one, plan_id)
    goes(f"a[href='/plans/weeks/{plan_id}/1']")
    assert sticks_out_px(page) == 0
    assert not javascript or violations(page) == []
    page.fill("#hours_tue", "12:00-09:00")
    page.fill("#lines", "３")
    one.keys.types("#reason", "a nurse is away")
    goes("button[value=save]")
    assert REVERSED[language] in page.locator("#hours_tue-error").inner_text()
    expect(page.locator("#lines")).to_have_value("３")
    expect(page.locator("#reason")).to_have_value("a nurse is away")
    assert not javascript or violations(page) == []
    page.fill("#hours_tue", "9:00-12:00")
    goes("button[value=save]")
    assert page.url.endswith(f"/plans?plan={plan_id}")

    goes(f"a[href='/plans/days/{plan_id}']")
    assert sticks_out_px(page) == 0
    assert not javascript or violations(page) == []
    page.fill("#closed_day", "2030-09-20")
    one.keys.types("#closed_reason", "election")
    goes("button[value=close]")
    assert "2030-09-20" in page.locator("#content").input_value()
    page.context.close()
    edits = read_edits(plans_desk.database_url, plan_id)
    assert [edit.reason for edit in edits] == ["election", "a nurse is away", "begun"]
