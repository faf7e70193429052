"""The draft: what was typed comes back as it was, and a step back forgets what no longer fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import get_args

from allocator.model import Choice, FirstDose
from gateway import drafting
from gateway.drafting import Draft, Purpose
from gateway.forms import CompanionForm, ContactForm, SignInForm

CONTACT = ContactForm("印西 花子", "09012345678", "hanako@example.jp")
COMPANION = CompanionForm(
    SignInForm("122319", "0123456790", date(1950, 1, 31)),
    ContactForm("印西 太郎", "09012345679", "taro@example.jp"),
)
FIRST = FirstDose("comirnaty", date(2021, 6, 10))


def test_what_is_kept_comes_back() -> None:
    draft = drafting.with_contact({}, CONTACT)
    draft = drafting.with_first_dose(draft, FIRST)
    draft = drafting.with_choice(draft, Choice(1, 2))
    assert drafting.contact_of(draft) == CONTACT
    assert drafting.first_dose_of(draft) == FIRST
    assert drafting.choice_of(draft) == Choice(1, 2)


def test_reading_is_kept_typed_again_and_forgotten_when_it_is_taken_out() -> None:
    read = replace(CONTACT, kana="インザイ ハナコ")
    draft = drafting.with_contact({}, read)
    assert drafting.contact_of(draft) == read
    assert drafting.contact_typed(read) == {
        name: draft[name] for name in drafting.contact_typed(read)
    }
    assert drafting.contact_of(drafting.with_contact(draft, CONTACT)) == CONTACT


def test_reading_of_who_comes_along_is_kept_and_forgotten_with_them() -> None:
    read = replace(COMPANION.contact, kana="インザイ タロウ")
    draft = drafting.with_companion(drafting.with_contact({}, CONTACT), COMPANION.identity)
    with_kana = drafting.with_companion_contact(draft, read)
    assert drafting.companion_of(with_kana) == replace(COMPANION, contact=read)
    assert drafting.contact_of(with_kana) == CONTACT
    without = drafting.with_companion_contact(with_kana, COMPANION.contact)
    assert drafting.companion_of(without) == COMPANION
    assert "companion_kana" not in drafting.alone(with_kana)


def test_reminders_are_wanted_unless_somebody_said_no() -> None:
    assert drafting.reminders_of({})
    draft = drafting.with_contact({}, CONTACT)
    assert drafting.reminders_of(draft)
    draft = drafting.with_contact(draft, CONTACT, reminders=False)
    assert not drafting.reminders_of(drafting.with_choice(draft, Choice(1)))
    assert drafting.reminders_of(drafting.with_contact(draft, CONTACT, reminders=True))


def test_empty_draft_holds_nothing() -> None:
    assert drafting.contact_of({}) is None
    assert drafting.first_dose_of({}) is None
    assert drafting.choice_of({}) is None


def test_way_goes_on_where_the_draft_left_off() -> None:
    draft: Draft = {}
    assert drafting.next_step(draft) == "/details"
    draft = drafting.with_contact(draft, CONTACT)
    assert drafting.next_step(draft) == "/choose"
    draft = drafting.with_choice(draft, Choice(1))
    assert drafting.next_step(draft) == "/check"
    assert drafting.next_step(drafting.without_choice(draft)) == "/choose"
    assert drafting.next_step(drafting.to_change("both")) == "/choose"


def test_purpose_follows_from_what_was_said() -> None:
    booking = drafting.with_contact({}, CONTACT)
    assert drafting.purpose_of(booking) == "book"
    assert drafting.purpose_of(drafting.with_first_dose(booking, FIRST)) == "second_only"
    assert drafting.purpose_of(drafting.to_change("both")) == "change_both"
    assert drafting.purpose_of(drafting.to_change("second")) == "change_second"


def test_only_a_way_to_both_doses_looks_for_pairs() -> None:
    pairs = [p for p in get_args(Purpose) if drafting.books_pairs(p)]
    assert pairs == ["book", "together", "change_both"]


def test_who_comes_along_comes_back_as_typed() -> None:
    draft = drafting.accompanied(drafting.with_contact({}, CONTACT))
    assert drafting.companion_identity_of(draft) is None
    assert drafting.companion_typed(draft) == {}
    draft = drafting.with_companion(draft, COMPANION.identity)
    assert drafting.companion_of(draft) is None
    assert drafting.companion_typed(draft) == {
        "ticket_number": "0123456790",
        "birth_year": "1950",
        "birth_month": "1",
        "birth_day": "31",
        "pin": "",
    }
    secret = replace(COMPANION.identity, pin="1234")
    with_pin = drafting.with_companion(draft, secret)
    assert drafting.companion_identity_of(with_pin) == secret
    assert drafting.with_companion(with_pin, COMPANION.identity) == draft
    draft = drafting.with_companion_contact(draft, COMPANION.contact)
    assert drafting.companion_of(draft) == COMPANION
    assert drafting.companion_of(drafting.accompanied(draft)) == COMPANION
    assert drafting.companion_of(drafting.with_contact(draft, CONTACT)) == COMPANION


def test_way_of_two_asks_for_each_of_what_is_missing() -> None:
    draft = drafting.accompanied(drafting.with_contact({}, CONTACT))
    assert drafting.purpose_of(draft) == "together"
    assert drafting.next_step(draft) == "/companion"
    draft = drafting.with_companion(draft, COMPANION.identity)
    assert drafting.next_step(draft) == "/companion/details"
    draft = drafting.with_companion_contact(draft, COMPANION.contact)
    assert drafting.next_step(draft) == "/choose"
    assert drafting.next_step(drafting.with_choice(draft, Choice(1, 2))) == "/check"


def test_choice_falls_when_somebody_comes_along_or_no_longer() -> None:
    one = drafting.with_choice(drafting.with_contact({}, CONTACT), Choice(1, 2))
    assert drafting.choice_of(drafting.alone(one)) == Choice(1, 2)
    two = drafting.accompanied(one)
    assert drafting.choice_of(two) is None
    two = drafting.with_choice(two, Choice(1, 2))
    assert drafting.choice_of(drafting.accompanied(two)) == Choice(1, 2)
    alone = drafting.alone(drafting.with_companion(two, COMPANION.identity))
    assert drafting.choice_of(alone) is None
    assert not any(name.startswith("companion") for name in alone)


def test_nobody_comes_along_to_a_second_dose_alone() -> None:
    draft = drafting.with_companion(drafting.with_contact({}, CONTACT), COMPANION.identity)
    second = drafting.with_first_dose(draft, FIRST)
    assert drafting.purpose_of(second) == "second_only"
    assert drafting.companion_identity_of(second) is None
    assert drafting.is_accompanied(drafting.with_first_dose(draft, None))
    assert drafting.first_dose_of(drafting.accompanied(second)) is None


def test_mark_tells_one_draft_from_another_whatever_its_order() -> None:
    draft = drafting.with_choice(drafting.with_contact({}, CONTACT), Choice(1, 2))
    same = dict(reversed(draft.items()))
    others = [
        drafting.with_choice(draft, Choice(1, 3)),
        drafting.with_contact(draft, replace(CONTACT, phone="0476000000")),
        drafting.without_choice(draft),
        {},
    ]
    assert drafting.mark_of(same) == drafting.mark_of(draft)
    assert len({drafting.mark_of(one) for one in (draft, *others)}) == 1 + len(others)


def test_new_contact_details_begin_a_booking_not_a_change() -> None:
    assert drafting.purpose_of(drafting.with_contact(drafting.to_change("both"), CONTACT)) == "book"


def test_other_first_dose_forgets_the_choice() -> None:
    draft = drafting.with_choice(drafting.with_contact({}, CONTACT), Choice(1, 2))
    for first in (FIRST, None):
        changed = drafting.with_first_dose(draft, first)
        assert drafting.choice_of(changed) is None
        assert drafting.contact_of(changed) == CONTACT
        assert drafting.first_dose_of(changed) == first


def test_second_choice_leaves_nothing_of_the_first() -> None:
    draft = drafting.with_choice(drafting.with_choice({}, Choice(1, 2)), Choice(3))
    assert drafting.choice_of(draft) == Choice(3)


def test_companion_is_kept_alone_and_forgotten_whole() -> None:
    identity = SignInForm("122319", "0012345679", date(1952, 3, 4), "1234")
    draft = drafting.with_companion(drafting.with_contact({}, CONTACT), identity)
    chosen = drafting.with_choice(draft, Choice(1, 2))
    kept = drafting.companion_kept(chosen)
    assert drafting.companion_identity_of(kept) == identity
    assert not drafting.is_accompanied(kept)
    assert drafting.companion_kept({"name": "x"}) == {}
    assert drafting.without_companion(chosen) == drafting.with_contact({}, CONTACT)
    only_known = drafting.with_contact({}, CONTACT) | kept
    assert drafting.without_companion(only_known) == drafting.with_contact({}, CONTACT)
