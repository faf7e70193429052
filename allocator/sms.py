"""Where short messages go: to a provider's HTTP interface, whatever its fields are called.

One POST a message; the settings say where, with which fields and headers
(`allocator.jobs_settings.SmsSettings`). A repetition after a crash carries the same reference, as
a field and as `Idempotency-Key`, by which a provider can tell it.

Rule 1: "refused" means that trying again is of no use (400, 410, 413, 415 or 422: this message or
this number); everything else that goes wrong, our credentials too, is `PostAway`. Some providers
answer 200 whatever came of it, and say in words what did: the settings have those words.
Rule 2: a provider that got all of a message, and says nothing of it, may send it: that is told
apart, so that it is not posted again and again. 504 says that a provider behind that one is silent.
Rule 3: no number and no answer of a provider is in an exception or a log: both name the resident.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx2
from celery.exceptions import SoftTimeLimitExceeded

from allocator.jobs_settings import JobsSettings
from allocator.post import SMTP_WAIT_S, PostAway, Posted, PostSilent
from allocator.short_messages import filled, values_of
from monitoring.errors import SecretError

TOKEN_FILE = "sms.token"  # noqa: S105 (the name of the file that holds it)

CONNECT_WAIT_S = 4.0
"""For each address of the provider, before the next is tried."""

UNANSWERED = 504
ASKS_FOR_REST = frozenset({429, 503})
REFUSED_FOR_GOOD = frozenset({400, 410, 413, 415, 422})


class Texting(Protocol):
    """Takes short messages."""

    def send(self, number: str, text: str, reference: str) -> Posted:
        """Hand one over, to a number as the world dials it. Raises `PostAway`."""
        ...

    def close(self) -> None:
        """Drop the connection."""
        ...


class SmsProvider:
    """Sends each message by one request, over a connection that is kept."""

    def __init__(self, settings: JobsSettings, token: str) -> None:
        self._settings = settings
        self._token = token
        self._client: httpx2.Client | None = None

    def send(self, number: str, text: str, reference: str) -> Posted:
        """Hand one message to the provider."""
        values = values_of(number, text, reference, self._token)
        fields = filled(self._settings.sms_fields, values)
        headers = filled(self._settings.sms_headers, values) | {"Idempotency-Key": reference}
        as_form = self._settings.sms_encoding == "form"
        try:
            answer = self._connected().post(
                self._settings.sms_url,
                data=fields if as_form else None,
                json=None if as_form else fields,
                headers=headers,
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.WriteTimeout):
            raise PostSilent from None
        except (httpx2.TimeoutException, SoftTimeLimitExceeded):
            raise PostSilent(may_be_told=True) from None
        except (httpx2.ReadError, httpx2.RemoteProtocolError):
            raise PostAway(may_be_told=True) from None
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise PostAway from None
        return self._meant(answer)

    def _meant(self, answer: httpx2.Response) -> Posted:
        if answer.status_code in REFUSED_FOR_GOOD:
            return "refused"
        if not answer.is_success:
            is_unanswered = answer.status_code == UNANSWERED
            raise PostAway(may_be_told=is_unanswered, rest_s=_rest_s(answer))
        refused, taken = self._settings.sms_refused, self._settings.sms_taken
        if refused and re.search(refused, answer.text):
            return "refused"
        if not re.search(taken, answer.text):
            raise PostAway
        return "sent"

    def close(self) -> None:
        """Drop the connection; the next message makes another."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> httpx2.Client:
        # Made by the process that sends: a child must not share its parent's.
        if self._client is None:
            timeout = httpx2.Timeout(SMTP_WAIT_S, connect=CONNECT_WAIT_S)
            self._client = httpx2.Client(timeout=timeout, follow_redirects=False)
        return self._client


def _rest_s(answer: httpx2.Response) -> float:
    """Return for how long a provider wants to be left alone (RFC 9110, 10.2.3); 0: says nothing."""
    said = answer.headers.get("Retry-After", "").strip()
    if answer.status_code not in ASKS_FOR_REST or not said:
        return 0.0
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def texting_of(settings: JobsSettings) -> SmsProvider | None:
    """Return where the settings send short messages; None where the city sends none.

    Raises:
        SecretError: the provider's token cannot be read.
    """
    if not settings.sms_url:
        return None
    try:
        token = (settings.secrets_dir / TOKEN_FILE).read_text("utf-8").strip()
    except OSError:
        raise SecretError(f"secret {TOKEN_FILE}: missing or unreadable") from None
    return SmsProvider(settings, token)
