"""The link in a reminder: as a person presses it, and as a mail program does by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

import httpx2
import psycopg
import pytest

from allocator.jobs_settings import JobsSettings
from allocator.model import SITE_TIMEZONE
from allocator.notices import NoticeDesk, desk_of
from allocator.reminding import due_at
from gateway import i18n
from gateway.languages import LANGUAGES
from tests.integration.city import City, Resident
from tests.integration.mail_server import MailServer
from tests.waiting import until

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
CITY = "https://yoyaku.inzai.example"
LINK = re.compile(rf"{re.escape(CITY)}(/unsubscribe/[A-Za-z0-9_-]+)")


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def desk(city: City, mail_server: MailServer) -> Iterator[NoticeDesk]:
    """The worker's desk, of the same database and with the same secrets."""
    settings = JobsSettings(
        database_url=city.database_url,
        redis_url=city.redis_url,
        secrets_dir=city.secrets_dir,
        public_url=CITY,
        smtp_url=mail_server.url,
    )
    made = desk_of(settings)
    yield made
    made.close()


@pytest.fixture
def stranger(city: City) -> Iterator[httpx2.Client]:
    """Somebody without any cookie, who follows no redirect."""
    with httpx2.Client(base_url=city.url, timeout=60) as http:
        yield http


class Booked:
    """Somebody with a booking that is old enough to be reminded of."""

    def __init__(self, city: City, number: int) -> None:
        self.resident: Resident = city.inside(number)
        self.booking = self.resident.book().json()
        self._city = city
        long_ago = "UPDATE booking SET booked_at = now() - interval '90 days'"
        with psycopg.connect(city.database_url) as connection:
            connection.execute(long_ago)

    @property
    def wants_reminders(self) -> bool:
        """Say what the city has stored."""
        named = [self.booking["booking_number"]]
        with psycopg.connect(self._city.database_url) as connection:
            row = connection.execute(
                "SELECT reminders FROM booking WHERE booking_number = %s", named
            ).fetchone()
        assert row is not None
        return bool(row[0])

    @property
    def decisions(self) -> int:
        """Return how many decisions the city has written down."""
        with psycopg.connect(self._city.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM journal").fetchone()
        assert row is not None
        return int(row[0])

    def due(self, dose: int) -> datetime:
        """Return when a reminder of a dose is due."""
        starts_at = datetime.fromisoformat(self.booking["doses"][dose - 1]["starts_at"])
        return due_at("reminder_week", starts_at.astimezone(SITE_TIMEZONE).date())

    def reminded(
        self, desk: NoticeDesk, mail_server: MailServer, dose: int = 1
    ) -> list[EmailMessage]:
        """Have what is due sent; return the mails that are this person's."""
        desk.outbox.remind(self.due(dose), 1_000)
        for outbox_id in desk.outbox.due(1_000, queue="reminders"):
            desk.tell(outbox_id, self.due(dose))
        number = self.booking["booking_number"]
        return [mail for mail in mail_server.mails if number in str(mail["Subject"])]

    def link(self, desk: NoticeDesk, mail_server: MailServer) -> str:
        """Return the path of the link in the newest reminder's head."""
        mail = self.reminded(desk, mail_server)[-1]
        found = re.fullmatch(f"<{LINK.pattern}>", str(mail["List-Unsubscribe"]))
        assert found is not None, mail["List-Unsubscribe"]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        return found[1]

    def turns_on(self) -> None:
        """Turn reminders on again on the booking's page."""
        form = self.resident.http.get("/my-booking").text.partition('action="/reminders"')[2]
        fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]+)"', form)[:2])
        assert fields["reminders"] == "yes"
        assert self.resident.http.post("/reminders", data=fields).status_code == 303


def test_mail_program_turns_reminders_off_by_itself(
    city: City, desk: NoticeDesk, mail_server: MailServer, stranger: httpx2.Client
) -> None:
    booked = Booked(city, 0)
    path = booked.link(desk, mail_server)
    answer = stranger.post(path, data=ONE_CLICK)
    assert answer.status_code == 200, "a mail program follows no redirect"
    assert "set-cookie" not in answer.headers
    assert not booked.wants_reminders
    decided = booked.decisions
    assert stranger.post(path, data=ONE_CLICK).status_code == 200
    assert booked.decisions == decided, "a link in a loop writes nothing"
    before = len(booked.reminded(desk, mail_server))
    assert len(booked.reminded(desk, mail_server, dose=2)) == before, "no further mail was sent"
    assert booked.resident.http.get("/api/v1/booking").json()["state"] == "booked"


def test_form_of_many_parts_is_as_good(
    city: City, desk: NoticeDesk, mail_server: MailServer, stranger: httpx2.Client
) -> None:
    booked = Booked(city, 1)
    parts = {name: (None, value) for name, value in ONE_CLICK.items()}
    assert stranger.post(booked.link(desk, mail_server), files=parts).status_code == 200
    assert not booked.wants_reminders


def test_looking_changes_nothing_and_the_button_does(
    city: City, desk: NoticeDesk, mail_server: MailServer, stranger: httpx2.Client
) -> None:
    booked = Booked(city, 2)
    path = booked.link(desk, mail_server)
    mail = booked.reminded(desk, mail_server)[-1].get_body(("plain",))
    assert mail is not None
    assert LINK.findall(mail.get_content()) == [path], "the reader's link is the program's"
    stranger.headers["Accept-Language"] = "en"
    for method in ("GET", "HEAD", "GET"):
        assert stranger.request(method, path).status_code == 200
    assert booked.wants_reminders
    page = stranger.get(path).text
    assert i18n.text("unsubscribe.title.asked", "en") in page
    assert '<form method="post"' in page
    assert booked.booking["booking_number"] not in page, "a mail is passed on, too"
    # A browser says where a form comes from; a foreign page gains nothing by it.
    for site in ("same-origin", "cross-site"):
        pressed = stranger.post(path, headers={"Sec-Fetch-Site": site})
        assert i18n.text("unsubscribe.title.off", "en") in pressed.text
        assert not booked.wants_reminders


def test_link_holds_after_they_were_turned_on_again_and_after_a_cancellation(
    city: City, desk: NoticeDesk, mail_server: MailServer, stranger: httpx2.Client
) -> None:
    booked = Booked(city, 3)
    path = booked.link(desk, mail_server)
    for _ in range(2):
        assert stranger.post(path, data=ONE_CLICK).status_code == 200
        assert not booked.wants_reminders
        booked.turns_on()
        assert booked.wants_reminders
    assert booked.resident.cancel().status_code == 200
    assert stranger.post(path, data=ONE_CLICK).status_code == 200
    again = Booked(city, 3)
    assert stranger.post(path, data=ONE_CLICK).status_code == 200
    assert again.wants_reminders, "a booking that was made since has a link of its own"


@pytest.mark.parametrize("language", LANGUAGES)
def test_link_that_we_never_wrote_leads_to_where_reminders_are_turned_off(
    city: City,
    desk: NoticeDesk,
    mail_server: MailServer,
    stranger: httpx2.Client,
    language: str,
) -> None:
    booked = Booked(city, 10 + LANGUAGES.index(language))
    path = booked.link(desk, mail_server)
    stranger.headers["Accept-Language"] = language
    for wrong in (path[:-1], f"{path[:-1]}~", "/unsubscribe/%E2%80%A6", f"/unsubscribe/{'A' * 43}"):
        for method in ("GET", "POST"):
            answer = stranger.request(method, wrong)
            assert answer.status_code == 404
            assert i18n.text("unsubscribe.title.unknown", "en") in answer.text or language != "en"
            assert 'href="/my-booking"' in answer.text
    assert booked.wants_reminders


def test_one_person_s_link_is_nobody_else_s(
    city: City, desk: NoticeDesk, mail_server: MailServer, stranger: httpx2.Client
) -> None:
    one, other = Booked(city, 20), Booked(city, 21)
    assert stranger.post(one.link(desk, mail_server), data=ONE_CLICK).status_code == 200
    assert (one.wants_reminders, other.wants_reminders) == (False, True)


def test_what_nobody_decided_yet_is_not_told_as_done(
    city: City, desk: NoticeDesk, mail_server: MailServer
) -> None:
    booked = Booked(city, 22)
    path = booked.link(desk, mail_server)
    hasty = City(city.database_url, city.redis_url, city.secrets_dir.parent)
    with (
        hasty.gateway(gateway_id="g1", reply_wait_s=0.05),
        httpx2.Client(base_url=hasty.url, headers={"Accept-Language": "en"}, timeout=60) as http,
        city.undecided(),
    ):
        answer = http.post(path, data=ONE_CLICK)
    assert answer.status_code == 503
    assert i18n.text("unsubscribe.undecided", "en") in answer.text
    assert "<form" in answer.text
    until(lambda: not booked.wants_reminders)
