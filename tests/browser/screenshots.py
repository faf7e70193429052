"""Picture every page in every state: `make screenshots`, then look at var/screenshots/index.html.

The pages are those of `page_samples`, with the real style sheet, scripts and pictures, in
Japanese, plain Japanese and English, on a phone (390 px) and at a desk (1280 px). Pictures that
tests took of a running city stand beside them, if they were put into the same folder:

    SCREENSHOTS_DIR=var/screenshots/city make test ARGS=tests/browser/test_way.py

Other languages and widths are pictured on demand, and of one page as well as of all:

    .venv/bin/python -m tests.browser.screenshots --languages vi pt --widths 320 --only check
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gateway import languages
from tests.browser.conftest import launched_browser
from tests.browser.desk import Desk
from tests.unit.gateway.page_outline import render
from tests.unit.gateway.page_samples import SAMPLES, Sample

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


def picture_name(sample: Sample, language: str, width_px: int) -> str:
    """Name the picture of a sample."""
    state = sample[1] or "only"
    return f"{sample[0]}/{state}-{language}-{width_px}.png"


def take(
    browser: Browser,
    folder: Path,
    samples: list[Sample],
    shown_in: Sequence[str],
    widths_px: Sequence[int],
) -> int:
    """Take the pictures; return how many."""
    taken = 0
    for width_px in widths_px:
        context = browser.new_context(viewport={"width": width_px, "height": HEIGHT_PX})
        desk = Desk(context.new_page())
        for language in shown_in:
            for sample in samples:
                path = folder / picture_name(sample, language, width_px)
                path.parent.mkdir(parents=True, exist_ok=True)
                desk.shows(render(sample, language))
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
    options.add_argument("--only", default="", help="a page's name, for instance error")
    options.add_argument("--languages", nargs="+", default=LANGUAGES, choices=languages.LANGUAGES)
    options.add_argument("--widths", nargs="+", type=int, default=WIDTHS_PX)
    given = options.parse_args()
    samples = [sample for sample in SAMPLES if given.only in ("", sample[0])]
    with sync_playwright() as playwright:
        browser = launched_browser(playwright)
        taken = take(browser, given.folder, samples, given.languages, given.widths)
        browser.close()
    sheet = given.folder / "index.html"
    sheet.write_text(contact_sheet(given.folder), encoding="utf-8")
    print(f"{taken} pictures: {sheet}")  # noqa: T201, a command prints


if __name__ == "__main__":
    main()
