"""The resident's words: messages, dates, times and numbers in the reader's language.

Rule 1: every word a resident reads stands in `locale/<language>/LC_MESSAGES/messages.po`;
code and templates hold message ids only.
Rule 2: an id that a catalogue does not have is our mistake: it raises `MessageMissing`,
and a test proves that none is missing.

A message id is a dotted name: `<page>.<what>`, `problem.<code>.title`, `problem.<code>.detail`,
and for a field that was filled in wrongly `field.<field>.<code>` or, where the field makes
no difference, `field.<code>`. Parameters stand in braces: `{city}`. Catalogues are
read once, at import; nothing compiled is kept.

Units: times are shown in the site's own zone (Asia/Tokyo), on a 24-hour clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cache, lru_cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import Locale, negotiate_locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import HTTPConnection

from allocator.model import SITE_TIMEZONE

LANGUAGES = ("ja", "en")
"""Languages on offer; the first is spoken to whoever names none of them."""

LANGUAGE_COOKIE = "language"

LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}
"""Each language in its own words, for the language switch."""

LOCALE_DIRECTORY = Path(__file__).parent / "locale"

_ACCEPTED_LANGUAGES_MAX = 20

KEPT_TEXTS_MAX = 4_096
"""Days and times that were written once and are kept: babel takes some 30 µs for each."""

_DATE_PATTERNS = {"ja": "y年M月d日(E)", "en": "EEEE d MMMM y"}
_PLAIN_DATE_PATTERNS = {"ja": "y年M月d日", "en": "d MMMM y"}
_SHORT_DATE_PATTERNS = {"ja": "M月d日(E)", "en": "EEE d MMM"}
_MONTH_PATTERNS = {"ja": "y年M月", "en": "MMMM y"}
_DATE_AND_TIME = {"ja": "{date} {time}", "en": "{date}, {time}"}

Translator = Callable[..., str]
"""What `translator` gives: `translate(msgid, **params) -> str`."""


class MessageMissing(Exception):
    """A catalogue does not have a message id that our code asked for."""


class _RaisingFallback(NullTranslations):
    def gettext(self, message: str) -> str:
        raise MessageMissing(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise MessageMissing(msgid1)


def read_catalogue(language: str) -> Catalog:
    """Read one language's catalogue from its .po file."""
    path = LOCALE_DIRECTORY / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as po_file:
        return read_po(po_file, locale=language, abort_invalid=True)


def _translations(language: str) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    translations.add_fallback(_RaisingFallback())
    return translations


_TRANSLATIONS = {language: _translations(language) for language in LANGUAGES}
_MESSAGE_IDS = frozenset(
    message.id[0] if isinstance(message.id, tuple) else message.id
    for message in read_catalogue(LANGUAGES[0])
    if message.id
)


def text(msgid: str, language: str, **params: object) -> str:
    """Return the message `msgid` in `language`, its braces filled with `params`.

    Raises: MessageMissing when the catalogue does not have it.
    """
    return _TRANSLATIONS[language].gettext(msgid).format_map(params)


def count_text(msgid: str, count: int, language: str, **params: object) -> str:
    """Return the message in the plural form for `count`, which fills `{count}` with separators."""
    pattern = _TRANSLATIONS[language].ngettext(msgid, msgid, count)
    return pattern.format_map({"count": number(count, language), **params})


def translator(language: str) -> Translator:
    """Return `text` with its language fixed: `translate(msgid, **params)`."""
    return partial(text, language=language)


def message(field: str, code: str, params: Mapping[str, object], language: str) -> str:
    """Return what to tell a reader whose `field` was refused with `code`.

    Takes `field.<field>.<code>` where there is one, else `field.<code>`. Of a field inside
    another (`contact.name`, `choices.0`) the last name counts.
    Raises: MessageMissing when there is neither.
    """
    name = next((part for part in reversed(field.split(".")) if not part.isdigit()), field)
    particular = f"field.{name}.{code}"
    msgid = particular if particular in _MESSAGE_IDS else f"field.{code}"
    return text(msgid, language, **params)


def negotiated(cookie: str | None, accept_language: str | None) -> str:
    """Choose a language: the one chosen before, else the browser's best, else the first of ours."""
    if cookie in LANGUAGES:
        return cookie
    preferred = _preferred(accept_language or "")
    return negotiate_locale(preferred, LANGUAGES, sep="-") or LANGUAGES[0]


def _preferred(accept_language: str) -> list[str]:
    weighted = []
    for entry in accept_language.split(",")[:_ACCEPTED_LANGUAGES_MAX]:
        tag, _, weight = entry.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    weighted.sort(key=lambda pair: pair[0])
    return [tag for weight, tag in weighted if weight < 0 and tag]


def language_of(connection: HTTPConnection) -> str:
    """Return the language to answer a request in: its cookie, else its Accept-Language header."""
    return negotiated(
        connection.cookies.get(LANGUAGE_COOKIE), connection.headers.get("accept-language")
    )


def date_text(day: date, language: str) -> str:
    """Write a day with its weekday: 2026年12月1日(火), Tuesday 1 December 2026."""
    return _written_day(day, _DATE_PATTERNS[language], language)


def plain_date_text(day: date, language: str) -> str:
    """Write a day without its weekday, as for a birth date: 1948年5月3日, 3 May 1948."""
    return format_date(day, _PLAIN_DATE_PATTERNS[language], locale=_locale(language))


def short_date_text(day: date, language: str) -> str:
    """Write a day of a year that is plain from its surroundings: 12月1日(火), Tue 1 Dec.

    A moment is taken as its day at the site.
    """
    if isinstance(day, datetime):
        day = day.astimezone(SITE_TIMEZONE).date()
    return _written_day(day, _SHORT_DATE_PATTERNS[language], language)


def month_text(day: date, language: str) -> str:
    """Write the month of a day: 2026年12月, December 2026."""
    return _written_day(day, _MONTH_PATTERNS[language], language)


def time_text(moment: datetime | time, language: str) -> str:
    """Write a time of day on a 24-hour clock: 10:00."""
    shown = moment.astimezone(SITE_TIMEZONE).time() if isinstance(moment, datetime) else moment
    return _written_time(shown.replace(tzinfo=None), language)


def date_time_text(moment: datetime, language: str) -> str:
    """Write a moment: 2026年12月1日(火) 10:00, Tuesday 1 December 2026, 10:00."""
    local = moment.astimezone(SITE_TIMEZONE)
    return _DATE_AND_TIME[language].format(
        date=date_text(local.date(), language), time=time_text(local, language)
    )


def number(value: int, language: str) -> str:
    """Write a whole number with separators: 12,345."""
    return format_decimal(value, locale=_locale(language))


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _written_day(day: date, pattern: str, language: str) -> str:
    """Write a day of a release, as hundreds of thousands of pages do (never a birth date)."""
    return format_date(day, pattern, locale=_locale(language))


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _written_time(moment: time, language: str) -> str:
    return format_time(moment, "HH:mm", locale=_locale(language))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)
