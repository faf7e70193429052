"""Tell a resident what became of their booking, once.

The message is held while it is told, and leaves the outbox with the same transaction
(`allocator.outbox`). Between a mail server's yes and our commit lies a moment in which
a crash makes a second mail; its Message-ID is the first one's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from allocator.codes import CODE_KEY
from allocator.contact_keys import KeyRing
from allocator.errors import AllocatorError
from allocator.jobs_settings import JobsSettings
from allocator.mail import Letter, Letterhead, is_overtaken, render
from allocator.outbox import Done, Outbox
from allocator.post import Post, PostAway, post_of
from monitoring.logs import get_logger
from monitoring.secrets import read_secret

GIVE_UP_AFTER = timedelta(days=3)
"""A mail that no server took for so long tells nobody anything any more."""

Result = Literal[Done, "failed", "already_sent"]
RESULTS: tuple[Result, ...] = (
    "sent",
    "no_address",
    "overtaken",
    "refused",
    "given_up",
    "failed",
    "already_sent",
)

log = get_logger()


class NoticeDesk:
    """Renders and sends what the outbox holds. One per process; not for threads."""

    def __init__(self, outbox: Outbox, post: Post, letterhead: Letterhead) -> None:
        self._outbox = outbox
        self._post = post
        self._letterhead = letterhead

    @property
    def outbox(self) -> Outbox:
        """Return the outbox that it empties."""
        return self._outbox

    def tell(self, outbox_id: int, now: datetime) -> Result:
        """Tell one message, unless it is told or being told elsewhere.

        A fault is logged and answered "failed": the message comes back by itself.
        """
        try:
            with self._outbox.held(outbox_id) as letter:
                if letter is None:
                    return "already_sent"
                result = self._tell(letter, now)
        except AllocatorError:
            log.exception("notice_failed", outbox_id=outbox_id)
            return "failed"
        log.info("notice_settled", outbox_id=outbox_id, kind=letter.kind, result=result)
        return result

    def _tell(self, letter: Letter, now: datetime) -> Result:
        """Send the held letter and say so in the outbox."""
        try:
            done = self.write(letter, now)
        except PostAway:
            if now - letter.written_at < GIVE_UP_AFTER:
                self._outbox.put_back(letter.outbox_id)
                return "failed"
            done = "given_up"
        self._outbox.settle(letter.outbox_id, done)
        return done

    def write(self, letter: Letter, now: datetime) -> Done:
        """Send a letter, unless nobody is to get it. Raises `PostAway`."""
        if not letter.contact.email:
            return "no_address"
        if is_overtaken(letter, now):
            return "overtaken"
        mail = render(letter, self._letterhead)
        return self._post.send(mail, letter.outbox_id, letter.contact.email)


def desk_of(settings: JobsSettings) -> NoticeDesk:
    """Put the desk together from its parts; nothing is connected yet.

    Raises:
        SecretError: a secret is missing or malformed.
    """
    letterhead = Letterhead(
        city_names={
            "ja": settings.city_name_ja,
            "en": settings.city_name_en,
            **settings.city_names,
        },
        mail_from=settings.mail_from,
        public_url=settings.public_url,
        phone_desk=settings.phone_desk,
    )
    code_key = read_secret(settings.secrets_dir, CODE_KEY)
    outbox = Outbox(settings.database_url, KeyRing(settings.secrets_dir), code_key)
    return NoticeDesk(outbox, post_of(settings), letterhead)
