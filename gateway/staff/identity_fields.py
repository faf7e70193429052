"""Who somebody is, as the staff type it of a caller, a companion or a walk-in.

Rule 1: the readers are the residents' own (`gateway.forms`). Besides, a ticket may be another
city's, whose code is then typed; left empty it is this city's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from gateway.fields import FieldError
from gateway.forms import SignInForm, parse_sign_in
from gateway.problems import field_text
from gateway.routes.way_in import date_from_parts

CODE = "municipality_code"
FIELDS = (
    *("ticket_number", "birth_era", "birth_year", "birth_month", "birth_day", "pin"),
    CODE,
)
_ON_PAGE = {"birth_date": "birth_year"}


def parse(values: Mapping[str, str], own_code: str, today: date) -> SignInForm | list[FieldError]:
    """Read who is meant."""
    names = ("ticket_number", "pin", CODE)
    given: dict[str, object] = {name: values.get(name, "") for name in names}
    given["birth_date"] = date_from_parts(values, "birth")
    return parse_sign_in(given, own_code, today)


def foreign_code(code: str, own_code: str) -> dict[str, str]:
    """Return what is typed of a municipality: nothing of this city."""
    return {} if code == own_code else {CODE: code}


def words(
    errors: Iterable[FieldError], language: str, on_page: Mapping[str, str] = _ON_PAGE
) -> dict[str, str]:
    """Return what is wrong by the id of the field to mend; of several faults the first."""
    said: dict[str, str] = {}
    for error in errors:
        place = on_page.get(error.field, error.field)
        said.setdefault(place, str(field_text(error, language)))
    return said
