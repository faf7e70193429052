"""A small city, drawn from the seed: so few seats and people that everybody is in everybody's way.

Intervals are of days, not weeks, so that both doses of some are given within one history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from allocator.model import SITE_TIMEZONE, Catalogue, Product, Release, Slot, Venue

FIRST_DAY = date(2021, 9, 6)
DAYS = 12
PRODUCTS = (
    Product("pfizer", {"ja": "ファイザー"}, 3, 2, 5, 6, "simulated"),
    Product("moderna", {"ja": "モデルナ"}, 4, 4, 6, 10, "simulated"),
)
VENUES = ("gym", "hall")
HOURS = (9.0, 9.5, 10.0, 13.0, 17.5)
ADULT, CHILD = date(1980, 5, 5), date(2015, 5, 5)


@dataclass(frozen=True)
class City:
    """What is on offer, who lives here, and when the history begins."""

    catalogue: Catalogue
    people: list[bytes]
    born: dict[bytes, date]
    begins_at: datetime


def person(number: int) -> bytes:
    """The key of a person."""
    return number.to_bytes(16)


def make_city(rng: Random) -> City:
    """Draw a city."""
    is_scarce = rng.random() < 0.5
    people = [person(number) for number in range(1, rng.randint(4, 9) + 1)]
    born = {key: ADULT if rng.random() < 0.97 else CHILD for key in people}
    if rng.random() < 0.15:
        del born[people[-1]]  # Somebody who is not on the roster.
    begins_at = _at(FIRST_DAY, 8.5) + timedelta(minutes=rng.randint(0, 60))
    releases = [_release("main", "campaign", begins_at, rng)]
    if not is_scarce and rng.random() < 0.5:
        campaign = rng.choice(("campaign", "campaign", "other"))
        releases.append(_release("late", campaign, begins_at, rng))
    catalogue = Catalogue(
        version=1,
        products={product.product_id: product for product in PRODUCTS},
        venues={name: Venue(name, {"ja": name}, {"ja": name}) for name in VENUES},
        releases={release.release_id: release for release in releases},
        slots={slot.slot_id: slot for slot in _slots(rng, releases, is_scarce)},
    )
    return City(catalogue, people, born, begins_at)


def _release(release_id: str, campaign_id: str, begins_at: datetime, rng: Random) -> Release:
    opens_at = begins_at + timedelta(minutes=rng.choice((-5, -5, -5, 2)))
    return Release(
        release_id=release_id,
        campaign_id=campaign_id,
        names={"ja": release_id},
        born_from=date(1900, 1, 1),
        born_to=date(2009, 4, 1),
        lobby_at=opens_at - timedelta(hours=1),
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=rng.choice((4, 20, 20, 20))),
        cut_off_hours=rng.choice((0, 2, 24)),
    )


def _slots(rng: Random, releases: list[Release], is_scarce: bool) -> list[Slot]:
    """Draw slots of a few calendars, many on the same days and adjoining.

    Where they are scarce there is one calendar, and just enough days for a few pairs.
    """
    products = PRODUCTS if not is_scarce and rng.random() < 0.5 else PRODUCTS[:1]
    venues = VENUES if not is_scarce and rng.random() < 0.5 else VENUES[:1]
    hours = rng.sample(HOURS, rng.randint(1, 2 if is_scarce else 4))
    sizes = rng.choice(((1,), (0, 1, 1, 1), (1, 1, 2)) if is_scarce else ((1, 1, 2), (1, 2, 3)))
    slots: list[Slot] = []
    places = _scarce_places(rng, hours) if is_scarce else _many_places(rng, hours)
    used = set()
    for day, hour in places:
        release, venue, product = rng.choice(releases), rng.choice(venues), rng.choice(products)
        place = (release.release_id, venue, product.product_id, day, hour)
        if place in used:
            continue
        used.add(place)
        starts_at = _at(FIRST_DAY + timedelta(days=day), hour)
        slots.append(
            Slot(
                slot_id=len(slots) + 1,
                release_id=release.release_id,
                venue_id=venue,
                product_id=product.product_id,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=30),
                capacities=(rng.choice(sizes), rng.choice(sizes)),
            )
        )
    return slots


def _many_places(rng: Random, hours: list[float]) -> list[tuple[int, float]]:
    count = rng.choice((8, 12, 20))
    return [(rng.randrange(DAYS), rng.choice(hours)) for _ in range(count)]


def _scarce_places(rng: Random, hours: list[float]) -> list[tuple[int, float]]:
    product, places = PRODUCTS[0], []
    for first in rng.sample((0, 1, 1, 2, 3), rng.randint(1, 3)):
        interval = rng.randint(product.interval_days_standard, product.interval_days_max)
        places += [(first, rng.choice(hours)), (first + interval, rng.choice(hours))]
    return places


def _at(day: date, hour: float) -> datetime:
    return datetime(
        day.year, day.month, day.day, int(hour), int(hour % 1 * 60), tzinfo=SITE_TIMEZONE
    )
