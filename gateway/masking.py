"""Contact details as they are shown again: enough to know them by, not enough to pass them on.

Who looks over a shoulder, or finds a page open, learns neither number nor address. Nothing here
does I/O or reads a clock.
"""

from __future__ import annotations

from allocator.reads import Contact

_HIDDEN = "****"
"""Always as long, so that it does not tell the length of what it stands for."""

_DIGITS_SHOWN = 3


def masked(contact: Contact) -> Contact:
    """Return contact details with phone number and e-mail address masked; name and reading stay."""
    phone, email = masked_phone(contact.phone), masked_email(contact.email)
    return Contact(contact.name, phone, email, contact.kana)


def masked_phone(phone: str) -> str:
    """Keep the last digits: ****678."""
    return f"{_HIDDEN}{phone[-_DIGITS_SHOWN:]}" if len(phone) > 2 * _DIGITS_SHOWN else _HIDDEN


def masked_email(email: str) -> str:
    """Keep the first letter and what stands behind the @: h****@example.jp; nothing of nothing."""
    local, at, domain = email.rpartition("@")
    first = local[:1] if len(local) > 1 else ""
    return f"{first}{_HIDDEN}{at}{domain}" if at else ""
