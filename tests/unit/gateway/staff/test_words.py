"""The staff's words: the same in both languages, and none missing or left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from jinja2 import nodes
from starlette.requests import Request

from allocator.approval import ACTS as RELEASE_ACTS
from allocator.approval import Refusal
from allocator.closing import Unclosable
from allocator.finding import KINDS, MENDS
from allocator.mail import TOLD_IN
from allocator.plan_texts import WEEKDAYS
from allocator.release_file import schema
from allocator.roster_changes_file import Change
from allocator.roster_lines import REASONS as REASONS_OF_LINES
from gateway import staff
from gateway.i18n import MessageMissing
from gateway.staff.access import GROUPS, ROLES, ROUTES
from gateway.staff.call_cancelling_pages import WHOSE
from gateway.staff.call_details import CONFIRMATIONS
from gateway.staff.call_pages import Done
from gateway.staff.calls import CALLS_LOST
from gateway.staff.closing_pages import REASONS as CLOSING_REASONS
from gateway.staff.closings import STATES as CLOSING_STATES
from gateway.staff.companions import CAUSES
from gateway.staff.day_list import UNDO_REASONS
from gateway.staff.journal import ACTS, COMMAND, REASONS
from gateway.staff.national_record import ENCODINGS
from gateway.staff.release_pages import DONE
from gateway.staff.rendering import PAGES_DIRECTORY, environment
from gateway.staff.roster_runs import KINDS as KINDS_OF_FILES
from gateway.staff.roster_runs import STATES as ROSTER_STATES
from gateway.staff.venue_pages import REFUSED
from gateway.staff.words import LANGUAGE_NAMES, catalogue, language_of, said

FOLDER = Path(staff.__file__).parent


def keys_of(asked: object) -> Iterator[str]:
    """Yield every key that a schema knows."""
    if isinstance(asked, Mapping):
        if isinstance(known := asked.get("properties"), Mapping):
            yield from known
        for below in asked.values():
            yield from keys_of(below)
    elif isinstance(asked, list):
        for below in asked:
            yield from keys_of(below)


STANDINGS = {
    *(
        "none",
        "not_open_yet",
        "lobby",
        "waiting",
        "no_place",
        "on_standby",
        "in_lane",
        "your_turn",
        "inside",
        "booked",
        "closed",
    ),
}
KINDS_OF_FINDINGS = {f"{code}.{kind}" for code, kinds in KINDS.items() for kind in kinds}
WEEKDAYS_AND_KEYS = {*WEEKDAYS, *keys_of(schema())}
FAMILIES: dict[str, set[str]] = {
    "finding.": (MENDS.keys() - KINDS.keys()) | KINDS_OF_FINDINGS,
    "finding.severity.": {"error", "warning"},
    "finding.word.": {
        "dose_1",
        "dose_2",
        "empty",
        "string",
        "integer",
        "number",
        "array",
        "object",
    },
    "mend.": set(MENDS),
    "place.": WEEKDAYS_AND_KEYS,
    "act.": set(ACTS),
    "plan_form.days_of.": {"dose_1", "dose_2"},
    "plan_form.from.": {"dose_1", "dose_2"},
    "plan_form.to.": {"dose_1", "dose_2"},
    "plan_form.interval.": {"standard", "min", "max"},
    "call.confirmation.": set(CONFIRMATIONS),
    "call.done.": set(get_args(Done)),
    "caller.call.": set(CALLS_LOST),
    "caller.call_title.": set(CALLS_LOST),
    "closing.cannot.": {*Unclosable, "refused"},
    "closing.next.": {*CLOSING_STATES, "unknown"},
    "closing.reason.": set(CLOSING_REASONS),
    "closing.state.": {*CLOSING_STATES, "unknown"},
    "roster.change.": set(get_args(Change)),
    "roster.fault.": set(REASONS_OF_LINES),
    "roster.kind.": set(KINDS_OF_FILES),
    "roster.next.": {*ROSTER_STATES, "unknown"},
    "roster.state.": {*ROSTER_STATES, "unknown"},
    "roster.store.": set(KINDS_OF_FILES),
    "companion.no.": set(CAUSES),
    "companion.whose.": set(WHOSE),
    "enrol.fault.": {
        *("code_wrong", "password_short", "password_long", "password_is_login"),
        *("passwords_differ", "password_guessable", "not_confirmed"),
    },
    "page.": {page[1:] for pages in GROUPS.values() for page in pages},
    "pages.": set(GROUPS),
    "by_hand.": {"none", "paused", "closed"},
    "reason.": set(REASONS),
    "refusal.": {refusal.value for refusal in Refusal},
    "untold.told.": {"done", "before"},
    "messages.kind.": set(TOLD_IN),
    "messages.result.": {"refused", "given_up"},
    "release_act.": set(RELEASE_ACTS),
    "releases.done.": set(DONE),
    "role.": {*ROLES, COMMAND},
    "room.lacking.": {"event_loop", "room", "database", "catalogue", "status"},
    "standing.": STANDINGS,
    "standing.do.": STANDINGS,
    "venue.done.": {"given", "not_come", "undone", "came"},
    "venue.mark.": {"open", "given", "not_come"},
    "venue.refused.": {*REFUSED, "other"},
    "venue.undo.": set(UNDO_REASONS),
    "doses.encoding.": set(ENCODINGS),
    "state.": {"scheduled", "lobby", "open", "paused", "closed"},
}


def in_templates() -> Iterator[str]:
    """Yield every message id, or beginning of ids, that a template asks for."""
    for path in PAGES_DIRECTORY.glob("*.html"):
        for call in environment("ja").parse(path.read_text("utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "said":
                yield from of_expression(call.args[0])


def of_expression(expression: nodes.Expr) -> Iterator[str]:
    match expression:
        case nodes.Const(value=msgid):
            yield msgid
        case nodes.Concat(nodes=[nodes.Const(value=beginning), *_]):
            yield beginning
        case nodes.CondExpr(expr1=one, expr2=nodes.Expr() as other):
            yield from of_expression(one)
            yield from of_expression(other)
        case _:
            pytest.fail(f"a template asks in a way this test cannot follow: {expression}")


def in_python() -> Iterator[str]:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="said"), args=[ast.Constant(value=str() as one), *_]
                ):
                    yield one


def asked_for() -> set[str]:
    whole = set(in_python())
    for msgid in in_templates():
        whole |= {msgid + end for end in FAMILIES[msgid]} if msgid.endswith(".") else {msgid}
    families = ("finding.", "finding.severity.", "finding.word.", "mend.", "place.", "refusal.")
    for family in (*families, "closing.cannot.", "companion.no.", "roster.fault."):
        whole |= {f"{family}{code}" for code in FAMILIES[family]}
    return whole | {f"enrol.fault.{code}" for code in FAMILIES["enrol.fault."]}


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_no_word_is_missing_or_left_over(language: str) -> None:
    assert asked_for() == set(catalogue(language))
    assert all(text.strip() for text in catalogue(language).values())


def test_both_languages_fill_the_same_braces() -> None:
    for msgid in catalogue("ja"):
        braces = [
            {name for _, name, _, _ in Formatter().parse(catalogue(one)[msgid]) if name}
            for one in LANGUAGE_NAMES
        ]
        assert braces[0] == braces[1], msgid


def test_japanese_is_japanese() -> None:
    for msgid, text in catalogue("ja").items():
        assert re.search("[ぁ-んァ-ヶ一-龠]", text) or text.startswith("{"), msgid


def test_unknown_word_is_our_mistake() -> None:
    with pytest.raises(MessageMissing):
        said("no.such.word", "ja")


@pytest.mark.parametrize(
    ("accepted", "language"), [("", "ja"), ("ja", "ja"), ("en-GB", "en"), ("ko", "en")]
)
def test_language_of_a_request(accepted: str, language: str) -> None:
    headers = [(b"accept-language", accepted.encode())]
    assert language_of(Request({"type": "http", "headers": headers})) == language


def test_every_page_of_the_bar_is_a_route() -> None:
    assert all(f"GET {page}" in ROUTES for pages in GROUPS.values() for page in pages)
