"""The venue's page on a tablet: a network that drops loses nothing, and one record is made.

The page is the gateway's own template with its own script; the network is the browser's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from playwright.sync_api import Browser

from gateway.rendering import STATIC_DIRECTORY
from tests.unit.gateway.staff import staff_samples

SAMPLES = {one[0]: one for one in staff_samples.SAMPLES}
SAMPLE, ENDED = SAMPLES["dose-open"], SAMPLES["sign-in-ended"]


class Desk(BaseHTTPRequestHandler):
    """Serves the page and its files, and keeps what is sent; or refuses it as after a session."""

    sent: list[dict[str, list[str]]]
    has_ended: bool
    answers: threading.Event

    def do_GET(self) -> None:
        """Answer the page, a static file or a sign of life."""
        path = self.path.partition("?")[0]
        if path == "/healthz":
            self.answers.wait()
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            kind = "image/svg+xml" if name.endswith(".svg") else kind
            self._answer((STATIC_DIRECTORY / name).read_bytes(), kind)
        else:
            self._answer(staff_samples.render(SAMPLE, "en").encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Keep the form."""
        form = self.rfile.read(int(self.headers["content-length"])).decode()
        self.sent.append(parse_qs(form))
        if self.has_ended:
            self._answer(staff_samples.render(ENDED, "en").encode(), "text/html", 401)
            return
        self._answer(b"<title>kept</title><p>kept</p>", "text/html; charset=utf-8")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(
    *, has_ended: bool = False, answers: threading.Event | None = None
) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """Serve the page on loopback; a sign of life once it `answers`."""
    sent: list[dict[str, list[str]]] = []
    if answers is None:
        answers = threading.Event()
        answers.set()
    held = {"sent": sent, "has_ended": has_ended, "answers": answers}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Kept", (Desk,), held))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        answers.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_was_typed_is_kept_while_the_network_is_away_and_sent_once_it_is_back(
    browser: Browser,
) -> None:
    with serving() as (url, sent):
        context = browser.new_context(viewport={"width": 768, "height": 1024})
        page = context.new_page()
        page.goto(f"{url}/venue/dose")
        page.locator("#lot").fill("EW4811")
        context.set_offline(True)
        give = page.locator("form[action='/venue/given'] button[type=submit]")
        give.click()
        page.locator("form[action='/venue/given'] [data-offline]").wait_for(state="visible")
        give.click()
        assert page.locator("#lot").input_value() == "EW4811"
        assert sent == []
        with page.expect_navigation():
            context.set_offline(False)
        assert [form["lot"] for form in sent] == [["EW4811"]]
        assert sent[0]["request_id"] == ["1" * 32]
        context.close()


def test_network_that_keeps_silent_is_told_as_one_that_is_away(browser: Browser) -> None:
    answers = threading.Event()
    with serving(answers=answers) as (url, sent):
        context = browser.new_context(viewport={"width": 768, "height": 1024})
        page = context.new_page()
        page.goto(f"{url}/venue/dose")
        page.locator("#lot").fill("EW4811")
        page.locator("form[action='/venue/given'] button[type=submit]").click()
        page.locator("form[action='/venue/given'] [data-offline]").wait_for(state="visible")
        with page.expect_navigation():
            answers.set()
        assert [form["lot"] for form in sent] == [["EW4811"]]
        context.close()


def test_form_that_is_sent_late_is_not_taken_for_recorded_after_the_session(
    browser: Browser,
) -> None:
    with serving(has_ended=True) as (url, sent):
        context = browser.new_context(viewport={"width": 768, "height": 1024})
        page = context.new_page()
        page.goto(f"{url}/venue/dose")
        page.locator("#lot").fill("EW4811")
        context.set_offline(True)
        page.locator("form[action='/venue/given'] button[type=submit]").click()
        page.locator("form[action='/venue/given'] [data-offline]").wait_for(state="visible")
        with page.expect_navigation():
            context.set_offline(False)
        told = page.locator("[role=alert]")
        assert len(sent) == 1, "and it is not sent over and over"
        assert "neither recorded nor passed on" in told.inner_text()
        assert told.evaluate("told => told === document.activeElement")
        assert page.locator("form[action='/sign-in']").count() == 1
        context.close()


def test_form_is_sent_without_javascript_too(browser: Browser) -> None:
    with serving() as (url, sent):
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{url}/venue/dose")
        page.locator("#lot").fill("EW4811")
        page.locator("form[action='/venue/given'] button[type=submit]").click()
        assert page.locator("p").inner_text() == "kept"
        assert [form["lot"] for form in sent] == [["EW4811"]]
        context.close()
