"""Who the staff mean: this city's by ticket alone, another city's by its code, too."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.forms import SignInForm
from gateway.staff.identity_fields import CODE, foreign_code, parse, words

OWN, OTHERS, TODAY = "122319", "122271", date(2021, 6, 1)
BORN = {"birth_year": "1950", "birth_month": "1", "birth_day": "31"}
TYPED = {"ticket_number": "0012345678", **BORN}


@pytest.mark.parametrize(("code", "meant"), [("", OWN), (OTHERS, OTHERS), ("１２２２７１", OTHERS)])
def test_empty_code_is_this_citys(code: str, meant: str) -> None:
    form = parse(TYPED | {CODE: code}, OWN, TODAY)
    assert isinstance(form, SignInForm)
    assert (form.municipality_code, form.ticket_number) == (meant, "0012345678")
    assert foreign_code(form.municipality_code, OWN) == ({} if meant == OWN else {CODE: OTHERS})


def test_each_fault_stands_at_the_id_of_its_field_and_the_first_of_several_is_told() -> None:
    errors = parse({"ticket_number": "12", CODE: "12227", "birth_year": "x"}, OWN, TODAY)
    assert isinstance(errors, list)
    said = words([*errors, errors[0]], "en")
    assert set(said) == {"ticket_number", CODE, "birth_year"}
    assert "6 digits" in said[CODE]
