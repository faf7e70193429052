"""News and codes while a great batch of reminders goes out (`python -m loadtests.bench`).

Two of the city's own workers and beat send mails to a mail server on this machine (aiosmtpd, which
throws them away). Twice a second somebody's booking is confirmed, every two seconds somebody asks
for a code, and once 2,000 bookings are confirmed at once: first while nothing else waits, then
while the reminders go out, then with a mail server that takes 100 a second. Each time is the
database's: from the transaction that made a message to the one that has it sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import psycopg

from allocator.migrate import create_login_roles, role_url
from allocator.release_store import Loaded, load_release
from allocator.sealing import Contact, seal_contact
from loadtests.bench.errors import BenchStopped
from loadtests.bench.figures import Row, Target, row_of
from loadtests.bench.options import Options
from loadtests.bench.processes import LOOPBACK, free_port, is_answered, running_python
from loadtests.bench.releases import now, plan_of
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress
from loadtests.bench.statements import statement
from loadtests.bench.waiting import until
from monitoring.secrets import read_secret

SECTION = "11 messages"
SLOTS = 1_000
SEATS_PER_SLOT = 10_000
WORKERS = 2
NEWS_EVERY_S = 0.5
CODES_EVERY_S = 2.0
MAIL_PER_S = 100
PASSWORD = "jobs-password"  # noqa: S105, of a role that lives for minutes

_CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
_SENT_S_MAX = 3_600.0
_CODE_P99_S = Target("at most", 10)
_BURST_GROWTH = Target("at most", 1.5)
_SINK = ("-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l")
_ALONE = ("--loglevel=WARNING", "--without-gossip", "--without-mingle")
_CELERY = ("-m", "celery", "--quiet", "-A", "allocator.jobs")


@dataclass
class Told:
    """How long messages waited, in seconds: news of everyday, codes, and 2,000 at once."""

    news_s: list[float] = field(default_factory=list)
    codes_s: list[float] = field(default_factory=list)
    burst_s: float = 0.0


class Mailing:
    """A database with bookings, whose worker and beat run."""

    def __init__(self, servers: Servers, options: Options) -> None:
        self._servers = servers
        self._options = options
        self._database = servers.migrated_database()
        url = servers.postgres.url(self._database)
        if not isinstance(load_release(url, plan_of(SLOTS, SEATS_PER_SLOT)), Loaded):
            raise BenchStopped("the release was refused")
        self._connection = psycopg.connect(url, autocommit=True)
        self._slots = self._connection.execute(statement("reminded_slots")).fetchall()
        # They have turned reminders off: they are told news alone.
        self._told = self.book(options.burst, reminders=False)

    def book(self, count: int, *, reminders: bool) -> list[UUID]:
        """Put bookings in, made three weeks ago, of doses that are a few days away."""
        key = read_secret(self._servers.secrets_dir, "contact.key")
        booked_at = now() - timedelta(days=20)
        made = [uuid4() for _ in range(count)]
        with (
            self._connection.cursor() as cursor,
            cursor.copy(statement("reminded_bookings_filled")) as copy,
        ):
            for number, booking_id in enumerate(made):
                one, one_day, two, two_day = self._slots[number % len(self._slots)]
                contact = seal_contact(key, _CONTACT, booking_id)
                person, shown = booking_id.bytes, booking_id.hex[:12]
                named = (booking_id, shown, person, "campaign", "bench", "vaccine")
                held = (one, one_day, two, two_day, 19, 42, "booked")
                copy.write_row((*named, *held, contact, "ja", booked_at, reminders))
        self._connection.execute("ANALYZE booking")
        return made

    @contextmanager
    def running(self, **settings: str) -> Iterator[None]:
        """Run mail server, workers and beat for the length of a block."""
        servers, mail_port = self._servers, free_port()
        url = servers.postgres.url(self._database)
        create_login_roles(url, {"jobs": PASSWORD})
        environment = {
            "JOBS_DATABASE_URL": role_url(url, "jobs", PASSWORD),
            "JOBS_REDIS_URL": servers.redis_url,
            "JOBS_SECRETS_DIR": str(servers.secrets_dir),
            "JOBS_PUBLIC_URL": "https://yoyaku.inzai.example",
            "JOBS_SMTP_URL": f"smtp://{LOOPBACK}:{mail_port}",
            "JOBS_REMIND_EVERY_S": "20",
            **settings,
        }
        logs = servers.folder
        schedule = f"--schedule={logs / f'{self._database}.schedule'}"
        beat = (*_CELERY, "beat", schedule, "--loglevel=WARNING")
        sink = (*_SINK, f"{LOOPBACK}:{mail_port}")
        with ExitStack() as stack:
            stack.enter_context(running_python(sink, {}, logs / "sink.log"))
            stack.enter_context(running_python(beat, environment, logs / "beat.log"))
            for number in range(WORKERS):
                stack.enter_context(self._worker(number, environment))
            yield

    @contextmanager
    def _worker(self, number: int, environment: Mapping[str, str]) -> Iterator[None]:
        port, log = free_port(), self._servers.folder / f"worker_{number}.log"
        command = (*_CELERY, "worker", f"--hostname=worker{number}@bench", *_ALONE)
        with running_python(command, {**environment, "JOBS_INTERNAL_PORT": str(port)}, log):
            until("the worker is ready", lambda: is_answered(port, "/readyz"), 60)
            yield

    def tell(self, for_s: float) -> Told:
        """Tell somebody something all the time, then 2,000 people at once; wait for all."""
        told = Told()
        news, codes = self._everyday(for_s)
        burst = self._put("news_made", bookings=self._told)
        told.news_s, told.codes_s = self._waits(news), self._waits(codes)
        told.burst_s = max(self._waits(burst))
        return told

    def reminders(self) -> tuple[int, int, float]:
        """Return how many were made and sent, and in how many seconds."""
        made, sent, took_s = self._row("reminders_counted")
        return int(made), int(sent), float(took_s)

    def close(self) -> None:
        """Remove the database."""
        self._connection.close()
        self._servers.drop(self._database)

    def _everyday(self, for_s: float) -> tuple[list[int], list[int]]:
        news: list[int] = []
        codes: list[int] = []
        began_s = time.monotonic()
        while (passed_s := time.monotonic() - began_s) < for_s:
            booking = self._told[len(news) % len(self._told)]
            news += self._put("news_made", bookings=[booking])
            if passed_s >= len(codes) * CODES_EVERY_S:
                codes += self._put("code_made", booking=booking)
            time.sleep(NEWS_EVERY_S)
        return news, codes

    def _put(self, name: str, **named: Any) -> list[int]:
        return [int(row[0]) for row in self._connection.execute(statement(name), named)]

    def _waits(self, messages: Sequence[int]) -> list[float]:
        """Return how long they waited, once all of them are sent."""

        def all_told() -> list[float]:
            asked = {"messages": list(messages)}
            rows = self._connection.execute(statement("waited"), asked).fetchall()
            found = [row[0] for row in rows if row[0] is not None]
            return found if len(found) == len(messages) else []

        return until("messages are sent", all_told, _SENT_S_MAX, look_every_s=0.2)

    def _row(self, name: str) -> tuple[Any, ...]:
        row = self._connection.execute(statement(name)).fetchone()
        assert row is not None, "an aggregate has one row"
        return row


def measure_messages(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Section 11: what reminders cost those who are told news or a code meanwhile."""
    reminders = max(300, int(options.reminders * options.surge_scale))
    servers.settle()
    mailing = Mailing(servers, options)
    try:
        with mailing.running():
            progress.say("messages: nothing else waits")
            alone = mailing.tell(options.tell_s)
            progress.say(f"messages: {reminders:,} reminders go out")
            mailing.book(reminders, reminders=True)
            until("reminders are made", lambda: mailing.reminders()[0] > 0, 60)
            beside = mailing.tell(options.tell_s)
            until(
                "reminders are sent", lambda: mailing.reminders()[1] >= reminders, _SENT_S_MAX, 1.0
            )
            _, sent, took_s = mailing.reminders()
        with mailing.running(JOBS_MAIL_PER_S=str(MAIL_PER_S)):
            progress.say(f"messages: the mail server takes {MAIL_PER_S} a second")
            mailing.book(int(MAIL_PER_S * options.tell_s * 2), reminders=True)
            until("more are made", lambda: mailing.reminders()[0] > reminders, 60)
            limited = mailing.tell(options.tell_s)
    finally:
        mailing.close()
    return [
        _row("reminders sent", "messages", sent),
        _row(f"reminders a second, {WORKERS} workers", "messages/s", sent / took_s),
        _row("all of them sent within", "s", took_s),
        *_waits_of("nothing else waits", alone),
        *_waits_of("while reminders go out", beside),
        _row(
            *(f"{options.burst:,} confirmations at once, with / without reminders", "x"),
            *(beside.burst_s / alone.burst_s, _BURST_GROWTH),
        ),
        *_waits_of(f"reminders, and a server that takes {MAIL_PER_S} a second", limited),
    ]


def _waits_of(when: str, told: Told) -> list[Row]:
    return [
        _row(f"confirmation, p50; {when}", "s", quantiles(told.news_s, n=100)[49]),
        _row(f"confirmation, p99; {when}", "s", quantiles(told.news_s, n=100)[98]),
        _row(f"code, longest; {when}", "s", max(told.codes_s), _CODE_P99_S),
        _row(f"confirmations at once, the last one; {when}", "s", told.burst_s),
    ]


def _row(what: str, unit: str, figure: float, target: Target | None = None) -> Row:
    return row_of(SECTION, what, unit, [figure], target=target)
