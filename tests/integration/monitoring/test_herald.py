"""The herald with a virtual clock: real files, a real web hook, a real mail server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from psutil import disk_usage

from monitoring.bulletin.contacts import Contacts, send
from monitoring.bulletin.herald import Herald
from monitoring.bulletin.incidents import opened, resolved, updated
from monitoring.bulletin.maintenance import Plan, planned
from monitoring.bulletin.record import RecordFile
from monitoring.bulletin.status_page import Frame
from tests.integration.mail_server import MailServer
from tests.integration.monitoring.web_hook import Hook

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
DAY = timedelta(days=1)
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
FRAME = Frame({"ja": "印西市", "en": "Inzai City"}, "0476-00-0000", "https://status.example")


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A running web hook."""
    with closing(Hook()) as running:
        yield running


@pytest.fixture
def published() -> list[tuple[Plan, ...]]:
    """What the herald told the rest of the system."""
    return []


@pytest.fixture
def herald(tmp_path: Path, hook: Hook, published: list[tuple[Plan, ...]]) -> Herald:
    """A herald with one contact."""
    made = _herald(tmp_path, published)
    Contacts(made.folder).add("duty", hook.url, NOW)
    return made


def _herald(folder: Path, published: list[tuple[Plan, ...]]) -> Herald:
    return Herald(folder / "bulletin", folder / "status", FRAME, send, published.append)


def test_a_city_in_which_nothing_has_happened_yet_has_no_folder_and_is_well(
    tmp_path: Path, published: list[tuple[Plan, ...]]
) -> None:
    _herald(tmp_path / "new", published).work(NOW)
    assert published == [()]


def test_incident_is_told_at_once_called_for_when_overdue_and_resolved(
    herald: Herald, hook: Hook
) -> None:
    record = RecordFile(herald.folder)
    first = opened([], WORDS, NOW, HALF)
    record.change(lambda known: (known.with_incident(first), None))
    for minute in range(0, 45, 5):
        herald.work(NOW + timedelta(minutes=minute))
    overdue = "Incident: the promised update is overdue"
    assert hook.kinds == ["Incident", overdue, overdue]
    assert "予約ができません。" in hook.taken[0]["message"]
    assert "2021年8月20日(金) 09:30" in hook.taken[0]["message"]

    later = updated(first, WORDS, NOW + timedelta(minutes=45), HALF)
    over = resolved(later, WORDS, NOW + timedelta(minutes=50))
    record.change(lambda known: (known.with_incident(over), None))
    herald.work(NOW + timedelta(minutes=50))
    herald.work(NOW + DAY)
    assert hook.kinds[3:] == ["Incident: update", "Incident: resolved"]


def test_city_that_never_had_an_incident_is_well(
    tmp_path: Path, published: list[tuple[Plan, ...]]
) -> None:
    _herald(tmp_path / "new", published).work(NOW)
    assert published == [()]


def test_contact_that_cannot_be_reached_is_tried_again_each_minute(
    herald: Herald, hook: Hook
) -> None:
    incident = opened([], WORDS, NOW, HALF)
    RecordFile(herald.folder).change(lambda known: (known.with_incident(incident), None))
    hook.answers = 503
    herald.work(NOW)
    hook.answers = 200
    herald.work(NOW + timedelta(seconds=59))
    assert hook.taken == []
    herald.work(NOW + timedelta(seconds=60))
    assert hook.kinds == ["Incident"]


def test_what_was_sent_is_not_sent_again_after_a_restart(
    herald: Herald, hook: Hook, tmp_path: Path
) -> None:
    incident = opened([], WORDS, NOW, HALF)
    RecordFile(herald.folder).change(lambda known: (known.with_incident(incident), None))
    herald.work(NOW)
    _herald(tmp_path, []).work(NOW + timedelta(minutes=1))
    assert hook.kinds == ["Incident"]


def test_who_is_added_later_is_told_of_what_comes_alone(herald: Herald, hook: Hook) -> None:
    first = opened([], WORDS, NOW, HALF)
    RecordFile(herald.folder).change(lambda known: (known.with_incident(first), None))
    herald.work(NOW)
    Contacts(herald.folder).add("new", hook.url, NOW + timedelta(minutes=1))
    herald.work(NOW + timedelta(minutes=2))
    assert len(hook.taken) == 1
    over = resolved(first, WORDS, NOW + timedelta(minutes=3))
    RecordFile(herald.folder).change(lambda known: (known.with_incident(over), None))
    herald.work(NOW + timedelta(minutes=3))
    assert hook.kinds == ["Incident", *["Incident: resolved"] * 2]


def test_downtime_is_told_of_a_week_and_a_day_before_at_its_time_and_after(
    herald: Herald, hook: Hook, published: list[tuple[Plan, ...]]
) -> None:
    begins = NOW + 10 * DAY
    plan = planned([], begins, begins + timedelta(hours=2), NOW)
    RecordFile(herald.folder).change(lambda known: (known.with_plan(plan), None))
    for hour in range(11 * 24):
        herald.work(NOW + timedelta(hours=hour))
    reminder = "Planned downtime: reminder"
    kinds = ["Planned downtime", reminder, reminder]
    assert hook.kinds == [*kinds, "Planned downtime begins", "Planned downtime is over"]
    assert published[0] == (plan,)
    assert published[-1] == ()


def test_herald_of_a_new_system_begins_with_nothing(tmp_path: Path) -> None:
    herald = _herald(tmp_path / "new", [])
    herald.work(NOW)
    assert herald.folder.stat().st_mode & 0o777 == 0o700
    assert (herald.status_folder / "en.html").exists()


def test_mail_reaches_a_contact_too(tmp_path: Path) -> None:
    with closing(MailServer()) as server:
        herald = _herald(tmp_path, [])
        port = server.server_address[1]
        url = f"mailto://127.0.0.1:{port}?from=city@inzai.example&to=duty@inzai.example"
        Contacts(herald.folder).add("duty", url, NOW)
        incident = opened([], WORDS, NOW, HALF)
        RecordFile(herald.folder).change(lambda known: (known.with_incident(incident), None))
        herald.work(NOW)
        (mail,) = server.mails
    assert server.recipients == ["duty@inzai.example"]
    assert "障害が発生しました" in str(mail["subject"])
    assert "Booking is not possible." in mail.as_string() or mail.is_multipart()


def test_status_page_is_written_when_something_changes_and_each_minute(herald: Herald) -> None:
    herald.work(NOW)
    page = herald.status_folder / "en.html"
    before = page.read_text(encoding="utf-8")
    assert "All is well" in before
    herald.work(NOW + timedelta(seconds=30))
    assert page.read_text(encoding="utf-8") == before
    incident = opened([], WORDS, NOW, HALF)
    RecordFile(herald.folder).change(lambda known: (known.with_incident(incident), None))
    herald.work(NOW + timedelta(seconds=32))
    assert "There is an incident" in page.read_text(encoding="utf-8")
    feed = herald.status_folder / "feed.atom"
    os.utime(feed, (0, 0))  # What is written twice within a tick of the kernel's has one time.
    herald.work(NOW + timedelta(seconds=92))
    assert feed.stat().st_mtime > 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in herald.status_folder.iterdir()}
    names = ("index.html", "en.html", "feed.atom", "status.css")
    assert modes == dict.fromkeys(names, 0o644)
    assert (herald.folder / "record.json").stat().st_mode & 0o777 == 0o600
    assert (herald.folder / "contacts.json").stat().st_mode & 0o777 == 0o600


def test_a_new_city_without_an_incident_has_a_page_and_its_disk_is_measured(tmp_path: Path) -> None:
    made = _herald(tmp_path / "not" / "yet", [])
    made.work(NOW)
    assert (made.status_folder / "index.html").exists()
    assert REGISTRY.get_sample_value("seiriken_disk_size_bytes") == disk_usage(str(tmp_path)).total
    free = REGISTRY.get_sample_value("seiriken_disk_free_bytes")
    assert free is not None
    assert 0 < free < disk_usage(str(tmp_path)).total
