"""A provider that does not answer rests, and who is told by another is told meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from allocator.jobs_settings import JobsSettings
from allocator.model import SITE_TIMEZONE
from allocator.notices import GIVE_UP_AFTER, NoticeDesk, desk_of
from allocator.outbox import CodeAsked
from allocator.post import MailServer as Smtp
from allocator.post import PostAway, PostSilent
from allocator.resting import CODES_REST_S, REST_S_MAX, REST_S_MIN
from allocator.sealing import Contact
from allocator.sms import TOKEN_FILE
from seiriken.processes import free_ports
from tests.integration.jobs import Jobs
from tests.integration.mail_server import MailServer
from tests.integration.sms_provider import SmsProvider
from tests.integration.stored import Stored
from tests.waiting import until

MOBILE = Contact("試験 百合", "08098765432", "")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def away() -> int:
    """Return a port at which nobody listens, nor does any connection of others come from it."""
    return free_ports(1)[0]


@pytest.fixture
def texting(
    settings: JobsSettings, redis_url: str, away: int, clock: Clock
) -> Iterator[NoticeDesk]:
    """A desk of a city whose mail server is well, and whose provider of short messages is away."""
    (settings.secrets_dir / TOKEN_FILE).write_text("secret")
    url = f"http://127.0.0.1:{away}/v1/messages"
    made = desk_of(settings.model_copy(update={"sms_url": url, "redis_url": redis_url}), clock)
    yield made
    made.close()


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


def told(desk: NoticeDesk, outbox_ids: list[int]) -> list[str]:
    return [desk.tell(outbox_id, now()) for outbox_id in outbox_ids]


def test_short_messages_leave_a_silent_provider_alone_and_mails_go_on(
    stored: Stored, texting: NoticeDesk
) -> None:
    texts = [stored.message(stored.book(MOBILE)) for _ in range(5)]
    mails = [stored.message(stored.book()) for _ in range(3)]
    assert texting.outbox.due(100) == texts + mails
    began = now()
    with capture_logs() as logs:
        assert told(texting, texts) == ["failed", "failed", "resting", "resting", "resting"]
    lost = [line for line in logs if line["event"] == "dependency_lost"]
    assert [line["dependency"] for line in lost] == ["sms"]
    ended = now()
    assert told(texting, mails) == ["sent"] * 3
    rows = stored.connection.execute(
        "SELECT relayed_at FROM outbox WHERE result = 'resting' ORDER BY outbox_id"
    ).fetchall()
    first, second, third = (row[0] for row in rows)
    assert began + timedelta(seconds=REST_S_MIN) <= first < second < third
    assert third < ended + timedelta(seconds=REST_S_MAX + 1)


def test_one_message_asks_after_the_rest_and_the_others_follow_at_their_pace(
    stored: Stored, texting: NoticeDesk, clock: Clock, away: int
) -> None:
    texts = [stored.message(stored.book(MOBILE)) for _ in range(5)]
    texting.outbox.due(100)
    told(texting, texts)
    assert not set(texting.outbox.due(100)) & set(texts[2:]), "those that were tried may be due"
    clock.now_s += REST_S_MAX
    stored.let_pass(REST_S_MAX + 1)
    assert texting.outbox.due(100) == texts
    assert told(texting, texts[2:]) == ["failed", "resting", "resting"], "one asks, in vain"
    with closing(SmsProvider(away)) as provider:
        clock.now_s += REST_S_MAX
        stored.let_pass(REST_S_MAX + 1)
        assert set(texting.outbox.due(100)) >= set(texts[2:])
        (turns,) = stored.one("SELECT count(*) FROM outbox WHERE result = 'turn'")
        assert turns == 0, "who waited for the provider's rest has taken no turn yet"
        assert told(texting, texts) == ["texted"] * 5
        assert len(provider.posted) == 5


def test_code_waits_for_seconds_only(stored: Stored, texting: NoticeDesk, clock: Clock) -> None:
    told(texting, [stored.message(stored.book(MOBILE)) for _ in range(2)])
    asked = CodeAsked(uuid4(), stored.book(MOBILE).booking_id, now())
    assert texting.outbox.ask_codes([asked]) == 1
    (code,) = texting.outbox.due(10, queue="codes")
    began = now()
    assert texting.tell(code, now()) == "resting"
    ended, rest = now(), timedelta(seconds=CODES_REST_S)
    (waits_until,) = stored.one("SELECT relayed_at FROM outbox WHERE outbox_id = %s", [code])
    assert began < waits_until <= ended + rest
    clock.now_s += CODES_REST_S
    stored.let_pass(CODES_REST_S)
    assert texting.outbox.due(10, queue="codes") == [code]
    assert texting.tell(code, now()) == "failed", "it was tried"


def test_who_waits_for_a_silent_provider_is_given_up_after_days_like_others(
    stored: Stored, texting: NoticeDesk
) -> None:
    texts = [stored.message(stored.book(MOBILE)) for _ in range(3)]
    told(texting, texts[:2])
    late = now() + GIVE_UP_AFTER
    assert texting.tell(texts[2], late - timedelta(minutes=1)) == "resting"
    assert texting.tell(texts[2], late) == "given_up"


def test_provider_that_answers_anything_at_all_does_not_rest(
    stored: Stored, settings: JobsSettings, redis_url: str
) -> None:
    texts = [stored.message(stored.book(MOBILE)) for _ in range(5)]
    (settings.secrets_dir / TOKEN_FILE).write_text("secret")
    with closing(SmsProvider()) as provider:
        provider.status = 503
        update = {"sms_url": provider.url, "redis_url": redis_url}
        with closing(desk_of(settings.model_copy(update=update))) as desk:
            assert told(desk, texts) == ["failed"] * 5
        assert len(provider.posted) == 5


@pytest.mark.parametrize(
    ("how", "is_silent"),
    [("away", True), ("never takes", True), ("hangs up", False), ("refuses", False)],
)
def test_mail_server_is_silent_when_it_is_away_or_too_late(how: str, is_silent: bool) -> None:
    """One that hangs up may do so for one mail alone, and at once."""
    with closing(MailServer()) as server:
        match how:
            case "never takes":
                server.gate.clear()
            case "hangs up":
                server.replies["MAIL"] = ""
            case "refuses":
                server.replies["MAIL"] = "421 closing"
        url = server.url if how != "away" else "smtp://127.0.0.1:9"
        # Whoever answers may be slow to.
        wait_s = 0.3 if is_silent else 60.0
        with pytest.raises(PostAway) as raised:
            Smtp(url, "city@example.jp", None, wait_s=wait_s).send(
                EmailMessage(), 1, "yuri.7@example.jp"
            )
        server.gate.set()
    assert isinstance(raised.value, PostSilent) is is_silent


def test_mails_of_a_worker_do_not_wait_behind_a_provider_that_never_answers(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Forty time-outs of eight seconds each lay before the first mail."""
    with closing(SmsProvider()) as provider:
        provider.answers.clear()
        jobs = Jobs(database_url, redis_url, tmp_path, JOBS_SMS_URL=provider.url)
        (tmp_path / "secrets" / TOKEN_FILE).write_text("secret")
        with closing(jobs.stored) as stored:
            for _ in range(40):
                stored.message(stored.book(MOBILE))
            mails = [stored.message(stored.book()) for _ in range(20)]
            with jobs.running():
                until(lambda: len(jobs.mails()) == len(mails), within_s=120)
                assert 2 <= len(provider.posted) < 10, "it is asked now and then"
