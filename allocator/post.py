"""Where mails go: to a mail server (SMTP), or into a folder as `.eml` files.

Rule 1: "refused" means that trying again is of no use (RFC 5321: a reply 5xx to this
mail); everything else that goes wrong is `PostAway`, and the mail is tried again.
Rule 2: no address and no reply of a server is in an exception: both name the resident.
Rule 3: who has taken all of a mail, and does not say so, may deliver it: that is told apart, so
that it is not sent again and again (RFC 5321, section 4.5.3.2.6).

A file is named for its outbox message, and appears whole or not at all; the same message
written twice is one file. A server is given the same Message-ID, by which it and
the resident's program can tell a repetition.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import unquote, urlsplit

from celery.exceptions import SoftTimeLimitExceeded

from allocator.errors import AllocatorError
from allocator.jobs_settings import SMTP_PORTS, JobsSettings
from monitoring.errors import SecretError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SMTP_WAIT_S = 8.0
"""For each reply of the server, but the last: all together, `jobs.TELL_S_MAX` ends them."""

TAKEN_WAIT_S = 15.0
"""For its word that it has taken the mail: it may look through it first."""

PASSWORD_FILE = "smtp.password"  # noqa: S105 (the name of the file that holds it)

Posted = Literal["sent", "refused"]


class PostAway(AllocatorError):
    """The mail server does not answer or takes no mail now, or the folder cannot be written.

    With `may_be_told` it had all of the message, so that its reader may get it. `rest_s`: the
    provider wants to be asked nothing for so many seconds.
    """

    def __init__(self, *, may_be_told: bool = False, rest_s: float = 0.0) -> None:
        super().__init__()
        self.may_be_told = may_be_told
        self.rest_s = rest_s


class PostSilent(PostAway):
    """No connection was made, or no answer came in time: others would be kept waiting, too."""


class Post(Protocol):
    """Takes mails."""

    def send(self, mail: EmailMessage, outbox_id: int, recipient: str) -> Posted:
        """Hand one mail over. Raises `PostAway`."""
        ...


class MailFolder:
    """Writes mails as files that only their owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: EmailMessage, outbox_id: int, recipient: str) -> Posted:
        """Write `{outbox_id}.eml`, replacing what an earlier try left."""
        path = self._folder / f"{outbox_id:08}.eml"
        # The message is held, so that nobody else writes it now.
        beside = path.with_name(f".{path.name}.new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as file:
                file.write(mail.as_bytes(policy=SMTP))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            raise PostAway from None
        return "sent"


class _Conversation(smtplib.SMTP):
    """Knows when all of a mail was handed over, and waits longer then."""

    has_all = False
    taken_wait_s = TAKEN_WAIT_S

    def send(self, s: ReadableBuffer | str) -> None:
        super().send(s)
        if isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"):
            self.has_all = True
            if self.sock is not None:
                self.sock.settimeout(self.taken_wait_s)


class _TlsConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, with TLS from its beginning."""


class MailServer:
    """Sends each mail over a connection of its own."""

    def __init__(
        self,
        url: str,
        mail_from: str,
        password: str | None,
        wait_s: float = SMTP_WAIT_S,
        taken_wait_s: float = TAKEN_WAIT_S,
    ) -> None:
        """Take `smtps://user@host:port`, `smtp+starttls://…` or `smtp://…`."""
        parts = urlsplit(url)
        assert parts.hostname is not None, "the settings were checked"
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = parts.port or SMTP_PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = password
        self._mail_from = mail_from
        self._wait_s, self._taken_wait_s = wait_s, taken_wait_s

    def send(self, mail: EmailMessage, outbox_id: int, recipient: str) -> Posted:
        """Hand one mail to the server."""
        try:
            server = self._connected()
        except (OSError, SoftTimeLimitExceeded) as error:
            raise _away(error) from None
        try:
            server.sendmail(self._mail_from, [mailbox(recipient)], mail.as_bytes(policy=SMTP))
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return _refused(codes[0])
        except smtplib.SMTPDataError as refused:
            return _refused(refused.smtp_code)
        except (OSError, SoftTimeLimitExceeded) as error:  # all errors of smtplib are OSErrors
            server.close()
            raise _away(error, may_be_told=server.has_all) from None
        finally:
            _take_leave(server, self._wait_s)
        return "sent"

    def _connected(self) -> _Conversation:
        server: _Conversation
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            server = _TlsConversation(self._host, self._port, timeout=self._wait_s, context=context)
        else:
            server = _Conversation(self._host, self._port, timeout=self._wait_s)
        server.taken_wait_s = self._taken_wait_s
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._user is not None and self._password is not None:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _take_leave(server: smtplib.SMTP, wait_s: float) -> None:
    """End a connection. What the server says to that changes nothing of what became of the mail."""
    with suppress(smtplib.SMTPException, OSError, SoftTimeLimitExceeded):
        if server.sock is not None:
            server.sock.settimeout(wait_s)
        server.quit()
    server.close()


def post_of(settings: JobsSettings) -> Post:
    """Return where the settings send mails.

    Raises:
        SecretError: the mail server wants a user, and its password cannot be read.
    """
    if not settings.smtp_url:
        assert settings.mail_dir is not None, "the settings were checked"
        return MailFolder(settings.mail_dir)
    password = None
    if urlsplit(settings.smtp_url).username:
        try:
            password = (settings.secrets_dir / PASSWORD_FILE).read_text("utf-8").strip()
        except OSError:
            raise SecretError(f"secret {PASSWORD_FILE}: missing or unreadable") from None
    return MailServer(settings.smtp_url, settings.mail_from, password)


def mailbox(email: str) -> str:
    """Return an address as mail servers take it (RFC 5321, section 4.1.2).

    Mobile carriers in Japan gave out addresses like `a..b.@carrier`, whose dots make
    them legal only between quotation marks.
    """
    local, _, domain = email.rpartition("@")
    return email if all(local.split(".")) else f'"{local}"@{domain}'


def _away(error: Exception, *, may_be_told: bool = False) -> PostAway:
    """Tell a server that keeps silent from one that answers, or ends this conversation alone."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        # How smtplib tells of a time-out within a conversation.
        is_silent = isinstance(error.__context__, TimeoutError)
    else:
        is_silent = not isinstance(error, smtplib.SMTPException)
    return (PostSilent if is_silent else PostAway)(may_be_told=may_be_told)


def _refused(code: int) -> Posted:
    if 500 <= code < 600:
        return "refused"
    raise PostAway from None
