"""The table for the national record: its cells, its encodings, no formulas."""

from __future__ import annotations

import csv
from datetime import date, datetime
from io import StringIO

import pytest

from allocator.model import SITE_TIMEZONE
from gateway.staff.national_record import (
    COLUMNS,
    ENCODINGS,
    Days,
    DoseGiven,
    Encoding,
    NotEncodable,
    as_record,
    cell_of,
)

CODECS = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "shift_jis": "cp932"}


def dose(**changes: object) -> DoseGiven:
    values: dict[str, object] = {
        "municipality_code": "122319",
        "ticket_number": "0000000001",
        "dose": 1,
        "given_on": date(2021, 6, 1),
        "venue": "松山下公園総合体育館",
        "product_id": "comirnaty",
        "lot": "EW4811",
        "maker": "ファイザー",
    }
    return DoseGiven(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_encoding_has_the_same_table(encoding: Encoding) -> None:
    table = as_record([dose()], encoding)
    rows = list(csv.reader(StringIO(table.decode(CODECS[encoding]))))
    assert rows == [
        list(COLUMNS),
        [
            *("122319", "0000000001", "1", "2021-06-01", "松山下公園総合体育館"),
            *("ファイザー", "comirnaty", "EW4811"),
        ],
    ]
    assert table.endswith(b"\r\n")
    assert table.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-bom")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_begins_a_formula(begins: str) -> None:
    formula = f"{begins}cmd|' /C calc'!A0"
    assert cell_of(formula) == f"'{formula}"
    table = as_record([dose(venue=formula)], "utf-8").decode()
    assert next(row for row in csv.reader(StringIO(table, newline="")) if row[0] == "122319")[
        4
    ].startswith("'")


def test_what_an_encoding_lacks_is_refused_and_not_replaced() -> None:
    with pytest.raises(NotEncodable):
        as_record([dose(venue="𠮷野会館")], "shift_jis")
    assert "𠮷".encode() in as_record([dose(venue="𠮷野会館")], "utf-8")


def test_dose_is_printed_without_its_content() -> None:
    assert repr(dose()) == "DoseGiven(…)"


def test_days_of_records_begin_and_end_at_the_sites_midnight() -> None:
    days = Days(date(2021, 6, 1), date(2021, 6, 30), by_record=True)
    assert days.as_parameters() == {
        "first_day": date(2021, 6, 1),
        "last_day": date(2021, 6, 30),
        "by_record": True,
        "recorded_from": datetime(2021, 6, 1, tzinfo=SITE_TIMEZONE),
        "recorded_before": datetime(2021, 7, 1, tzinfo=SITE_TIMEZONE),
    }
    assert str(days) == "2021-06-01 2021-06-30 by_record"


def test_days_may_be_open() -> None:
    parameters = Days(None, None).as_parameters()
    assert {name for name, value in parameters.items() if value is not None} == {"by_record"}
    assert str(Days(None, None)) == "- -"
