"""The resident's words: messages, dates, times and numbers in the reader's language.

Rule 1: every word a resident reads stands in `locale/<language>/LC_MESSAGES/messages.po`;
code and templates hold message ids only.
Rule 2: an id that a catalogue does not have is our mistake: it raises `MessageMissing`,
and a test proves that none is missing.

A message id is a dotted name: `<page>.<what>`, `problem.<code>.title`, `problem.<code>.detail`,
and for a field that was filled in wrongly `field.<field>.<code>` or, where the field makes
no difference, `field.<code>`. Parameters stand in braces: `{city}`. Catalogues are
read once, at import; nothing compiled is kept.

Texts of plain Japanese are `Furigana`: its catalogue gives readings.

Units: times are shown in the site's own zone (Asia/Tokyo), on a 24-hour clock. Long dates
have the year of the Japanese era beside the Western one where the language is Japanese.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cache, lru_cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import HTTPConnection

from allocator.model import SITE_TIMEZONE
from gateway import furigana
from gateway.eras import era_of
from gateway.furigana import Furigana
from gateway.languages import (
    LANGUAGE_COOKIE,
    LANGUAGES,
    PLAIN_JAPANESE,
    negotiated,
)

LOCALE_DIRECTORY = Path(__file__).parent / "locale"

KEPT_TEXTS_MAX = 4_096
"""Days and times that were written once and are kept: babel takes some 30 µs for each."""

_DATE_PATTERNS = {
    "ja": "y年{era}M月d日(E)",
    "en": "EEEE d MMMM y",
    "zh-Hans": "y年M月d日（EEEE）",
    "ko": "y년 M월 d일 (E)",
    "vi": "EEEE, 'ngày' d 'tháng' M 'năm' y",
    "pt": "EEEE, d 'de' MMMM 'de' y",
}
_PLAIN_DATE_PATTERNS = {
    "ja": "y年{era}M月d日",
    "en": "d MMMM y",
    "zh-Hans": "y年M月d日",
    "ko": "y년 M월 d일",
    "vi": "'ngày' d 'tháng' M 'năm' y",
    "pt": "d 'de' MMMM 'de' y",
}
_SHORT_DATE_PATTERNS = {
    "ja": "M月d日(E)",
    "en": "EEE d MMM",
    "zh-Hans": "M月d日（E）",
    "ko": "M월 d일 (E)",
    "vi": "EEEE, d/M",
    "pt": "E d/M",
}
_MONTH_PATTERNS = {
    "ja": "y年M月",
    "en": "MMMM y",
    "zh-Hans": "y年M月",
    "ko": "y년 M월",
    "vi": "'Tháng' M 'năm' y",
    "pt": "MMMM 'de' y",
}
_DATE_AND_TIME = {"en": "{date}, {time}", "vi": "{time}, {date}", "pt": "{date}, {time}"}
WEEKDAYS = ("月|げつ", "火|か", "水|すい", "木|もく", "金|きん", "土|ど", "日|にち")
"""From Monday on, with their readings."""
_DAYS = {
    1: "ついたち",
    2: "ふつか",
    3: "みっか",
    4: "よっか",
    5: "いつか",
    6: "むいか",
    7: "なのか",
    8: "ようか",
    9: "ここのか",
    10: "とおか",
    14: "じゅうよっか",
    20: "はつか",
    24: "にじゅうよっか",
}
"""How days of the month are read whose reading is not the number's."""

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
        return read_po(po_file, locale=_locale(language), abort_invalid=True)


def _translations(language: str) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    translations.add_fallback(_RaisingFallback())
    return translations


@cache
def _locale(language: str) -> Locale:
    if language == PLAIN_JAPANESE:
        return Locale("ja")
    return Locale.parse(language, sep="-")


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
    return _filled(_TRANSLATIONS[language].gettext(msgid), language, params)


def count_text(msgid: str, count: int, language: str, **params: object) -> str:
    """Return the message in the plural form for `count`, which fills `{count}` with separators."""
    pattern = _TRANSLATIONS[language].ngettext(msgid, msgid, count)
    return _filled(pattern, language, {"count": number(count, language), **params})


def _filled(pattern: str, language: str, params: Mapping[str, object]) -> str:
    if language == PLAIN_JAPANESE:
        return _pattern(pattern).filled(params)
    return pattern.format_map(params)


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _pattern(source: str) -> furigana.Pattern:
    return furigana.Pattern(source)


def given(text: str, language: str) -> str:
    """Return what an operator wrote for a language; in plain Japanese it may have readings."""
    return furigana.with_readings(text) if language == PLAIN_JAPANESE else text


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


def language_of(connection: HTTPConnection) -> str:
    """Return the language to answer a request in: its cookie, else its Accept-Language header."""
    return negotiated(
        connection.cookies.get(LANGUAGE_COOKIE), connection.headers.get("accept-language")
    )


def date_text(day: date, language: str) -> str:
    """Write a day with its weekday: 2026年（令和8年）12月1日(火), Tuesday 1 December 2026."""
    if language == PLAIN_JAPANESE:
        return _plain_japanese(day, year=True, weekday=True)
    return _written_day(day, _DATE_PATTERNS[language], language)


def plain_date_text(day: date, language: str) -> str:
    """Write a day without its weekday, for a birth date: 1948年（昭和23年）5月3日, 3 May 1948."""
    if language == PLAIN_JAPANESE:
        return _plain_japanese.__wrapped__(day, year=True, weekday=False)
    return _written_day.__wrapped__(day, _PLAIN_DATE_PATTERNS[language], language)


def short_date_text(day: date, language: str) -> str:
    """Write a day of a year that is plain from its surroundings: 12月1日(火), Tue 1 Dec.

    A moment is taken as its day at the site.
    """
    if isinstance(day, datetime):
        day = day.astimezone(SITE_TIMEZONE).date()
    if language == PLAIN_JAPANESE:
        return _plain_japanese(day, year=False, weekday=True)
    return _written_day(day, _SHORT_DATE_PATTERNS[language], language)


def month_text(day: date, language: str) -> str:
    """Write the month of a day: 2026年12月, December 2026."""
    if language == PLAIN_JAPANESE:
        return furigana.with_readings(f"{day.year}{{年|ねん}}{day.month}{{月|がつ}}")
    return _written_day(day, _MONTH_PATTERNS[language], language)


def time_text(moment: datetime | time, language: str) -> str:
    """Write a time of day on a 24-hour clock: 10:00."""
    shown = moment.astimezone(SITE_TIMEZONE).time() if isinstance(moment, datetime) else moment
    return _written_time(shown.replace(tzinfo=None), language)


def date_time_text(moment: datetime, language: str) -> str:
    """Write a moment: 2026年（令和8年）12月1日(火) 10:00, Tuesday 1 December 2026, 10:00."""
    local = moment.astimezone(SITE_TIMEZONE)
    pattern = _DATE_AND_TIME.get(language, "{date} {time}")
    params = {"date": date_text(local.date(), language), "time": time_text(local, language)}
    return _filled(pattern, language, params)


def number(value: int, language: str) -> str:
    """Write a whole number with separators: 12,345."""
    return format_decimal(value, locale=_locale(language))


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _written_day(day: date, pattern: str, language: str) -> str:
    """Write a day of a release, as hundreds of thousands of pages do (a birth date is not kept)."""
    written = format_date(day, pattern.replace("{era}", "'@'"), locale=_locale(language))
    return written.replace("@", _era_year(day))


def _era_year(day: date) -> str:
    era = era_of(day)
    return "" if era is None else f"（{era.name}{era.year_of(day)}年）"


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _plain_japanese(day: date, *, year: bool, weekday: bool) -> Furigana:
    """Write a day with the readings of all its parts."""
    era = era_of(day)
    parts = []
    if year:
        parts.append(f"{day.year}{{年|ねん}}")
    if year and era is not None:
        count = era.year_of(day).replace("元", "{元|がん}")
        parts.append(f"（{{{era.name}|{era.reading}}}{count}{{年|ねん}}）")
    parts.append(f"{day.month}{{月|がつ}}")
    reading = _DAYS.get(day.day)
    parts.append(f"{day.day}{{日|にち}}" if reading is None else f"{{{day.day}日|{reading}}}")
    if weekday:
        name, name_read = WEEKDAYS[day.weekday()].split("|")
        parts.append(f"（{{{name}曜日|{name_read}ようび}}）")
    return furigana.with_readings("".join(parts))


@lru_cache(maxsize=KEPT_TEXTS_MAX)
def _written_time(moment: time, language: str) -> str:
    return format_time(moment, "HH:mm", locale=_locale(language))
