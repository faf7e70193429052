"""Whole forms: every fault is reported at once, at its field, and nothing is repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.model import CHOICES_MAX, DAYS_SEARCHED_MAX, Choice, FirstDose, Flexible
from gateway import forms
from gateway.fields import CODES, FieldError
from gateway.forms import (
    BookingForm,
    ChangeForm,
    CompanionForm,
    ContactForm,
    SignInForm,
    StandbyForm,
    TogetherForm,
)

TODAY = date(2021, 6, 1)
CONTACT = {"name": "印西 花子", "phone": "090-1234-5678", "email": "hanako@example.jp"}
CHOICES = [{"slot_id": "1"}, {"slot_id": "2", "second_slot_id": "9"}]
FLEXIBLE = {"from": "2021-06-10", "to": "2021-06-20"}


def faults(result: object) -> list[tuple[str, str]]:
    assert isinstance(result, list)
    return [(error.field, error.code) for error in result]


def test_sign_in_is_read_with_the_city_of_the_house() -> None:
    data = {"ticket_number": "１２３４５６７８９０", "birth_date": "１９５０／１／２"}
    form = forms.parse_sign_in(data, "122319", TODAY)
    assert form == SignInForm("122319", "1234567890", date(1950, 1, 2))


def test_sign_in_may_name_another_city() -> None:
    data = {"ticket_number": "1234567890", "birth_date": "19500102", "municipality_code": "131016"}
    form = forms.parse_sign_in(data, "122319", TODAY)
    assert isinstance(form, SignInForm)
    assert form.municipality_code == "131016"


def test_sign_in_reports_all_its_faults_at_once() -> None:
    data = {"ticket_number": "12", "birth_date": "1950-02-30", "municipality_code": "1", "x": 1}
    assert faults(forms.parse_sign_in(data, "122319", TODAY)) == [
        ("body", "unknown_field"),
        ("municipality_code", "wrong_length"),
        ("ticket_number", "wrong_length"),
        ("birth_date", "not_a_date"),
    ]


def test_pin_is_optional_and_read_as_digits() -> None:
    data = {"ticket_number": "1234567890", "birth_date": "1950-01-02"}
    for typed, pin in ((None, None), ("", None), ("４７１１", "4711"), ("12345678", "12345678")):
        form = forms.parse_sign_in(data | {"pin": typed}, "122319", TODAY)
        assert isinstance(form, forms.SignInForm)
        assert form.pin == pin
    for wrong in ("123", "123456789", "12a4"):
        assert faults(forms.parse_sign_in(data | {"pin": wrong}, "122319", TODAY)) == [
            ("pin", "not_a_pin")
        ]


def test_unknown_field_alone_is_enough_to_refuse() -> None:
    data = {"ticket_number": "1234567890", "birth_date": "1950-01-02", "password": "1"}
    assert faults(forms.parse_sign_in(data, "122319", TODAY)) == [("body", "unknown_field")]


def test_contact_is_read() -> None:
    assert forms.parse_contact(CONTACT) == ContactForm(
        "印西 花子", "09012345678", "hanako@example.jp"
    )


def test_reading_may_be_given_and_is_kept_in_katakana() -> None:
    read = forms.parse_contact(CONTACT | {"kana": "いんざい　ﾊﾅｺ"})
    assert isinstance(read, ContactForm)
    assert read.kana == "インザイ ハナコ"
    assert forms.parse_contact(CONTACT | {"kana": ""}) == forms.parse_contact(CONTACT)
    assert faults(forms.parse_contact(CONTACT | {"kana": "Inzai"})) == [("kana", "not_kana")]
    assert faults(forms.parse_contact(CONTACT | {"kana": "ア" * 101})) == [("kana", "too_long")]
    assert faults(forms.parse_contact(CONTACT | {"kana": "㌔" * 60})) == [("kana", "too_long")]


def test_contact_misses_what_is_not_there() -> None:
    assert faults(forms.parse_contact({})) == [
        (name, "required") for name in ("name", "phone", "email")
    ]


def texted(**changes: str) -> ContactForm | list[FieldError]:
    return forms.parse_contact({**CONTACT, "email": "", **changes}, may_be_texted=True)


def test_who_may_be_texted_needs_an_address_or_a_mobile_phone() -> None:
    assert texted() == ContactForm("印西 花子", "09012345678", "")
    assert texted(email="hanako@example.jp") == forms.parse_contact(CONTACT)
    landline = {"phone": "0476-42-5111"}
    assert isinstance(texted(**landline, email="hanako@example.jp"), ContactForm)
    assert faults(texted(**landline)) == [("email", "email_or_mobile")]
    assert faults(texted(phone="")) == [("phone", "required")]
    assert faults(texted(email="x")) == [("email", "not_an_email")]
    assert faults(texted(name="")) == [("name", "required")]


def test_forms_show_no_content_when_printed() -> None:
    contact = forms.parse_contact(CONTACT)
    signing_in = SignInForm("122319", "1234567890", date(1950, 1, 2))
    shown = f"{contact!r} {signing_in!r} {BookingForm(ContactForm('a', 'b', 'c'), ())!r}"
    assert "花子" not in shown
    assert "1234567890" not in shown
    assert "'b'" not in shown


def test_booking_with_choices_is_read() -> None:
    form = forms.parse_booking({"contact": CONTACT, "choices": CHOICES}, TODAY)
    assert isinstance(form, BookingForm)
    assert form.wish == (Choice(1), Choice(2, 9))
    assert form.first_dose_elsewhere is None


def test_booking_with_a_flexible_wish_is_read() -> None:
    wish = FLEXIBLE | {"venue": "hall", "product": "comirnaty", "times": ["morning"]}
    form = forms.parse_booking({"contact": CONTACT, "flexible": wish}, TODAY)
    assert isinstance(form, BookingForm)
    expected = Flexible(date(2021, 6, 10), date(2021, 6, 20), "hall", "comirnaty", ("morning",))
    assert form.wish == expected


def test_booking_after_a_first_dose_elsewhere_is_read() -> None:
    elsewhere = {"product": "comirnaty", "date": "2021-05-20"}
    body = {"contact": CONTACT, "choices": CHOICES[:1], "first_dose_elsewhere": elsewhere}
    form = forms.parse_booking(body, TODAY)
    assert isinstance(form, BookingForm)
    assert form.first_dose_elsewhere == FirstDose("comirnaty", date(2021, 5, 20))


@pytest.mark.parametrize("wish", [{}, {"choices": CHOICES, "flexible": FLEXIBLE}])
def test_booking_has_either_choices_or_a_flexible_wish(wish: dict[str, object]) -> None:
    assert faults(forms.parse_booking({"contact": CONTACT} | wish, TODAY)) == [
        ("choices", "either_or")
    ]


@pytest.mark.parametrize(
    ("choices", "found"),
    [
        ("1", [("choices", "wrong_type")]),
        ([], [("choices", "too_few")]),
        ([{"slot_id": "1"}] * (CHOICES_MAX + 1), [("choices", "too_many")]),
        (["1", {"slot_id": "2"}], [("choices.0", "wrong_type")]),
        (
            [{"slot_id": "1"}, {"slot_id": 2}, {"second_slot_id": "x"}],
            [
                ("choices.1.slot_id", "wrong_type"),
                ("choices.2.slot_id", "required"),
                ("choices.2.second_slot_id", "not_an_id"),
            ],
        ),
        ([{"slot_id": "1", "dose": 2}], [("choices.0", "unknown_field")]),
    ],
)
def test_choices_are_refused_each_at_its_place(choices: object, found: object) -> None:
    assert faults(forms.parse_booking({"contact": CONTACT, "choices": choices}, TODAY)) == found


@pytest.mark.parametrize(
    ("flexible", "found"),
    [
        ({}, [("flexible.from", "required"), ("flexible.to", "required")]),
        ({"from": "2021-06-20", "to": "2021-06-10"}, [("flexible.to", "dates_reversed")]),
        ({"from": "2021-06-01", "to": "2021-08-02"}, [("flexible.to", "too_many_days")]),
        (FLEXIBLE | {"times": ["night"]}, [("flexible.times", "not_a_choice")]),
        ("any", [("flexible", "wrong_type")]),
    ],
)
def test_flexible_wish_is_refused_at_its_field(flexible: object, found: object) -> None:
    assert faults(forms.parse_booking({"contact": CONTACT, "flexible": flexible}, TODAY)) == found


def test_flexible_wish_may_span_as_many_days_as_the_allocator_searches() -> None:
    form = forms.parse_flexible({"from": "2021-06-01", "to": "2021-08-01"})
    assert isinstance(form, Flexible)
    assert (form.day_max - form.day_min).days + 1 == DAYS_SEARCHED_MAX


def test_faults_in_contact_and_wish_are_reported_together() -> None:
    body = {"contact": CONTACT | {"phone": "x"}, "choices": [], "first_dose_elsewhere": {}}
    assert faults(forms.parse_booking(body, TODAY)) == [
        ("contact.phone", "not_a_phone"),
        ("choices", "too_few"),
        ("first_dose_elsewhere.product", "required"),
        ("first_dose_elsewhere.date", "required"),
    ]


def test_change_names_its_doses() -> None:
    form = forms.parse_change({"doses": "second", "choices": [{"slot_id": "3"}]})
    assert form == ChangeForm("second", (Choice(3),))
    assert faults(forms.parse_change({})) == [("doses", "required"), ("choices", "either_or")]


def test_cancellation_is_of_both_doses_unless_it_says_otherwise() -> None:
    assert forms.parse_cancel([]) == "both"
    assert forms.parse_cancel([("doses", "second")]) == "second"
    assert faults(forms.parse_cancel([("doses", "first"), ("why", "x")])) == [
        ("body", "unknown_field"),
        ("doses", "not_a_choice"),
    ]


def test_availability_may_be_asked_for_without_a_filter() -> None:
    assert forms.parse_availability([]) == forms.AvailabilityQuery()


def test_availability_is_filtered_by_venue_product_days_and_doses() -> None:
    pairs = [("venue", "hall"), ("product", "p"), ("from", "20210601"), ("to", "2021/6/2")]
    query = forms.parse_availability([*pairs, ("doses", "second")])
    expected = forms.AvailabilityQuery("hall", "p", TODAY, date(2021, 6, 2), "second")
    assert query == expected


def test_availability_reports_bad_filters() -> None:
    pairs = [("from", "2021-06-02"), ("to", "2021-06-01"), ("to", "2021-06-01"), ("x", "1")]
    assert faults(forms.parse_availability(pairs)) == [
        ("body", "unknown_field"),
        ("to", "repeated"),
        ("to", "dates_reversed"),
    ]


def test_request_id_is_a_uuid_in_its_usual_spelling() -> None:
    text = "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
    assert forms.parse_request_id(text) == UUID(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "required"),
        ("", "required"),
        ("1", "not_a_uuid"),
        ("6ba7b8109dad11d180b400c04fd430c8", "not_a_uuid"),
        ("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "not_a_uuid"),
    ],
)
def test_request_id_that_is_none_is_refused(text: str | None, code: str) -> None:
    assert faults(forms.parse_request_id(text)) == [("Idempotency-Key", code)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"a": "\xff"}', "not_json"),
        (b"[" * 60_000, "not_json"),
        (b'{"a":' * 12_000, "not_json"),
        (b"[]", "not_an_object"),
        (b'"a"', "not_an_object"),
        (b"null", "not_an_object"),
    ],
)
def test_body_that_is_no_object_is_refused(body: bytes, code: str) -> None:
    assert faults(forms.decode_object(body)) == [("body", code)]


def test_body_that_is_an_object_is_read() -> None:
    assert forms.decode_object('{"a": "印"}'.encode()) == {"a": "印"}


COMPANION = {"ticket_number": "1234567890", "birth_date": "1950-01-02", "contact": CONTACT}


def test_wait_for_what_others_give_back_is_read() -> None:
    elsewhere = {"product": "comirnaty", "date": "2021-05-20"}
    body = {"contact": CONTACT, "flexible": FLEXIBLE, "first_dose_elsewhere": elsewhere}
    form = forms.parse_standby(body, TODAY)
    assert isinstance(form, StandbyForm)
    assert form.wish == Flexible(date(2021, 6, 10), date(2021, 6, 20))
    assert form.first_dose_elsewhere == FirstDose("comirnaty", date(2021, 5, 20))


def test_wait_is_for_a_flexible_wish_alone() -> None:
    body = {"contact": CONTACT, "choices": CHOICES}
    assert faults(forms.parse_standby(body, TODAY)) == [
        ("body", "unknown_field"),
        ("flexible", "required"),
    ]


def test_booking_for_two_is_read() -> None:
    body = {"contact": CONTACT, "choices": CHOICES, "companion": COMPANION}
    form = forms.parse_together(body, "122319", TODAY)
    assert isinstance(form, TogetherForm)
    assert form.wish == (Choice(1), Choice(2, 9))
    identity = SignInForm("122319", "1234567890", date(1950, 1, 2))
    assert form.companion == CompanionForm(identity, form.contact)
    other = body | {"companion": COMPANION | {"municipality_code": "131016"}}
    elsewhere = forms.parse_together(other, "122319", TODAY)
    assert isinstance(elsewhere, TogetherForm)
    assert elsewhere.companion.identity.municipality_code == "131016"
    assert "1234567890" not in repr(form)
    assert "花子" not in repr(form)


def test_booking_for_two_reports_all_its_faults_at_once() -> None:
    companion = {"ticket_number": "12", "contact": {"name": "a"}, "proof": "1"}
    body = {"choices": CHOICES, "flexible": FLEXIBLE, "companion": companion}
    assert faults(forms.parse_together(body, "122319", TODAY)) == [
        ("contact", "required"),
        ("choices", "either_or"),
        ("companion", "unknown_field"),
        ("companion.contact.phone", "required"),
        ("companion.contact.email", "required"),
        ("companion.ticket_number", "wrong_length"),
        ("companion.birth_date", "required"),
    ]
    assert faults(forms.parse_together({"companion": "x"}, "122319", TODAY))[-1] == (
        "companion",
        "wrong_type",
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "contact",
        "choices",
        "flexible",
        "first_dose_elsewhere",
        "doses",
        "name",
        "slot_id",
        "from",
        "companion",
    ]
)
PARSERS: list[Callable[[dict[str, object]], object]] = [
    lambda data: forms.parse_sign_in(data, "122319", TODAY),
    forms.parse_contact,
    lambda data: forms.parse_first_dose(data, TODAY),
    forms.parse_choice,
    forms.parse_flexible,
    lambda data: forms.parse_booking(data, TODAY),
    lambda data: forms.parse_standby(data, TODAY),
    lambda data: forms.parse_together(data, "122319", TODAY),
    forms.parse_change,
]


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(PARSERS))
def test_any_object_gives_a_form_or_known_codes(
    data: dict[str, object], parse: Callable[[dict[str, object]], object]
) -> None:
    result = parse(data)
    if isinstance(result, list):
        assert result
        assert all(isinstance(e, FieldError) and e.code in CODES for e in result)


@given(st.binary(max_size=200))
def test_any_body_is_an_object_or_faulted(body: bytes) -> None:
    decoded = forms.decode_object(body)
    if isinstance(decoded, dict):
        assert msgspec.json.decode(body) == decoded
