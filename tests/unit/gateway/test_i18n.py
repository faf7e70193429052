"""Nothing is said that has no words, no words are left over, and days are written right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import nodes
from starlette.requests import Request

from gateway import i18n, languages, rendering
from gateway.eras import ERAS
from gateway.fields import CODES
from gateway.furigana import bare
from gateway.i18n import MessageMissing
from gateway.problems import STATUS
from tests.unit.gateway.catalogues import messages

GATEWAY = Path(rendering.__file__).parent
PURPOSES = {"book", "together", "second_only", "change_both", "change_second"}
FAMILIES = {
    "check.lead.": PURPOSES,
    "check.not_yet.": PURPOSES,
    "check.submit.": PURPOSES,
    "check.title.": PURPOSES,
    "choose.lead.": PURPOSES,
    "choose.title.": PURPOSES,
    "choose_time.lead.": PURPOSES,
    "booked.title.": {"book", "together", "change"},
    "unsubscribe.title.": {"asked", "off", "undecided", "unknown"},
    "date.": {"year", "month", "day"},
    "date.era.": set(ERAS),
    "dose.": {"1", "2"},
    "pairs.": {"many", "few", "none"},
    "pairs.cell.": {"many", "few", "none"},
    "pairs.mark.": {"many", "few", "none"},
    "session.heading.": {"warning", "last", "over"},
    "session.words.": {"warning", "last", "over"},
    "standby.why.": {"slot_closed", "supply_cut"},
    "state.": {"none", "scheduled", "lobby", "open", "paused", "closed"},
    "steps.": {"sign_in", "wait", "details", "choose", "check", "change"},
    "wait.outlook.": {"likely", "borderline", "unlikely"},
    "wait.raised.": {"paused", "rate_lowered", "capacity_cut", "slower_than_measured"},
}
"""Message ids that are put together from a beginning and one of these endings."""


def in_templates() -> Iterator[str]:
    """Yield every message id, or beginning of ids, that a template asks for."""
    environment = rendering.environment("ja")
    for name in environment.list_templates():
        source = (rendering.PAGES_DIRECTORY / name).read_text(encoding="utf-8")
        for call in environment.parse(source).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("t", "n"):
                yield from of_expression(call.args[0])


def of_expression(expression: nodes.Expr) -> Iterator[str]:
    match expression:
        case nodes.Const(value=msgid):
            yield msgid
        case nodes.Concat(nodes=[nodes.Const(value=beginning), _]):
            yield beginning
        case nodes.CondExpr(expr1=one, expr2=nodes.Expr() as other):
            yield from of_expression(one)
            yield from of_expression(other)
        case _:
            pytest.fail(
                f"a template asks for a message in a way this test cannot follow: {expression}"
            )


def in_python() -> Iterator[str]:
    """Yield every message id that our Python asks for by its whole name."""
    for path in GATEWAY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="text" | "count_text"),
                    args=[ast.Constant(value=str() as msgid), *_],
                ):
                    yield msgid


def asked_for() -> set[str]:
    """Return every message id that can be asked for."""
    whole = set(in_python())
    for msgid in in_templates():
        if msgid.endswith("."):
            whole |= {msgid + ending for ending in FAMILIES[msgid]}
        else:
            whole.add(msgid)
    whole |= {f"problem.{code}.{part}" for code in STATUS for part in ("title", "detail")}
    return whole | {f"field.{code}" for code in CODES}


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_no_message_is_missing(language: str) -> None:
    assert asked_for() - messages(language).keys() == set()


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_no_message_is_left_over(language: str) -> None:
    of_one_field = re.compile(r"field\.\w+\.(\w+)")
    left = messages(language).keys() - asked_for()
    assert {m for m in left if not ((f := of_one_field.fullmatch(m)) and f[1] in CODES)} == set()


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_no_message_is_fuzzy_or_empty(language: str) -> None:
    catalogue = i18n.read_catalogue(language)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    empty = [msgid for msgid, said in messages(language).items() if not all(map(str.strip, said))]
    assert empty == []


def test_unknown_message_is_our_mistake() -> None:
    with pytest.raises(MessageMissing):
        i18n.text("no.such.message", "ja")
    with pytest.raises(MessageMissing):
        i18n.count_text("no.such.message", 2, "en")


def test_english_has_a_singular_and_a_plural() -> None:
    assert i18n.count_text("landing.pairs_left", 1, "en") == "Left: about 1 person"
    assert i18n.count_text("landing.pairs_left", 1200, "en") == "Left: about 1,200 people"
    assert i18n.count_text("landing.pairs_left", 1200, "ja") == "残り：およそ1,200人分"


def test_portuguese_counts_none_and_one_alike_and_east_asia_counts_all_alike() -> None:
    said = [i18n.count_text("landing.waiting", count, "pt") for count in (0, 1, 2, 1200)]
    assert said == [
        "Esperando agora: 0 pessoa",
        "Esperando agora: 1 pessoa",
        "Esperando agora: 2 pessoas",
        "Esperando agora: 1.200 pessoas",
    ]
    for language in ("ja", "ja-simple", "zh-Hans", "ko", "vi"):
        one, many = (i18n.count_text("landing.waiting", count, language) for count in (1, 2))
        assert str(one).replace("1", "2") == many


def test_field_has_its_own_words_where_they_differ() -> None:
    length = {"length": 10}
    assert "券番号" in i18n.message("ticket_number", "wrong_length", length, "ja")
    assert i18n.message("x", "wrong_length", length, "ja") == "10けたで入力してください。"
    assert i18n.message("contact.name", "required", {}, "en") == "Enter your name."
    assert i18n.message("choices.0", "required", {}, "en") == "Please fill this in."


def test_language_of_a_request() -> None:
    headers = [(b"accept-language", b"en"), (b"cookie", b"language=ja")]
    request = Request({"type": "http", "headers": headers})
    assert i18n.language_of(request) == "ja"


@pytest.mark.parametrize(
    ("language", "long", "late", "clock", "born", "month"),
    [
        (
            "ja",
            "2026年（令和8年）12月1日(火) 10:00",
            "12月2日(水)",
            "01:30",
            "1948年（昭和23年）5月3日",
            "1948年5月",
        ),
        (
            "ja-simple",
            "2026年（令和8年）12月1日（火曜日） 10:00",
            "12月2日（水曜日）",
            "01:30",
            "1948年（昭和23年）5月3日",
            "1948年5月",
        ),
        ("en", "Tuesday 1 December 2026, 10:00", "Wed 2 Dec", "01:30", "3 May 1948", "May 1948"),
        (
            "zh-Hans",
            "2026年12月1日（星期二） 10:00",
            "12月2日（周三）",
            "01:30",
            "1948年5月3日",
            "1948年5月",
        ),
        (
            "ko",
            "2026년 12월 1일 (화) 10:00",
            "12월 2일 (수)",
            "01:30",
            "1948년 5월 3일",
            "1948년 5월",
        ),
        (
            "vi",
            "10:00, Thứ Ba, ngày 1 tháng 12 năm 2026",
            "Thứ Tư, 2/12",
            "01:30",
            "ngày 3 tháng 5 năm 1948",
            "Tháng 5 năm 1948",
        ),
        (
            "pt",
            "terça-feira, 1 de dezembro de 2026, 10:00",
            "qua. 2/12",
            "01:30",
            "3 de maio de 1948",
            "maio de 1948",
        ),
    ],
)
def test_days_and_moments_are_written_as_each_language_does_in_the_sites_zone(
    language: str, long: str, late: str, clock: str, born: str, month: str
) -> None:
    moment = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    after_midnight = datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
    day = date(1948, 5, 3)
    written = [
        i18n.date_time_text(moment, language),
        i18n.short_date_text(after_midnight, language),
        i18n.time_text(after_midnight, language),
        i18n.plain_date_text(day, language),
        i18n.month_text(day, language),
    ]
    assert [bare(one) for one in written] == [long, late, clock, born, month]


def test_first_year_of_an_era_and_a_day_before_the_eras_are_written_right() -> None:
    assert i18n.plain_date_text(date(2019, 5, 1), "ja") == "2019年（令和元年）5月1日"
    assert i18n.plain_date_text(date(1912, 7, 29), "ja") == "1912年7月29日"
    first = i18n.plain_date_text(date(1989, 1, 8), "ja-simple")
    assert first == "1989年（ねん）（平成（へいせい）元（がん）年（ねん））1月（がつ）8日（ようか）"
    assert i18n.plain_date_text(date(1912, 7, 29), "ja-simple").startswith("1912年（ねん）7月")


def test_days_of_the_month_are_read_as_they_are_said() -> None:
    read = [str(i18n.short_date_text(date(2021, 9, day), "ja-simple")) for day in (1, 3, 20, 30)]
    assert [one.partition("9月（がつ）")[2].partition("（")[2][:4] for one in read] == [
        "ついたち",
        "みっか）",
        "はつか）",
        "にち）（",
    ]


def test_birth_dates_are_not_kept_in_memory() -> None:
    before = i18n._written_day.cache_info().currsize, i18n._plain_japanese.cache_info().currsize
    for language in languages.LANGUAGES:
        i18n.plain_date_text(date(1931, 2, 3), language)
    after = i18n._written_day.cache_info().currsize, i18n._plain_japanese.cache_info().currsize
    assert after == before
