"""Admission: how many people may be inside, and how far the line is called.

Rule 1: every rule about how fast the line moves lives here; `step` is called once a
tick and changes nothing but what it returns.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

The inside limit grows by a fixed amount per second while answers come quickly and the
limit is what holds people back (additive increase), and shrinks by a factor when the
oldest undecided request gets old, or a commit takes long (multiplicative decrease), as
in TCP (Chiu and Jain 1989: this pair converges, and is fair between rooms that share a
system).

A seat inside is claimed by whoever is inside, and by whoever was called less than the
grace time ago, has not come yet, and is expected to (`waiting_room.show_up`). Who does not
come within it is written off: the seat is given to the next, the place stays called, and
its holder may still come in. Who is inside and was not seen for `seat_idle_s` gives the seat
to the next one, too; the session lives on, and the seat is taken again with the next click.

While the called come in, others leave: of those who are on their way so many are not counted
as `leaving_share` of those inside (else their seats stand empty for as long as people need to
see that it is their turn; measured, 7 in 100 bookings).

Bound (tested): `step` calls nobody beyond the limit: inside + called and expected +
called ahead of arrivals <= limit + `leaving_share` x inside, or nobody is called. Should more
come than leave, or than were expected, or some who were written off, the door lets in only as
many as the greatest limit of the last grace time allows (`door`), and the others a moment later.
Hence never more are inside than that, plus those who come back to the front, or from a long
pause.

Without a crowd, serving runs ahead of the last place by the free room, so that a
newcomer is let straight in; a bucket of saved-up calls keeps a crowd that arrives at
once from using all the room in one moment.

Of the limit, a share is the phone desk's while it is at work (`waiting_room.desk_lane`).

Units: people are counted without the gaps that a wipe leaves (`waiting_room.gaps`);
moments are seconds for which the release was open ("ran"), so that no grace passes
while it is paused.
"""

from __future__ import annotations

import msgspec

from waiting_room.desk_lane import DeskLane, calls, kept
from waiting_room.show_up import Settled, expected, noted, share

HISTORY_S = 300.0
"""How long the growth of `called` and `paced` is remembered."""

ELAPSED_S_MAX = 5.0
"""A tick later than this (a sleeping machine) counts as this late."""

BINDING_SHARE = 0.9
"""The limit holds people back when so much of it is claimed; only then may it grow."""

TRIED_SHARE = 0.25
"""And only when so much of it is really inside: seats that are merely awaited try nothing."""

SETTLED_S = 5.0
"""So long a crowd must have stood before its pace is measured: the free room is used up."""


AHEAD_WITHOUT_QUEUE = 10_000
"""Without a queue the line is called so far beyond the last place (people): more cannot
join between two ticks. Whoever turns the queue on later lets so many pass at most."""


class AdmissionRules(msgspec.Struct, frozen=True):
    """What an operator may tune. People, seconds, people per second."""

    inside_start: int = 200
    inside_min: int = 20
    inside_max: int = 2_000
    increase_per_s: float = 50.0
    decrease_factor: float = 0.7
    decrease_every_s: float = 2.0
    age_good_s: float = 0.5
    age_bad_s: float = 2.0
    commit_good_s: float = 0.5
    commit_bad_s: float = 1.5
    called_per_s_max: float = 100.0
    burst_s: float = 2.0
    leaving_share: float = 0.1
    grace_s: float = 60.0
    return_s: float = 15.0
    seat_idle_s: float = 180.0


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """By the moment `at_s`, so many people had been called in all."""

    at_s: float
    people: int


class Admission(msgspec.Struct, frozen=True):
    """The controller's memory between two ticks.

    `serving` counts everybody called, those who have not even arrived included;
    `called` holds how the number of arrived ones among them grew (oldest first);
    `paced` the same, over the moments with a settled crowd alone; `saved` are calls
    saved up; `claimed` is the latest measure of the seats inside that are taken, the
    phone desk's included; `desk_calls` is how many the desk may call in now; `ceilings`
    are the greatest numbers inside of the last grace time (at_s, people), the greatest first;
    `settled` tells how many of the called have come.
    """

    limit: float
    saved: float
    serving: int = 0
    ran_s: float = 0.0
    decreased_at_s: float = float("-inf")
    called: tuple[Mark, ...] = (Mark(0.0, 0),)
    paced: tuple[Mark, ...] = (Mark(0.0, 0),)
    paced_s: float = 0.0
    crowded_s: float = 0.0
    claimed: int = 0
    desk_calls: int = 0
    ceilings: tuple[Mark, ...] = ()
    settled: tuple[Settled, ...] = ()
    absent: int = 0
    absent_until_s: float = 0.0


class Measured(msgspec.Struct, frozen=True):
    """What the tick measured.

    `joined` counts people with a place; `entered` those of them who came in and were
    called after `awaited_from`; `came` all who ever came in (None: not known). `inside` is
    without the phone desk's people, who stand in `desk`. `per_minute` and `cap` are the
    operator's fixed rate and greatest number inside, if any; without a `queue` nobody waits.
    `age_s` is that of the oldest undecided request, `commit_s` how long the latest commit took.
    """

    elapsed_s: float
    joined: int
    inside: int
    entered: int
    age_s: float
    running: bool = True
    per_minute: int | None = None
    cap: int | None = None
    desk: DeskLane = DeskLane()
    queue: bool = True
    came: int | None = None
    commit_s: float = 0.0


def start(rules: AdmissionRules) -> Admission:
    """Return the memory of a release that has just opened."""
    return Admission(limit=float(rules.inside_start), saved=rules.called_per_s_max * rules.burst_s)


def resume(
    rules: AdmissionRules, *, serving: int, joined: int, limit: float, claimed: int
) -> Admission:
    """Return the memory after a wipe of Redis or a restart of the room.

    Everybody called before counts as written off. In their stead, the seats that
    were claimed stay claimed for `return_s`, so that those inside find room again.
    """
    return Admission(
        limit=min(max(limit, float(rules.inside_min)), float(rules.inside_max)),
        saved=0.0,
        serving=serving,
        called=(Mark(0.0, min(serving, joined)),),
        absent=claimed,
        absent_until_s=rules.return_s,
    )


def awaited_from(admission: Admission, rules: AdmissionRules) -> int:
    """Return how many people are written off or in: those called a grace time ago or earlier."""
    return _people_at(admission.called, admission.ran_s - rules.grace_s)


def step(before: Admission, measured: Measured, rules: AdmissionRules) -> Admission:
    """Return the memory one tick later; `serving` in it is how far the line is called now.

    `serving` never shrinks. While not running, everything stands still.
    """
    before = _with_settled(before, measured, rules)
    claimed = _claimed(before, measured, rules)
    if not measured.running:
        return msgspec.structs.replace(before, claimed=claimed, desk_calls=0)
    elapsed_s = min(max(0.0, measured.elapsed_s), ELAPSED_S_MAX)
    ran_s = before.ran_s + elapsed_s
    after = msgspec.structs.replace(before, ran_s=ran_s, claimed=claimed, absent=_absent(before))
    after = _with_limit(after, measured, rules, elapsed_s)
    arrived = min(before.serving, measured.joined)
    saved = _saved(before, measured, rules, elapsed_s, arrived)
    ceiling = ceiling_of(after, measured, rules)
    by_line = line_seats(after, measured, rules)
    room = max(0, ceiling - kept(measured.desk, ceiling) - by_line)
    serving = max(before.serving, arrived + min(room, int(saved)))
    if not measured.queue:
        serving = max(serving, measured.joined + AHEAD_WITHOUT_QUEUE)
    people = min(serving, measured.joined)
    after = msgspec.structs.replace(
        after,
        serving=serving,
        saved=max(0.0, saved - (people - arrived)),
        claimed=claimed + people - arrived,
        desk_calls=calls(measured.desk, ceiling, by_line + people - arrived),
        ceilings=_highest(after.ceilings, Mark(after.ran_s, ceiling), rules.grace_s),
        called=_remember(after.called, Mark(after.ran_s, people)),
    )
    return _with_pace(
        after, elapsed_s, people - before.called[-1].people, serving < measured.joined
    )


def door(admission: Admission) -> int:
    """Return how many may be inside before the others wait a moment at the door."""
    return admission.ceilings[0].people if admission.ceilings else int(admission.limit)


def ceiling_of(after: Admission, measured: Measured, rules: AdmissionRules) -> int:
    """Return how many may be inside: under a fixed rate as many as ever; never over a cap."""
    ceiling = int(after.limit) if measured.per_minute is None else rules.inside_max
    return ceiling if measured.cap is None else min(ceiling, measured.cap)


def line_seats(after: Admission, measured: Measured, rules: AdmissionRules) -> int:
    """Count the seats that the line takes, without those that become free meanwhile."""
    taken = after.claimed - measured.desk.claimed
    coming = 0 if after.absent else max(0, taken - measured.inside)
    return taken - min(coming, int(rules.leaving_share * measured.inside))


def called_within(admission: Admission, span_s: float) -> int:
    """Return how many (arrived) people were called in the last `span_s` <= 300 open seconds."""
    return admission.called[-1].people - _people_at(admission.called, admission.ran_s - span_s)


def _claimed(before: Admission, measured: Measured, rules: AdmissionRules) -> int:
    """Count the seats inside that are taken, without those called ahead of arrivals."""
    arrived = min(before.serving, measured.joined)
    called = max(0, arrived - awaited_from(before, rules))
    coming = expected(called, measured.entered, share(before.settled))
    return max(measured.inside + coming, _absent(before)) + measured.desk.claimed


def _with_settled(before: Admission, measured: Measured, rules: AdmissionRules) -> Admission:
    """Remember how many of those whose grace time is over have come."""
    if measured.came is None:
        return before
    called = awaited_from(before, rules)
    now = Settled(before.ran_s, called, measured.came - measured.entered)
    return msgspec.structs.replace(before, settled=noted(before.settled, now))


def _highest(ceilings: tuple[Mark, ...], now: Mark, span_s: float) -> tuple[Mark, ...]:
    """Add a ceiling; keep those of the span that no later one reaches, the greatest first."""
    kept_ones = [m for m in ceilings if m.people > now.people and m.at_s > now.at_s - span_s]
    return (*kept_ones, now)


def _absent(before: Admission) -> int:
    return before.absent if before.ran_s < before.absent_until_s else 0


def _with_limit(
    after: Admission, measured: Measured, rules: AdmissionRules, elapsed_s: float
) -> Admission:
    """Shrink the limit when answers are late, let it grow when they are quick and it binds."""
    if measured.age_s > rules.age_bad_s or measured.commit_s > rules.commit_bad_s:
        if after.ran_s - after.decreased_at_s < rules.decrease_every_s:
            return after
        used = min(after.limit, float(after.claimed))
        limit = max(float(rules.inside_min), used * rules.decrease_factor)
        return msgspec.structs.replace(after, limit=limit, decreased_at_s=after.ran_s)
    unused = kept(measured.desk, int(after.limit)) - measured.desk.claimed
    binding = after.claimed + unused >= BINDING_SHARE * after.limit
    inside = measured.inside + measured.desk.inside
    tried = inside >= TRIED_SHARE * after.limit and after.absent == 0
    is_quick = measured.age_s < rules.age_good_s and measured.commit_s < rules.commit_good_s
    if is_quick and binding and tried:
        limit = min(float(rules.inside_max), after.limit + rules.increase_per_s * elapsed_s)
        return msgspec.structs.replace(after, limit=limit)
    return after


def _saved(
    before: Admission,
    measured: Measured,
    rules: AdmissionRules,
    elapsed_s: float,
    arrived: int,
) -> float:
    """Return the calls that may be made now: what was saved, less what newcomers used."""
    fixed = measured.per_minute
    per_s = rules.called_per_s_max if fixed is None else fixed / 60
    saved_max = max(1.0, per_s * rules.burst_s) if per_s > 0 else 0.0
    used = arrived - before.called[-1].people
    return min(saved_max, max(0.0, before.saved - used) + per_s * elapsed_s)


def _with_pace(after: Admission, elapsed_s: float, called: int, crowded: bool) -> Admission:
    """Measure how fast people are called while others have to wait for it."""
    if not crowded:
        return msgspec.structs.replace(after, crowded_s=0.0)
    crowded_s = after.crowded_s + elapsed_s
    if crowded_s <= SETTLED_S:
        return msgspec.structs.replace(after, crowded_s=crowded_s)
    paced_s = after.paced_s + elapsed_s
    mark = Mark(paced_s, after.paced[-1].people + called)
    return msgspec.structs.replace(
        after, crowded_s=crowded_s, paced_s=paced_s, paced=_remember(after.paced, mark)
    )


def _remember(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    """Add a mark if the number grew, and drop all but the last of those past the history."""
    if mark.people != marks[-1].people:
        marks = (*marks, mark)
    oldest = 0
    while oldest + 1 < len(marks) and marks[oldest + 1].at_s <= mark.at_s - HISTORY_S:
        oldest += 1
    return marks[oldest:]


def _people_at(marks: tuple[Mark, ...], at_s: float) -> int:
    """Return the number called by a moment; before the first mark, that of the first."""
    for mark in reversed(marks):
        if mark.at_s <= at_s:
            return mark.people
    return marks[0].people
