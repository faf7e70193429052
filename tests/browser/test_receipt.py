"""The receipt that a resident takes home: seen, selected, printed, and proved without the stack."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SEIRIKEN, OpenPage, Person, StackUnderTest
from tests.browser.resident import Resident

SIDE_PX_MIN = 180
SIDE_MM_MIN = 40
MM_PER_PX = 25.4 / 96
ON_PAPER_PX = 600
"""The width that A4 leaves to a page in Chromium, about."""
QUIET_MODULES = 4


@pytest.fixture(params=["ja", "en"])
def resident(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Resident:
    """Seat somebody at a phone."""
    language: str = request.param
    pictures = screenshots / f"receipt-{language}" / request.function.__name__
    pictures.mkdir(parents=True, exist_ok=True)
    page = open_page(language=language)
    page.set_viewport_size({"width": 360, "height": 740})
    return Resident(page, person, language, pictures)


def test_receipt_is_shown_kept_and_proved_offline(
    resident: Resident, stack: StackUnderTest, tmp_path: Path
) -> None:
    number = resident.books()
    page = resident.page
    receipt = receipt_of(page)
    shows_the_code_of(resident, receipt)

    page.locator(".receipt-text").click()
    assert page.evaluate("getSelection().toString().trim()") == receipt

    key_file = tmp_path / "receipt-key.txt"
    key_file.write_bytes(page.request.get("/receipt-key.txt").body())
    said = proves(receipt, key_file, tmp_path)
    assert said.startswith("genuine:")
    assert number in said
    # The operators' command knows the key of its own stack.
    stack.command("receipt", "check", receipt)

    resident.presses("booked.my_booking")
    resident.arrives("/my-booking", resident.reads("my_booking.title"))
    assert receipt_of(page) == receipt
    shows_the_code_of(resident, receipt)


def test_code_is_large_enough_and_dark_on_light_on_paper_and_in_dark_mode(
    resident: Resident,
) -> None:
    resident.books()
    page, code = resident.page, code_on(resident)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=resident.pictures / "dark.png", full_page=True)
    assert colours_of(code) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    page.emulate_media(forced_colors="active", color_scheme="dark")
    assert colours_of(code) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    with on_paper(page):
        page.screenshot(path=resident.pictures / "print.png", full_page=True)
        assert side_of(code) * MM_PER_PX >= SIDE_MM_MIN
        assert colours_of(code) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
        expect(page.locator(".receipt-text")).to_be_visible()


@contextmanager
def on_paper(page: Page) -> Iterator[None]:
    """See a page as it is printed, for the length of a block."""
    page.emulate_media(media="print", color_scheme="light", forced_colors="none")
    page.set_viewport_size({"width": ON_PAPER_PX, "height": 900})
    yield
    page.emulate_media(media="screen")


def receipt_of(page: Page) -> str:
    return page.locator(".receipt-text").inner_text()


def code_on(resident: Resident) -> Locator:
    """Return the picture, found by the name that a screen reader speaks."""
    return resident.page.get_by_role("img", name=resident.reads("receipt.picture"), exact=True)


def shows_the_code_of(resident: Resident, receipt: str) -> None:
    """Find the picture large enough, and in it the modules that the receipt's code has."""
    code = code_on(resident)
    expect(code).to_be_visible()
    code.scroll_into_view_if_needed()
    assert side_of(code) >= SIDE_PX_MIN
    path = code.locator("path").get_attribute("d") or ""
    expected = segno.make_qr(receipt, error="m", boost_error=False, mask=0)
    rows = list(expected.matrix_iter(border=QUIET_MODULES))
    assert code.get_attribute("viewBox") == f"0 0 {len(rows)} {len(rows)}"
    assert dark_modules(path) == {
        (x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    }


def dark_modules(path: str) -> set[tuple[int, int]]:
    runs = re.findall(r"M(\d+) (\d+)\.5h(\d+)", path)
    return {(x, int(y)) for left, y, n in runs for x in range(int(left), int(left) + int(n))}


def side_of(code: Locator) -> float:
    """Return the shorter side of the picture in CSS pixels."""
    box = code.bounding_box()
    assert box is not None
    return min(box["width"], box["height"])


def colours_of(code: Locator) -> tuple[str, str]:
    """Return the colours that the light and the dark modules are painted in."""
    light = code.locator("rect").evaluate("e => getComputedStyle(e).fill")
    dark = code.locator("path").evaluate("e => getComputedStyle(e).stroke")
    return light, dark


def proves(receipt: str, key_file: Path, elsewhere: Path) -> str:
    """Check a receipt in a folder where nothing runs; return what is said of it."""
    checked = subprocess.run(
        [SEIRIKEN, "receipt", "check", "-", "--key", key_file],
        input=f"{receipt}\n",
        cwd=elsewhere,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return checked.stdout
