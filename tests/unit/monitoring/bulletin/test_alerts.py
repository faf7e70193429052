"""What follows from Alertmanager's messages, with a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest

from monitoring.bulletin.alerts import (
    HEARD_WITHIN,
    KEPT_FOR,
    OVER_WORDS,
    PUBLIC_WORDS,
    QUIET_FOR,
    Alert,
    Group,
    Message,
    Taken,
    kept,
    settled,
    take,
)
from monitoring.bulletin.incidents import TEXT_LENGTH_MAX, Incident, opened, resolved, updated
from monitoring.bulletin.notices import due

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF = 30 * MINUTE
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
NO_LEADER = {"alertname": "NoLeader", "severity": "page"}
PUBLIC = {"public_ja": "確定できません。", "public_en": "No booking can be confirmed."}


def message(
    status: Literal["firing", "resolved"] = "firing",
    annotations: dict[str, str] | None = None,
    **labels: str,
) -> Message:
    labels = {**NO_LEADER, **labels}
    alert = Alert(status, labels, PUBLIC if annotations is None else annotations, NOW)
    return Message(labels["alertname"], status, (alert,))


@dataclass
class City:
    """Groups and incidents as they become, message by message."""

    groups: dict[str, Group] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)

    def hears(self, one: Message, at: datetime = NOW) -> Taken:
        taken = take(self.groups, list(self.incidents.values()), one, at)
        self.groups = dict(taken.groups)
        if taken.incident is not None:
            self.incidents[taken.incident.incident_id] = taken.incident
        return taken

    def settles(self, at: datetime, since: datetime = NOW) -> list[str]:
        over = settled(self.groups, list(self.incidents.values()), at, since)
        self.incidents |= {one.incident_id: one for one in over}
        return [one.incident_id for one in over]

    @property
    def only(self) -> Incident:
        (one,) = self.incidents.values()
        return one


def test_page_opens_an_incident_with_the_words_of_its_rule() -> None:
    city = City()
    taken = city.hears(message())
    assert (taken.kind, taken.is_said) == ("alert", True)
    assert city.only.alert == "NoLeader"
    assert city.only.latest.words == {"ja": PUBLIC["public_ja"], "en": PUBLIC["public_en"]}
    assert city.only.latest.next_at == NOW + HALF
    assert city.only.is_machines


@pytest.mark.parametrize("words", ["", " ", "x" * (TEXT_LENGTH_MAX + 1)])
def test_page_without_words_for_the_public_says_little(words: str) -> None:
    city = City()
    city.hears(message(annotations={"public_ja": "確認中です。", "public_en": words}))
    assert city.only.latest.words == PUBLIC_WORDS


def test_ticket_and_page_that_says_no_open_nothing() -> None:
    city = City()
    assert city.hears(message(severity="ticket")).incident is None
    assert city.hears(message(alertname="SignInAttack", incident="no")).kind == "alert"
    assert city.incidents == {}


def test_repeated_message_says_nothing_new_and_opens_nothing() -> None:
    city = City()
    city.hears(message())
    again = city.hears(message(), NOW + HALF)
    assert (again.kind, again.is_said) == ("alert_again", False)
    assert again.incident == city.only
    assert len(city.only.entries) == 1


def test_end_is_told_at_once_and_the_incident_is_resolved_when_it_stays_quiet() -> None:
    city = City()
    city.hears(message())
    assert city.settles(NOW + HALF) == []
    over = city.hears(message("resolved"), NOW + HALF)
    assert (over.kind, over.is_said, over.incident) == ("alert_over", False, city.only)
    assert city.settles(NOW + HALF + QUIET_FOR - MINUTE) == []
    assert city.settles(NOW + HALF + QUIET_FOR) == [city.only.incident_id]
    assert city.only.latest.words == OVER_WORDS
    assert city.only.is_machines
    assert city.settles(NOW + 2 * HALF) == []


def test_alert_that_comes_and_goes_keeps_its_one_incident() -> None:
    city = City()
    for minute in range(0, 60, 2):
        assert city.hears(message(), NOW + minute * MINUTE).kind == "alert"
        assert city.hears(message("resolved"), NOW + (minute + 1) * MINUTE).kind == "alert_over"
        assert city.settles(NOW + (minute + 1) * MINUTE) == []
    assert len(city.only.entries) == 1
    city.settles(NOW + 60 * MINUTE + QUIET_FOR)
    city.hears(message(), NOW + 90 * MINUTE)
    assert sorted(city.incidents) == ["20210820-1", "20210820-2"]


def test_one_outage_with_many_alerts_is_one_incident_that_ends_with_the_last() -> None:
    city = City()
    city.hears(message())
    other = {"public_ja": "入れません。", "public_en": "Nobody can come in."}
    joined = city.hears(message(alertname="RedisAway", annotations=other), NOW + MINUTE)
    assert joined.is_said
    assert [entry.stage for entry in city.only.entries] == ["opened", "updated"]
    assert city.only.is_machines
    same = city.hears(message(alertname="RoomSilent"), NOW + MINUTE)
    assert not same.is_said
    for name in ("NoLeader", "RedisAway"):
        city.hears(message("resolved", alertname=name), NOW + 2 * MINUTE)
    assert city.settles(NOW + HALF) == []
    city.hears(message("resolved", alertname="RoomSilent"), NOW + HALF)
    assert city.settles(NOW + HALF + QUIET_FOR) == [city.only.incident_id]


def test_incident_of_which_a_person_has_spoken_is_left_to_people() -> None:
    city = City()
    city.hears(message())
    taken_over = updated(city.only, WORDS, NOW + MINUTE, HALF)
    city.incidents[taken_over.incident_id] = taken_over
    other = {"public_ja": "入れません。", "public_en": "Nobody can come in."}
    city.hears(message("resolved"), NOW + 2 * MINUTE)
    back = city.hears(message(annotations=other), NOW + 3 * MINUTE)
    assert (back.incident, back.is_said) == (taken_over, False)
    city.hears(message("resolved"), NOW + 4 * MINUTE)
    assert city.settles(NOW + HALF) == []


def test_page_beside_an_incident_of_people_has_its_own() -> None:
    city = City()
    theirs = opened([], WORDS, NOW, HALF)
    city.incidents[theirs.incident_id] = theirs
    taken = city.hears(message())
    assert taken.incident is not None
    assert taken.incident.incident_id == "20210820-2"


def test_page_that_begins_anew_after_people_resolved_its_incident_opens_another() -> None:
    city = City()
    city.hears(message())
    city.incidents["20210820-1"] = resolved(city.only, WORDS, NOW + MINUTE)
    still = city.hears(message(), NOW + HALF)
    assert (still.kind, still.is_said) == ("alert_again", False)
    city.hears(message("resolved"), NOW + HALF)
    city.hears(message(), NOW + 2 * HALF)
    assert sorted(city.incidents) == ["20210820-1", "20210820-2"]


def test_page_of_which_nothing_was_heard_for_long_is_over() -> None:
    city = City()
    city.hears(message())
    later = NOW + HEARD_WITHIN + MINUTE
    assert city.settles(later, since=later) == []
    assert city.settles(later) == [city.only.incident_id]


def test_incident_whose_alert_is_not_known_any_more_is_left_to_people() -> None:
    city = City()
    city.hears(message())
    city.groups = {}
    assert city.settles(NOW + timedelta(days=2)) == []
    assert city.hears(message(), NOW + HALF).incident == city.only


def test_groups_that_have_ended_are_forgotten_after_a_day() -> None:
    fires, over = Group(fires=True, heard_at=NOW), Group(fires=False, heard_at=NOW)
    assert kept({"a": fires, "b": over}, NOW + KEPT_FOR - MINUTE) == {"a": fires, "b": over}
    assert kept({"a": fires, "b": over}, NOW + KEPT_FOR) == {"a": fires}


def test_of_what_the_machine_says_only_the_end_is_a_notice_of_its_own() -> None:
    city = City()
    city.hears(message())
    assert due([city.only], [], NOW + MINUTE, set()) == []
    assert [one.kind for one in due([city.only], [], NOW + HALF + MINUTE, set())] == ["overdue"]
    city.hears(message("resolved"), NOW + MINUTE)
    city.settles(NOW + HALF)
    assert [one.kind for one in due([city.only], [], NOW + HALF, set())] == ["resolved"]


def test_message_is_read_as_alertmanager_sends_it() -> None:
    raw = b"""{"receiver": "herald", "status": "firing", "version": "4", "truncatedAlerts": 0,
      "groupKey": "{}/{severity=\\"page\\"}:{alertname=\\"NoLeader\\"}",
      "groupLabels": {"alertname": "NoLeader"}, "commonLabels": {}, "commonAnnotations": {},
      "externalURL": "http://a:9093", "alerts": [
       {"status": "resolved", "labels": {"alertname": "NoLeader", "instance": "a"},
        "annotations": {}, "startsAt": "2021-08-20T00:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://p:9090", "fingerprint": "f"},
       {"status": "firing", "labels": {"alertname": "NoLeader", "instance": "b"},
        "annotations": {}, "startsAt": "2021-08-20T09:00:00+09:00",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://p:9090", "fingerprint": "g"}]}"""
    read = msgspec.json.decode(raw, type=Message)
    assert read.name == "NoLeader"
    assert [one.labels["instance"] for one in read.shown] == ["b"]
    assert read.shown[0].starts_at == NOW
    assert Message("key", "firing", ()).name == ""
