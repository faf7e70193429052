"""Short messages: to whom they go, as what a provider is sent, and what its answers mean."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from allocator.jobs_settings import JobsSettings
from allocator.migrate import create_login_roles, role_url
from allocator.model import SITE_TIMEZONE
from allocator.notices import GIVE_UP_AFTER, NoticeDesk, desk_of
from allocator.sealing import Contact
from allocator.sms import TOKEN_FILE
from monitoring.errors import SecretError
from monitoring.secrets import create_missing, read_secret
from tests.integration.sms_provider import SmsProvider
from tests.integration.stored import PERSONAL, Stored

MOBILE = Contact("試験 百合", "08098765432", "")
LANDLINE = Contact("試験 百合", "0476000000", "")
BOTH = Contact("試験 百合", "08098765432", "yuri.7@example.jp")

Make = Callable[..., NoticeDesk]


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path / "secrets")
    (tmp_path / "secrets" / TOKEN_FILE).write_text("provider-secret\n")
    return tmp_path / "secrets"


@pytest.fixture
def stored(database_url: str, secrets_dir: Path) -> Iterator[Stored]:
    made = Stored(database_url, read_secret(secrets_dir, "contact.key"))
    yield made
    made.close()


@pytest.fixture
def provider() -> Iterator[SmsProvider]:
    server = SmsProvider()
    yield server
    server.close()


@pytest.fixture
def make(
    database_url: str,
    redis_url: str,
    secrets_dir: Path,
    provider: SmsProvider,
    tmp_path: Path,
) -> Iterator[Make]:
    """Makes desks of one city; what is named replaces a setting."""
    create_login_roles(database_url, {"jobs": "jobs-password"})
    usual: dict[str, Any] = {
        "database_url": role_url(database_url, "jobs", "jobs-password"),
        "redis_url": redis_url,
        "secrets_dir": secrets_dir,
        "public_url": "https://yoyaku.inzai.example",
        "mail_dir": tmp_path / "mail",
        "sms_url": provider.url,
    }
    with ExitStack() as stack:

        def made(**settings: Any) -> NoticeDesk:
            desk = desk_of(JobsSettings(**(usual | settings)))
            stack.callback(desk.close)
            return desk

        yield made


@pytest.mark.parametrize(
    ("contact", "result", "texts", "mails"),
    [
        (MOBILE, "texted", 1, 0),
        (BOTH, "sent", 0, 1),
        (LANDLINE, "no_address", 0, 0),
    ],
)
def test_short_message_goes_to_who_gave_a_mobile_number_and_no_address(
    stored: Stored,
    make: Make,
    provider: SmsProvider,
    tmp_path: Path,
    contact: Contact,
    result: str,
    texts: int,
    mails: int,
) -> None:
    outbox_id = stored.message(stored.book(contact))
    desk = make()
    assert desk.tell(outbox_id, now()) == result
    assert stored.state(outbox_id) == (True, result)
    assert desk.tell(outbox_id, now()) == "already_sent"
    assert len(provider.posted) == texts
    assert len(list(tmp_path.glob("mail/*.eml"))) == mails


def test_city_without_a_provider_texts_nobody(stored: Stored, make: Make) -> None:
    outbox_id = stored.message(stored.book(MOBILE))
    assert make(sms_url="").tell(outbox_id, now()) == "no_address"


def test_provider_gets_number_text_and_a_reference_that_tells_repetitions(
    stored: Stored, make: Make, provider: SmsProvider
) -> None:
    booking = stored.book(MOBILE, language="en")
    outbox_id = stored.message(booking)
    assert make().tell(outbox_id, now()) == "texted"
    (posted,) = provider.posted
    fields = json.loads(posted.body)
    assert fields["to"] == "+818098765432"
    assert fields["reference"] == f"{booking.booking_id}.{outbox_id}"
    assert booking.booking_number in fields["text"]
    assert posted.headers["Authorization"] == "Bearer provider-secret"
    assert posted.headers["Idempotency-Key"] == fields["reference"]
    assert posted.path == "/v1/messages"


def test_other_providers_want_other_fields_headers_and_forms(
    stored: Stored, make: Make, provider: SmsProvider
) -> None:
    outbox_id = stored.message(stored.book(MOBILE))
    desk = make(
        sms_encoding="form",
        sms_fields={"phoneNumber": "{to_national}", "message": "{text}", "clientTag": "seiriken"},
        sms_headers={"X-Api-Key": "{token}"},
    )
    assert desk.tell(outbox_id, now()) == "texted"
    (posted,) = provider.posted
    fields = parse_qs(posted.body.decode())
    assert fields["phoneNumber"] == ["08098765432"]
    assert fields["clientTag"] == ["seiriken"]
    assert fields["message"][0].startswith("【印西市】")
    assert posted.headers["X-Api-Key"] == "provider-secret"
    assert "Authorization" not in posted.headers


@pytest.mark.parametrize(
    ("status", "result", "is_done"),
    [
        (400, "refused", True),
        (422, "refused", True),
        (401, "failed", False),
        (404, "failed", False),
        (307, "failed", False),
        (429, "failed", False),
        (500, "failed", False),
    ],
)
def test_what_a_provider_refuses_is_tried_again_unless_it_is_the_message(
    stored: Stored, make: Make, provider: SmsProvider, status: int, result: str, is_done: bool
) -> None:
    outbox_id = stored.message(stored.book(MOBILE))
    provider.status = status
    with capture_logs() as logs:
        assert make().tell(outbox_id, now()) == result
    assert stored.state(outbox_id) == (is_done, result)
    assert not [word for word in (*PERSONAL, "8098765432", "provider-secret") if word in str(logs)]
    assert provider.posted[0].headers["Host"].startswith("127.0.0.1:")
    assert len(provider.posted) == 1, "nobody is sent to another address"


def test_message_waits_for_a_provider_that_is_away_and_is_given_up_after_days(
    stored: Stored, make: Make, provider: SmsProvider
) -> None:
    outbox_id = stored.message(stored.book(MOBILE))
    desk = make(sms_url="http://127.0.0.1:9/nobody-listens")
    assert desk.tell(outbox_id, now()) == "failed"
    assert make().tell(outbox_id, now()) == "texted"
    late = stored.message(stored.book(MOBILE))
    assert desk.tell(late, now() + GIVE_UP_AFTER) == "given_up"


def test_provider_gets_no_more_than_it_takes_and_each_comes_back_at_its_turn(
    stored: Stored, make: Make, provider: SmsProvider
) -> None:
    outbox_ids = [stored.message(stored.book(MOBILE)) for _ in range(6)]
    desk = make(sms_per_s=0.05)
    results = [desk.tell(outbox_id, now()) for outbox_id in outbox_ids]
    assert results == ["texted", *["waiting"] * 5]
    assert stored.state(outbox_ids[-1]) == (False, "waiting")
    assert desk.outbox.due(10) == [], "none is handed out before its turn"
    waits = stored.connection.execute(
        "SELECT extract(epoch FROM relayed_at - clock_timestamp())::float8, attempts "
        "FROM outbox WHERE result = 'waiting' ORDER BY outbox_id"
    ).fetchall()
    assert [wait[0] for wait in waits] == sorted(wait[0] for wait in waits)
    assert 60 < waits[-1][0] - waits[0][0] < 100, "twenty seconds lie between two of them"
    stored.connection.execute(
        "UPDATE outbox SET relayed_at = clock_timestamp() WHERE result = 'waiting'"
    )
    assert desk.outbox.due(10) == outbox_ids[1:]
    assert desk.outbox.due(10) == [], "handed out once"
    assert [desk.tell(outbox_id, now()) for outbox_id in outbox_ids[1:]] == ["texted"] * 5
    assert len(provider.posted) == 6


def test_mails_do_not_wait_for_short_messages(stored: Stored, make: Make) -> None:
    desk = make(sms_per_s=0.1)
    texts = [stored.message(stored.book(MOBILE)) for _ in range(5)]
    mails = [stored.message(stored.book(BOTH)) for _ in range(5)]
    assert [desk.tell(outbox_id, now()) for outbox_id in texts][-1] == "waiting"
    assert [desk.tell(outbox_id, now()) for outbox_id in mails] == ["sent"] * 5


def test_nothing_is_sent_while_nobody_knows_whose_turn_it_is(
    stored: Stored, make: Make, provider: SmsProvider
) -> None:
    outbox_id = stored.message(stored.book(MOBILE))
    assert make(redis_url="redis://127.0.0.1:9").tell(outbox_id, now()) == "failed"
    assert provider.posted == []
    assert make().tell(outbox_id, now()) == "texted"


def test_provider_needs_its_token(make: Make, secrets_dir: Path) -> None:
    (secrets_dir / TOKEN_FILE).unlink()
    with pytest.raises(SecretError, match=r"^secret sms\.token: missing or unreadable$"):
        make()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sms_url": "http://sms.example/v1"}, "not https:// and a host"),
        ({"sms_url": "https:///v1"}, "not https:// and a host"),
        ({"sms_url": f"https://{b64encode(b'me').decode()}@sms.example"}, "holds a user"),
        ({"sms_fields": {"to": "{to}"}}, "no field holds {text}"),
        ({"sms_fields": {"text": "{text}"}}, "none {to} or {to_national}"),
        ({"sms_per_s": 0}, "greater than 0"),
        ({"sms_taken": "("}, "not a regular expression"),
        ({"sms_refused": "["}, "not a regular expression"),
    ],
)
def test_settings_that_could_not_work_are_refused(
    make: Make, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{")):
        make(**settings)
