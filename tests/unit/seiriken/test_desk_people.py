"""Who an order is about is read from a file or asked for, and never repeated."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from allocator.model import FirstDose
from allocator.sealing import Contact
from seiriken.desk_people import Ticket, municipality_of, read_arrival, read_ticket
from seiriken.errors import CommandError
from seiriken.home import Home
from seiriken.target import Target

TODAY = date(2021, 6, 1)
PERSON = {
    "ticket_number": "１２３４５６７８９０",
    "birth_date": "1950-01-02",
    "name": "印西 花子",
    "phone": "0476-42-5111",
}


def file_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "person"
    path.write_text(text, encoding="utf-8")
    return path


def test_ticket_is_of_the_house_unless_another_municipality_is_named(tmp_path: Path) -> None:
    assert read_ticket(file_of(tmp_path, "1234567890\n"), "122319") == Ticket(
        "1234567890", "122319"
    )
    other = read_ticket(file_of(tmp_path, "1234567890 131016\n"), "122319")
    assert other.municipality_code == "131016"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "give the ticket number"),
        ("1234567890 131016 x", "give the ticket number"),
        ("12345678", "ticket_number: The ticket number has 10 digits"),
        ("1234567890 1", "municipality_code: "),
    ],
)
def test_ticket_that_is_none_is_said_without_repeating_it(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CommandError) as raised:
        read_ticket(file_of(tmp_path, text), "122319")
    assert said in str(raised.value)
    assert "12345678" not in str(raised.value)


def test_municipality_is_asked_for_where_the_house_has_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="municipality_code"):
        read_ticket(file_of(tmp_path, "1234567890"), "")
    with pytest.raises(CommandError, match="municipality_code"):
        read_arrival(file_of(tmp_path, json.dumps(PERSON)), "", TODAY)


def test_arrival_needs_no_mail_address(tmp_path: Path) -> None:
    who = read_arrival(file_of(tmp_path, json.dumps(PERSON)), "122319", TODAY)
    assert who.ticket == Ticket("1234567890", "122319")
    assert who.birth_date == date(1950, 1, 2)
    assert who.contact == Contact("印西 花子", "0476425111", "")
    assert who.first_dose_elsewhere is None


def test_arrival_after_a_first_dose_elsewhere(tmp_path: Path) -> None:
    more = {"email": "hanako@example.jp", "municipality_code": "131016"}
    dose = {"first_dose_product": "comirnaty", "first_dose_date": "2021-05-01"}
    who = read_arrival(file_of(tmp_path, json.dumps(PERSON | more | dose)), "122319", TODAY)
    assert who.first_dose_elsewhere == FirstDose("comirnaty", date(2021, 5, 1))
    assert (who.contact.email, who.ticket.municipality_code) == ("hanako@example.jp", "131016")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        ("{}", "ticket_number: Enter your ticket number.; birth_date: "),
        (json.dumps(PERSON | {"first_dose_product": "x"}), "first_dose_date: "),
        (json.dumps(PERSON | {"first_dose_date": "2021-05-01"}), "first_dose_product: "),
        (json.dumps(PERSON | {"phone": "1"}), "phone: "),
        (json.dumps(PERSON | {"fax": "1"}), "body: "),
    ],
)
def test_arrival_that_lacks_something_is_told_what(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(CommandError) as raised:
        read_arrival(file_of(tmp_path, given), "122319", TODAY)
    assert said in str(raised.value)
    assert "花子" not in str(raised.value)


def test_people_are_printed_without_their_content(tmp_path: Path) -> None:
    who = read_arrival(file_of(tmp_path, json.dumps(PERSON)), "122319", TODAY)
    assert repr(who) == "Arrival(…)"
    assert repr(who.ticket) == "Ticket(…)"


def test_municipality_is_the_settings_else_that_of_the_made_up_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_MUNICIPALITY_CODE", raising=False)
    assert municipality_of(Target("", "", tmp_path, None)) == ""
    assert municipality_of(Target("", "", tmp_path, Home(tmp_path))) == "122319"
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", "131016")
    assert municipality_of(Target("", "", tmp_path, Home(tmp_path))) == "131016"
