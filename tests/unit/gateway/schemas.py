"""What the JSON contract lets residents see, as JSON schemas: these fields and no others."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def closed(**properties: Schema) -> Schema:
    """Return the schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


TEXT: Schema = {"type": "string", "minLength": 1}
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+09:00$",
}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
STATE: Schema = {"enum": ["lobby", "waiting", "your_turn", "inside", "booked"]}
PLACE: Schema = {"type": ["integer", "null"], "minimum": 1}
BOOKING: Schema = closed(
    booking_number={"type": "string", "pattern": r"^\d{7}-\d$"},
    state={"enum": ["booked", "first_only", "cancelled"]},
    product=TEXT,
    doses={
        "type": "array",
        "maxItems": 2,
        "items": closed(
            dose={"enum": [1, 2]},
            slot_id={"type": "string", "pattern": r"^\d+$"},
            starts_at=MOMENT,
            ends_at=MOMENT,
            venue=closed(id=TEXT, name=TEXT, address=TEXT),
        ),
    },
    receipt={"type": "string", "pattern": r"^SEIRIKEN1\|"},
)
_WAITING: dict[str, Schema] = {
    "state": {"const": "standby"},
    "booking_number": BOOKING["properties"]["booking_number"],
    "reason": {"enum": ["asked", "slot_closed", "supply_cut"]},
}
JOINED: Schema = closed(**_WAITING)
STANDBY: Schema = closed(**_WAITING, ahead={"type": "integer", "minimum": 0})
OFFERED: Schema = closed(
    **(_WAITING | {"state": {"const": "offered"}}),
    offer=closed(
        product=TEXT, doses=BOOKING["properties"]["doses"] | {"minItems": 1}, until=MOMENT
    ),
)
TOGETHER: Schema = closed(
    bookings={"type": "array", "items": BOOKING, "minItems": 2, "maxItems": 2}
)
BEFORE_BOOKING: Schema = closed(
    state=STATE,
    place=PLACE,
    ticket_number={"type": "string", "pattern": r"^\d{10}$"},
    birth_date=DAY,
)
AFTER_BOOKING: Schema = closed(
    state={"const": "booked"},
    place=PLACE,
    name=TEXT,
    birth_date=DAY,
    phone=TEXT,
    email=TEXT,
    booking=BOOKING,
    kana={"type": "string"},
)
AVAILABILITY: Schema = closed(
    days={
        "type": "array",
        "items": closed(
            date=DAY,
            slots={
                "type": "array",
                "minItems": 1,
                "items": closed(
                    slot_id={"type": "string", "pattern": r"^\d+$"},
                    starts_at=MOMENT,
                    venue=TEXT,
                    product=TEXT,
                    second_dose_at={"anyOf": [MOMENT, {"type": "null"}]},
                    pairs={"enum": ["many", "few", "none"]},
                ),
            },
        ),
    },
    as_of=MOMENT,
)
