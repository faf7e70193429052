"""What a resident has typed and chosen so far: the draft between the pages.

Rule 1: a draft holds what the parsers have accepted, so that it can be read again as it is.
Rule 2: nothing here does I/O or reads a clock. `gateway.sessions.Drafts` keeps drafts, sealed
and bound to the person.

Shape: text by name. `name`, `phone`, `email`, `kana` where it was given; `reminders` (`yes` or
`no`); `first_dose_product` and `first_dose_date` after a first dose elsewhere; `slot_id` and
`second_slot_id` once a time is chosen; `companion` (`yes`) when somebody comes along,
`companion_ticket_number` and the like once they are known; `change` (`both` or `second`) while
a booking is being changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Literal

import msgspec

from allocator.model import Choice, FirstDose
from gateway.forms import CompanionForm, ContactForm, SignInForm

Draft = dict[str, str]
Purpose = Literal["book", "together", "second_only", "change_both", "change_second"]

_CONTACT = ("name", "phone", "email")
_FIRST_DOSE = ("first_dose_product", "first_dose_date")
_CHOICE = ("slot_id", "second_slot_id")
_COMPANION_IDENTITY = (
    "companion_municipality_code", "companion_ticket_number", "companion_birth_date",
)  # fmt: skip
_COMPANION_CONTACT = ("companion_name", "companion_phone", "companion_email")
_COMPANION = (
    *("companion", *_COMPANION_IDENTITY, "companion_pin"),
    *(*_COMPANION_CONTACT, "companion_kana"),
)
_MARK_LENGTH = 16


def purpose_of(draft: Mapping[str, str]) -> Purpose:
    """Say what the resident is about to do."""
    match draft.get("change"):
        case "both":
            return "change_both"
        case "second":
            return "change_second"
    if is_accompanied(draft):
        return "together"
    return "book" if first_dose_of(draft) is None else "second_only"


def books_pairs(purpose: Purpose) -> bool:
    """Say whether both doses are chosen together, not the second alone."""
    return purpose in ("book", "together", "change_both")


def next_step(draft: Mapping[str, str]) -> str:
    """Return the page on which the way goes on."""
    if "change" not in draft and contact_of(draft) is None:
        return "/details"
    if is_accompanied(draft) and companion_identity_of(draft) is None:
        return "/companion"
    if is_accompanied(draft) and companion_of(draft) is None:
        return "/companion/details"
    return "/choose" if choice_of(draft) is None else "/check"


def contact_of(draft: Mapping[str, str]) -> ContactForm | None:
    """Return the contact details, None until they are complete."""
    if any(name not in draft for name in _CONTACT):
        return None
    name, phone, email = (draft[part] for part in _CONTACT)
    return ContactForm(name, phone, email, draft.get("kana", ""))


def contact_typed(contact: ContactForm) -> dict[str, str]:
    """Return contact details as the fields of the page that asks for them."""
    return {
        "name": contact.name,
        "kana": contact.kana,
        "phone": contact.phone,
        "email": contact.email,
    }


def reminders_of(draft: Mapping[str, str]) -> bool:
    """Say whether mails before each dose are wanted: yes, unless somebody said no."""
    return draft.get("reminders") != "no"


def first_dose_of(draft: Mapping[str, str]) -> FirstDose | None:
    """Return the first dose that was given elsewhere, None if there was none."""
    if any(name not in draft for name in _FIRST_DOSE):
        return None
    return FirstDose(draft["first_dose_product"], date.fromisoformat(draft["first_dose_date"]))


def is_accompanied(draft: Mapping[str, str]) -> bool:
    """Say whether somebody comes along, known already or not."""
    return draft.get("companion") == "yes"


def companion_identity_of(draft: Mapping[str, str]) -> SignInForm | None:
    """Return who comes along, None until that is known."""
    if any(name not in draft for name in _COMPANION_IDENTITY):
        return None
    code, ticket, born = (draft[name] for name in _COMPANION_IDENTITY)
    return SignInForm(code, ticket, date.fromisoformat(born), draft.get("companion_pin"))


def companion_of(draft: Mapping[str, str]) -> CompanionForm | None:
    """Return who comes along and how to reach them, None until both are known."""
    identity = companion_identity_of(draft)
    if identity is None or any(name not in draft for name in _COMPANION_CONTACT):
        return None
    name, phone, email = (draft[part] for part in _COMPANION_CONTACT)
    contact = ContactForm(name, phone, email, draft.get("companion_kana", ""))
    return CompanionForm(identity, contact)


def companion_typed(draft: Mapping[str, str]) -> dict[str, str]:
    """Return who comes along as the fields of the page that asks for it."""
    if (identity := companion_identity_of(draft)) is None:
        return {}
    born = identity.birth_date
    return {
        "ticket_number": identity.ticket_number,
        "birth_year": str(born.year),
        "birth_month": str(born.month),
        "birth_day": str(born.day),
        "pin": identity.pin or "",
    }


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
    kept = _without(draft, ("change", "kana"))
    typed = {name: value for name, value in contact_typed(contact).items() if value}
    wanted = {"reminders": "yes" if reminders else "no"}
    return kept | {"email": ""} | typed | wanted


def with_first_dose(draft: Mapping[str, str], first: FirstDose | None) -> Draft:
    """Keep a first dose elsewhere, or that there was none; a choice made before falls."""
    kept = _without(draft, _FIRST_DOSE + _CHOICE)
    if first is None:
        return kept
    # Two who come together begin together: nobody comes along to a second dose alone.
    return _without(kept, _COMPANION) | {
        "first_dose_product": first.product_id,
        "first_dose_date": first.day.isoformat(),
    }


def companion_kept(draft: Mapping[str, str]) -> Draft:
    """Return who came along, and nothing else: they are known once their booking is sent, too."""
    names = (*_COMPANION_IDENTITY, "companion_pin")
    return {name: draft[name] for name in names if name in draft}


def without_companion(draft: Mapping[str, str]) -> Draft:
    """Forget who came along; a choice made for two falls."""
    return _without(alone(draft), _COMPANION)


def accompanied(draft: Mapping[str, str]) -> Draft:
    """Keep that somebody comes along; a choice made for one, or for dose 2 alone, falls."""
    if is_accompanied(draft):
        return dict(draft)
    return _without(draft, _FIRST_DOSE + _CHOICE) | {"companion": "yes"}


def alone(draft: Mapping[str, str]) -> Draft:
    """Keep that nobody comes along; a choice made for two falls."""
    return _without(draft, _COMPANION + _CHOICE) if is_accompanied(draft) else dict(draft)


def with_companion(draft: Mapping[str, str], identity: SignInForm) -> Draft:
    """Keep who comes along."""
    values = (identity.municipality_code, identity.ticket_number, identity.birth_date.isoformat())
    kept = _without(accompanied(draft), ("companion_pin",))
    pin = {} if identity.pin is None else {"companion_pin": identity.pin}
    return kept | dict(zip(_COMPANION_IDENTITY, values, strict=True)) | pin


def with_companion_contact(draft: Mapping[str, str], contact: ContactForm) -> Draft:
    """Keep how to reach who comes along."""
    values = (contact.name, contact.phone, contact.email)
    kept = _without(accompanied(draft), ("companion_kana",))
    kana = {"companion_kana": contact.kana} if contact.kana else {}
    return kept | dict(zip(_COMPANION_CONTACT, values, strict=True)) | kana


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
