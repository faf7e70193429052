from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from allocator.dead_letters import put_back, read_dead_letters
from allocator.errors import StoreAway
from allocator.jobs_settings import JobsSettings
from allocator.migrate import create_login_roles, role_url
from allocator.model import SITE_TIMEZONE
from allocator.notices import GIVE_UP_AFTER, NoticeDesk, desk_of
from allocator.outbox import AGAIN_AFTER_S
from allocator.sealing import Contact
from monitoring.errors import SecretError
from monitoring.secrets import create_missing, read_secret
from tests.integration.mail_server import MailServer
from tests.integration.stored import CONTACT, PERSONAL, Stored


def now() -> datetime:
    return datetime.now(SITE_TIMEZONE)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    create_missing(tmp_path / "secrets")
    return tmp_path / "secrets"


@pytest.fixture
def jobs_url(database_url: str) -> str:
    """The database as the role of the jobs may use it."""
    create_login_roles(database_url, {"jobs": "jobs-password"})
    return role_url(database_url, "jobs", "jobs-password")


@pytest.fixture
def stored(database_url: str, secrets_dir: Path) -> Iterator[Stored]:
    made = Stored(database_url, read_secret(secrets_dir, "contact.key"))
    yield made
    made.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.gate.set()
    server.close()


class Desks:
    """Makes desks, each as another process would have one."""

    def __init__(self, jobs_url: str, secrets_dir: Path, mail_dir: Path) -> None:
        self.mail_dir = mail_dir
        self._jobs_url = jobs_url
        self._secrets_dir = secrets_dir
        self._made: list[NoticeDesk] = []

    def make(self, smtp_url: str = "") -> NoticeDesk:
        settings = JobsSettings(
            database_url=self._jobs_url,
            redis_url="redis://localhost",
            secrets_dir=self._secrets_dir,
            public_url="https://yoyaku.inzai.example",
            mail_dir=self.mail_dir,
            smtp_url=smtp_url,
        )
        desk = desk_of(settings)
        self._made.append(desk)
        return desk

    def files(self) -> list[Path]:
        return sorted(self.mail_dir.iterdir()) if self.mail_dir.is_dir() else []

    def close(self) -> None:
        for desk in self._made:
            desk.outbox.close()


@pytest.fixture
def desks(jobs_url: str, secrets_dir: Path, tmp_path: Path) -> Iterator[Desks]:
    made = Desks(jobs_url, secrets_dir, tmp_path / "mail")
    yield made
    made.close()


def test_task_that_runs_twice_sends_one_mail(
    stored: Stored, desks: Desks, mail_server: MailServer
) -> None:
    outbox_id = stored.message(stored.book())
    desk = desks.make(mail_server.url)
    assert [desk.tell(outbox_id, now()) for _ in range(2)] == ["sent", "already_sent"]
    assert mail_server.recipients == [CONTACT.email]
    (mail,) = mail_server.mails
    assert mail["To"] == CONTACT.email
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert stored.state(outbox_id) == (True, "sent")


def test_task_in_two_processes_at_once_sends_one_mail(
    stored: Stored, desks: Desks, mail_server: MailServer
) -> None:
    outbox_id = stored.message(stored.book())
    results: list[str] = []
    mail_server.gate.clear()
    first = threading.Thread(
        target=lambda: results.append(desks.make(mail_server.url).tell(outbox_id, now()))
    )
    first.start()
    assert mail_server.asked.wait(60), "the first process is in the middle of sending"
    assert desks.make(mail_server.url).tell(outbox_id, now()) == "already_sent"
    mail_server.gate.set()
    first.join()
    assert results == ["sent"]
    assert len(mail_server.mails) == 1


class Crashed(Exception):
    pass


def write_and_crash(desk: NoticeDesk, outbox_id: int) -> None:
    with desk.outbox.held(outbox_id) as letter:
        assert letter is not None
        route = desk.route(letter)
        assert route is not None
        route[1]()
        raise Crashed


def test_crash_between_writing_and_commit_leaves_one_file(stored: Stored, desks: Desks) -> None:
    outbox_id = stored.message(stored.book())
    desk = desks.make()
    with pytest.raises(Crashed):
        write_and_crash(desk, outbox_id)
    (written,) = desks.files()
    before = written.read_bytes()
    assert stored.state(outbox_id) == (False, None)
    assert desks.make().tell(outbox_id, now()) == "sent"
    assert desks.files() == [written]
    assert written.read_bytes() == before
    assert written.stat().st_mode & 0o777 == 0o600


def test_mail_waits_for_a_server_that_is_away(
    stored: Stored, desks: Desks, mail_server: MailServer
) -> None:
    outbox_id = stored.message(stored.book())
    away = MailServer()
    away.close()
    desk = desks.make(away.url)
    assert desk.outbox.due(10) == [outbox_id]
    assert desk.tell(outbox_id, now()) == "failed"
    assert stored.state(outbox_id) == (False, "failed")
    # Between the two looks lies less than the back-off of many attempts, however slow it is here.
    stored.connection.execute("UPDATE outbox SET attempts = 9")
    assert desk.outbox.due(10) == [], "it is left alone for its back-off"
    stored.connection.execute("UPDATE outbox SET attempts = 1")
    stored.let_pass(2.1)
    assert desk.outbox.due(10) == [outbox_id]
    assert desks.make(mail_server.url).tell(outbox_id, now()) == "sent"
    assert desk.outbox.backlog().messages == 0


def test_messages_that_failed_together_do_not_come_back_together(
    stored: Stored, desks: Desks
) -> None:
    booking = stored.book()
    ids = {stored.message(booking) for _ in range(100)}
    outbox = desks.make().outbox

    def back_after(seconds: float) -> set[int]:
        stored.connection.execute(
            "UPDATE outbox SET result = 'failed', attempts = 9, "
            "relayed_at = clock_timestamp() - make_interval(secs => %s)",
            [seconds],
        )
        return set(outbox.due(1_000))

    assert back_after(3) == set()
    assert 20 < len(back_after(10)) < 90
    assert back_after(15.1) == ids


@pytest.mark.parametrize(
    ("verb", "reply", "result", "is_done"),
    [
        ("RCPT", "550 no such user yuri.7@example.jp", "refused", True),
        ("TEXT", "554 we do not like it", "refused", True),
        ("RCPT", "450 come back later", "failed", False),
        ("TEXT", "451 come back later", "failed", False),
        ("MAIL", "421 closing", "failed", False),
    ],
)
def test_server_that_refuses_for_good_is_not_asked_again(
    stored: Stored,
    desks: Desks,
    mail_server: MailServer,
    capfd: pytest.CaptureFixture[str],
    verb: str,
    reply: str,
    result: str,
    is_done: bool,
) -> None:
    outbox_id = stored.message(stored.book())
    mail_server.replies[verb] = reply
    assert desks.make(mail_server.url).tell(outbox_id, now()) == result
    assert stored.state(outbox_id) == (is_done, result)
    shown = "".join(capfd.readouterr())
    assert not [word for word in PERSONAL if word in shown]


@pytest.mark.parametrize("leave", ["421 busy", "250 ok", "500 what?"])
def test_mail_that_was_taken_is_sent_whatever_the_server_says_at_the_end(
    stored: Stored, desks: Desks, mail_server: MailServer, leave: str
) -> None:
    """Else it would be sent again and again."""
    outbox_id = stored.message(stored.book())
    mail_server.replies["QUIT"] = leave
    assert desks.make(mail_server.url).tell(outbox_id, now()) == "sent"
    assert stored.state(outbox_id) == (True, "sent")
    assert len(mail_server.mails) == 1


def test_mail_that_no_server_takes_for_days_is_given_up(stored: Stored, desks: Desks) -> None:
    outbox_id = stored.message(stored.book())
    away = MailServer()
    away.close()
    desk = desks.make(away.url)
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER - timedelta(minutes=1)) == "failed"
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER) == "given_up"
    assert stored.state(outbox_id) == (True, "given_up")


def test_confirmation_of_what_was_cancelled_meanwhile_is_not_sent(
    stored: Stored, desks: Desks
) -> None:
    booking = stored.book()
    booked = stored.message(booking)
    stored.cancel(booking)
    cancelled = stored.message(booking, "cancelled")
    desk = desks.make()
    assert [desk.tell(n, now()) for n in (booked, cancelled)] == ["overtaken", "sent"]
    assert [path.name for path in desks.files()] == [f"{cancelled:08}.eml"]


def test_booking_without_an_address_is_done_without_a_mail(stored: Stored, desks: Desks) -> None:
    outbox_id = stored.message(stored.book(Contact("試験 百合", "08098765432", "")))
    assert desks.make().tell(outbox_id, now()) == "no_address"
    assert stored.state(outbox_id) == (True, "no_address")
    assert desks.files() == []


def test_message_is_handed_out_once_until_its_task_must_be_lost(
    stored: Stored, desks: Desks
) -> None:
    outbox_ids = [stored.message(stored.book()) for _ in range(5)]
    one, other = desks.make().outbox, desks.make().outbox
    assert one.due(3) == outbox_ids[:3]
    assert other.due(10) == outbox_ids[3:]
    stored.let_pass(AGAIN_AFTER_S - 15)
    assert one.due(10) == []
    stored.let_pass(16)
    assert one.due(10) == outbox_ids


def test_message_held_elsewhere_is_not_handed_out(stored: Stored, desks: Desks) -> None:
    outbox_id = stored.message(stored.book())
    one, other = desks.make().outbox, desks.make().outbox
    with one.held(outbox_id) as letter:
        assert letter is not None
        assert other.due(10) == []
    assert other.due(10) == [outbox_id]


def test_backlog_tells_number_and_age(stored: Stored, desks: Desks) -> None:
    outbox = desks.make().outbox
    assert outbox.backlog().messages == 0
    assert outbox.backlog().oldest_age_s == 0.0
    stored.message(stored.book())
    stored.connection.execute("UPDATE outbox SET created_at = now() - interval '90 seconds'")
    backlog = outbox.backlog()
    assert backlog.messages == 1
    assert 90 <= backlog.oldest_age_s < 120


def test_contact_sealed_for_another_booking_is_not_read(stored: Stored, desks: Desks) -> None:
    one, other = stored.book(), stored.book()
    outbox_id = stored.message(one)
    stored.connection.execute(
        "UPDATE booking SET contact = (SELECT contact FROM booking WHERE booking_id = %s) "
        "WHERE booking_id = %s",
        [other.booking_id, one.booking_id],
    )
    desk = desks.make()
    assert desk.tell(outbox_id, now()) == "failed"
    assert stored.state(outbox_id) == (False, "failed")
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER) == "given_up", "it would come back for ever"
    assert stored.state(outbox_id) == (True, "given_up")
    assert desks.files() == []


def test_mail_that_cannot_be_written_is_given_up_and_listed(
    stored: Stored, desks: Desks, database_url: str, mail_server: MailServer
) -> None:
    """An address that SMTP cannot name is a fault that no answer of a server tells of."""
    contact = Contact("試験 百合", "08098765432", "百合@example.jp")
    outbox_id, other = stored.message(stored.book(contact)), stored.message(stored.book())
    desk = desks.make(mail_server.url)
    with capture_logs() as logs:
        assert desk.tell(outbox_id, now() + GIVE_UP_AFTER - timedelta(minutes=1)) == "failed"
    assert [line["event"] for line in logs] == ["notice_failed"]
    assert desk.tell(other, now()) == "sent"
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER) == "given_up"
    (dead,) = read_dead_letters(database_url, now() - timedelta(days=1))
    assert dead.outbox_id == outbox_id


def test_message_that_was_put_back_is_tried_as_long_as_a_new_one(
    stored: Stored, desks: Desks, database_url: str
) -> None:
    outbox_id = stored.message(stored.book())
    away = MailServer()
    away.close()
    desk = desks.make(away.url)
    stored.connection.execute("UPDATE outbox SET created_at = now() - interval '4 days'")
    assert desk.tell(outbox_id, now()) == "given_up"
    assert put_back(database_url, now() - timedelta(days=1)) == [outbox_id]
    assert desk.outbox.backlog().oldest_age_s < 60
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER - timedelta(minutes=1)) == "failed"
    assert desk.tell(outbox_id, now() + GIVE_UP_AFTER) == "given_up"


def test_lost_connection_is_made_again(stored: Stored, desks: Desks) -> None:
    outbox_id = stored.message(stored.book())
    desk = desks.make()
    assert desk.outbox.backlog().messages == 1
    stored.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename LIKE '%\\_jobs\\_%'"
    )
    with pytest.raises(StoreAway):
        desk.outbox.backlog()
    assert desk.tell(outbox_id, now()) == "sent"


def test_jobs_may_not_read_what_they_do_not_tell(jobs_url: str) -> None:
    with psycopg.connect(jobs_url, autocommit=True) as connection:
        connection.execute("SELECT person_key, left_why FROM roster")
        for hidden in ("sealed FROM roster", "FROM journal", "FROM outcome"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT {hidden}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE booking SET state = 'cancelled'")


def test_folder_that_cannot_be_written_keeps_the_message(
    stored: Stored, desks: Desks, tmp_path: Path
) -> None:
    outbox_id = stored.message(stored.book())
    (tmp_path / "mail").write_text("a file where the folder should be")
    assert desks.make().tell(outbox_id, now()) == "failed"
    assert stored.state(outbox_id) == (False, "failed")


def test_mail_server_with_a_user_needs_its_password_file(desks: Desks) -> None:
    with pytest.raises(SecretError, match=r"smtp\.password"):
        desks.make("smtps://city@mail.example")
