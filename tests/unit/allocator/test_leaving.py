"""Who leaves gives back what was not given; a booking goes over to another ticket as it is.

And what is written to them: nothing to the dead, to who moved out a letter of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec
import pytest

from allocator.commands import Leave, TakeOver
from allocator.core import decide_batch
from allocator.leaving import as_left, leave, take_over
from allocator.ledger import Facts, Ledger
from allocator.mail import TOLD_IN, Kind, Letter, is_overtaken
from allocator.mail_languages import LANGUAGES
from allocator.model import Booking, Refusal
from allocator.overlay import lay_over
from allocator.short_messages import short_text
from tests.unit.allocator.offers import (
    CAMPAIGN,
    MONDAY,
    NOW,
    at,
    book,
    cancel,
    day,
    held_by,
    holding,
    ledger,
    person,
    place,
    request,
    slot,
)
from tests.unit.allocator.test_mail import BOTH, LEFT, LETTER, LETTERHEAD, texts, written
from tests.unit.allocator.test_mail import NOW as SENT_AT

LEAVE = Leave(CAMPAIGN, "moved_out", "staff")
TAKE_OVER = TakeOver(CAMPAIGN, person(1), "staff")
HOUR_BEFORE = at(MONDAY, 8)


def books() -> Ledger:
    """One pair, and another second dose."""
    return ledger(slot(1, MONDAY), slot(21, day(21)), slot(22, day(22)))


@pytest.mark.parametrize(
    ("held", "now", "state", "slots"),
    [
        (holding(1, 1, 21), NOW, "cancelled", ()),
        (holding(1, 1, 21), HOUR_BEFORE, "cancelled", ()),  # The cut-off does not count.
        (holding(1, 1, 21), at(MONDAY, 9), "first_only", (1,)),  # It may have been given.
        (holding(1, 1, 21, given=(1,)), at(day(1)), "first_only", (1,)),
        (holding(1, 1, 21, given=(1,)), at(day(21), 9), "booked", (1, 21)),
        (holding(1, 1, 21, given=(1, 2)), at(day(22)), "booked", (1, 21)),
        (holding(1, 1, given=(1,)), at(day(1)), "first_only", (1,)),
        (holding(1, 1), NOW, "cancelled", ()),
        (holding(1, listed=place(1)), NOW, "cancelled", ()),
        (holding(1, 1, given=(1,), listed=place(1)), at(day(1)), "first_only", (1,)),
        (holding(1, 1, 21, listed=place(1, until=at(MONDAY, 8))), at(MONDAY, 9), "cancelled", ()),
        (
            holding(1, 1, 22, given=(1,), listed=place(1, until=at(day(2)))),
            at(day(1)),
            "first_only",
            (1,),
        ),
    ],
)
def test_only_what_was_given_or_has_begun_stays(
    held: Booking, now: datetime, state: str, slots: tuple[int, ...]
) -> None:
    left = as_left(books(), held, now)
    assert (left.state, left.standby) == (state, None)
    assert tuple(dose.slot_id for dose in left.doses) == slots
    assert as_left(books(), left, now) == left


def test_seats_of_who_left_come_back_and_are_offered_to_the_list() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21), holding(2, listed=place(1)))
    (decision,) = decide_batch(offer, known, [request(9, LEAVE)], NOW)
    left, offered = decision.moves
    assert (left.notice, left.after.state) == ("left_city", "cancelled")
    assert (offered.person_key, offered.after.state) == (person(2), "offered")
    assert (CAMPAIGN, person(1)) not in known.held


@pytest.mark.parametrize(
    ("reason", "notice"), [("moved_out", "left_city"), ("reissued", "cancelled"), ("died", None)]
)
def test_nobody_writes_to_the_dead(
    reason: Literal["moved_out", "died", "reissued"], notice: str | None
) -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21))
    order = Leave(CAMPAIGN, reason, "staff")
    (move,) = leave(offer, known, request(9, order), order, NOW).moves
    assert move.notice == notice


def test_who_left_leaves_once() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21, given=(1, 2)))
    ruling = leave(offer, known, request(9, LEAVE), LEAVE, at(day(22)))
    assert (ruling.outcome, ruling.moves) == (known.held[CAMPAIGN, person(1)], ())
    assert leave(offer, Facts(), request(9, LEAVE), LEAVE, NOW).outcome == Refusal.NO_BOOKING


def test_companion_keeps_their_own_booking() -> None:
    offer = ledger(slot(1, MONDAY, seats=(2, 2)), slot(21, day(21), seats=(2, 2)))
    known = held_by(offer, holding(1, 1, 21), holding(2, 1, 21))
    decide_batch(offer, known, [request(9, LEAVE)], NOW)
    assert known.held[CAMPAIGN, person(2)] == holding(2, 1, 21)


def test_booking_goes_over_to_the_new_ticket_and_takes_no_seat_twice() -> None:
    offer = books()
    known = held_by(offer, holding(1, 1, 21))
    asked = [request(8, TAKE_OVER, 3), request(9, book(1)), request(10, cancel(), 3)]
    (decision,) = decide_batch(offer, known, asked[:1], NOW)
    (move,) = decision.moves
    assert (move.person_key, move.former_key, move.notice) == (person(3), person(1), None)
    assert known.held == {(CAMPAIGN, person(3)): holding(1, 1, 21)}
    assert offer.bookings_made == 1
    by_old, by_new = decide_batch(offer, known, asked[1:], NOW)
    assert isinstance(by_old.outcome, Refusal)
    assert isinstance(by_new.outcome, Booking)
    assert offer.seats.slots[1].free == [1, 1]


def test_place_on_the_list_goes_over_with_its_rank() -> None:
    offer = books()
    known = held_by(offer, holding(1, listed=place(1)), holding(2, listed=place(2)))
    decide_batch(offer, known, [request(9, TAKE_OVER, 3)], NOW)
    waiting = [one.person_key for one in offer.standby.in_order("release")]
    assert waiting == [person(3), person(2)]


@pytest.mark.parametrize(
    ("held", "born", "refusal"),
    [
        ((), True, Refusal.NO_BOOKING),
        ((holding(1, 1, 21), holding(3, 1, 22)), True, Refusal.ALREADY_BOOKED),
        ((holding(1, 1, 21),), False, Refusal.NOT_ELIGIBLE),
    ],
)
def test_ticket_takes_over_only_where_it_is_right(
    held: tuple[Booking, ...], born: bool, refusal: Refusal
) -> None:
    known = held_by(ledger(slot(1, MONDAY, seats=(2, 2)), slot(21, day(21)), slot(22, day(22))))
    known.held |= {(CAMPAIGN, person(one.booking_id.int)): one for one in held}
    if not born:
        del known.born[person(3)]
    assert take_over(known, request(9, TAKE_OVER, 3), TAKE_OVER).outcome == refusal


def test_batch_before_that_moved_a_booking_to_another_ticket_is_seen() -> None:
    offer = books()
    first = held_by(offer, holding(1, 1, 21))
    read_too_early = Facts(dict(first.born), dict(first.held), {})
    before = decide_batch(offer, first, [request(9, TAKE_OVER, 3)], NOW)
    lay_over(read_too_early, before, first)
    assert read_too_early.held == {(CAMPAIGN, person(3)): holding(1, 1, 21)}


def letters_that_stand() -> list[Letter]:
    """Return one letter of each kind, in a state of the booking in which it is sent."""
    kinds: list[Kind] = [kind for some in get_args(Kind) for kind in get_args(some)]
    assert set(kinds) == set(TOLD_IN)
    replace = msgspec.structs.replace
    return [
        replace(
            LETTER,
            kind=kind,
            state=min(TOLD_IN[kind]),
            written_at=SENT_AT,
            reminded_of=BOTH[1 if kind == "reminder_week" else 0],
        )
        for kind in kinds
    ]


@pytest.mark.parametrize("letter", letters_that_stand(), ids=lambda letter: letter.kind)
def test_no_letter_of_any_kind_goes_to_the_dead(letter: Letter) -> None:
    assert not is_overtaken(letter, SENT_AT)
    assert is_overtaken(msgspec.structs.replace(letter, left_why="died"), SENT_AT)


@pytest.mark.parametrize("letter", letters_that_stand(), ids=lambda letter: letter.kind)
def test_who_moved_out_is_told_of_no_attempts(letter: Letter) -> None:
    """They cannot sign in any more: the attempts may be their own."""
    moved = msgspec.structs.replace(letter, left_why="moved_out")
    assert is_overtaken(moved, SENT_AT) is (letter.kind in ("code", "attempts"))
    assert not is_overtaken(msgspec.structs.replace(letter, left_why="reissued"), SENT_AT)


def test_who_moved_out_is_told_why_what_stays_and_whom_to_ask() -> None:
    wanted = (
        "you have moved out of Inzai City",
        "has therefore ended",
        "A dose that you have had counts and stays on record",
        "ask the municipality where you live now",
        "0476-00-0000",
    )
    for letter in (LEFT, msgspec.structs.replace(LEFT, product_names={})):
        for text in texts(letter):
            assert [words for words in wanted if words not in text] == []
            assert ("remove them from your calendar" in text) is bool(letter.product_names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_to_who_moved_out_leads_to_no_page_and_no_appointment(language: str) -> None:
    """The dose that stays is no appointment; the ticket opens no page any more."""
    letter = msgspec.structs.replace(
        LEFT, state="first_only", appointments=BOTH[:1], language=language
    )
    assert [item.get_content_type() for item in written(letter).iter_attachments()] == []
    for text in (*texts(letter, language), short_text(letter, LETTERHEAD)):
        assert "AB12CD34" in text
        assert "0476-00-0000" in text
        assert not any(word in text for word in ("https://", "09:15", "総合体育館", "Gymnasium"))


def test_short_message_to_who_moved_out_says_whom_to_ask() -> None:
    assert short_text(LEFT, LETTERHEAD).splitlines() == [
        "【印西市】転出されたため、新型コロナワクチン接種のご予約は終了しました(予約番号 AB12CD34)",
        "お済みの接種は有効で、記録も残ります。これからの接種については、今お住まいの市区町村にお問い合わせください。",
        "お電話でのお問い合わせ: 0476-00-0000",
    ]
