"""Alertmanager's messages at the internal port, with a virtual clock, real files and a web hook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from monitoring import metrics
from monitoring.bulletin.alert_desk import AlertDesk
from monitoring.bulletin.alert_words import Letterhead
from monitoring.bulletin.contacts import Contacts, send
from monitoring.bulletin.heartbeat import Heartbeat
from monitoring.bulletin.herald import Herald
from monitoring.bulletin.incidents import updated
from monitoring.bulletin.record import RecordFile
from monitoring.bulletin.status_page import Frame
from monitoring.internal import (
    BODY_BYTES_MAX,
    DISCARDED_BYTES_MAX,
    InternalServer,
    Post,
    serve_internal,
)
from tests.integration.monitoring.web_hook import Hook

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CITY = {"ja": "印西市", "en": "Inzai City"}
FRAME = Frame(CITY, "0476-00-0000", "https://status.example")
TOKEN = "made-up"
BEGINS, GOES_ON, OVER = "Alert: No leader", "Alert goes on: No leader", "Alert is over: No leader"


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A running web hook."""
    with closing(Hook()) as running:
        yield running


@pytest.fixture
def herald(tmp_path: Path, hook: Hook) -> Herald:
    """A herald with one contact, to whom Alertmanager speaks."""
    Contacts(tmp_path / "bulletin").add("duty", hook.url, NOW)
    return made(tmp_path)


def made(folder: Path, at: datetime = NOW) -> Herald:
    desk = AlertDesk(folder / "bulletin", Letterhead(CITY), at, silent_after=3 * MINUTE)
    return Herald(folder / "bulletin", folder / "status", FRAME, send, lambda _: None, desk)


def desk_of(herald: Herald) -> AlertDesk:
    assert herald.desk is not None
    return herald.desk


def message(status: str = "firing", name: str = "NoLeader") -> bytes:
    alert = {
        "status": status,
        "labels": {"alertname": name, "severity": "page"},
        "annotations": {
            "title_ja": "書き手なし",
            "title_en": "No leader",
            "public_ja": "確定できません。",
            "public_en": "No booking can be confirmed.",
        },
        "startsAt": NOW.isoformat(),
    }
    return json.dumps({"groupKey": name, "status": status, "alerts": [alert]}).encode()


def watchdog() -> bytes:
    return message(name="Watchdog")


def status_page(herald: Herald) -> str:
    return (herald.status_folder / "en.html").read_text(encoding="utf-8")


def test_page_is_told_opens_an_incident_is_repeated_and_its_end_is_told(
    herald: Herald, hook: Hook
) -> None:
    desk = desk_of(herald)
    assert desk.take(watchdog(), NOW)
    assert desk.take(message(), NOW)
    herald.work(NOW)
    assert hook.kinds == [BEGINS]
    assert "公開の障害情報: 20210820-1" in hook.taken[0]["message"]
    assert "No booking can be confirmed." in status_page(herald)

    for minute in (30, 31, 60):
        desk.take(watchdog(), NOW + minute * MINUTE)
        if minute != 31:
            desk.take(message(), NOW + minute * MINUTE)
        herald.work(NOW + minute * MINUTE)
    overdue = "Incident: the promised update is overdue"
    assert hook.kinds == [BEGINS, GOES_ON, overdue, overdue, GOES_ON]

    desk.take(message("resolved"), NOW + 61 * MINUTE)
    herald.work(NOW + 61 * MINUTE)
    assert hook.kinds[5:] == [OVER]
    assert "There is an incident" in status_page(herald)
    desk.take(watchdog(), NOW + 66 * MINUTE)
    for minute in (66, 67):
        herald.work(NOW + minute * MINUTE)
    assert hook.kinds[6:] == ["Incident: resolved"]
    assert "All is well" in status_page(herald)


def test_incident_that_a_person_took_over_is_not_closed_by_the_machine(
    herald: Herald, hook: Hook
) -> None:
    desk, record = desk_of(herald), RecordFile(herald.folder)
    desk.take(message(), NOW)
    (opened,) = record.read().incidents
    words = {"ja": "調べています。", "en": "We are on it."}
    spoken = updated(opened, words, NOW, timedelta(hours=5))
    record.change(lambda known: (known.with_incident(spoken), None))
    desk.take(message("resolved"), NOW + MINUTE)
    desk.work(NOW + 60 * MINUTE)
    assert record.read().incidents == (spoken,)


def test_what_was_told_stays_so_over_a_restart_and_the_incident_is_still_the_alerts(
    herald: Herald, hook: Hook, tmp_path: Path
) -> None:
    desk_of(herald).take(message(), NOW)
    herald.work(NOW)
    again = made(tmp_path, NOW + MINUTE)
    again.work(NOW + MINUTE)
    desk_of(again).take(message("resolved"), NOW + 2 * MINUTE)
    again.work(NOW + 2 * MINUTE)
    assert hook.kinds == [BEGINS, OVER]
    again.work(NOW + 7 * MINUTE)
    assert all(one.is_resolved for one in RecordFile(herald.folder).read().incidents)


def test_message_that_was_half_kept_is_sent_again_and_opens_no_second_incident(
    herald: Herald, hook: Hook
) -> None:
    desk_of(herald).take(message(), NOW)
    (herald.folder / "alerts.json").unlink()
    desk_of(herald).take(message(), NOW + MINUTE)
    herald.work(NOW + MINUTE)
    assert hook.kinds == [BEGINS]
    assert len(RecordFile(herald.folder).read().incidents) == 1


def test_contact_that_cannot_be_reached_is_tried_again_each_minute(
    herald: Herald, hook: Hook
) -> None:
    desk_of(herald).take(message(), NOW)
    hook.answers = 503
    herald.work(NOW)
    hook.answers = 200
    herald.work(NOW + timedelta(seconds=59))
    assert hook.taken == []
    herald.work(NOW + MINUTE)
    assert hook.kinds == [BEGINS]


def test_notices_of_alerts_are_forgotten_after_a_day(herald: Herald) -> None:
    desk = desk_of(herald)
    for day in range(3):
        at = NOW + timedelta(days=day)
        desk.take(watchdog(), at)
        desk.take(message("firing" if day % 2 == 0 else "resolved"), at)
        herald.work(at)
    sent = json.loads((herald.folder / "sent.json").read_bytes())["keys"]["duty"]
    assert len([key for key in sent if key.startswith("alert/")]) == 1
    assert len(desk.read().letters) == 1


def test_silence_is_told_to_the_contacts_and_its_end(herald: Herald, hook: Hook) -> None:
    for minute in range(36):
        herald.work(NOW + minute * MINUTE)
    assert hook.kinds == ["Nobody watches"] * 2
    desk_of(herald).take(watchdog(), NOW + 36 * MINUTE)
    herald.work(NOW + 36 * MINUTE)
    assert hook.kinds[2:] == ["Monitoring is back"]


def test_outside_is_called_each_time_the_watchdog_comes_and_failures_are_counted(
    herald: Herald, hook: Hook
) -> None:
    desk = desk_of(herald)
    assert not desk.is_beat_due()
    desk.take(watchdog(), NOW + MINUTE)
    assert (desk.is_beat_due(), desk.is_beat_due()) == (True, False)
    sent, failed = metrics.HEARTBEATS.labels("sent"), metrics.HEARTBEATS.labels("failed")
    before = (sent._value.get(), failed._value.get())
    address = hook.url.replace("json://", "http://")
    Heartbeat(address).beat()
    hook.answers = 503
    Heartbeat(address).beat()
    Heartbeat("http://127.0.0.1:1/").beat()
    Heartbeat("no address").beat()
    Heartbeat("").beat()
    assert (sent._value.get() - before[0], failed._value.get() - before[1]) == (1, 3)
    assert hook.calls == 2


@contextmanager
def asked(
    server: InternalServer, path: str = "/alerts", body: bytes = message(), token: str = TOKEN
) -> Iterator[HTTPResponse]:
    """Post a body, and give the answer."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("POST", path, body, {"Authorization": f"Bearer {token}"})
        yield connection.getresponse()


@pytest.mark.parametrize(
    ("path", "token", "body", "status"),
    [
        ("/alerts", TOKEN, message(), 200),
        ("/alerts", TOKEN, b"{", 400),
        ("/alerts", TOKEN, b'{"groupKey": "a", "status": "firing", "alerts": []}', 400),
        ("/alerts", TOKEN, b"\xff", 400),
        ("/alerts", "guessed", message(), 401),
        ("/alerts", "", message(), 401),
        ("/alerts", TOKEN, b" " * (BODY_BYTES_MAX + 1), 413),
        ("/alerts", TOKEN, b" " * DISCARDED_BYTES_MAX, 413),
        ("/alerts", "guessed", b" " * DISCARDED_BYTES_MAX, 401),
        ("/elsewhere", TOKEN, message(), 404),
    ],
)
def test_only_messages_from_whom_has_the_token_are_taken(
    herald: Herald, path: str, token: str, body: bytes, status: int
) -> None:
    post = Post("/alerts", TOKEN, lambda taken: desk_of(herald).take(taken, NOW))
    with serve_internal(0, dict, post=post) as server, asked(server, path, body, token) as answer:
        assert answer.status == status
    assert len(desk_of(herald).read().letters) == (1 if status == 200 else 0)


def test_message_that_cannot_be_kept_must_be_sent_again(
    herald: Herald, capsys: pytest.CaptureFixture[str]
) -> None:
    (herald.folder / "alerts.json").mkdir()
    post = Post("/alerts", TOKEN, lambda taken: desk_of(herald).take(taken, NOW))
    with serve_internal(0, dict, post=post) as server, asked(server) as answer:
        assert answer.status == 500
    assert "post_failed" in capsys.readouterr().err
