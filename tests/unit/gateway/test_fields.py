"""One value at a time: what is read, what is refused, and with which code."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.model import PROBE_BORN
from gateway import fields
from gateway.fields import CODES, Fault, FieldError, Fields, TypedDay, faulty, placed

TODAY = date(2021, 6, 1)


def code_of(read: Callable[[object], object], value: object) -> str:
    with pytest.raises(Fault) as caught:
        read(value)
    (error,) = caught.value.errors
    assert error.field == ""
    assert error.code in CODES
    return error.code


@pytest.mark.parametrize(
    "typed", ["0123456789", "０１２３４５６７８９", " 0123456789 ", "　0123456789"]
)
def test_ticket_is_read_in_full_width_and_trimmed(typed: str) -> None:
    assert fields.digits(10)(typed) == "0123456789"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456789", "wrong_length"),
        ("12345678901", "wrong_length"),
        ("12345６789x", "not_digits"),
        ("٠١٢٣٤٥٦٧٨٩", "not_digits"),
        ("①②③④⑤⑥⑦⑧⑨⑩", "wrong_length"),
        ("12345 6789", "not_digits"),
        ("1" * 65, "too_long"),
        ("   ", "required"),
        ("123456789\n", "control_characters"),
        ("12345\x006789", "control_characters"),
        ("\u202e0123456789", "control_characters"),
        (1234567890, "wrong_type"),
        (True, "wrong_type"),
        (["0123456789"], "wrong_type"),
        ({}, "wrong_type"),
    ],
)
def test_ticket_is_refused(typed: object, code: str) -> None:
    assert code_of(fields.digits(10), typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "1950-01-31",
        "1950/1/31",
        "1950/01/31",
        "19500131",
        "１９５０－０１－３１",
        "１９５０／１／３１",
        "1950ー1ー31",
    ],
)
def test_day_is_read_in_every_usual_spelling(typed: str) -> None:
    assert fields.day(typed) == date(1950, 1, 31)


@pytest.mark.parametrize(
    "typed",
    [
        "1950-02-30",
        "1950-13-01",
        "0000-01-01",
        "1950",
        "50-01-31",
        "1950-01/31",
        "31.1.1950",
        "1950131",
    ],
)
def test_impossible_day_is_refused(typed: str) -> None:
    assert code_of(fields.day, typed) == "not_a_date"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (TypedDay("", "1945", "5", "3"), date(1945, 5, 3)),
        (TypedDay("", "１９４５", "０５", "０３"), date(1945, 5, 3)),
        (TypedDay("showa", "20", "5", "3"), date(1945, 5, 3)),
        (TypedDay("showa", "２０", "５", "３"), date(1945, 5, 3)),
        (TypedDay("reiwa", "元", "5", "1"), date(2019, 5, 1)),
        (TypedDay("reiwa", "1", "05", "01"), date(2019, 5, 1)),
        (TypedDay("taisho", "15", "12", "25"), date(1926, 12, 25)),
    ],
)
def test_day_typed_in_parts_is_read_by_era_or_western_year(typed: TypedDay, read: date) -> None:
    assert fields.day(typed) == read


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (TypedDay("", "20", "5", "3"), "era_not_chosen"),
        (TypedDay("", "7", "5", "3"), "era_not_chosen"),
        (TypedDay("", "194", "5", "3"), "not_a_date"),
        (TypedDay("", "1945", "", "3"), "not_a_date"),
        (TypedDay("", "昭和20", "5", "3"), "not_a_date"),
        (TypedDay("meiji", "20", "5", "3"), "not_a_choice"),
        (TypedDay("showa", "", "5", "3"), "not_a_date"),
        (TypedDay("showa", "20", "元", "3"), "not_a_date"),
        (TypedDay("showa", "20", "2", "30"), "not_a_date"),
        (TypedDay("showa", "0", "2", "3"), "not_a_date"),
        (TypedDay("showa", "00020", "2", "3"), "not_a_date"),
        (TypedDay("showa", "1945", "5", "3"), "not_a_date"),
        (TypedDay("showa", "70", "5", "3"), "era_over"),
        (TypedDay("heisei", "31", "5", "1"), "era_over"),
        (TypedDay("reiwa", "1", "4", "30"), "era_not_begun"),
    ],
)
def test_day_that_no_era_or_calendar_has_is_refused(typed: TypedDay, code: str) -> None:
    assert code_of(fields.day, typed) == code


def test_refusal_of_an_era_says_how_long_it_lasted() -> None:
    with pytest.raises(Fault) as over:
        fields.day(TypedDay("heisei", "31", "5", "1"))
    assert over.value.errors[0].params == {"last": date(2019, 4, 30)}
    with pytest.raises(Fault) as not_begun:
        fields.day(TypedDay("showa", "1", "1", "1"))
    assert not_begun.value.errors[0].params == {"first": date(1926, 12, 25)}


def test_typed_day_is_printed_without_its_content() -> None:
    assert "1945" not in repr(TypedDay("", "1945", "5", "3"))


def test_day_to_come_is_no_birth_date() -> None:
    assert code_of(fields.past_day(TODAY), "2021-06-02") == "date_in_future"
    assert fields.past_day(TODAY)("2021-06-01") == TODAY


def test_day_of_another_century_is_no_birth_date() -> None:
    assert code_of(fields.past_day(TODAY), "1899-12-31") == "date_too_old"
    assert fields.past_day(TODAY)("1900-01-01") == date(1900, 1, 1)


def test_synthetic_resident_alone_was_born_in_another_century() -> None:
    read = fields.birth_day(TODAY)
    assert read("1800-01-01") == PROBE_BORN
    assert read("1900-01-01") == date(1900, 1, 1)
    for typed, code in (("1799-12-31", "date_too_old"), ("1800-01-02", "date_too_old")):
        assert code_of(read, typed) == code
    assert code_of(read, "2021-06-02") == "date_in_future"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("090-1234-5678", "09012345678"),
        ("０９０－１２３４－５６７８", "09012345678"),
        ("０９０ー１２３４ー５６７８", "09012345678"),
        ("0476(42)5111", "0476425111"),
        ("+81 90 1234 5678", "+819012345678"),
        ("＋８１９０１２３４５６７８", "+819012345678"),
    ],
)
def test_phone_is_reduced_to_its_digits(typed: str, read: str) -> None:
    assert fields.phone(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "123456789",
        "0" * 16,
        "090-1234-567x",
        "81+9012345678",
        "0901234567８９０１２３４",
        "----------",
    ],
)
def test_phone_that_is_none_is_refused(typed: str) -> None:
    assert code_of(fields.phone, typed) == "not_a_phone"


def test_phone_longer_than_any_is_refused() -> None:
    assert code_of(fields.phone, "0" * 21) == "too_long"


@pytest.mark.parametrize(
    "typed", ["a@example.jp", "a..b.@docomo.example", "Ａ@example.jp", "a+b@x-y.example"]
)
def test_email_is_read(typed: str) -> None:
    assert fields.email(typed) == unicodedata.normalize("NFKC", typed)


@pytest.mark.parametrize(
    "typed",
    [
        "a",
        "a@",
        "@b.jp",
        "a@b",
        "a b@c.jp",
        "a@-b.jp",
        "a@b..jp",
        "a@b.jp, c@d.jp",
        "山田@example.jp",
        "<a@b.jp>",
    ],
)
def test_email_that_is_none_is_refused(typed: str) -> None:
    assert code_of(fields.email, typed) == "not_an_email"


def test_email_longer_than_any_is_refused() -> None:
    assert code_of(fields.email, "a" * 250 + "@b.jp") == "too_long"
    # One character of this text becomes four when it is normalised.
    assert code_of(fields.email, "㍿" * 70 + "@b.jp") == "not_an_email"


def test_name_stays_as_it_was_typed() -> None:
    # NFC and NFKC would turn the first character into another form of it.
    assert fields.name("\ufa19\ufa11 太郎") == "\ufa19\ufa11 太郎"
    assert fields.name("رضا\u200cزاده") == "رضا\u200cزاده"


def test_name_is_limited_in_characters() -> None:
    assert len(fields.name("山" * 100)) == 100
    assert code_of(fields.name, "山" * 101) == "too_long"


@pytest.mark.parametrize("typed", ["a\tb", "a\r\nBcc: x", "a\u2028b", "\ufeffa", "a\x7f", "\ud800"])
def test_name_with_control_characters_is_refused(typed: str) -> None:
    assert code_of(fields.name, typed) == "control_characters"


@pytest.mark.parametrize("typed", ["12", "１２"])
def test_slot_id_is_a_text_of_digits(typed: str) -> None:
    assert fields.slot_id(typed) == 12


@pytest.mark.parametrize(
    ("typed", "code"), [("x", "not_an_id"), ("1" * 19, "not_an_id"), (12, "wrong_type")]
)
def test_slot_id_that_is_none_is_refused(typed: object, code: str) -> None:
    assert code_of(fields.slot_id, typed) == code


def test_identifier_is_a_plain_word() -> None:
    assert fields.identifier("hall-1_a") == "hall-1_a"
    assert code_of(fields.identifier, "hall/1") == "not_an_id"


@pytest.mark.parametrize(
    ("value", "code"), [("first", "not_a_choice"), (2, "wrong_type"), ([], "wrong_type")]
)
def test_doses_that_are_none_are_refused(value: object, code: str) -> None:
    assert code_of(fields.doses, value) == code


def test_doses_are_both_or_second() -> None:
    assert [fields.doses("both"), fields.doses("second")] == ["both", "second"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("morning", "wrong_type"),
        (["night"], "not_a_choice"),
        ([1], "not_a_choice"),
        (["morning", "morning"], "repeated"),
        (["morning"] * 4, "too_many"),
    ],
)
def test_times_that_are_none_are_refused(value: object, code: str) -> None:
    assert code_of(fields.times, value) == code


def test_times_are_a_list_of_words() -> None:
    assert fields.times(["evening", "morning"]) == ("evening", "morning")
    assert fields.times([]) == ()


def test_unknown_field_is_noted_without_repeating_its_name() -> None:
    found = Fields({"a": "1", "0123456789": "x"}, ("a", "b"))
    assert found.errors == [FieldError("body", "unknown_field", {"names": "a, b"})]


def test_required_field_is_missed_when_it_is_absent_null_or_empty() -> None:
    found = Fields({"b": None, "c": ""}, ("a", "b", "c"))
    assert [found.required(name, fields.name) for name in ("a", "b", "c")] == [None] * 3
    assert [(e.field, e.code) for e in found.errors] == [(n, "required") for n in "abc"]


def test_optional_field_may_be_absent_null_or_empty() -> None:
    found = Fields({"b": None, "c": ""}, ("a", "b", "c"))
    assert [found.optional(name, fields.name) for name in ("a", "b", "c")] == [None] * 3
    assert found.errors == []


def test_query_may_name_each_field_once() -> None:
    found = Fields.of_pairs([("a", "1"), ("a", "2"), ("b", "3")], ("a", "b"))
    assert [(e.field, e.code) for e in found.errors] == [("a", "repeated")]


def test_fault_inside_a_field_is_named_from_outside() -> None:
    inner = Fault(FieldError("name", "required"), FieldError("", "wrong_type"))
    assert [error.field for error in placed("contact", inner)] == ["contact.name", "contact"]


def test_fault_says_nothing_in_a_traceback() -> None:
    assert str(faulty("too_long", max=3)) == ""


READERS: list[Callable[[object], object]] = [
    fields.digits(10),
    fields.name,
    fields.phone,
    fields.email,
    fields.day,
    fields.past_day(TODAY),
    fields.identifier,
    fields.slot_id,
    fields.doses,
    fields.times,
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING, st.sampled_from(READERS))
def test_any_value_is_read_or_faulted_and_never_breaks(
    value: object, read: Callable[[object], object]
) -> None:
    faults: tuple[FieldError, ...] = ()
    try:
        read(value)
    except Fault as fault:
        faults = fault.errors
    assert {error.code for error in faults} <= CODES
