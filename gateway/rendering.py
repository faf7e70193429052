"""Turn values into HTML pages.

Rule 1: a template is given all it shows; one that asks for more fails (StrictUndefined).
Rule 2: every page works without JavaScript, and holds neither script nor style of its own,
so that the content security policy can forbid both.

There is one Jinja environment per language, with the words and formats of `gateway.i18n` in
it. Where HTML cannot stand (titles, attributes, options, what scripts write), words are taken
through the filter `bare` (without readings) or `beside` (readings in brackets). Words without
parameters are filled in when a template is read, since asking for each of them again was a good
part of what rendering a page cost. Static files are linked with a digest of their content, so
that a browser may keep them for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gateway import calendars, form_tokens, furigana, i18n, languages
from gateway.eras import ERAS
from gateway.parts import parts_of
from gateway.policies import session_of
from gateway.qr_codes import qr_code
from gateway.session_end import SessionEnd, filled_in
from gateway.views import words_in

PAGES_DIRECTORY = Path(__file__).parent / "pages"
STATIC_DIRECTORY = Path(__file__).parent / "static"
_DIGEST_LENGTH = 16

_WRITERS: dict[str, Callable[..., object]] = {
    "t": i18n.text,
    "n": i18n.count_text,
    "named": words_in,
    "number": i18n.number,
    "date": i18n.date_text,
    "plain_date": i18n.plain_date_text,
    "short_date": i18n.short_date_text,
    "month_name": i18n.month_text,
    "date_time": i18n.date_time_text,
    "time": i18n.time_text,
    "weekdays": calendars.weekdays,
    "weekday_head": calendars.weekday_head,
    "weekday_name": calendars.weekday_name,
    "weeks_of": calendars.weeks_of,
    "cell_date": calendars.cell_date,
}
"""What a template may call to write words, dates, numbers and calendars, its language fixed."""


def dialled(phone: object) -> str:
    """Return what a telephone dials of a number as it is written, as in 0476-00-0000."""
    return re.sub(r"[^0-9+]", "", str(phone))


_FILTERS: dict[str, Callable[[object], object]] = {
    "bare": furigana.bare,
    "beside": furigana.beside,
    "dialled": dialled,
}
_FIXED_WORDS = re.compile(r"""\{\{ t\((["'])([a-z0-9_.]+)\1\)(?: \| (bare|beside))? \}\}""")
_FIXED_LINK = re.compile(r"""\{\{ static\((["'])([a-z0-9_.-]+)\1\) \}\}""")


@cache
def static_url(name: str) -> str:
    """Return the URL of one of our static files; it changes with the file's content."""
    digest = sha256((STATIC_DIRECTORY / name).read_bytes()).hexdigest()[:_DIGEST_LENGTH]
    return f"/static/{name}?v={digest}"


def _link(found: re.Match[str]) -> str:
    return str(escape(static_url(found[2])))


class _WithWords(FileSystemLoader):
    """Reads templates of one language, its fixed words and links filled in."""

    def __init__(self, folder: Path, language: str) -> None:
        super().__init__(folder)
        self._language = language

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return the text of a template, where it stands, and whether it is still so."""
        source, path, is_current = super().get_source(environment, template)
        source = _FIXED_WORDS.sub(self._word, source)
        return _FIXED_LINK.sub(_link, source), path, is_current

    def _word(self, found: re.Match[str]) -> str:
        words: object = i18n.text(found[2], self._language)
        return str(escape(_FILTERS[found[3]](words) if found[3] else words))


@cache
def environment(language: str) -> Environment:
    """Make the Jinja environment in which pages of one language are rendered."""
    made = Environment(
        loader=_WithWords(PAGES_DIRECTORY, language),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words = {name: partial(write, language=language) for name, write in _WRITERS.items()}
    made.filters.update(_FILTERS)
    made.globals.update(
        language=language,
        html_language=languages.html_language(language),
        language_names=languages.LANGUAGE_NAMES,
        language_tag=languages.html_language,
        eras=ERAS,
        static=static_url,
        qr_code=qr_code,
        **words,
    )
    return made


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **shown: object,
) -> HTMLResponse:
    """Answer a request with a page in the reader's language.

    `shown` is what the template shows besides the frame (city, phone desk, language switch).
    """
    language = i18n.language_of(request)
    content = _written(request, template, language, shown)
    return _answer(request, content, language, status, headers)


def render_kept(
    request: Request,
    template: str,
    *,
    view: tuple[str, ...] | None = (),
    state: tuple[object, ...] = (),
    shown: Callable[[str], Mapping[str, object]],
) -> HTMLResponse:
    """Answer with a page that is the same for everybody who sees that view in that state.

    `shown` is asked, with the language, only when the page must be made. Nothing
    personal may be in it, unless `view` is None: then the page is made for this reader alone.
    """
    language = i18n.language_of(request)

    def make() -> str:
        return _written(request, template, language, shown(language))

    if view is None:
        return _answer(request, make(), language, 200, None)
    parts = parts_of(request)
    is_inside = str(session_of(request) is not None)
    whose = (template, language, own_path(request), is_inside, *view)
    seen = (*state, parts.downtime.announced())
    return _answer(request, parts.kept_pages.get(whose, seen, make), language, 200, None)


def own_path(request: Request) -> str:
    """Return the path that was asked for, to link to it: two slashes would name another host."""
    return "/" + request.url.path.lstrip("/\\")


def _written(request: Request, template: str, language: str, shown: Mapping[str, object]) -> str:
    parts = parts_of(request)
    settings = parts.settings
    limits = SessionEnd(settings.session_idle_s, settings.session_absolute_s)
    return (
        environment(language)
        .get_template(template)
        .render(
            city=i18n.given(settings.city_name(language), language),
            phone_desk=settings.phone_desk,
            path=own_path(request),
            downtime=parts.downtime.announced(),
            session=None if session_of(request) is None else limits,
            **shown,
        )
    )


def _answer(
    request: Request,
    content: str,
    language: str,
    status: int,
    headers: Mapping[str, str] | None,
) -> HTMLResponse:
    session = session_of(request)
    if session is not None:
        now = parts_of(request).clock().timestamp()
        words = i18n.time_text(datetime.fromtimestamp(session.until, UTC), language)
        content = filled_in(content, session.until, session.ends_at, now, words)
    content, form_cookie = form_tokens.filled_in(request, content)
    response = HTMLResponse(content, status_code=status, headers=dict(headers or {}))
    form_tokens.give_cookie(request, response, form_cookie)
    response.headers["content-language"] = language
    response.headers["vary"] = "Accept-Language, Cookie"
    return response
