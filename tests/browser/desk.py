"""A browser's page that shows rendered pages as if a server had sent them."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

import gateway

STATIC_FOLDER = Path(gateway.__file__).parent / "static"
HEIGHT_PX = 800
SITE = "http://seiriken.example"


class Desk:
    """Answers whatever `page` asks for: with what is shown now, or one of our static files.

    While `is_away`, every request fails as without a network.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked = 0
        self.is_away = False
        self.html = ""
        page.route("**/*", self._answer)

    def shows(self, html: str) -> None:
        """Go to a page that is answered with this."""
        self.html = html
        self.page.goto(f"{SITE}/page")

    def is_wide(self, width_px: int) -> None:
        """Make the window so wide."""
        self.page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        file = STATIC_FOLDER / Path(path).name
        if path == "/page":
            self.asked += 1
        if self.is_away:
            route.abort()
        elif path == "/page":
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        else:
            route.fulfill(status=404)
