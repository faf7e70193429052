"""Which phone numbers take short messages. Nothing here does I/O.

Source: the telephone numbering plan of Japan (Ministry of Internal Affairs and Communications):
060, 070, 080 and 090 with eight digits are mobile phones; 020 and 050 are not people's mobiles.
"""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?:\+81|0)([6789]0[0-9]{8})")


def mobile_number(phone: str) -> str | None:
    """Return a phone number as the whole world dials it (E.164), if it takes short messages.

    `phone` is digits, behind a plus where it was typed with one.
    """
    found = _MOBILE.fullmatch(phone)
    return None if found is None else f"+81{found[1]}"


def national_number(number: str) -> str:
    """Return a mobile number as it is dialled at home."""
    return "0" + number.removeprefix("+81")
