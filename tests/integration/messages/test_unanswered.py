"""A provider that got a message and does not say so: its reader may have it already."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from redis import Redis

from allocator.jobs import TASK_TIME_LIMIT_S, TELL_S_MAX
from allocator.jobs_settings import JobsSettings
from allocator.mail import Letterhead
from allocator.model import SITE_TIMEZONE
from allocator.notices import GIVE_UP_AFTER, UNANSWERED_S_MIN, NoticeDesk, desk_of
from allocator.pace import Pace
from allocator.post import MailServer as Smtp
from allocator.post import PostAway, PostSilent
from allocator.sealing import Contact
from allocator.sms import TOKEN_FILE, texting_of
from tests.integration.jobs import Jobs
from tests.integration.mail_server import MailServer
from tests.integration.sms_provider import SmsProvider
from tests.integration.stored import Stored
from tests.waiting import until

MOBILE = Contact("試験 百合", "08098765432", "")
SOON_S = 240.0


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


@contextmanager
def soft_limit(has_begun: Callable[[], object], seconds: float = 1.0) -> Iterator[None]:
    """Interrupt what is done, as Celery does at a task's soft time limit.

    So long after a condition holds: however slow the machine is, all before it is done by then.
    """

    def interrupt(*_: object) -> None:
        raise SoftTimeLimitExceeded

    def limit() -> None:
        until(has_begun)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.signal(signal.SIGALRM, interrupt)
    limiting = threading.Thread(target=limit)
    limiting.start()
    try:
        yield
    finally:
        limiting.join()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(
    settings: JobsSettings, mail_server: MailServer, redis_url: str, clock: Clock
) -> Iterator[NoticeDesk]:
    """A desk whose mail server takes each mail, and says so when nobody waits for it any more."""
    mail_server.gate.clear()
    letterhead = Letterhead(
        {"ja": settings.city_name_ja}, settings.mail_from, settings.public_url, settings.phone_desk
    )
    usual = desk_of(settings)
    post = Smtp(mail_server.url, settings.mail_from, None, taken_wait_s=0.2)
    pace = Pace(Redis.from_url(redis_url), {})
    made = NoticeDesk(usual.outbox, post, letterhead, pace, clock=clock)
    yield made
    made.close()
    mail_server.gate.set()


def test_mail_that_may_have_come_is_sent_a_few_times_in_all(
    stored: Stored, slow: NoticeDesk, mail_server: MailServer, clock: Clock
) -> None:
    """It was sent again every few seconds for three days, each time to the resident."""
    outbox_id = stored.message(stored.book())
    begun, at = now(), now()
    while not stored.state(outbox_id)[0]:
        if slow.outbox.due(10) == [outbox_id]:
            slow.tell(outbox_id, at)
        at += timedelta(seconds=SOON_S)
        clock.now_s += SOON_S
        stored.let_pass(SOON_S)
    assert stored.state(outbox_id) == (True, "given_up")
    assert at - begun >= GIVE_UP_AFTER
    (attempts,) = stored.one("SELECT attempts FROM outbox")
    assert 4 <= attempts <= 8
    until(lambda: len(mail_server.mails) >= attempts)
    assert attempts == len(mail_server.mails)


def test_order_that_was_left_in_the_queue_sends_it_no_sooner(
    stored: Stored, slow: NoticeDesk, desk: NoticeDesk, mail_server: MailServer
) -> None:
    outbox_id = stored.message(stored.book())
    begun = now()
    assert slow.tell(outbox_id, now()) == "failed"
    assert stored.state(outbox_id) == (False, "unanswered")
    assert slow.tell(outbox_id, now()) == "already_sent"
    assert slow.outbox.due(10) == []
    (waits_until,) = stored.one("SELECT relayed_at FROM outbox")
    assert waits_until - begun >= timedelta(seconds=UNANSWERED_S_MIN)
    stored.let_pass(2 * UNANSWERED_S_MIN)
    assert slow.outbox.due(10) == [outbox_id]
    mail_server.gate.set()
    assert desk.tell(outbox_id, now()) == "sent"
    until(lambda: len(mail_server.mails) >= 2)
    assert len(mail_server.mails) == 2


def says_nothing(server: MailServer) -> None:
    server.gate.clear()


def hangs_up(server: MailServer) -> None:
    server.replies["TEXT"] = ""


def drips(server: MailServer) -> None:
    server.drip_s = 5.0


def refuses_for_now(server: MailServer) -> None:
    server.replies["TEXT"] = "451 later"


def hangs_up_before(server: MailServer) -> None:
    server.replies["DATA"] = ""


@pytest.mark.parametrize(
    ("behave", "is_silent", "may_be_told"),
    [
        (says_nothing, True, True),
        (hangs_up, False, True),
        (drips, True, True),
        (refuses_for_now, False, False),
        (hangs_up_before, False, False),
    ],
)
def test_mail_may_be_told_once_the_server_has_all_of_it(
    behave: Callable[[MailServer], None], is_silent: bool, may_be_told: bool
) -> None:
    with closing(MailServer()) as server:
        behave(server)
        taken_wait_s = 0.3 if behave is says_nothing else 60.0
        post = Smtp(server.url, "city@example.jp", None, taken_wait_s=taken_wait_s)
        limit = soft_limit(server.asked.is_set) if behave is drips else nullcontext()
        with limit, pytest.raises(PostAway) as raised:
            post.send(EmailMessage(), 1, "yuri.7@example.jp")
        server.gate.set()
    assert isinstance(raised.value, PostSilent) is is_silent
    assert raised.value.may_be_told is may_be_told


def test_a_servers_yes_counts_although_it_keeps_silent_at_the_end() -> None:
    with closing(MailServer()) as server:
        server.replies["QUIT"] = "221-bye"
        post = Smtp(server.url, "city@example.jp", None)
        with soft_limit(server.asked.is_set, 10.0):
            assert post.send(EmailMessage(), 1, "yuri.7@example.jp") == "sent"


@pytest.mark.parametrize(
    ("status", "may_be_told"), [(None, True), (504, True), (503, False), (429, False)]
)
def test_short_message_may_be_told_once_it_was_posted(
    settings: JobsSettings, status: int | None, may_be_told: bool
) -> None:
    (settings.secrets_dir / TOKEN_FILE).write_text("secret")
    with closing(SmsProvider()) as provider:
        provider.status = status or 200
        if status is None:
            provider.answers.clear()
        texting = texting_of(settings.model_copy(update={"sms_url": provider.url}))
        assert texting is not None
        limit = soft_limit(lambda: provider.posted) if status is None else nullcontext()
        with closing(texting), limit, pytest.raises(PostAway) as raised:
            texting.send("+818098765432", "text", "1")
        assert len(provider.posted) == 1
    assert raised.value.may_be_told is may_be_told


def test_worker_lets_a_message_go_before_its_task_is_killed(
    database_url: str, redis_url: str, tmp_path: Path, mail_server: MailServer
) -> None:
    """A killed task forgot that it had tried: the message came back at once, and for ever."""
    assert TELL_S_MAX + 5 < TASK_TIME_LIMIT_S
    mail_server.drip_s = 5.0
    jobs = Jobs(database_url, redis_url, tmp_path, JOBS_SMTP_URL=mail_server.url)
    with closing(jobs.stored) as stored, jobs.running():
        outbox_id = stored.message(stored.book())
        until(lambda: stored.state(outbox_id) == (False, "unanswered"), within_s=240)
    assert len(mail_server.mails) == 1
