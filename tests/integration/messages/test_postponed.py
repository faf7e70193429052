"""A provider that says "later": it is asked ever more seldom, and not before it wants to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from allocator.jobs_settings import JobsSettings
from allocator.model import SITE_TIMEZONE
from allocator.notices import (
    POSTPONED_AFTER_S,
    POSTPONED_PART,
    POSTPONED_S_MAX,
    NoticeDesk,
    desk_of,
)
from allocator.post import PostAway
from allocator.resting import ASKED_REST_S_MAX
from allocator.sealing import Contact
from allocator.sms import TOKEN_FILE, texting_of
from tests.integration.mail_server import MailServer
from tests.integration.sms_provider import SmsProvider as Provider
from tests.integration.stored import Stored

MOBILE = Contact("試験 百合", "08098765432", "")
DUE_IN = "SELECT extract(epoch FROM relayed_at - clock_timestamp())::float8 FROM outbox"


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    yield server
    server.close()


@pytest.fixture
def sms_settings(settings: JobsSettings, provider: Provider, redis_url: str) -> JobsSettings:
    (settings.secrets_dir / TOKEN_FILE).write_text("secret")
    return settings.model_copy(update={"sms_url": provider.url, "redis_url": redis_url})


def sends(settings: JobsSettings, **changed: Any) -> str:
    """Send one message; return what came of it."""
    texting = texting_of(settings.model_copy(update=changed))
    assert texting is not None
    with closing(texting):
        return texting.send("+818098765432", "text", "1")


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(days=2)])
def test_message_that_is_put_off_for_long_goes_again_after_a_part_of_its_age(
    stored: Stored, desk: NoticeDesk, mail_server: MailServer, age: timedelta
) -> None:
    """It was tried every 15 s for three days, each message by itself."""
    mail_server.replies["TEXT"] = "451 later"
    outbox_id = stored.message(stored.book())
    assert desk.tell(outbox_id, now()) == "failed"
    assert stored.state(outbox_id) == (False, "failed")
    assert age.total_seconds() > POSTPONED_AFTER_S

    assert desk.tell(outbox_id, now() + age) == "failed"
    assert stored.state(outbox_id) == (False, "postponed")
    pause_s = min(age.total_seconds() / POSTPONED_PART, POSTPONED_S_MAX)
    (due_in_s,) = stored.one(DUE_IN)
    assert 0.9 * pause_s < due_in_s < 1.2 * pause_s
    stored.let_pass(0.5 * pause_s)
    assert desk.outbox.due(10) == []
    (due_in_s,) = stored.one(DUE_IN)
    stored.let_pass(due_in_s)
    mail_server.replies.clear()
    assert desk.outbox.due(10) == [outbox_id]
    assert desk.tell(outbox_id, now() + age) == "sent"


def test_moment_that_never_comes_is_a_quarter_of_an_hour_away(
    stored: Stored, sms_settings: JobsSettings, provider: Provider
) -> None:
    provider.status, provider.retry_after = 503, "9" * 400
    outbox_id = stored.message(stored.book(MOBILE))
    at_s = 1_000.0
    with closing(desk_of(sms_settings, lambda: at_s)) as desk:
        with capture_logs() as lines:
            assert desk.tell(outbox_id, now()) == "failed"
        waits = [line["retry_in_s"] for line in lines if line["event"] == "rest_requested"]
        assert waits == [ASKED_REST_S_MAX]
        assert desk.tell(outbox_id, now()) == "resting"
        at_s += ASKED_REST_S_MAX
        provider.status, provider.retry_after = 200, ""
        assert desk.tell(outbox_id, now()) == "texted"


def test_nothing_is_posted_before_the_moment_that_the_provider_names(
    stored: Stored, sms_settings: JobsSettings, provider: Provider
) -> None:
    provider.status, provider.retry_after = 429, "120"
    first, second = (stored.message(stored.book(MOBILE)) for _ in range(2))
    at_s = 1_000.0
    with closing(desk_of(sms_settings, lambda: at_s)) as desk:
        assert desk.tell(first, now()) == "failed"
        assert desk.tell(second, now()) == "resting"
        at_s += 119
        assert desk.tell(second, now()) == "resting"
        assert len(provider.posted) == 1
        at_s += 1
        provider.status, provider.retry_after = 200, ""
        assert desk.tell(second, now()) == "texted"
        assert desk.tell(first, now()) == "texted"


@pytest.mark.parametrize(
    ("status", "said", "least_s", "most_s"),
    [
        (429, "120", 120, 120),
        (503, "30", 30, 30),
        (429, format_datetime(datetime(2199, 1, 1, tzinfo=UTC), usegmt=True), 1e9, 1e10),
        (429, format_datetime(datetime(1999, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
        (429, "9" * 400, float("inf"), float("inf")),
        (429, "Fri, 31 Dec 9999 23:59:59 -1200", 0, 0),
        (429, "soon", 0, 0),
        (429, "-5", 0, 0),
        (429, "", 0, 0),
        (500, "120", 0, 0),
    ],
)
def test_provider_names_a_moment_as_seconds_or_as_a_date(
    sms_settings: JobsSettings,
    provider: Provider,
    status: int,
    said: str,
    least_s: float,
    most_s: float,
) -> None:
    provider.status, provider.retry_after = status, said
    with pytest.raises(PostAway) as raised:
        sends(sms_settings)
    assert least_s <= raised.value.rest_s <= most_s


@pytest.mark.parametrize(
    ("words", "posted"),
    [
        ('{"result": 0}', "sent"),
        ('{"result": 41, "to": "08098765432"}', "refused"),
        ('{"result": 7}', "later"),
        ("", "later"),
    ],
)
def test_words_of_an_answer_count_where_the_status_is_always_200(
    sms_settings: JobsSettings, provider: Provider, words: str, posted: str
) -> None:
    provider.status, provider.words = 200, words.encode()
    told = {"sms_taken": r'"result":\s*0\b', "sms_refused": r'"result":\s*4\d'}
    if posted != "later":
        assert sends(sms_settings, **told) == posted
        return
    with pytest.raises(PostAway) as raised:
        sends(sms_settings, **told)
    assert (raised.value.may_be_told, raised.value.rest_s) == (False, 0)
