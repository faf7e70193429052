"""What a resident has typed and chosen so far: the draft between the pages.

Rule 1: a draft holds what the parsers have accepted, so that it can be read again as it is.
Rule 2: nothing here does I/O or reads a clock. `gateway.sessions.Drafts` keeps drafts, sealed
and bound to the person.

Shape: text by name. `name`, `phone`, `email`; `reminders` (`yes` or `no`); `first_dose_product` and
`first_dose_date` after a first dose elsewhere; `slot_id` and `second_slot_id` once a time is
chosen; `change` (`both` or `second`) while a booking is being changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Literal

import msgspec

from allocator.model import Choice, FirstDose
from gateway.forms import ContactForm

Draft = dict[str, str]
Purpose = Literal["book", "second_only", "change_both", "change_second"]

_CONTACT = ("name", "phone", "email")
_FIRST_DOSE = ("first_dose_product", "first_dose_date")
_CHOICE = ("slot_id", "second_slot_id")
_MARK_LENGTH = 16


def purpose_of(draft: Mapping[str, str]) -> Purpose:
    """Say what the resident is about to do."""
    match draft.get("change"):
        case "both":
            return "change_both"
        case "second":
            return "change_second"
    return "book" if first_dose_of(draft) is None else "second_only"


def books_pairs(purpose: Purpose) -> bool:
    """Say whether both doses are chosen together, not the second alone."""
    return purpose in ("book", "change_both")


def next_step(draft: Mapping[str, str]) -> str:
    """Return the page on which the way goes on."""
    if "change" not in draft and contact_of(draft) is None:
        return "/details"
    return "/choose" if choice_of(draft) is None else "/check"


def contact_of(draft: Mapping[str, str]) -> ContactForm | None:
    """Return the contact details, None until they are complete."""
    if any(name not in draft for name in _CONTACT):
        return None
    return ContactForm(draft["name"], draft["phone"], draft["email"])


def reminders_of(draft: Mapping[str, str]) -> bool:
    """Say whether mails before each dose are wanted: yes, unless somebody said no."""
    return draft.get("reminders") != "no"


def first_dose_of(draft: Mapping[str, str]) -> FirstDose | None:
    """Return the first dose that was given elsewhere, None if there was none."""
    if any(name not in draft for name in _FIRST_DOSE):
        return None
    return FirstDose(draft["first_dose_product"], date.fromisoformat(draft["first_dose_date"]))


def choice_of(draft: Mapping[str, str]) -> Choice | None:
    """Return the time that was chosen, None until there is one."""
    if "slot_id" not in draft:
        return None
    second = draft.get("second_slot_id")
    return Choice(int(draft["slot_id"]), None if second is None else int(second))


def with_contact(
    draft: Mapping[str, str], contact: ContactForm, *, reminders: bool = True
) -> Draft:
    """Keep contact details: the way of a new booking, not of a change."""
    kept = _without(draft, ("change",))
    return kept | {
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "reminders": "yes" if reminders else "no",
    }


def with_first_dose(draft: Mapping[str, str], first: FirstDose | None) -> Draft:
    """Keep a first dose elsewhere, or that there was none; a choice made before falls."""
    kept = _without(draft, _FIRST_DOSE + _CHOICE)
    if first is None:
        return kept
    return kept | {
        "first_dose_product": first.product_id,
        "first_dose_date": first.day.isoformat(),
    }


def with_choice(draft: Mapping[str, str], choice: Choice) -> Draft:
    """Keep the time that was chosen."""
    kept = _without(draft, _CHOICE) | {"slot_id": str(choice.slot_id)}
    if choice.second_slot_id is not None:
        kept["second_slot_id"] = str(choice.second_slot_id)
    return kept


def without_choice(draft: Mapping[str, str]) -> Draft:
    """Forget the time that was chosen: it is gone."""
    return _without(draft, _CHOICE)


def mark_of(draft: Mapping[str, str]) -> str:
    """Return a mark of all that a draft holds: another draft has another one."""
    held = msgspec.json.encode(sorted(draft.items()))
    return sha256(held).hexdigest()[:_MARK_LENGTH]


def to_change(doses: Literal["both", "second"]) -> Draft:
    """Begin the change of a booking."""
    return {"change": doses}


def _without(draft: Mapping[str, str], names: tuple[str, ...]) -> Draft:
    return {name: value for name, value in draft.items() if name not in names}
