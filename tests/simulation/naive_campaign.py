"""A small campaign, and all that may be asked in it: two releases, venues and products.

Its slots lie around the ends of the intervals, many adjoin, and seats are few.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from hypothesis import strategies as st

from allocator.commands import (
    STAFF_KEY,
    Accept,
    AddSeats,
    Book,
    BookTogether,
    Cancel,
    Change,
    CloseSlots,
    Command,
    Companion,
    CutSupply,
    Join,
    Leave,
    MarkDose,
    NotCome,
    Remind,
    TakeOver,
    WalkIn,
)
from allocator.model import Catalogue, Choice, FirstDose, Flexible, Release, Slot, Venue
from tests.unit.allocator.offers import (
    ADULT,
    CAMPAIGN,
    MONDAY,
    NOW,
    OTHER_PRODUCT,
    PRODUCT,
    RELEASE,
    day,
    person,
    slot,
)

ADULTS = 7
CHILD, STRANGER = 8, 9
SLOTS_MAX = 20

BORN: dict[bytes, date] = {
    **{person(number): ADULT for number in range(1, ADULTS + 1)},
    person(CHILD): date(2015, 1, 1),
}

LATE = Release(
    release_id="late",
    campaign_id=CAMPAIGN,
    names={"ja": "後期"},
    born_from=date(1960, 1, 1),
    born_to=ADULT,
    lobby_at=NOW,
    opens_at=NOW + timedelta(days=1),
    closes_at=NOW + timedelta(days=20),
    cut_off_hours=0,
)

times_of_day = st.sampled_from([(9, 0), (9, 30), (10, 0), (13, 0), (17, 0)])
first_days, other_days = st.sampled_from([0, 1, 2]), st.sampled_from([19, 21, 22, 28, 42, 43])
usual_places = st.tuples(
    first_days | other_days,
    times_of_day,
    st.just("gym"),
    st.just("pfizer"),
    st.just("release"),
)
places = st.tuples(
    first_days | other_days,
    times_of_day,
    st.sampled_from(["gym", "hall"]),
    st.sampled_from(["pfizer", "moderna"]),
    st.sampled_from(["release", "late"]),
)
capacities = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def campaigns(draw: st.DrawFn) -> Catalogue:
    """Twelve to twenty slots, most of one calendar."""
    where = usual_places | usual_places | places
    drawn = draw(st.lists(where, min_size=12, max_size=SLOTS_MAX, unique=True))
    slots: list[Slot] = []
    for number, (offset, (hour, minute), venue, product, release) in enumerate(drawn, start=1):
        seats = draw(capacities)
        slots.append(
            slot(
                number,
                day(offset),
                hour,
                minute,
                seats=seats,
                venue=venue,
                product=product,
                release=release,
            )
        )
    names = {"ja": "会場"}
    return Catalogue(
        version=1,
        products={product.product_id: product for product in (PRODUCT, OTHER_PRODUCT)},
        venues={venue: Venue(venue, names, names) for venue in ("gym", "hall")},
        releases={"release": RELEASE, "late": LATE},
        slots={one.slot_id: one for one in slots},
    )


# What may be asked ----------------------------------------------------------------------

slot_ids = st.integers(1, SLOTS_MAX)
release_ids = st.sampled_from(["release"] * 8 + ["late", "late", "nowhere"])
campaign_ids = st.sampled_from([CAMPAIGN] * 15 + ["another"])
both_or_second: st.SearchStrategy[Literal["both", "second"]] = st.sampled_from(["both", "second"])
dose_numbers: st.SearchStrategy[Literal[1, 2]] = st.sampled_from([1, 1, 2])
people = st.sampled_from([*range(1, ADULTS + 1)] * 3 + [CHILD, STRANGER])

Time = Literal["morning", "afternoon", "evening"]
no_time: list[tuple[Time, ...]] = [(), ()]
some_times: list[tuple[Time, ...]] = [("morning",), ("afternoon", "evening")]

choices = st.lists(
    st.builds(Choice, slot_ids, st.one_of(st.none(), st.none(), slot_ids)),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def flexible(draw: st.DrawFn) -> Flexible:
    """A wish without a fixed slot."""
    start = draw(st.sampled_from([0, 0, 0, 1, 2, 19, 20, 30]))
    length = draw(st.sampled_from([0, 1, 25, 61]))
    return Flexible(
        day(start),
        day(start + length),
        draw(st.sampled_from([None, None, None, "gym", "hall"])),
        draw(st.sampled_from([None, None, None, "pfizer", "moderna"])),
        draw(st.sampled_from(no_time + some_times)),
    )


wishes = choices | flexible()
first_doses = st.builds(
    lambda product, ago: FirstDose(product, MONDAY - timedelta(days=ago)),
    st.sampled_from(["pfizer", "pfizer", "pfizer", "moderna", "unknown"]),
    st.sampled_from([-2, 0, 1, 2, 14, 20, 41, 60]),
)
elsewhere = st.one_of(st.none(), st.none(), first_doses)
sealed, language, staff = st.just(b"sealed"), st.just("ja"), st.just("staff-1")

books = st.builds(Book, release_ids, wishes, sealed, language, elsewhere, st.booleans())
companions = st.builds(lambda who: Companion(person(who), b"sealed"), people)
books_together = st.builds(BookTogether, release_ids, wishes, sealed, language, companions)
joins = st.builds(Join, release_ids, flexible(), sealed, language, elsewhere, st.booleans())
changes = st.builds(Change, campaign_ids, both_or_second, wishes)
cancels = st.builds(Cancel, campaign_ids, both_or_second)
accepts = st.builds(Accept, campaign_ids)
reminds = st.builds(Remind, campaign_ids, st.booleans())
marks = st.builds(MarkDose, campaign_ids, dose_numbers, st.sampled_from([True, True, False]), staff)
absences = st.builds(NotCome, campaign_ids, dose_numbers, staff)
reasons: st.SearchStrategy[Literal["moved_out", "died"]] = st.sampled_from(["moved_out", "died"])
leavings = st.builds(Leave, campaign_ids, reasons, staff)
take_overs = st.builds(TakeOver, campaign_ids, people.map(person), staff)
walk_ins = st.builds(WalkIn, release_ids, slot_ids, sealed, language, staff, elsewhere)
closures = st.builds(
    CloseSlots,
    release_ids,
    st.lists(slot_ids, min_size=1, max_size=3, unique=True).map(tuple),
    staff,
)
seats_added = st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(any)
additions = st.builds(AddSeats, release_ids, slot_ids, seats_added, staff)


@st.composite
def cuts(draw: st.DrawFn) -> CutSupply:
    """Fewer doses, mostly where most slots are."""
    return CutSupply(
        draw(release_ids),
        draw(st.sampled_from(["gym", "gym", "gym", "hall"])),
        draw(st.sampled_from(["pfizer", "pfizer", "pfizer", "moderna"])),
        day(draw(first_days | other_days)),
        draw(st.integers(0, 4)),
        "staff-1",
    )


residents_commands: st.SearchStrategy[Command] = st.one_of(
    books,
    books,
    books_together,
    joins,
    joins,
    changes,
    cancels,
    accepts,
    marks,
    absences,
    walk_ins,
    reminds,
    leavings,
    take_overs,
)
staff_commands: st.SearchStrategy[Command] = st.one_of(closures, additions, cuts())

questions = st.one_of(
    st.tuples(people.map(person), residents_commands),
    st.tuples(people.map(person), residents_commands),
    st.tuples(people.map(person), residents_commands),
    st.tuples(st.just(STAFF_KEY), staff_commands),
)
"""Whose command, and the command."""

times_passed = st.sampled_from(
    [
        timedelta(minutes=1),
        timedelta(minutes=45),
        timedelta(hours=3),
        timedelta(hours=9),
        timedelta(days=1),
        timedelta(days=2),
        timedelta(days=7),
        timedelta(days=21),
    ]
)


def moments_around(one: Slot) -> list[datetime]:
    """Moments at which something about a slot changes."""
    return [
        one.starts_at - timedelta(hours=24),
        one.starts_at - timedelta(minutes=91),
        one.starts_at - timedelta(minutes=89),
        one.starts_at - timedelta(minutes=1),
        one.starts_at,
        one.ends_at,
    ]
