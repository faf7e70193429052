"""The public document: what everybody who waits asks for, the same bytes for all.

Rule 1: nothing in it is about one person.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Shape: the JSON contract, version 1 (`GET /queue/status.json`), and beyond it `lobby_at`,
`closes_at`, `messages`: what goes before `message` in a language, `eta_raised`: whose
latest moment rose in the last minutes, and why (newest first), `next_release`: the next one for
the same people, and `beginning_spread_s`: within how many seconds after the beginning of
lobby or opening to ask again. Times are RFC 3339 in the site's own zone.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from waiting_room.admission import Admission, called_within
from waiting_room.facts import LineFacts
from waiting_room.gaps import people_up_to, place_after
from waiting_room.held_by import HeldBy
from waiting_room.lots import SITE_TIMEZONE, DrawFacts, draw_facts
from waiting_room.outlook import (
    Eta,
    Outlook,
    Pace,
    Poll,
    beginning_spread_s,
    outlook,
    pace_of,
    poll_before,
    poll_table,
)
from waiting_room.plans import NextRelease, ReleasePlan
from waiting_room.promise import Rise
from waiting_room.states import State

CLOSED_AGAIN_IN_S = 120.0
MINUTE_S = 60.0


class Status(msgspec.Struct, frozen=True):
    """The document. `waiting` counts people whose place is not called yet."""

    release_id: str
    state: State
    opens_at: datetime
    serving: int
    admitted_per_minute: int
    waiting: int
    eta: tuple[Eta, ...]
    outlook: Outlook
    poll: tuple[Poll, ...]
    message: str
    draw: DrawFacts
    now: datetime
    lobby_at: datetime
    closes_at: datetime
    messages: dict[str, str]
    eta_raised: tuple[Rise, ...]
    next_release: NextRelease | None
    beginning_spread_s: float


class Moment(msgspec.Struct, frozen=True):
    """What one tick knows of one release, to be told to everybody.

    `admission` is None before the opening and when the release was closed already as
    the room started; `inside` counts people; `pairs_left` is None when not published; `held_by`
    is what holds the line back.
    """

    plan: ReleasePlan
    state: State
    facts: LineFacts
    seed: bytes
    admission: Admission | None
    inside: int
    pairs_left: int | None
    per_minute: int | None
    called_per_s_max: float
    now: datetime
    desk_waiting: int = 0
    cap: int | None = None
    held_by: HeldBy = "not_running"


class Told(msgspec.Struct, frozen=True):
    """What goes beyond one release and one moment: the promises kept, and what comes next."""

    eta: tuple[Eta, ...] = ()
    eta_raised: tuple[Rise, ...] = ()
    next_release: NextRelease | None = None


NOTHING_MORE = Told()


def pace_now(moment: Moment) -> Pace | None:
    """Return the pace of the line; None while it is not known, or nobody is called."""
    if moment.admission is None or moment.state != "open":
        return None
    return pace_of(moment.admission, moment.per_minute)


def status_of(moment: Moment, poll_budget_per_s: float, told: Told = NOTHING_MORE) -> Status:
    """Return the document of a release. `poll_budget_per_s` bounds what its crowd may ask."""
    plan, facts = moment.plan, moment.facts
    waiting = people_waiting(facts)
    if moment.state in ("open", "paused"):
        fixed, fastest_per_s = moment.per_minute, moment.called_per_s_max
        per_s_max = fastest_per_s if fixed is None else fixed / 60
        poll = poll_table(per_s_max, waiting, poll_budget_per_s)
    else:
        begins_at = {"scheduled": plan.lobby_at, "lobby": plan.opens_at}.get(moment.state)
        begins_in_s = (begins_at - moment.now).total_seconds() if begins_at else CLOSED_AGAIN_IN_S
        poll = poll_before(begins_in_s, waiting, poll_budget_per_s)
    return Status(
        release_id=plan.release_id,
        state=moment.state,
        opens_at=site_time(plan.opens_at),
        serving=facts.serving,
        admitted_per_minute=_called_last_minute(moment),
        waiting=waiting,
        eta=told.eta,
        outlook=_outlook_in_places(moment),
        poll=poll,
        message=plan.message,
        draw=draw_facts(plan, facts, moment.seed),
        now=site_time(moment.now),
        lobby_at=site_time(plan.lobby_at),
        closes_at=site_time(plan.closes_at),
        messages=plan.messages,
        eta_raised=told.eta_raised,
        next_release=told.next_release,
        beginning_spread_s=beginning_spread_s(waiting, poll_budget_per_s),
    )


def people_waiting(facts: LineFacts) -> int:
    """Return how many people joined and are not called yet."""
    joined = people_up_to(facts.next_index, facts.gaps)
    return joined - min(joined, people_up_to(facts.serving, facts.gaps))


def site_time(moment: datetime) -> datetime:
    """Return a moment in the site's zone, to the second."""
    return moment.astimezone(SITE_TIMEZONE).replace(microsecond=0)


def encode(status: Status) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(status)


def _outlook_in_places(moment: Moment) -> Outlook:
    """Count people for the outlook, then say it in places."""
    facts = moment.facts
    joined = people_up_to(facts.next_index, facts.gaps)
    told = outlook(
        serving=min(joined, people_up_to(facts.serving, facts.gaps)),
        pairs_left=moment.pairs_left,
        claimed=moment.admission.claimed if moment.admission else 0,
        booked=facts.booked,
        through=max(0, facts.entered - moment.inside),
    )
    if told.likely_to_place is None or told.borderline_to_place is None:
        return told
    return Outlook(
        likely_to_place=place_after(told.likely_to_place, facts.gaps),
        borderline_to_place=place_after(told.borderline_to_place, facts.gaps),
        pairs_left=told.pairs_left,
    )


def _called_last_minute(moment: Moment) -> int:
    if moment.admission is None or moment.state != "open":
        return 0
    return called_within(moment.admission, MINUTE_S)
