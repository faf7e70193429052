"""Nothing is said that has no words, no words are left over, and each page speaks one language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import nodes
from starlette.requests import Request

from gateway import i18n, rendering
from gateway.fields import CODES
from gateway.i18n import MessageMissing
from gateway.problems import STATUS

GATEWAY = Path(rendering.__file__).parent
PURPOSES = {"book", "second_only", "change_both", "change_second"}
FAMILIES = {
    "check.lead.": PURPOSES,
    "check.not_yet.": PURPOSES,
    "check.submit.": PURPOSES,
    "check.title.": PURPOSES,
    "choose.lead.": PURPOSES,
    "choose.title.": PURPOSES,
    "choose_time.lead.": PURPOSES,
    "booked.title.": {"book", "change"},
    "date.": {"year", "month", "day"},
    "dose.": {"1", "2"},
    "pairs.": {"many", "few", "none"},
    "pairs.mark.": {"many", "few", "none"},
    "standby.why.": {"slot_closed", "supply_cut"},
    "state.": {"none", "scheduled", "lobby", "open", "paused", "closed"},
    "steps.": {"sign_in", "wait", "details", "choose", "check"},
    "wait.outlook.": {"likely", "borderline", "unlikely"},
    "wait.raised.": {"paused", "rate_lowered", "capacity_cut", "slower_than_measured"},
}
"""Message ids that are put together from a beginning and one of these endings."""

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
WORDS_BOTH_READ = {"pairs.mark.many", "pairs.mark.few", "pairs.mark.none"}
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}")
JAPANESE_IN_ENGLISH = re.compile(r"\((?:接種券|券番号|予診票|接種済証)\)")


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


def messages(language: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a catalogue by message id, every plural form."""
    words = {}
    for message in i18n.read_catalogue(language):
        if message.id:
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            words[msgid] = tuple(str(one) for one in said)
    return words


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_message_is_missing(language: str) -> None:
    assert asked_for() - messages(language).keys() == set()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_message_is_left_over(language: str) -> None:
    of_one_field = re.compile(r"field\.\w+\.(\w+)")
    left = messages(language).keys() - asked_for()
    assert {m for m in left if not ((f := of_one_field.fullmatch(m)) and f[1] in CODES)} == set()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_message_is_fuzzy_or_empty(language: str) -> None:
    catalogue = i18n.read_catalogue(language)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    empty = [msgid for msgid, said in messages(language).items() if not all(map(str.strip, said))]
    assert empty == []


def test_catalogues_have_the_same_messages_with_the_same_parameters() -> None:
    ja, en = messages("ja"), messages("en")
    assert ja.keys() == en.keys()
    for msgid in ja:
        for said in en[msgid]:
            assert parameters(said) == parameters(ja[msgid][0]), msgid


def parameters(said: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", said))


def test_japanese_is_japanese_and_english_is_english() -> None:
    for msgid, said in messages("ja").items():
        assert msgid in WORDS_BOTH_READ or all(map(JAPANESE.search, said)), msgid
        assert not any(map(ENGLISH_SENTENCE.search, said)), msgid
    for msgid, said in messages("en").items():
        assert not any(JAPANESE.search(JAPANESE_IN_ENGLISH.sub("", one)) for one in said), msgid


def test_unknown_message_is_our_mistake() -> None:
    with pytest.raises(MessageMissing):
        i18n.text("no.such.message", "ja")
    with pytest.raises(MessageMissing):
        i18n.count_text("no.such.message", 2, "en")


def test_english_has_a_singular_and_a_plural() -> None:
    assert i18n.count_text("landing.pairs_left", 1, "en") == "Left: about 1 person"
    assert i18n.count_text("landing.pairs_left", 1200, "en") == "Left: about 1,200 people"
    assert i18n.count_text("landing.pairs_left", 1200, "ja") == "残り：およそ1,200人分"


def test_field_has_its_own_words_where_they_differ() -> None:
    length = {"length": 10}
    assert "券番号" in i18n.message("ticket_number", "wrong_length", length, "ja")
    assert i18n.message("x", "wrong_length", length, "ja") == "10けたで入力してください。"
    assert i18n.message("contact.name", "required", {}, "en") == "Enter your name."
    assert i18n.message("choices.0", "required", {}, "en") == "Please fill this in."


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        (None, None, "ja"),
        ("en", "ja", "en"),
        ("xx", "en-GB", "en"),
        (None, "fr, en-US;q=0.8, ja;q=0.5", "en"),
        (None, "en;q=0.5, ja", "ja"),
        (None, "en;q=0", "ja"),
        (None, "en;q=soon", "ja"),
        (None, "zh-Hans, ko", "ja"),
        (None, ";q=1,,;;,", "ja"),
        (None, "xx," * 50 + "en", "ja"),
    ],
)
def test_language_is_the_chosen_one_then_the_browsers_then_japanese(
    cookie: str | None, header: str | None, language: str
) -> None:
    assert i18n.negotiated(cookie, header) == language


def test_language_of_a_request() -> None:
    headers = [(b"accept-language", b"en"), (b"cookie", b"language=ja")]
    request = Request({"type": "http", "headers": headers})
    assert i18n.language_of(request) == "ja"


def test_moments_are_written_in_the_sites_zone() -> None:
    moment = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert i18n.date_time_text(moment, "ja") == "2026年12月1日(火) 10:00"
    assert i18n.date_time_text(moment, "en") == "Tuesday 1 December 2026, 10:00"
    late = datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
    assert i18n.short_date_text(late, "ja") == "12月2日(水)"
    assert i18n.time_text(late, "en") == "01:30"


def test_days_are_written_as_each_language_does() -> None:
    day = date(1948, 5, 3)
    assert i18n.date_text(day, "ja") == "1948年5月3日(月)"
    assert i18n.plain_date_text(day, "ja") == "1948年5月3日"
    assert i18n.plain_date_text(day, "en") == "3 May 1948"
    assert i18n.short_date_text(day, "en") == "Mon 3 May"
    assert i18n.month_text(day, "ja") == "1948年5月"
    assert i18n.month_text(day, "en") == "May 1948"
