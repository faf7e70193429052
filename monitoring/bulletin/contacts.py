"""The agreed contacts (R12), and how they are reached: apprise speaks mail, webhooks and more.

An address is a URL as apprise spells it (`mailtos://user:password@host?to=…`, `json://host/path`,
`sms…`): it may hold a password, so the file is private and no URL is ever logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import apprise
import msgspec

from monitoring.bulletin.incidents import NotPossible
from monitoring.bulletin.record import write_whole

NAME_LENGTH_MAX = 60


class Contact(msgspec.Struct, frozen=True):
    """Whom to tell, and where; of nothing that was due before they were added."""

    name: str
    url: str
    added_at: datetime

    @property
    def shown_url(self) -> str:
        """Return the address without its secrets."""
        made = apprise.Apprise.instantiate(self.url)
        return "" if made is None else str(made.url(privacy=True))  # type: ignore[no-untyped-call]


class Contacts:
    """The list of contacts: `contacts.json` in a private folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "contacts.json"

    def read(self) -> tuple[Contact, ...]:
        """Return all contacts."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=tuple[Contact, ...])
        except FileNotFoundError:
            return ()

    def add(self, name: str, url: str, now: datetime) -> Contact:
        """Add a contact, or give a known one another address.

        Raises:
            NotPossible: the name is none, or apprise does not know such an address.
        """
        if not name.isprintable() or not 0 < len(name) <= NAME_LENGTH_MAX:
            raise NotPossible(f"a name has 1 to {NAME_LENGTH_MAX} characters")
        if apprise.Apprise.instantiate(url) is None:
            raise NotPossible("not an address that can be reached (see docs/notices.md)")
        added = Contact(name, url, now)
        self._write([*(one for one in self.read() if one.name != name), added])
        return added

    def remove(self, name: str) -> None:
        """Take a contact off the list. Raises `NotPossible` if it is not there."""
        kept = [one for one in self.read() if one.name != name]
        if len(kept) == len(self.read()):
            raise NotPossible("no contact of that name")
        self._write(kept)

    def _write(self, contacts: Sequence[Contact]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(contacts), indent=1))


def send(contact: Contact, title: str, body: str) -> bool:
    """Send a notice to one contact; say whether it was taken."""
    post = apprise.Apprise()
    return bool(post.add(contact.url) and post.notify(title=title, body=body))
