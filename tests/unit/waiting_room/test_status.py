"""The public document: the fields of the contract, and nothing about one person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from waiting_room.admission import Admission, AdmissionRules, Mark, start
from waiting_room.draw import RULES_URL, commitment
from waiting_room.facts import LineFacts
from waiting_room.gaps import Gap
from waiting_room.outlook import Eta, Pace
from waiting_room.plans import NextRelease, ReleasePlan
from waiting_room.promise import Rise
from waiting_room.states import State
from waiting_room.status import Moment, Told, encode, pace_now, site_time, status_of

OPENS_AT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
PLAN = ReleasePlan(
    "spring",
    "covid",
    OPENS_AT - timedelta(minutes=30),
    OPENS_AT,
    OPENS_AT + timedelta(hours=8),
    message="落ち着いてお待ちください",
)
SEED = b"s" * 32


def admission() -> Admission:
    return msgspec.structs.replace(
        start(AdmissionRules()),
        serving=100,
        claimed=30,
        ran_s=60.0,
        called=(Mark(0.0, 0), Mark(30.0, 100)),
        paced=(Mark(0.0, 0), Mark(30.0, 60)),
        paced_s=30.0,
    )


def moment(
    state: State = "open",
    facts: LineFacts | None = None,
    *,
    now: datetime = OPENS_AT + timedelta(minutes=1),
    pairs_left: int | None = 200,
    controlled: bool = True,
) -> Moment:
    return Moment(
        plan=PLAN,
        state=state,
        facts=facts or LineFacts(next_index=400, lobby_count=300, serving=100),
        seed=SEED,
        admission=admission() if controlled else None,
        inside=30,
        pairs_left=pairs_left,
        per_minute=None,
        called_per_s_max=100.0,
        now=now,
    )


def document(told: Moment) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(encode(status_of(told, 1_000.0)))
    return decoded


def test_the_document_of_an_open_release_is_that_of_the_contract() -> None:
    told = document(moment())
    assert told.pop("poll")
    assert told == {
        "release_id": "spring",
        "state": "open",
        "opens_at": "2026-12-01T09:00:00+09:00",
        "serving": 100,
        "admitted_per_minute": 100,
        "waiting": 300,
        "outlook": {"likely_to_place": 270, "borderline_to_place": 355, "pairs_left": 200},
        "message": "落ち着いてお待ちください",
        "draw": {
            "commitment": commitment(SEED),
            "rules_url": RULES_URL,
            "revealed_seed": SEED.hex(),
            "lobby_count": 300,
        },
        "now": "2026-12-01T09:01:00+09:00",
        "lobby_at": "2026-12-01T08:30:00+09:00",
        "closes_at": "2026-12-01T17:00:00+09:00",
        "messages": {},
        "eta": [],
        "eta_raised": [],
        "next_release": None,
        "beginning_spread_s": 1.0,
    }


def test_what_was_promised_and_what_comes_next_are_told_as_they_are_given() -> None:
    later = site_time(OPENS_AT + timedelta(days=7))
    given = Told(
        eta=(Eta(300, 150, 200),),
        eta_raised=(Rise("paused", site_time(OPENS_AT), 90, 120, 400),),
        next_release=NextRelease("summer", later),
    )
    told = json.loads(encode(status_of(moment(), 1_000.0, given)))
    assert told["eta"] == [{"ahead": 300, "low_s": 150, "high_s": 200}]
    assert told["eta_raised"] == [
        {
            "reason": "paused",
            "at": "2026-12-01T09:00:00+09:00",
            "by_s": 90,
            "from_place": 120,
            "to_place": 400,
        }
    ]
    assert told["next_release"] == {
        "release_id": "summer",
        "opens_at": "2026-12-08T09:00:00+09:00",
    }


def test_the_pace_is_that_of_an_open_line() -> None:
    assert pace_now(moment()) == Pace(2.0, 2.0)
    assert pace_now(moment("paused")) is None
    assert pace_now(moment(controlled=False)) is None


@pytest.mark.parametrize("state", ["scheduled", "lobby"])
def test_before_the_opening_the_seed_is_a_secret_and_there_is_no_estimate(state: State) -> None:
    told = document(
        moment(state, LineFacts(next_index=40), now=OPENS_AT - timedelta(hours=1), controlled=False)
    )
    assert told["draw"] == {"commitment": commitment(SEED), "rules_url": RULES_URL}
    assert (told["serving"], told["admitted_per_minute"]) == (0, 0)
    assert told["waiting"] == 40


@pytest.mark.parametrize(
    ("state", "now", "after_s"),
    [
        ("scheduled", PLAN.lobby_at - timedelta(seconds=40), 20),
        ("lobby", OPENS_AT - timedelta(seconds=10), 5),
        ("closed", PLAN.closes_at, 60),
    ],
)
def test_while_nobody_is_called_all_are_told_to_ask_by_what_comes_next(
    state: State, now: datetime, after_s: int
) -> None:
    told = document(moment(state, LineFacts(), now=now, controlled=False))
    assert told["poll"] == [{"ahead": 0, "after_s": after_s}]


def test_a_paused_release_admits_nobody() -> None:
    told = document(moment("paused"))
    assert told["admitted_per_minute"] == 0
    assert (told["serving"], told["waiting"]) == (100, 300)


def test_unpublished_stock_is_told_as_unknown() -> None:
    told = document(moment(pairs_left=None))
    assert told["outlook"] == {
        "likely_to_place": None,
        "borderline_to_place": None,
        "pairs_left": None,
    }


def test_people_are_counted_past_the_gap_of_a_wipe() -> None:
    facts = LineFacts(next_index=600, lobby_count=300, serving=100, gaps=(Gap(350, 200),))
    told = document(moment(facts=facts, pairs_left=400))
    assert told["waiting"] == 300
    assert told["outlook"] == {
        "likely_to_place": 470 + 200,
        "borderline_to_place": 641 + 200,
        "pairs_left": 400,
    }


def test_serving_ahead_of_the_last_place_leaves_nobody_waiting() -> None:
    told = document(moment(facts=LineFacts(next_index=40, lobby_count=0, serving=100)))
    assert told["waiting"] == 0


def test_moments_are_told_in_the_sites_zone_to_the_second() -> None:
    told = site_time(datetime(2026, 12, 1, 0, 0, 0, 999_999, tzinfo=UTC))
    assert told.isoformat() == "2026-12-01T09:00:00+09:00"
