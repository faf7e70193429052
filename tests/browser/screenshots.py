"""Picture every page in every state: `make screenshots`, then look at var/screenshots/index.html.

The pages are those of `page_samples` and, in the folder `staff`, of `staff_samples`, with the
real style sheet, scripts and pictures, in Japanese, plain Japanese (residents) and English, on a
phone (390 px) and at a desk (1280 px). Pictures that tests took of a running city stand beside
them, if they were put into the same folder:

    SCREENSHOTS_DIR=var/screenshots/city make test ARGS=tests/browser/test_way.py

Other languages and widths are pictured on demand, and of one page as well as of all:

    .venv/bin/python -m tests.browser.screenshots --languages vi pt --widths 320 --only check
    .venv/bin/python -m tests.browser.screenshots --only staff/plan
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import groupby, product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gateway import languages
from gateway.staff.words import LANGUAGE_NAMES
from tests.browser.conftest import launched_browser
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES
from tests.unit.gateway.staff import staff_samples

FOLDER = Path("var/screenshots")
LANGUAGES = ("ja", languages.PLAIN_JAPANESE, "en")
WIDTHS_PX = (390, 1280)
HEIGHT_PX = 844

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pages of Seiriken</title>
<style>
body {{ font-family: sans-serif; margin: 1rem; }}
section {{ display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }}
figure {{ margin: 0; }}
img {{ border: 1px solid #949494; max-width: 320px; }}
</style></head>
<body><h1>Pages of Seiriken</h1>
{body}
</body></html>
"""


@dataclass(frozen=True)
class Pictured:
    """A state of a page: the folder and beginning of its pictures' names, and its HTML."""

    page: str
    name: str
    languages: tuple[str, ...]
    html: Callable[[str], str]

    def is_meant_by(self, only: str) -> bool:
        """Say whether a word of the command means it: a page, or the beginning of `page/name`."""
        return only in ("", self.page) or ("/" in only and self.path.startswith(only))

    @property
    def path(self) -> str:
        """Return where its pictures are, without language and width."""
        return f"{self.page}/{self.name}"


def every_page() -> list[Pictured]:
    """Return every state of every page, the residents' first."""
    residents = [
        Pictured(sample[0], sample[1] or "only", languages.LANGUAGES, partial(render, sample))
        for sample in SAMPLES
    ]
    staff = [
        Pictured("staff", sample[0], tuple(LANGUAGE_NAMES), partial(staff_samples.render, sample))
        for sample in staff_samples.SAMPLES + staff_samples.ENROLLING
    ]
    return residents + staff


def take(
    browser: Browser,
    folder: Path,
    pages: list[Pictured],
    shown_in: Sequence[str],
    widths_px: Sequence[int],
) -> int:
    """Take the pictures; return how many."""
    taken = 0
    for width_px in widths_px:
        context = browser.new_context(viewport={"width": width_px, "height": HEIGHT_PX})
        desk = Desk(context.new_page())
        for language, page in product(shown_in, pages):
            if language not in page.languages:
                continue
            path = folder / f"{page.path}-{language}-{width_px}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            desk.shows(page.html(language))
            desk.page.screenshot(path=path, full_page=True)
            taken += 1
        context.close()
    return taken


def contact_sheet(folder: Path) -> str:
    """Return a page with all pictures of a folder, by the folder they are in."""
    pictures = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    parts = []
    for page, shown in groupby(pictures, key=lambda path: path.parent):
        parts.append(f"<h2>{escape(str(page))}</h2>\n<section>")
        for path in shown:
            link, name = escape(path.as_posix()), escape(path.stem)
            parts.append(
                f'<figure><figcaption>{name}</figcaption><a href="{link}">'
                f'<img src="{link}" alt="{name}" loading="lazy"></a></figure>'
            )
        parts.append("</section>")
    return PAGE.format(body="\n".join(parts))


def main() -> None:
    """Take the pictures and put them on a sheet."""
    options = argparse.ArgumentParser(description="Picture every page in every state.")
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument(
        "--only", default="", help="a page's name, for instance error, staff or staff/plan"
    )
    options.add_argument("--languages", nargs="+", default=LANGUAGES, choices=languages.LANGUAGES)
    options.add_argument("--widths", nargs="+", type=int, default=WIDTHS_PX)
    given = options.parse_args()
    pages = [page for page in every_page() if page.is_meant_by(given.only)]
    if not pages:
        options.error(f"no page is called {given.only}")
    with sync_playwright() as playwright:
        browser = launched_browser(playwright)
        taken = take(browser, given.folder, pages, given.languages, given.widths)
        browser.close()
    sheet = given.folder / "index.html"
    sheet.write_text(contact_sheet(given.folder), encoding="utf-8")
    print(f"{taken} pictures: {sheet}")  # noqa: T201, a command prints


if __name__ == "__main__":
    main()
