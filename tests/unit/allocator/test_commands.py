"""Commands are within their bounds, and the allocator's own ids are told from all others."""

from __future__ import annotations

from collections.abc import Callable
from uuid import RFC_4122, UUID

import msgspec
import pytest

from allocator.commands import (
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
    Expire,
    Join,
    Leave,
    MarkDose,
    Request,
    TakeOver,
    WalkIn,
    companion_id,
    derived_id,
)
from allocator.model import (
    BOOKINGS_MOVED_MAX,
    CHOICES_MAX,
    CLOSING_WORDS_MAX,
    LOT_LENGTH_MAX,
    REASON_LENGTH_MAX,
    SEATS_ADDED_MAX,
    SLOTS_EDITED_MAX,
    Choice,
    FirstDose,
)
from tests.unit.allocator.offers import ANY, CAMPAIGN, MONDAY, person, request

Build = Callable[[], Command]
COMPANION = Companion(person(2), b"sealed too")


def choices(count: int) -> tuple[Choice, ...]:
    return tuple(Choice(number) for number in range(count))


def dose_given(lot: str = "", reason: str = "") -> MarkDose:
    return MarkDose(CAMPAIGN, 1, given=True, ordered_by="staff", lot=lot, reason=reason)


def close(*slot_ids: int) -> CloseSlots:
    return CloseSlots("release", slot_ids, "staff")


def add(first: int, second: int) -> AddSeats:
    return AddSeats("release", 1, (first, second), "staff")


def cut(doses_left: int) -> CutSupply:
    return CutSupply("release", "gym", "pfizer", MONDAY, doses_left, "staff")


OVER: list[tuple[Build, str]] = [
    (lambda: Book("release", (), b"", "ja"), "CHOICES_MAX"),
    (lambda: Book("release", choices(CHOICES_MAX + 1), b"", "ja"), "CHOICES_MAX"),
    (lambda: Change(CAMPAIGN, "both", ()), "CHOICES_MAX"),
    (lambda: Change(CAMPAIGN, "both", choices(CHOICES_MAX + 1)), "CHOICES_MAX"),
    (lambda: BookTogether("release", (), b"", "ja", COMPANION), "CHOICES_MAX"),
    (
        lambda: BookTogether("release", choices(CHOICES_MAX + 1), b"", "ja", COMPANION),
        "CHOICES_MAX",
    ),
    (close, "SLOTS_EDITED_MAX"),
    (lambda: close(*range(SLOTS_EDITED_MAX + 1)), "SLOTS_EDITED_MAX"),
    (lambda: close(1, 2, 1), "different"),
    (lambda: CloseSlots("release", (1,), "staff", people_max=0), "BOOKINGS_MOVED_MAX"),
    (lambda: CloseSlots("release", (1,), "staff", words="x" * 301), "CLOSING_WORDS_MAX"),
    (lambda: CloseSlots("release", (1,), "staff", words="two\nlines"), "CLOSING_WORDS_MAX"),
    (
        lambda: CloseSlots("release", (1,), "staff", people_max=BOOKINGS_MOVED_MAX + 1),
        "BOOKINGS_MOVED_MAX",
    ),
    (lambda: dose_given(lot="x" * (LOT_LENGTH_MAX + 1)), "longer"),
    (lambda: dose_given(reason="x" * (REASON_LENGTH_MAX + 1)), "longer"),
    (lambda: add(0, 0), "SEATS_ADDED_MAX"),
    (lambda: add(-1, 1), "SEATS_ADDED_MAX"),
    (lambda: add(1, -1), "SEATS_ADDED_MAX"),
    (lambda: add(SEATS_ADDED_MAX + 1, 0), "SEATS_ADDED_MAX"),
    (lambda: add(0, SEATS_ADDED_MAX + 1), "SEATS_ADDED_MAX"),
    (lambda: cut(-1), "negative"),
]


@pytest.mark.parametrize(("build", "bound"), OVER)
def test_command_over_its_bounds_is_not_built(build: Build, bound: str) -> None:
    with pytest.raises(ValueError, match=bound):
        build()


WIDEST: list[Command] = [
    Book("release", choices(CHOICES_MAX), b"sealed", "ja"),
    Book("release", ANY, b"sealed", "ja", FirstDose("pfizer", MONDAY)),
    Change(CAMPAIGN, "second", choices(1)),
    Cancel(CAMPAIGN, "second"),
    BookTogether("release", choices(CHOICES_MAX), b"sealed", "ja", COMPANION),
    BookTogether("release", ANY, b"sealed", "ja", COMPANION),
    Join("release", ANY, b"sealed", "ja"),
    Accept(CAMPAIGN),
    Expire(CAMPAIGN, UUID(int=1)),
    close(*range(SLOTS_EDITED_MAX)),
    close(1),
    CloseSlots("release", (1,), "staff", "supply_cut", BOOKINGS_MOVED_MAX),
    CloseSlots("release", (1,), "staff", "supply_cut", 1, "x" * CLOSING_WORDS_MAX),
    add(SEATS_ADDED_MAX, SEATS_ADDED_MAX),
    add(1, 0),
    add(0, 1),
    cut(0),
    MarkDose(CAMPAIGN, 2, given=False, ordered_by="staff"),
    WalkIn("release", 1, b"sealed", "ja", "staff", FirstDose("pfizer", MONDAY)),
    Leave(CAMPAIGN, "moved_out", "staff"),
    TakeOver(CAMPAIGN, person(2), "staff"),
]


@pytest.mark.parametrize("command", WIDEST, ids=lambda command: type(command).__name__)
def test_every_command_survives_the_stream(command: Command) -> None:
    """At its bounds, too: what is encoded for the inbox decodes to the same request."""
    asked = request(1, command)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(asked), type=Request) == asked


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        (Book("release", choices(1), b"", "ja"), "wish", []),
        (BookTogether("release", choices(1), b"", "ja", COMPANION), "wish", []),
        (close(1), "slot_ids", [1, 1]),
        (add(1, 1), "seats", [0, SEATS_ADDED_MAX + 1]),
        (cut(1), "doses_left", -1),
        (MarkDose(CAMPAIGN, 1, given=True, ordered_by="staff"), "dose", 3),
        (Cancel(CAMPAIGN, "both"), "doses", "first"),
    ],
)
def test_command_over_its_bounds_is_not_decoded(
    command: Command, field: str, value: object
) -> None:
    """The allocator cannot be handed more work than the bounds allow."""
    content = msgspec.msgpack.decode(msgspec.msgpack.encode(request(1, command)))
    content["command"][field] = value
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(content), type=Request)


@pytest.mark.parametrize("base", [UUID(int=0), UUID(int=2**128 - 1), UUID(int=1 << 64)])
@pytest.mark.parametrize("word", ["companion", "expire 1", ""])
def test_derived_id_is_a_well_formed_one_of_version_8(base: UUID, word: str) -> None:
    made = derived_id(base, word)
    assert (made.version, made.variant) == (8, RFC_4122)


def test_derived_id_follows_from_its_base_and_word_alone() -> None:
    """Worked out elsewhere, so that an id of one version of ours is that of the next."""
    assert derived_id(UUID(int=1), "companion") == UUID("6b37a188-c4e7-8393-8f85-e3516b6f3425")
    ids = {derived_id(UUID(int=base), word) for base in range(50) for word in ("a", "b")}
    assert len(ids) == 100


def test_companions_id_follows_from_the_request() -> None:
    assert companion_id(UUID(int=1)) == derived_id(UUID(int=1), "companion")
    assert companion_id(UUID(int=1)) != companion_id(UUID(int=2))


def test_request_for_two_without_a_word_on_reminders_is_written_as_ever() -> None:
    """Its digest is that of a request from before there was the word (I5)."""
    two = BookTogether("release", (Choice(1),), b"sealed", "ja", COMPANION)
    assert b"reminders" not in msgspec.msgpack.encode(two)


def test_order_to_close_slots_is_written_as_before_it_had_a_reason() -> None:
    plain = {"type": "close_slots", "release_id": "release", "slot_ids": [1], "ordered_by": "staff"}
    assert msgspec.json.decode(msgspec.json.encode(close(1))) == plain
    cut = CloseSlots("release", (1,), "staff", "supply_cut", 2)
    more = {"reason": "supply_cut", "people_max": 2}
    assert msgspec.json.decode(msgspec.json.encode(cut)) == plain | more
