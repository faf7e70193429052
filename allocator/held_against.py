"""What of a plan is wrong or odd only beside what is loaded, the roster and the clock (L2-L4).

Rule 1: what a release that was closed by hand holds back is nobody's to book: its slots do not
count. It stays in the history that seats are compared with.
Rule 2: the synthetic resident's release and people's are nothing to each other.
Rule 3: nothing here does I/O, reads a clock or draws a random number.

Units: seats, people and doses are counted; hours begin at full hours at the site.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from allocator.finding import Finding, error, warning
from allocator.limits import Limits, VenueLimits, seats_by_hour
from allocator.model import SITE_TIMEZONE, Release, Slot

ROSTER_TOLD_MIN = 1_000
"""A roster of fewer people is a trial, or not imported yet: plans are not held against it."""

HISTORY_FACTOR = 10
"""First doses, people or doses an hour so many times the most of earlier ones: a digit too many."""

HISTORY_TOLD_MIN = 100
"""A release of fewer first doses was a trial: no history."""

NO_LIMITS = VenueLimits()


class Beside(msgspec.Struct, frozen=True):
    """Another release that is loaded, with its slots and limits."""

    release: Release
    slots: tuple[Slot, ...] = ()
    limits: Limits = Limits()

    @property
    def is_closed(self) -> bool:
        """Return whether it was closed by hand."""
        return self.release.state_by_hand == "closed"

    @property
    def firsts(self) -> int:
        """Return how many seats for a first dose it has."""
        return first_doses(self.slots)


def first_doses(slots: Iterable[Slot]) -> int:
    """Return how many seats for a first dose there are."""
    return sum(slot.capacities[0] for slot in slots)


def beside_findings(
    release: Release, slots: Sequence[Slot], limits: Limits, others: Iterable[Beside]
) -> Iterator[Finding]:
    """Say what is wrong about a plan beside the other releases that are loaded."""
    if release.is_for_probe:
        return
    loaded = [other for other in others if not other.release.is_for_probe]
    still_open = [other for other in loaded if not other.is_closed]
    yield from _booked_twice(release, slots, loaded)
    yield from _hours(slots, limits, still_open)
    for other in still_open:
        yield from _slots_twice(slots, other)
    earlier = [other for other in loaded if other.release.opens_at < release.opens_at]
    yield from _seats_before(slots, earlier)
    yield from _limits_before(limits, earlier)


def roster_findings(limits: Limits, pairs: int, roster: int) -> Iterator[Finding]:
    """Say where a plan is for more people than are on the roster (`roster`, a count); warnings."""
    if roster < ROSTER_TOLD_MIN:
        return
    if pairs > roster:
        message = f"seats for {pairs:,} people, but {roster:,} are on the roster"
        yield warning("more_pairs_than_roster", "sessions", message, pairs=pairs, roster=roster)
    if limits.people is not None and limits.people > roster:
        message = f"it is for {limits.people:,} people, but {roster:,} are on the roster"
        values = {"people": limits.people, "roster": roster}
        yield warning("more_people_than_roster", "release.people", message, **values)


def cohort_findings(release: Release, roster: int, has_people: bool | None) -> Iterator[Finding]:
    """Say if nobody on the roster may book (`has_people`; None: nobody has looked).

    Beside a roster that is a trial, or not imported yet, it is a warning.
    """
    if has_people is not False or release.is_for_probe:
        return
    message = f"nobody on the roster is born from {release.born_from} to {release.born_to}"
    born = {"first": release.born_from, "last": release.born_to}
    if roster >= ROSTER_TOLD_MIN:
        yield error("cohort_empty", "release.cohort", message, **born)
    else:
        yield warning("cohort_empty", "release.cohort", message, **born)


def clock_findings(release: Release, stored: Release | None, now: datetime) -> Iterator[Finding]:
    """Say what a load would begin or end at once; `stored` is the release as it is, if it is.

    Warnings: a city may mean it. What has been so before the load is not said.
    """
    if release.is_for_probe or (stored is not None and stored.state_by_hand == "closed"):
        return
    was_open = stored is not None and stored.opens_at <= now
    if stored is not None and stored.closes_at <= now:
        return
    if release.closes_at <= now:
        yield over_finding(release, "warning")
    elif release.opens_at <= now and not was_open:
        at = release.opens_at
        message = f"people are let in at once: its opening, {at:%F %R}, is past"
        yield warning("opens_at_once", "release.opens_at", message, at=at)
    elif stored is not None and was_open and release.opens_at > now:
        since, at = stored.opens_at.astimezone(SITE_TIMEZONE), release.opens_at
        message = f"it has been open since {since:%F %R}, and would let nobody in until {at:%F %R}"
        yield warning("open_already", "release.opens_at", message, since=since, at=at)


def over_findings(release: Release, now: datetime) -> Iterator[Finding]:
    """Say if an order would open what stays closed all the same, since its time is over."""
    if release.closes_at <= now:
        yield over_finding(release, "error")


def over_finding(release: Release, severity: Literal["error", "warning"]) -> Finding:
    """Return that a release is over: nobody can book in it, whatever is ordered."""
    at = release.closes_at.astimezone(SITE_TIMEZONE)
    message = f"nobody could book: it closes at {at:%F %R}, which is past"
    found = error("release_over", "release.closes_at", message, at=at)
    return msgspec.structs.replace(found, severity=severity)


def _booked_twice(
    release: Release, slots: Sequence[Slot], others: Iterable[Beside]
) -> Iterator[Finding]:
    """Say which other campaign's release the same people could book in (L3).

    At the same time is an error. One after the other is a warning while the bookings of both would
    stand (another id for the same campaign); so it is beside one that was closed by hand.
    """
    ours = max((slot.day for slot in slots), default=release.opens_at.date())
    for one in others:
        other = one.release
        same_people = release.born_from <= other.born_to and other.born_from <= release.born_to
        if other.campaign_id == release.campaign_id or not same_people:
            continue
        same_time = release.opens_at < other.closes_at and other.opens_at < release.closes_at
        last = max((slot.day for slot in one.slots), default=other.opens_at.date())
        if same_time and not one.is_closed:
            message = (
                f"people of this cohort could book in {other.release_id}, too, "
                f"which is of another campaign ({other.campaign_id})"
            )
            yield error(
                *("booked_twice", "release.campaign", message),
                release=other.release_id,
                campaign=other.campaign_id,
            )
        elif release.opens_at.date() < last and other.opens_at.date() < ours:
            message = (
                f"people of this cohort could hold a booking in {other.release_id}, too, which is "
                f"of another campaign ({other.campaign_id}) and gives doses until {last}"
            )
            yield warning(
                *("held_twice", "release.campaign", message),
                release=other.release_id,
                campaign=other.campaign_id,
                day=last,
            )


def _hours(slots: Sequence[Slot], limits: Limits, others: Sequence[Beside]) -> Iterator[Finding]:
    """Hold what all open releases give at a venue against its limit, where one alone keeps it."""
    for venue_id, venue in limits.venues.items():
        most = venue.doses_per_hour_max
        if most is None:
            continue
        own = seats_by_hour(slot for slot in slots if slot.venue_id == venue_id)
        in_all, names = Counter(own), set()
        for other in others:
            theirs = seats_by_hour(slot for slot in other.slots if slot.venue_id == venue_id)
            for hour in theirs.keys() & own.keys():
                in_all[hour] += theirs[hour]
                names.add(other.release.release_id)
        over = {hour: in_all[hour] for hour in own if own[hour] <= most < in_all[hour]}
        if over:
            yield _together(venue_id, most, over, sorted(names))


def _together(
    venue_id: str, most: int, over: Mapping[datetime, int], names: Sequence[str]
) -> Finding:
    hour, count = min(over.items())
    message = (
        f"{venue_id} can give {most:,} doses an hour, but together with {', '.join(names)} "
        f"{len(over):,} hours have more, the first {hour:%F %R} with {count:,}"
    )
    return error(
        *("too_many_an_hour_together", "sessions", message),
        venue=venue_id,
        most=most,
        releases=names,
        hours=len(over),
        at=hour,
        count=count,
    )


def _slots_twice(slots: Sequence[Slot], other: Beside) -> Iterator[Finding]:
    """Name the slots that another release has, too: by mistake, or by two shares of one venue."""
    theirs = {(slot.venue_id, slot.product_id, slot.starts_at) for slot in other.slots}
    both: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for slot in slots:
        if (slot.venue_id, slot.product_id, slot.starts_at) in theirs:
            both[slot.venue_id, slot.product_id].append(slot.starts_at)
    for (venue_id, product_id), starts in both.items():
        message = (
            f"{len(starts):,} slots of {product_id} at {venue_id} are in "
            f"{other.release.release_id}, too, the first {min(starts):%F %R}"
        )
        yield warning(
            *("slot_in_another", "sessions", message),
            venue=venue_id,
            product=product_id,
            release=other.release.release_id,
            count=len(starts),
            at=min(starts),
        )


def _seats_before(slots: Sequence[Slot], earlier: Iterable[Beside]) -> Iterator[Finding]:
    """Compare with the largest release that opened before this one."""
    largest = max(earlier, key=lambda one: one.firsts, default=None)
    if largest is None or (before := largest.firsts) < HISTORY_TOLD_MIN:
        return
    if (firsts := first_doses(slots)) >= HISTORY_FACTOR * before:
        message = (
            f"{firsts:,} first doses, {HISTORY_FACTOR} times those of the largest earlier "
            f"release, {largest.release.release_id} ({before:,}), or more"
        )
        yield warning(
            *("more_than_history", "sessions", message),
            firsts=firsts,
            factor=HISTORY_FACTOR,
            release=largest.release.release_id,
            before=before,
        )


def _limits_before(limits: Limits, earlier: Sequence[Beside]) -> Iterator[Finding]:
    """Compare limits with the largest of the releases that opened before this one."""
    people = max((one.limits.people or 0 for one in earlier), default=0)
    if people and limits.people is not None and limits.people >= HISTORY_FACTOR * people:
        message = (
            f"it is for {limits.people:,} people, {HISTORY_FACTOR} times the most before "
            f"({people:,}), or more"
        )
        values = {"people": limits.people, "factor": HISTORY_FACTOR, "before": people}
        yield warning("more_people_than_history", "release.people", message, **values)
    for venue_id, venue in limits.venues.items():
        held = (one.limits.venues.get(venue_id, NO_LIMITS).doses_per_hour_max for one in earlier)
        before, most = max((most or 0 for most in held), default=0), venue.doses_per_hour_max
        if before and most is not None and most >= HISTORY_FACTOR * before:
            message = (
                f"{venue_id} can give {most:,} doses an hour, {HISTORY_FACTOR} times the most "
                f"before ({before:,}), or more"
            )
            yield warning(
                *("more_an_hour_than_history", "venues", message),
                venue=venue_id,
                most=most,
                factor=HISTORY_FACTOR,
                before=before,
            )
