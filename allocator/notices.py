"""Tell a resident what became of their booking, once: by mail, or by short message (SMS).

Whoever gave no e-mail address and the number of a mobile phone gets a short message, where the
city has a provider (`allocator.short_messages`).

A provider that does not answer rests (`allocator.resting`), so that those of another are told
meanwhile.

The message is held while it is told, and leaves the outbox with the same transaction
(`allocator.outbox`). Between a mail server's yes and our commit lies a moment in which
a crash makes a second mail; its Message-ID is the first one's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from secrets import SystemRandom
from typing import Literal

from redis import Redis

from allocator.codes import CODE_KEY
from allocator.contact_keys import KeyRing
from allocator.errors import PaceAway, StoreAway
from allocator.jobs_settings import JobsSettings
from allocator.mail import Letter, Letterhead, is_overtaken, render
from allocator.outbox import Done, Outbox
from allocator.pace import Pace
from allocator.phones import mobile_number
from allocator.post import Post, PostAway, PostSilent, post_of
from allocator.resting import Channel, Rests
from allocator.short_messages import short_text
from allocator.sms import Texting, texting_of
from monitoring.logs import get_logger
from monitoring.secrets import read_secret

GIVE_UP_AFTER = timedelta(days=3)
"""A message that nobody could be told for so long, since it was written or put back, tells nobody
anything any more."""

UNANSWERED_S_MIN = 300.0
UNANSWERED_TIMES = 3.0
"""After so long, then after so many times its age, a message goes again that a provider got and
did not answer: its reader may have it. Within `GIVE_UP_AFTER` these are six times."""

POSTPONED_AFTER_S = 300.0
POSTPONED_PART, POSTPONED_S_MAX = 20.0, 900.0
"""A message that a provider still puts off after so long goes again after a part of its age."""

Missed = Literal["failed", "unanswered", "postponed"]
"""A provider was silent; got a message, and did not say so; or does not take it now."""

Result = Literal[Done, "failed", "waiting", "resting", "already_sent"]
RESULTS: tuple[Result, ...] = (
    "sent",
    "texted",
    "no_address",
    "overtaken",
    "refused",
    "given_up",
    "failed",
    "waiting",
    "resting",
    "already_sent",
)

log = get_logger()


class NoticeDesk:
    """Renders and sends what the outbox holds. One per process; not for threads."""

    def __init__(
        self,
        outbox: Outbox,
        post: Post,
        letterhead: Letterhead,
        pace: Pace,
        texting: Texting | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` tells seconds; it never goes back."""
        self._outbox = outbox
        self._post = post
        self._letterhead = letterhead
        self._pace = pace
        self._texting = texting
        self._rests = Rests()
        self._clock = clock
        self._chance = SystemRandom()

    @property
    def outbox(self) -> Outbox:
        """Return the outbox that it empties."""
        return self._outbox

    def close(self) -> None:
        """Drop the connections; what is told next makes others."""
        self._outbox.close()
        self._pace.close()
        if self._texting is not None:
            self._texting.close()

    def tell(self, outbox_id: int, now: datetime) -> Result:
        """Tell one message, unless it is told or being told elsewhere.

        A fault is logged, and the message comes back by itself: while a store is away for as long
        as that takes; what cannot be read or written, as long as what no provider takes.
        """
        try:
            with self._outbox.held(outbox_id) as letter:
                if letter is None:
                    return "already_sent"
                result = self._tell(letter, now)
        except (StoreAway, PaceAway):
            log.exception("notice_failed", outbox_id=outbox_id)
            return "failed"
        except Exception:
            # Whatever it is, it is of this message. One that came back for ever would be on no list
            # of anybody's, and the campaign's data could never be deleted.
            log.exception("notice_failed", outbox_id=outbox_id)
            return self._fault(outbox_id, now)
        log.info("notice_settled", outbox_id=outbox_id, kind=letter.kind, result=result)
        return result

    def _tell(self, letter: Letter, now: datetime) -> Result:
        """Send the held letter, if somebody is to get it and it is its turn; say how it went."""
        done: Done = "no_address"
        if (route := self.route(letter)) is not None:
            channel, send = route
            is_too_old = now - letter.tried_since >= GIVE_UP_AFTER
            if is_overtaken(letter, now):
                done = "overtaken"
            elif rest_s := self._rests.wait_s(channel, letter.queue, self._clock()):
                if not is_too_old:
                    self._outbox.wait(letter.outbox_id, rest_s, "resting")
                    return "resting"
                done = "given_up"
            elif wait_s := self._pace.wait_s(channel, letter.queue, has_waited=letter.has_waited):
                self._outbox.wait(letter.outbox_id, wait_s)
                return "waiting"
            else:
                match self._try(channel, send):
                    case "failed" | "unanswered" | "postponed" as missed:
                        if not is_too_old:
                            return self._again(letter, missed, now)
                        done = "given_up"
                    case told:
                        done = told
        self._outbox.settle(letter.outbox_id, done)
        return done

    def _try(self, channel: Channel, send: Callable[[], Done]) -> Done | Missed:
        """Hand a message over, if the provider takes it now, and says so."""
        try:
            done = send()
        except PostAway as away:
            missed = self._missed(channel, away)
            return "unanswered" if away.may_be_told else missed
        self._rests.note_answer(channel)
        return done

    def _missed(self, channel: Channel, away: PostAway) -> Missed:
        """Leave a provider alone that is silent, or asked for it."""
        if isinstance(away, PostSilent):
            if self._rests.note_silence(channel, self._clock(), self._chance.random()):
                log.warning("dependency_lost", dependency=channel)
            return "failed"
        if away.rest_s:
            rest_s = self._rests.note_request(channel, self._clock(), away.rest_s)
            log.warning("rest_requested", dependency=channel, retry_in_s=round(rest_s))
        else:
            self._rests.note_answer(channel)
        return "postponed"

    def _again(self, letter: Letter, missed: Missed, now: datetime) -> Literal["failed"]:
        """Have a message told again: much later where its reader may have been told."""
        age_s = (now - letter.tried_since).total_seconds()
        jitter = 1 + self._chance.random() / 10
        if missed == "unanswered":
            pause_s = max(UNANSWERED_S_MIN, UNANSWERED_TIMES * age_s)
            self._outbox.wait(letter.outbox_id, pause_s * jitter, "unanswered")
        elif missed == "postponed" and age_s >= POSTPONED_AFTER_S:
            pause_s = min(age_s / POSTPONED_PART, POSTPONED_S_MAX)
            self._outbox.wait(letter.outbox_id, pause_s * jitter, "postponed")
        else:
            self._outbox.put_back(letter.outbox_id)
        return "failed"

    def _fault(self, outbox_id: int, now: datetime) -> Result:
        try:
            return self._outbox.fault(outbox_id, now - GIVE_UP_AFTER)
        except StoreAway:
            log.exception("notice_failed", outbox_id=outbox_id)
            return "failed"

    def route(self, letter: Letter) -> tuple[Channel, Callable[[], Done]] | None:
        """Return how a letter goes, and what sends it (it may raise `PostAway`); None if no way."""
        if letter.contact.email:
            return "mail", partial(self._mail, letter)
        if self._texting is None or mobile_number(letter.contact.phone) is None:
            return None
        return "sms", partial(self._text, letter, self._texting)

    def _mail(self, letter: Letter) -> Done:
        mail = render(letter, self._letterhead)
        return self._post.send(mail, letter.outbox_id, letter.contact.email)

    def _text(self, letter: Letter, texting: Texting) -> Done:
        number = mobile_number(letter.contact.phone)
        assert number is not None, "a letter without a way is not sent"
        reference = f"{letter.booking_id}.{letter.outbox_id}"
        posted = texting.send(number, short_text(letter, self._letterhead), reference)
        return "texted" if posted == "sent" else posted


def desk_of(settings: JobsSettings, clock: Callable[[], float] = time.monotonic) -> NoticeDesk:
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
    per_s: dict[Channel, float] = {"sms": settings.sms_per_s}
    if settings.mail_per_s is not None:
        per_s["mail"] = settings.mail_per_s
    pace = Pace(Redis.from_url(settings.redis_url, protocol=2, socket_timeout=5.0), per_s)
    return NoticeDesk(outbox, post_of(settings), letterhead, pace, texting_of(settings), clock)
