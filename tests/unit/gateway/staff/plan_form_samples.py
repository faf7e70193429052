"""The forms of plans with something to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from allocator.finding import error, warning
from allocator.model import SITE_TIMEZONE
from allocator.plan_texts import WEEKDAYS
from allocator.release_file import known_products
from gateway.staff.access import Role
from gateway.staff.finding_words import worded
from gateway.staff.plan_day_fields import DayOff, ExtraDay
from gateway.staff.plan_product_fields import SUPPLY_UNITS, product_fields
from gateway.staff.plan_venue_fields import venue_fields
from gateway.staff.plan_week_pages import DayOfWeek
from gateway.staff.plan_working import SLOT_MINUTES

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
VENUES = [{"id": "gym", "names": {"ja": "体育館", "en": "Gymnasium"}}]
PATTERN = {
    "venue": "gym",
    "product": "comirnaty",
    "dose_1": {"from": "2021-06-10", "to": "2021-06-20"},
    "hours": {"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-12:00"]},
    "lines": 4,
}
PRODUCTS = [{"id": "comirnaty", "names": {"ja": "コミナティ", "en": "Comirnaty"}}]
PLAN = {"weeks": [PATTERN], "venues": VENUES, "products": PRODUCTS}
KNOWN = known_products()
FINDINGS = worded(
    [
        error(
            *("second_doses_short", "sessions", ""),
            product="comirnaty",
            venue="gym",
            firsts=280,
            pairs=100,
            days=[date(2021, 6, day) for day in range(10, 17)],
            slots=[datetime(2021, 6, day, 16, tzinfo=SITE_TIMEZONE) for day in range(10, 17)],
        ),
        error("not_as_schema", "weeks[0].lines", "", kind="missing", keys=["hours"]),
        error("not_yaml", "line 3", "", kind="other", said="mapping values are not allowed here"),
        warning("open_after_last_slot", "release.closes_at", ""),
    ],
    "ja",
    WRONG,
)

Sample = tuple[str, Role | None, str, Mapping[str, object]]


def _week(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "number_of_week": 1,
        "is_new": False,
        "venue_id": "gym",
        "venues": VENUES,
        "products": ["comirnaty", "spikevax"],
        "slot_minutes": SLOT_MINUTES,
        "has_days": True,
        "weekdays": [DayOfWeek(day, 28, 276) for day in WEEKDAYS[:5]]
        + [DayOfWeek(day, 0, 0) for day in WEEKDAYS[5:]],
        "values": WEEK,
        "errors": {},
        "findings": [],
        **changes,
    }


def _removal(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "number_of_week": 1,
        "week": PATTERN,
        "venues": VENUES,
        "weekdays": ["mon", "tue"],
        "values": {"follows": "2"},
        "errors": {},
        "findings": [],
        **changes,
    }


def _days(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "venues": VENUES,
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


def _venue(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "entry_id": "gym",
        "weekdays": WEEKDAYS,
        "values": {"follows": "2", **venue_fields({**VENUES[0], "open": {"weekdays": ["sat"]}})},
        "errors": {},
        "findings": [],
        **changes,
    }


def _product(**changes: object) -> Mapping[str, object]:
    return {
        "plan_id": "autumn",
        "entry_id": "comirnaty",
        "officials": KNOWN[:1],
        "is_known": True,
        "units": SUPPLY_UNITS,
        "values": {"follows": "2", **product_fields(PRODUCTS[0]), "interval_standard": "21"},
        "errors": {},
        "findings": [],
        **changes,
    }


SAMPLES: list[Sample] = [
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
    (
        *("plan-new-week", "operator", "staff_plan_week.html"),
        _week(
            is_new=True,
            has_days=False,
            weekdays=[DayOfWeek(day, 0, 0) for day in WEEKDAYS],
            values=WEEK | {"venue": "gym"},
        ),
    ),
    (
        *("plan-new-week-wrong", "supervisor", "staff_plan_week.html"),
        _week(
            is_new=True,
            values=WEEK | {"venue": "hall"},
            errors={"venue": "その会場はありません。", "reason": "理由を書いてください。"},
            findings=FINDINGS,
        ),
    ),
    ("plan-week-remove", "operator", "staff_plan_week_remove.html", _removal()),
    (
        *("plan-week-remove-wrong", "supervisor", "staff_plan_week_remove.html"),
        _removal(errors={"reason": "理由を書いてください。"}, findings=FINDINGS),
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
    ("plan-venue", "operator", "staff_plan_venue.html", _venue()),
    (
        *("plan-new-venue-wrong", "supervisor", "staff_plan_venue.html"),
        _venue(
            entry_id="",
            values={"follows": "2", "id": "Gym"},
            errors={
                "id": "ID の形ではありません。",
                "names_ja": "日本語がありません。",
                "addresses_zh_hans": "長すぎます。",
                "open_mon": "一度に2つあります。",
                "open_sat": "今、保存されている内容：yes",
                "reason": "理由を書いてください。",
            },
            findings=FINDINGS,
        ),
    ),
    ("plan-product", "operator", "staff_plan_product.html", _product()),
    (
        *("plan-new-product-wrong", "supervisor", "staff_plan_product.html"),
        _product(
            entry_id="",
            officials=KNOWN,
            is_known=False,
            values={"follows": "2", "id": "water", "supply_unit": "doses"},
            errors={
                "interval_standard": "標準の間隔は 28 日ではなく 21 日です。",
                "source": "出典がありません。",
                "supply": "ここには整数を書きます。",
                "reason": "理由を書いてください。",
            },
        ),
    ),
]
