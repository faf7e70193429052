"""The pages of the release desk with something to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import msgspec

from allocator.approval import Proposal
from allocator.approval_store import DoneAct
from allocator.demand import SeatsOfDay, needs, totals
from allocator.plan_diff import DayOfPlan, Difference
from allocator.plan_store import Edit
from gateway.staff.access import Role
from gateway.staff.plan_pages import Looked, PastEdit
from gateway.staff.rehearsal_fields import usual_values
from gateway.staff.rehearsal_pages import PLAN_PREFIX, drawn
from gateway.staff.release_pages import ORDERS, Waiting
from gateway.staff.term_words import WordedTerm
from tests.unit.gateway.factories import make_release
from tests.unit.gateway.staff import plan_form_samples
from tests.unit.gateway.staff.plan_form_samples import FINDINGS, PLAN, WRONG
from waiting_room.forecast import Opening, forecast

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
DAY = DayOfPlan(date(2021, 6, 10), "gym", "comirnaty", 28, 280, 0)
MORE = msgspec.structs.replace(DAY, dose_1=308)
LOAD = Proposal(7, "autumn", "load", "schema: 1\nrelease: …\n", "", "新しい会場", "unyo1", NOW)
OPEN = Proposal(8, "autumn", "open", "", "まもなく始まります", "早く開けたい", "unyo2", NOW)
ACTS = [
    DoneAct(2, "autumn", "pause", "ワクチンが届かない", "unyo1", None, "done", NOW),
    DoneAct(1, "autumn", "load", "", None, None, "refused", NOW),
]
EDIT = Edit(2, "autumn", 1, "schema: 1\n", "会場を足した", "unyo1", NOW)
NEEDED = needs([SeatsOfDay(date(2021, 6, 10), "gym", "comirnaty", 1, 280, 101)], {"comirnaty": 6})
EXPECTED = forecast(Opening(people=24_000, pairs=3_640))
FOR_ALL = forecast(Opening(people=100, pairs=3_640))

Sample = tuple[str, Role | None, str, Mapping[str, object]]


def _releases(**changes: object) -> Mapping[str, object]:
    return {
        "releases": [make_release()],
        "now": NOW,
        "done": "proposed",
        "states": {"r1": "scheduled"},
        "waiting": [],
        "acts": [],
        "orders": ORDERS,
        "differences_max": 100,
        "values": {},
        "errors": {},
        "findings": [],
        "is_by_two": True,
        **changes,
    }


def _plans(**changes: object) -> Mapping[str, object]:
    return {
        "plan_ids": [],
        "plan_id": "",
        "history": [],
        "history_max": 1,
        "values": {},
        "errors": {},
        "looked": None,
        "plan": None,
        "kilobytes": 60,
        "findings": [],
        **changes,
    }


def _rehearsal(**changes: object) -> Mapping[str, object]:
    return {
        "release_ids": ["autumn", "spring"],
        "plan_ids": ["autumn", "winter"],
        "plan_prefix": PLAN_PREFIX,
        "usual": usual_values(),
        "values": usual_values(),
        "errors": {},
        "expected": None,
        "drawn": None,
        "taken": None,
        **changes,
    }


def _demand(**changes: object) -> Mapping[str, object]:
    return {
        "needs": NEEDED,
        "totals": totals(NEEDED),
        "names": {"gym": "松山下公園総合体育館", "comirnaty": "コミナティ"},
        "values": {},
        "errors": {},
        **changes,
    }


SAMPLES: list[Sample] = [
    ("releases", "operator", "staff_releases.html", _releases(acts=ACTS)),
    ("releases-none", "operator", "staff_releases.html", _releases(releases=[], is_by_two=False)),
    (
        *("releases-waiting", "supervisor", "staff_releases.html"),
        _releases(
            waiting=[
                Waiting(
                    LOAD,
                    [Difference(DAY, MORE), Difference(None, DAY), Difference(DAY, None)],
                    [
                        WordedTerm(
                            "公開 › 対象 › 生年月日（まで）", "2018年4月1日(日)", "1965年4月1日(木)"
                        ),
                        WordedTerm(
                            "会場 › 松山下公園総合体育館 (gym) › 開館 › 時間",
                            "なし",
                            "09:00-12:00、13:00-17:00",
                        ),
                    ],
                    {"gym": "松山下公園総合体育館", "comirnaty": "コミナティ"},
                    may_approve=True,
                    findings=FINDINGS,
                    seen="0f3a",
                ),
                Waiting(OPEN, [], None, {}, may_approve=False),
            ]
        ),
    ),
    (
        *("releases-wrong", "operator", "staff_releases.html"),
        _releases(
            waiting=[Waiting(LOAD, [], [], {}, may_approve=True)],
            values={"act": "open", "message": "お待ちください", "reason-7": ""},
            errors={
                "release_id": "選んでください。",
                "act": "直すところがあります。",
                "reason": "理由を書いてください。",
                "reason-7": "理由を書いてください。",
            },
            findings=FINDINGS,
        ),
    ),
    ("plans", "operator", "staff_plans.html", _plans()),
    (
        *("plans-one", "supervisor", "staff_plans.html"),
        _plans(
            plan_ids=["autumn", "spring"],
            plan_id="autumn",
            history=[PastEdit(EDIT, "--- \n+++ \n-  people: 24000\n+  people: 20000")],
            values={"content": EDIT.text, "follows": "2"},
            looked=Looked("autumn", [DAY, MORE], []),
            plan=PLAN,
        ),
    ),
    (
        *("plans-wrong", "operator", "staff_plans.html"),
        _plans(
            values={"content": WRONG, "reason": ""},
            errors={"content": "直すところがあります。", "reason": "理由を書いてください。"},
            looked=Looked("", [], []),
            findings=FINDINGS,
        ),
    ),
    *plan_form_samples.SAMPLES,
    ("rehearsal", "operator", "staff_rehearsal.html", _rehearsal()),
    (
        *("rehearsal-shown", "supervisor", "staff_rehearsal.html"),
        _rehearsal(expected=EXPECTED, drawn=drawn(EXPECTED)),
    ),
    (
        *("rehearsal-for-all", "supervisor", "staff_rehearsal.html"),
        _rehearsal(expected=FOR_ALL, drawn=drawn(FOR_ALL), taken=1_234),
    ),
    (
        *("rehearsal-wrong", "operator", "staff_rehearsal.html"),
        _rehearsal(
            release_ids=[],
            plan_ids=[],
            values={"people": "x", "within_minutes": "0"},
            errors={
                "release_id": "選んでください。",
                "people": "1から100,000,000までの整数を入力してください。",
                "within_minutes": "0.1から1,440までの数を入力してください。",
            },
        ),
    ),
    ("demand", "operator", "staff_demand.html", _demand()),
    ("demand-none", "supervisor", "staff_demand.html", _demand(needs=[], totals=[])),
    (
        *("demand-wrong", "operator", "staff_demand.html"),
        _demand(needs=[], totals=[], errors={"last_year": "はじめの日より前です。"}),
    ),
]
