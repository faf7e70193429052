from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.roster_file import Person, RosterFile, read_roster_file
from allocator.roster_lines import BYTES_MAX, fault

TODAY = date(2021, 8, 1)
HEADER = "municipality_code,ticket_number,birth_date\n"
GOOD = "122319,0000000001,1950-01-31\n"
ONE_PERSON = (Person("122319", "0000000001", date(1950, 1, 31)),)


def read(text: str, encoding: str = "utf-8") -> RosterFile:
    return read_roster_file(text.encode(encoding), TODAY)


def faults(text: str) -> list[tuple[int, str, str]]:
    found = read(text)
    assert not (found.people and found.faults)
    return [(fault.line, fault.column, fault.reason) for fault in found.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "ascii"])
def test_file_in_each_encoding_that_cities_use_is_read(encoding: str) -> None:
    assert read(HEADER + GOOD, encoding).people == ONE_PERSON


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_full_width_digits_are_made_plain(encoding: str) -> None:
    line = "122319,0000000001,1950/1/31\n"
    assert read(HEADER + line, encoding).people == ONE_PERSON


@pytest.mark.parametrize("born", ["1950-01-31", "1950/01/31", "1950/1/31", "19500131"])
def test_birth_date_is_read_in_each_form(born: str) -> None:
    assert read(f"{HEADER}122319,0000000001,{born}\n").people == ONE_PERSON


def test_line_ends_of_other_systems_and_blank_lines_and_the_end_mark_are_passed_over() -> None:
    text = (HEADER + "\n" + GOOD + "\n").replace("\n", "\r\n") + "\x1a"
    assert read(text).people == ONE_PERSON


def test_columns_may_stand_in_any_order_and_be_quoted_and_padded() -> None:
    text = 'birth_date, ticket_number ,"municipality_code"\n1950-01-31, 0000000001 ,"122319"\n'
    assert read(text).people == ONE_PERSON


def test_file_without_people_is_read() -> None:
    assert read(HEADER) == RosterFile()


def test_same_ticket_number_in_two_municipalities_is_two_people() -> None:
    assert len(read(HEADER + GOOD + "131016,0000000001,1950-01-31\n").people) == 2


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("12231,0000000001,1950-01-31", "municipality_code", "not 6 digits"),
        ("122318,0000000001,1950-01-31", "municipality_code", "its check digit (the last one)"),
        ("122319,000000001,1950-01-31", "ticket_number", "not 10 digits but 9 characters"),
        ("122319,00000000011,1950-01-31", "ticket_number", "not 10 digits but 11 characters"),
        ("122319,00000O0001,1950-01-31", "ticket_number", "not 10 digits"),
        ("122319,,1950-01-31", "ticket_number", "missing"),
        ("122319,0000000001,1950-02-30", "birth_date", "there is no such day"),
        ("122319,0000000001,1950-13-01", "birth_date", "there is no such day"),
        ("122319,0000000001,0000-01-01", "birth_date", "there is no such day"),
        ("122319,0000000001,2021-08-02", "birth_date", "lies in the future"),
        ("122319,0000000001,1890-01-01", "birth_date", "is more than 130 years ago"),
        ("122319,0000000001,31.1.1950", "birth_date", "not a date"),
        ("122319,0000000001,昭和25年1月31日", "birth_date", "not a date"),
        ("122319,0000000001,", "birth_date", "not a date"),
        ("122319,0000000001", "", "2 columns where 3 belong"),
        ("122319,0000000001,1950-01-31,x", "", "4 columns where 3 belong"),
    ],
)
def test_bad_line_is_reported_by_number_column_and_reason(
    line: str, column: str, reason: str
) -> None:
    ((number, where, why),) = faults(f"{HEADER}122319,9999999999,2000-01-01\n{line}\n{GOOD}")
    assert (number, where) == (3, column)
    assert why.startswith(reason)


def test_every_bad_line_is_reported_and_nobody_is_read() -> None:
    found = faults(f"{HEADER}1,2,3\n{GOOD}122319,0000000002,2022-01-01\n")
    assert [(line, column) for line, column, _ in found] == [
        (2, "municipality_code"),
        (2, "ticket_number"),
        (2, "birth_date"),
        (4, "birth_date"),
    ]


def test_ticket_number_that_stands_twice_names_the_earlier_line() -> None:
    found = faults(HEADER + GOOD + "122319,0000000002,1950-01-31\n" + GOOD.replace("1950", "1951"))
    assert found == [(4, "ticket_number", "the same ticket number as in line 2")]


def test_unknown_missing_and_repeated_columns_are_reported() -> None:
    found = faults("municipality_code,ticket,municipality_code,birth_date\n")
    columns = "the columns are municipality_code, ticket_number, birth_date, pin"
    assert found == [
        (1, "", f"column 2 is unknown; {columns}"),
        (1, "municipality_code", "column stands there twice"),
        (1, "ticket_number", "column is missing"),
    ]


def test_empty_file_lacks_every_column() -> None:
    assert [reason for _, _, reason in faults("")] == ["column is missing"] * 3


def test_quote_that_never_ends_is_reported() -> None:
    assert faults(f'{HEADER}{GOOD}122319,"0000000002,1950-01-31\n')[-1][2].startswith("the line is")


def test_file_in_another_encoding_is_refused_as_a_whole() -> None:
    found = read(HEADER + GOOD, "utf-16")
    assert found.faults == (fault(1, "", "encoding"),)


def test_file_that_is_too_large_is_refused_as_a_whole() -> None:
    found = read_roster_file(b"0" * (BYTES_MAX + 1), TODAY)
    assert found.faults == (fault(1, "", "too_large", most=64),)


@given(st.binary(max_size=300))
def test_any_bytes_give_people_or_faults_and_never_an_error(raw: bytes) -> None:
    found = read_roster_file(HEADER.encode() + raw, TODAY)
    assert not (found.people and found.faults)


@given(st.text(alphabet='0123456789-/,\n"年 ', max_size=200))
def test_reasons_never_repeat_what_stands_in_the_line(text: str) -> None:
    secret = "7351924680"
    found = read(f"{HEADER}{text}\n122319,{secret},1950-02-30\n")
    assert all(secret not in fault.reason for fault in found.faults)


def test_person_is_printed_without_content() -> None:
    assert repr(ONE_PERSON[0]) == "Person(…)"


WITH_PINS = "municipality_code,ticket_number,birth_date,pin\n"


@pytest.mark.parametrize(
    ("cell", "pin"), [("4711", "4711"), ("12345678", "12345678"), ("４７１１", "4711"), ("", "")]
)
def test_pin_is_read_where_the_file_has_the_column(cell: str, pin: str) -> None:
    (person,) = read(f"{WITH_PINS}122319,0000000001,1950-01-31,{cell}\n").people
    assert person.pin == pin
    assert ONE_PERSON[0].pin is None


@pytest.mark.parametrize("cell", ["123", "123456789", "12a4", "12 34"])
def test_pin_that_is_none_is_reported_and_not_repeated(cell: str) -> None:
    found = faults(f"{WITH_PINS}122319,0000000001,1950-01-31,{cell}\n")
    assert found == [(2, "pin", "not 4 to 8 digits")]


def test_column_of_pins_stands_there_once_and_in_every_line() -> None:
    twice = WITH_PINS.replace("pin", "pin,pin")
    assert faults(f"{twice}122319,0000000001,1950-01-31,1234,1234\n") == [
        (1, "pin", "column stands there twice")
    ]
    assert faults(WITH_PINS + GOOD) == [(2, "", "3 columns where 4 belong")]
