"""How the heads of mails are written, and the head by which a mail program ends reminders.

Nothing here does I/O, reads a clock or draws a random number.

Source: RFC 2369 (`List-Unsubscribe`), RFC 8058 (one press, without a page).
"""

from __future__ import annotations

from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import SMTP, Policy

_STOP, _STOP_POST = "List-Unsubscribe", "List-Unsubscribe-Post"


class LinkHeader(UnstructuredHeader, BaseHeader):
    """A header whose value is one link: never broken, and never encoded, over several lines."""

    def fold(self, *, policy: Policy) -> str:
        """Write the whole header in its one line (RFC 5322 allows 998 characters)."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type(_STOP, LinkHeader)

MAIL_POLICY = SMTP.clone(max_line_length=76, header_factory=_HEADERS)


def stop_headers(url: str) -> dict[str, str]:
    """Return the headers of a link that ends what a mail is one of.

    A program may press it by itself over TLS alone (RFC 8058, 3.1).
    """
    headers = {_STOP: f"<{url}>"}
    return headers | {_STOP_POST: f"{_STOP}=One-Click"} if url.startswith("https://") else headers
