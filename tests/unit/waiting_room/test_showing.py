from __future__ import annotations

import math

import msgspec
from prometheus_client import REGISTRY

from tests.unit.waiting_room.test_status import moment
from waiting_room.facts import LineFacts
from waiting_room.outlook import Eta, Outlook
from waiting_room.plans import PROBE_CAMPAIGN
from waiting_room.readings import Pulse
from waiting_room.showing import outlook_people, show
from waiting_room.status import Moment, Status, Told, status_of

PULSE = Pulse(age_s=0.3, commit_s=0.0, requests=7, now=1_000.0)


def status(told: Moment, outlook: Outlook | None = None) -> Status:
    document = status_of(told, 1_000.0, Told(eta=(Eta(50, 10, 20), Eta(300, 60, 120))))
    return document if outlook is None else msgspec.structs.replace(document, outlook=outlook)


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"seiriken_{name}", labels)


def test_those_who_wait_are_counted_by_what_they_are_told() -> None:
    told = status(moment(), Outlook(250, 320, 200))
    assert told.waiting == 300
    assert outlook_people(told) == {"likely": 150, "borderline": 70, "unlikely": 80}


def test_places_that_were_called_already_are_nobodys_chance() -> None:
    assert outlook_people(status(moment(), Outlook(20, 90, 0))) == {
        "likely": 0,
        "borderline": 0,
        "unlikely": 300,
    }


def test_what_is_not_known_is_counted_as_unknown() -> None:
    assert outlook_people(status(moment(), Outlook(None, None, None))) == {"unknown": 300}


def test_the_release_shown_now_is_the_one_that_is_measured() -> None:
    one = msgspec.structs.replace(moment(), held_by="calling_speed", desk_waiting=4)
    show([(one, status(one))], "spring", PULSE, 1_002.5)
    assert shown("waiting_people") == 300
    assert shown("inside_people") == 30
    assert shown("desk_waiting_people") == 4
    assert shown("serving_place") == 100
    assert shown("inbox_requests") == 7
    assert shown("inbox_oldest_age_seconds") == 0.3
    assert shown("clock_skew_seconds", against="redis") == 2.5
    assert shown("release_state", state="open") == 1
    assert shown("release_state", state="lobby") == 0
    assert shown("admission_held_by_state", held_by="calling_speed") == 1
    assert shown("admission_held_by_state", held_by="nobody_waits") == 0
    assert (shown("told_wait_seconds", bound="low"), shown("told_wait_seconds", bound="high")) == (
        60,
        120,
    )


def test_a_wait_that_is_not_known_is_not_shown_as_none_at_all() -> None:
    show([(moment(), status_of(moment(), 1_000.0))], "spring", PULSE, 1_000.0)
    assert math.isnan(shown("told_wait_seconds", bound="high") or 0.0)
    nobody = moment(facts=LineFacts(next_index=100, lobby_count=100, serving=100))
    show([(nobody, status_of(nobody, 1_000.0))], "spring", PULSE, 1_000.0)
    assert shown("told_wait_seconds", bound="high") == 0


def test_the_synthetic_resident_is_not_counted() -> None:
    one = moment()
    probes = msgspec.structs.replace(one.plan, release_id="probe", campaign_id=PROBE_CAMPAIGN)
    other = msgspec.structs.replace(one, plan=probes, desk_waiting=9)
    show([(one, status(one)), (other, status(other))], "spring", PULSE, 1_000.0)
    assert shown("waiting_people") == 300
    assert shown("inside_people") == 30
    assert shown("desk_waiting_people") == one.desk_waiting
