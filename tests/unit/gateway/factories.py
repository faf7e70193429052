"""Values for the gateway's tests: a small city with one release."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from allocator.model import (
    SITE_TIMEZONE,
    Booking,
    Catalogue,
    Dose,
    Flexible,
    Product,
    Release,
    Slot,
    StandbyPlace,
    Venue,
)
from gateway.settings import GatewaySettings

NOW = datetime(2021, 6, 1, 0, 0, tzinfo=UTC)
NOWHERE = "redis://127.0.0.1:9/0"


def make_settings(secrets_dir: Path, **changes: object) -> GatewaySettings:
    values: dict[str, object] = {
        "database_url": "postgresql://127.0.0.1:9/none",
        "redis_url": NOWHERE,
        "secrets_dir": secrets_dir,
        "gateway_id": "g0",
        "internal_port": 0,
        "port": 0,
        "municipality_code": "122319",
    }
    return GatewaySettings.model_validate(values | changes)


def make_product(product_id: str = "comirnaty") -> Product:
    return Product(
        product_id=product_id,
        names={"ja": "コミナティ", "en": "Comirnaty"},
        interval_days_standard=21,
        interval_days_min=19,
        interval_days_max=42,
        doses_per_vial=6,
        source="test",
    )


def make_venue(venue_id: str = "hall") -> Venue:
    return Venue(
        venue_id=venue_id,
        names={"ja": "市民会館", "en": "Civic hall"},
        addresses={"ja": "大森1", "en": "1 Omori"},
    )


def make_slot(slot_id: int, day: date, hour: int = 10, **changes: object) -> Slot:
    starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=SITE_TIMEZONE)
    values: dict[str, object] = {
        "slot_id": slot_id,
        "release_id": "r1",
        "venue_id": "hall",
        "product_id": "comirnaty",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "capacities": (10, 10),
    }
    return Slot(**(values | changes))  # type: ignore[arg-type]


def make_release(release_id: str = "r1", **changes: object) -> Release:
    values: dict[str, object] = {
        "release_id": release_id,
        "campaign_id": "c1",
        "names": {"ja": "第1回", "en": "First"},
        "born_from": date(1920, 1, 1),
        "born_to": date(1956, 12, 31),
        "lobby_at": NOW - timedelta(hours=2),
        "opens_at": NOW - timedelta(hours=1),
        "closes_at": NOW + timedelta(days=30),
        "cut_off_hours": 24,
    }
    return Release(**(values | changes))  # type: ignore[arg-type]


def make_catalogue(*releases: Release, slots: tuple[Slot, ...] = ()) -> Catalogue:
    listed = releases or (make_release(),)
    return Catalogue(
        version=1,
        products={"comirnaty": make_product()},
        venues={"hall": make_venue(), "school": make_venue("school")},
        releases={release.release_id: release for release in listed},
        slots={slot.slot_id: slot for slot in slots},
    )


def make_place(**changes: object) -> StandbyPlace:
    values: dict[str, object] = {
        "rank": 3,
        "reason": "asked",
        "wish": Flexible(date(2021, 6, 1), date(2021, 6, 30)),
    }
    return StandbyPlace(**(values | changes))  # type: ignore[arg-type]


def make_waiting(place: StandbyPlace | None = None, **changes: object) -> Booking:
    """Return a place on the standby list; an offer if `place` says until when."""
    place = place or make_place()
    state = "standby" if place.offered_until is None else "offered"
    doses = () if place.offered_until is None else (Dose(1, 1), Dose(2, 2))
    values: dict[str, object] = {"state": state, "doses": doses, "standby": place}
    return make_booking(**(values | changes))


def make_booking(**changes: object) -> Booking:
    values: dict[str, object] = {
        "booking_number": "0000001-3",
        "booking_id": UUID(int=1),
        "campaign_id": "c1",
        "release_id": "r1",
        "product_id": "comirnaty",
        "state": "booked",
        "doses": (Dose(1, 1), Dose(2, 2)),
    }
    return Booking(**(values | changes))  # type: ignore[arg-type]
