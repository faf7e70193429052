"""The pages of the release desk with something to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import msgspec

from allocator.approval import Proposal
from allocator.approval_store import DoneAct
from allocator.demand import SeatsOfDay, needs, totals
from allocator.finding import error, warning
from allocator.plan_diff import DayOfPlan, Difference
from allocator.plan_store import Edit
from allocator.plan_texts import WEEKDAYS
from gateway.staff.access import Role
from gateway.staff.finding_words import worded
from gateway.staff.plan_fields import DayOff, ExtraDay
from gateway.staff.plan_form_pages import SLOT_MINUTES, DayOfWeek
from gateway.staff.plan_pages import Looked, PastEdit
from gateway.staff.rehearsal_pages import drawn
from gateway.staff.release_pages import ORDERS, Waiting
from tests.unit.gateway.factories import make_release
from waiting_room.forecast import Opening, forecast

NOW = datetime(2021, 6, 1, 0, 30, tzinfo=UTC)
DAY = DayOfPlan(date(2021, 6, 10), "gym", "comirnaty", 28, 280, 0)
MORE = msgspec.structs.replace(DAY, dose_1=308)
LOAD = Proposal(7, "autumn", "load", "schema: 1\nrelease: …\n", "", "新しい会場", "unyo1", NOW)
OPEN = Proposal(8, "autumn", "open", "", "", "早く開けたい", "unyo2", NOW)
WRONG = """schema: 1
weeks:
  - venue: gym
    product: comirnaty
    lines: 4
"""
WEEK = {
    "follows": "2",
    "product": "spikevax",
    **{f"hours_{day}": "09:00-12:00, 13:00-17:00" for day in WEEKDAYS[:5]},
    "slot_minutes": "15",
    "lines": "4",
    "minutes_per_dose": "6",
    "vials_per_day": "46",
    "dose_1_percent": "",
    "dose_1_from": "2021-06-10",
    "dose_1_to": "2021-06-20",
    "dose_2_from": "2021-07-01",
    "dose_2_to": "2021-07-11",
    "desk_share": "20",
}
FINDINGS = worded(
    [
        error(
            *("second_doses_short", "sessions", ""),
            product="comirnaty",
            venue="gym",
            firsts=280,
            pairs=100,
            days=[date(2021, 6, day) for day in range(10, 17)],
        ),
        error("not_as_schema", "weeks[0].lines", "", kind="missing", keys=["hours"]),
        error("not_yaml", "line 3", "", kind="other", said="mapping values are not allowed here"),
        warning("open_after_last_slot", "release.closes_at", ""),
    ],
    "ja",
    WRONG,
)
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
        "values": {},
        "errors": {},
        "looked": None,
        "weeks": None,
        "findings": [],
        **changes,
    }


def _week(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "number_of_week": 1,
        "venue": {"id": "gym", "names": {"ja": "体育館", "en": "Gymnasium"}},
        "products": ["comirnaty", "spikevax"],
        "slot_minutes": SLOT_MINUTES,
        "weekdays": [DayOfWeek(day, 28, 276) for day in WEEKDAYS[:5]]
        + [DayOfWeek(day, 0, 0) for day in WEEKDAYS[5:]],
        "values": WEEK,
        "errors": {},
        "findings": [],
        **changes,
    }


def _days(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "venues": [{"id": "gym", "names": {"ja": "体育館", "en": "Gymnasium"}}],
        "products": ["comirnaty"],
        "slot_minutes": SLOT_MINUTES,
        "days_off": [DayOff("", "2021-06-20"), DayOff("gym", "2021-06-21")],
        "extra_days": [
            ExtraDay(0, "gym", "comirnaty", ("2021-06-27",), ("09:00-12:00",), 10, 0),
        ],
        "values": {"follows": "2"},
        "errors": {},
        "findings": [],
        **changes,
    }


def _rehearsal(**changes: object) -> Mapping[str, object]:
    return {
        "release_ids": ["autumn", "spring"],
        "values": {},
        "errors": {},
        "expected": None,
        "drawn": None,
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
                    may_approve=True,
                ),
                Waiting(OPEN, [], may_approve=False),
            ]
        ),
    ),
    (
        *("releases-wrong", "operator", "staff_releases.html"),
        _releases(
            waiting=[Waiting(LOAD, [], may_approve=True)],
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
            weeks=[{"venue": "gym", "product": "comirnaty"}],
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
    ("plan-week", "operator", "staff_plan_week.html", _week()),
    (
        *("plan-week-wrong", "supervisor", "staff_plan_week.html"),
        _week(
            values=WEEK | {"hours_tue": "12:00-09:00", "lines": "many"},
            errors={
                "hours_tue": "終わりが始まりより前です。",
                "lines": "ここには整数を書きます。",
                "dose_1_from": "期間の終わりが始まりより前です。",
                "reason": "理由を書いてください。",
            },
            findings=FINDINGS,
        ),
    ),
    ("plan-days", "operator", "staff_plan_days.html", _days()),
    ("plan-days-none", "operator", "staff_plan_days.html", _days(days_off=[], extra_days=[])),
    (
        *("plan-days-wrong", "supervisor", "staff_plan_days.html"),
        _days(
            days_off=[],
            values={"follows": "2", "extra_day": "2021-06-31", "remove": "extra 0"},
            errors={
                "closed_day": "同じものが2回あります。",
                "extra_day": "2021-06-31 という日はありません。",
                "extra_venue": "その会場はありません。",
                "remove": "選んでください。",
                "remove_reason": "理由を書いてください。",
            },
        ),
    ),
    ("rehearsal", "operator", "staff_rehearsal.html", _rehearsal(values={"inside": "2000"})),
    (
        *("rehearsal-shown", "supervisor", "staff_rehearsal.html"),
        _rehearsal(expected=EXPECTED, drawn=drawn(EXPECTED)),
    ),
    (
        *("rehearsal-for-all", "supervisor", "staff_rehearsal.html"),
        _rehearsal(expected=FOR_ALL, drawn=drawn(FOR_ALL)),
    ),
    (
        *("rehearsal-wrong", "operator", "staff_rehearsal.html"),
        _rehearsal(
            release_ids=[],
            values={"people": "x"},
            errors={"release_id": "選んでください。", "people": "数を入力してください。"},
        ),
    ),
    ("demand", "operator", "staff_demand.html", _demand()),
    ("demand-none", "supervisor", "staff_demand.html", _demand(needs=[], totals=[])),
    (
        *("demand-wrong", "operator", "staff_demand.html"),
        _demand(needs=[], totals=[], errors={"last_year": "はじめの日より前です。"}),
    ),
]
