"""In which languages residents are written, and how each writes days, names and calendars.

The words themselves stand in `mail_templates/<language>*`. Plain Japanese (`ja-simple`) has
readings in its sources, `{漢字|かんじ}`; in a mail they stand in brackets behind the word, since
mail programs do not show <ruby> reliably. Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from babel.core import Locale
from babel.dates import format_date

PLAIN_JAPANESE = "ja-simple"

_READING = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_WEEKDAYS = (
    "げつようび",
    "かようび",
    "すいようび",
    "もくようび",
    "きんようび",
    "どようび",
    "にちようび",
)


@dataclass(frozen=True)
class MailLanguage:
    """How one language writes what no template holds.

    `until` joins a day and a time; `summary` and `number` stand in the calendar file.
    """

    locale: Locale
    day: str
    until: str
    summary: str
    number: str
    encoding: Literal["base64", "quoted-printable"] = "base64"


_TABLE = {
    "ja": MailLanguage(
        Locale("ja"),
        "y年M月d日(E)",
        "{day} {time}",
        "新型コロナワクチン {}回目",
        "予約番号 {}",
    ),
    PLAIN_JAPANESE: MailLanguage(
        Locale("ja"),
        "",
        "{day} {time}",
        "{新型|しんがた}コロナのワクチン {}{回目|かいめ}",
        "{予約番号|よやくばんごう} {}",
    ),
    "en": MailLanguage(
        Locale("en"),
        "EEEE d MMMM y",
        "{day}, {time}",
        "COVID-19 vaccination, dose {}",
        "Booking number {}",
        encoding="quoted-printable",
    ),
    "zh-Hans": MailLanguage(
        Locale("zh", script="Hans"),
        "y年M月d日（EEEE）",
        "{day} {time}",
        "新冠疫苗接种 第{}剂",
        "预约号 {}",
    ),
    "ko": MailLanguage(
        Locale("ko"),
        "y년 M월 d일 (E)",
        "{day} {time}",
        "코로나19 백신 접종 {}차",
        "예약 번호 {}",
    ),
    "vi": MailLanguage(
        Locale("vi"),
        "EEEE, 'ngày' d 'tháng' M 'năm' y",
        "{time}, {day}",
        "Tiêm vắc-xin COVID-19, mũi {}",
        "Mã đặt lịch {}",
    ),
    "pt": MailLanguage(
        Locale("pt"),
        "EEEE, d 'de' MMMM 'de' y",
        "{day}, {time}",
        "Vacinação contra a COVID-19, {}ª dose",
        "Número da reserva {}",
        encoding="quoted-printable",
    ),
}

LANGUAGES = tuple(_TABLE)
"""The first is written to whoever chose a language that has no templates."""


def language_of(wanted: str) -> str:
    """Return the language to write in."""
    return wanted if wanted in _TABLE else LANGUAGES[0]


def mail_language(language: str) -> MailLanguage:
    """Return how a language writes."""
    return _TABLE[language]


def html_language(language: str) -> str:
    """Return the tag for the `lang` of a mail's HTML."""
    return "ja" if language == PLAIN_JAPANESE else language


def day_words(moment: datetime, language: str) -> str:
    """Write a day with its weekday; in plain Japanese 2021/9/3（きんようび）, without kanji."""
    if language == PLAIN_JAPANESE:
        weekday = _WEEKDAYS[moment.weekday()]
        return f"{moment.year}/{moment.month}/{moment.day}（{weekday}）"
    known = _TABLE[language]
    return format_date(moment, known.day, locale=known.locale)


def with_readings(text: str, language: str) -> str:
    """Put the readings of plain Japanese into brackets; other languages have none."""
    return _READING.sub(r"\1（\2）", text) if language == PLAIN_JAPANESE else text


def name_in(texts: Mapping[str, str], language: str) -> str:
    """Return a name or an address in the reader's language, else in one that they may read."""
    english = "" if language.startswith("ja") else texts.get("en")
    found = texts.get(language) or english or texts.get("ja") or next(iter(texts.values()), "")
    return with_readings(found, language)
