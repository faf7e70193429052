"""What a clerk types of a caller: read, kept, and shown again."""

from __future__ import annotations

from datetime import date

import pytest

from allocator.model import FirstDose
from gateway import drafting
from gateway.forms import ContactForm, SignInForm
from gateway.staff.call_details import Details, kept, parse, parse_companion, to_letter, typed

TODAY = date(2021, 6, 1)
PRODUCTS = frozenset({"comirnaty"})
TYPED = {
    "name": "試験 百合",
    "phone": "０８０－９８７６－５４３２",
    "email": "yuri.7@example.jp",
    "confirmation": "mail",
    "language": "ko",
    "reminders": "yes",
}
ELSEWHERE = {
    "product": "comirnaty",
    "first_dose_year": "2021",
    "first_dose_month": "5",
    "first_dose_day": "11",
}
FIRST = FirstDose("comirnaty", date(2021, 5, 11))
CONTACT = ContactForm("試験 百合", "08098765432", "yuri.7@example.jp")


def details(**changes: str) -> Details:
    read = parse(TYPED | changes, PRODUCTS, TODAY)
    assert isinstance(read, Details)
    return read


def faults(**changes: str) -> list[tuple[str, str]]:
    read = parse(TYPED | changes, PRODUCTS, TODAY)
    assert isinstance(read, list)
    return [(error.field, error.code) for error in read]


def test_details_are_read() -> None:
    read = details()
    assert read == Details(CONTACT, "mail", "ko", reminders=True, first_dose=None)
    assert "百合" not in repr(read)
    assert details(reminders="").reminders is False


def test_letter_needs_no_address_and_keeps_none() -> None:
    for email in ("", "yuri.7@example.jp"):
        read = details(confirmation="letter", email=email)
        assert read.contact.email == ""
        assert read.reminders is False


def test_short_message_goes_to_a_mobile_number_and_needs_no_address() -> None:
    for email in ("", "yuri.7@example.jp"):
        read = details(confirmation="sms", email=email)
        assert read.contact == ContactForm("試験 百合", "08098765432", "")
        assert read.reminders is True
    assert faults(confirmation="sms", email="", phone="0476-00-0000") == [("phone", "not_a_mobile")]
    assert faults(confirmation="sms", phone="12") == [("phone", "not_a_phone")]


def test_way_that_the_city_does_not_have_is_no_choice() -> None:
    read = parse(TYPED | {"confirmation": "sms"}, PRODUCTS, TODAY, ("mail", "letter"))
    assert isinstance(read, list)
    assert [(error.field, error.code) for error in read] == [("confirmation", "not_a_choice")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, [("name", "required")]),
        ({"phone": "12"}, [("phone", "not_a_phone")]),
        ({"phone": ""}, [("phone", "required")]),
        ({"email": ""}, [("email", "required")]),
        ({"email": "x"}, [("email", "not_an_email")]),
        ({"email": "x", "confirmation": "letter"}, [("email", "not_an_email")]),
        ({"confirmation": "dove"}, [("confirmation", "not_a_choice")]),
        ({"language": "xx"}, [("language", "not_a_choice")]),
        ({**ELSEWHERE, "product": "other"}, [("product", "not_a_choice")]),
        ({**ELSEWHERE, "product": ""}, [("product", "required")]),
        ({**ELSEWHERE, "first_dose_day": "32"}, [("first_dose_year", "not_a_date")]),
        ({**ELSEWHERE, "first_dose_year": "2022"}, [("first_dose_year", "date_in_future")]),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    changes: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert faults(**changes) == expected


def test_draft_comes_back_as_it_was_typed() -> None:
    draft = kept({}, details(**ELSEWHERE))
    assert drafting.contact_of(draft) == CONTACT
    assert drafting.first_dose_of(draft) == FIRST
    again = typed(draft)
    assert parse(again, PRODUCTS, TODAY) == details(**ELSEWHERE)
    assert typed({})["confirmation"] == "mail"


def test_choice_falls_with_another_first_dose_and_stays_without() -> None:
    chosen = kept({}, details()) | {"slot_id": "1", "second_slot_id": "2"}
    assert drafting.choice_of(kept(chosen, details(name="別人"))) is not None
    assert drafting.choice_of(kept(chosen, details(**ELSEWHERE))) is None


def test_how_the_caller_is_told_outlives_the_request() -> None:
    left = to_letter(kept({}, details()))
    assert left == {"confirmation": "mail", "language": "ko"}


def test_companion_is_told_in_the_way_that_the_caller_chose() -> None:
    given = {"name": "試験 太郎", "phone": "090-1234-5678", "email": "taro.8@example.jp"}
    theirs = ContactForm("試験 太郎", "09012345678", "taro.8@example.jp")
    assert parse_companion(given, "mail") == theirs
    assert parse_companion(given, "letter") == ContactForm("試験 太郎", "09012345678", "")
    wrong = parse_companion({"phone": "0476-00-0000"}, "sms")
    assert isinstance(wrong, list)
    assert [(error.field, error.code) for error in wrong] == [
        ("name", "required"),
        ("phone", "not_a_mobile"),
    ]
    missing = parse_companion(given | {"email": ""}, "mail")
    assert isinstance(missing, list)
    assert [(error.field, error.code) for error in missing] == [("email", "required")]


def test_companion_is_known_until_the_call_ends() -> None:
    identity = SignInForm("122319", "0012345679", date(1952, 3, 4), "1234")
    draft = drafting.with_companion(kept({}, details()), identity)
    left = to_letter(drafting.with_companion_contact(draft, CONTACT))
    assert drafting.companion_identity_of(left) == identity
    assert not drafting.is_accompanied(left)
    assert drafting.companion_of(left) is None
