"""Things are broken for real while Prometheus and Alertmanager run: contacts hear of it by mail.

One stack, three breaks at once: the allocator is killed and does not come back, somebody guesses
tickets, Redis is stopped. Each is told, again while it lasts, and at its end. That the figures of
rules and routes make three minutes of it at most is held by `tests/unit/test_alert_rules.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import httpx2
import pytest

from monitoring.bulletin.alert_desk import AlertDesk
from monitoring.bulletin.alert_words import Letterhead
from monitoring.bulletin.record import RecordFile
from seiriken.supervision import Supervisor
from tests.integration.mail_server import MailServer
from tests.integration.monitoring.web_hook import Hook
from tests.system.stack import Stack, running_stack, seiriken
from tests.waiting import until

TOLD_WITHIN_S = 600
"""Of a machine that may be busy with anything."""

NO_LEADER, REDIS_AWAY, ATTACK = "No allocator leads", "Redis is away", "Sign-ins fail far too often"
CONSEQUENCE = "The waiting room stands still"


class Inbox:
    """The mails that the duty officer got, by their titles, and when each came first."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def titles(self) -> list[str]:
        """Return the titles in order."""
        raw = [str(mail["subject"]) for mail in self._server.mails]
        return [str(make_header(decode_header(one))) for one in raw]

    def has(self, kind: str, what: str) -> bool:
        """Say whether a notice of that kind came."""
        return any(title.endswith(f"/ {kind}: {what}") for title in self.titles())

    def wait_for(self, kind: str, *what: str, since: float, within_s: float) -> None:
        """Return when all have come; `since` by the monotonic clock."""
        left_s = within_s - (time.monotonic() - since)
        try:
            until(lambda: all(self.has(kind, one) for one in what), left_s)
        except TimeoutError as error:
            raise AssertionError(f"{kind} of {what} is not in {self.titles()}") from error


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """The duty officer's mail server."""
    with closing(MailServer()) as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web hook that is told, too."""
    with closing(Hook()) as running:
        yield running


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that is watched, and tells again each minute."""
    monkeypatch.setenv("ALERTS_REPEAT_S", "30")
    folder = Path(tempfile.mkdtemp(prefix="seiriken-alerts-", dir="/tmp"))
    folder.chmod(0o711)
    with running_stack(folder / "home", "--people", "200", monitoring=True) as running:
        yield running
    shutil.rmtree(folder)


def add_contact(stack: Stack, name: str, url: str) -> None:
    done = seiriken("contacts", "add", name, url, "--home", str(stack.home.path))
    assert done.returncode == 0, done.stderr


def asked(stack: Stack, query: str) -> list[dict[str, Any]]:
    """Return what Prometheus answers; nothing while it does not."""
    url = f"{stack.file.watch_urls['prometheus']}/api/v1/query"
    try:
        answer = httpx2.get(url, params={"query": query}, timeout=20)
    except httpx2.TransportError:
        return []
    found: list[dict[str, Any]] = json.loads(answer.content)["data"]["result"]
    return found


def is_calm(stack: Stack) -> bool:
    """Say whether all runs and nothing is told of any more, as a start that took long was.

    A contact who is added while an alert lasts hears that it goes on, never that it began.
    """
    desk = AlertDesk(stack.home.bulletin_dir, Letterhead({}, ""), datetime.now(UTC))
    incidents = RecordFile(stack.home.bulletin_dir).read().incidents
    if any(group.fires for group in desk.read().groups.values()):
        return False
    if not all(incident.is_resolved for incident in incidents):
        return False
    no_page = '(count(ALERTS{severity="page"}) or vector(0)) == 0'
    return bool(asked(stack, f"count(up == 1) == count(up) and {no_page}"))


def guess_until(stack: Stack, is_enough: Callable[[], object]) -> None:
    """Try made-up tickets, one after the other, as an attacker would."""
    numbers = iter(range(9_000_000_000, 9_000_100_000))
    headers = {"X-Requested-With": "seiriken"}
    with httpx2.Client(base_url=stack.file.url, headers=headers, timeout=60) as client:

        def guess() -> object:
            tried = {"ticket_number": str(next(numbers)), "birth_date": "1950-01-01"}
            answer = client.post("/api/v1/sign-in", json=tried)
            # 503: for a moment the machine stood still.
            assert answer.status_code in (401, 429, 503), answer.text
            return is_enough()

        until(guess, TOLD_WITHIN_S)


@pytest.mark.timeout(3600)
def test_what_breaks_is_told_by_mail_again_and_when_it_is_over(
    watched: Stack, mail_server: MailServer, hook: Hook
) -> None:
    until(lambda: is_calm(watched), TOLD_WITHIN_S)
    port = mail_server.server_address[1]
    mail_url = f"mailto://127.0.0.1:{port}?from=city@inzai.example&to=duty@inzai.example"
    add_contact(watched, "duty", mail_url)
    add_contact(watched, "hook", hook.url)
    inbox, supervisor = Inbox(mail_server), Supervisor(watched.file.supervisor_socket)

    broken_at = time.monotonic()
    os.kill(watched.pid("allocator"), signal.SIGKILL)
    supervisor.stop_group("allocator")
    firing = 'ALERTS{alertname="SignInAttack",alertstate="firing"}'
    guess_until(watched, lambda: asked(watched, firing))
    supervisor.stop_group("redis")
    redis_stopped_at = time.monotonic()

    inbox.wait_for("Alert", NO_LEADER, ATTACK, since=broken_at, within_s=TOLD_WITHIN_S)
    inbox.wait_for("Alert", REDIS_AWAY, since=redis_stopped_at, within_s=TOLD_WITHIN_S)
    assert_one_incident_is_public(watched)
    supervisor.start_group("redis")
    inbox.wait_for("Alert goes on", NO_LEADER, since=time.monotonic(), within_s=TOLD_WITHIN_S)
    supervisor.start_group("allocator")

    over_at = time.monotonic()
    inbox.wait_for(
        "Alert is over", NO_LEADER, ATTACK, REDIS_AWAY, since=over_at, within_s=2 * TOLD_WITHIN_S
    )
    assert not [title for title in inbox.titles() if CONSEQUENCE in title], "held back"
    # Every contact is told the same; the web hook's notice may come after the mail.
    until(lambda: {notice["title"] for notice in hook.taken} == set(inbox.titles()), TOLD_WITHIN_S)
    until(lambda: asked(watched, "sum(alertmanager_notifications_failed_total) == 0"), 60)


def assert_one_incident_is_public(stack: Stack) -> None:
    """Three alerts, two of them the public's: one incident, in words that say no secret."""
    incidents = RecordFile(stack.home.bulletin_dir).read().incidents
    (incident,) = (one for one in incidents if not one.is_resolved)
    assert incident.is_machines
    page = (stack.home.status_dir / "en.html").read_text(encoding="utf-8")
    assert "There is an incident" in page
    for entry in incident.entries:
        assert entry.words["en"] in page
    assert "Redis" not in page
