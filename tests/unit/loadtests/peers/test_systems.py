"""The files and settings that each system is given."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from loadtests.peers.doors.pretix import is_sold_out
from loadtests.peers.scene import scene_of
from loadtests.peers.systems.pretix import configuration
from loadtests.peers.systems.seiriken import release_document, roster_csv
from loadtests.peers.systems.site import scene_json
from loadtests.peers.systems.stage import workers

NOW = datetime(2030, 9, 4, 15, 30, tzinfo=timezone(timedelta(hours=9)))
SCENE = scene_of(100, NOW)


def test_the_release_has_the_slots_and_seats_of_the_scene() -> None:
    plan = read_release_file(json.dumps(release_document(SCENE, "none")).encode())
    assert isinstance(plan, ReleasePlan)
    seats = {
        (slot.starts_at, dose): capacity
        for slot in plan.slots
        for dose, capacity in enumerate(slot.capacities, start=1)
        if capacity
    }
    wanted = {(slot.starts_at, 1): slot.capacity for slot in SCENE.slots}
    wanted |= {(slot.second_starts_at, 2): slot.capacity for slot in SCENE.slots}
    assert seats == wanted


def test_the_roster_has_everybody() -> None:
    lines = roster_csv(SCENE).splitlines()
    assert len(lines) == 1 + len(SCENE.everybody)
    first = SCENE.everybody[0]
    assert lines[1] == f"122319,{first.ticket_number},{first.birth_date.isoformat()}"


def test_the_site_is_filled_with_the_same_people_and_slots() -> None:
    document = json.loads(scene_json(SCENE))
    assert [one["ticket_number"] for one in document["people"]] == [
        one.ticket_number for one in SCENE.everybody
    ]
    assert [one["capacity"] for one in document["slots"]] == [one.capacity for one in SCENE.slots]


def test_pretix_is_given_the_servers_of_all() -> None:
    url = "postgresql://owner:pass@/name?host=/run/pg"
    sections = configuration(url, Path("/run/redis.sock"), Path("/run/data"), 8_000)
    assert sections["database"] == {
        "backend": "postgresql",
        "name": "name",
        "user": "owner",
        "password": "pass",
        "host": "/run/pg",
    }
    assert sections["redis"]["location"] == "unix:///run/redis.sock?db=0"
    assert sections["celery"]["broker"] == "redis+socket:///run/redis.sock?virtual_host=1"


def test_only_a_want_of_quota_counts_as_sold_out() -> None:
    full = {"positions": [{"item": ["There is not enough quota available"]}, {}]}
    used = {"positions": [{"voucher": ["The voucher has already been used"]}]}
    assert is_sold_out(full)
    assert not is_sold_out(used)
    assert not is_sold_out({"positions": [{}, {}]})
    assert not is_sold_out({"email": ["wrong"]})
    assert not is_sold_out(None)


def test_two_cores_are_given_five_workers() -> None:
    assert workers(2) == 5
