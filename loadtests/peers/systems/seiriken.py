"""Seiriken, started by its own command with its own defaults, on the servers of all.

Twice: asked as the others are (nobody waits, one wish a call), and as it is meant to be used
by a program: through the waiting room, with up to five wishes in one call. The command's
demo release is put off; ours is loaded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psutil

from loadtests.bench.errors import BenchStopped
from loadtests.bench.processes import counted, fetch
from loadtests.bench.waiting import until
from loadtests.city import City, CityFailed, running_city
from loadtests.peers.doors.seiriken import SeirikenDoor
from loadtests.peers.scene import (
    DAYS,
    DAYS_AHEAD,
    INTERVAL_DAYS,
    MUNICIPALITY_CODE,
    SLOT_MINUTES,
    Person,
    Scene,
)
from loadtests.peers.systems.stage import Open, Stage
from loadtests.peers.talking import TalkFailed

GATEWAYS = 2
RELEASE_ID = "peers"
_DEMO_OPENS_IN_S = 20 * 86_400
_READY_S_MAX = 120.0
_MAILERS = ("worker", "beat")
_LOOKS = 10
_NOTICES_GIVEN = (
    "seiriken_http_requests_total",
    'route="/queue/status.json",status_class="2xx"',
)


class Seiriken:
    """A city of two gateways."""

    held = "held_by_seiriken"

    def __init__(self, stage: Stage, name: str, *, queue: str, wishes_max: int) -> None:
        self.name = name
        self._stage = stage
        self._queue = queue
        self._wishes_max = wishes_max

    def prepare(self) -> None:
        """Write the roster and the release as the operators' files."""
        folder = self._stage.servers.folder
        scene = self._stage.scene
        (folder / "roster.csv").write_text(roster_csv(scene), encoding="utf-8")
        release = release_document(scene, self._queue)
        (folder / f"{self.name}.yaml").write_text(json.dumps(release), encoding="utf-8")

    @contextmanager
    def opened(self) -> Iterator[Open]:
        """Start a city with an empty database, and load roster and release."""
        servers = self._stage.servers
        database = servers.empty_database()
        url = servers.postgres.url(database)
        settings = {"DATABASE_URL": url, "REDIS_URL": servers.redis_url}
        options = ("--people", "1", "--pairs", "1", "--opens-in", str(_DEMO_OPENS_IN_S))
        try:
            with running_city(*options, "--gateways", str(GATEWAYS), settings=settings) as city:
                city.run("roster", "import", str(servers.folder / "roster.csv"))
                city.run("release", "load", str(servers.folder / f"{self.name}.yaml"))
                yield self._ready(city, url)
        except CityFailed as failed:
            raise BenchStopped(f"{self.name}: {failed}") from None
        servers.drop(database)

    def _ready(self, city: City, url: str) -> Open:
        port = int(city.url.rpartition(":")[2])
        until("the release is open", lambda: _is_open_everywhere(city, port), _READY_S_MAX)
        door = SeirikenDoor(port, self._stage.scene, self._wishes_max)
        last = self._stage.scene.everybody[-1]
        until("the roster is known", lambda: asyncio.run(_is_known(door, last)), _READY_S_MAX)
        pids = city.pids()
        supervisor = psutil.Process(pids["gateway_0"]).parent()
        assert supervisor is not None
        mailers = [psutil.Process(pid) for name, pid in pids.items() if name in _MAILERS]
        return Open(door, url, [supervisor], mailers)


def _is_open_everywhere(city: City, port: int) -> bool:
    """Say whether every gateway tells so: they share a port, and often one of them answers all."""
    gateways = [city.internal_port(f"gateway_{number}") for number in range(GATEWAYS)]
    before = [counted(gateway, *_NOTICES_GIVEN) for gateway in gateways]
    is_open = all(_is_open(port) for _ in range(_LOOKS))
    after = [counted(gateway, *_NOTICES_GIVEN) for gateway in gateways]
    return is_open and all(less < more for less, more in zip(before, after, strict=True))


def _is_open(port: int) -> bool:
    status: dict[str, Any] = json.loads(fetch(port, "/queue/status.json"))
    return bool(status["release_id"] == RELEASE_ID and status["state"] == "open")


async def _is_known(door: SeirikenDoor, person: Person) -> bool:
    visit = door.visit([])
    try:
        await visit.sign_in(person)
    except TalkFailed:
        return False
    finally:
        visit.end()
    return True


def roster_csv(scene: Scene) -> str:
    """Return the people as `seiriken roster import` reads them."""
    lines = ["municipality_code,ticket_number,birth_date"]
    lines += [
        f"{MUNICIPALITY_CODE},{person.ticket_number},{person.birth_date}"
        for person in scene.everybody
    ]
    return "\n".join(lines) + "\n"


def release_document(scene: Scene, queue: str) -> dict[str, Any]:
    """Return the slots as `seiriken release load` reads them (JSON is YAML, too)."""
    first = scene.slots[0].starts_at
    opens_at = first.replace(hour=0) - timedelta(days=DAYS_AHEAD)
    return {
        "schema": 1,
        "release": {
            "id": RELEASE_ID,
            "campaign": "peers",
            "names": {"ja": "比較", "en": "Peers"},
            "cohort": {"born_from": "1900-01-01", "born_to": "2005-01-01"},
            "lobby_at": (opens_at - timedelta(hours=1)).isoformat(),
            "opens_at": opens_at.isoformat(),
            "closes_at": first.isoformat(),
            "cut_off_hours": 24,
            "queue": queue,
        },
        "products": [
            {
                "id": "comirnaty",
                "names": {"ja": "コミナティ", "en": "Comirnaty"},
                "interval_days": {"standard": INTERVAL_DAYS, "min": 19, "max": 42},
                "doses_per_vial": 6,
                "source": "as in the made-up city of `seiriken up`",
            }
        ],
        "venues": [
            {
                "id": "gym",
                "names": {"ja": "体育館", "en": "Gymnasium"},
                "addresses": {"ja": "印西市", "en": "Inzai"},
            }
        ],
        "sessions": [session for day in range(DAYS) for session in _sessions(scene, day)],
    }


def _sessions(scene: Scene, day: int) -> Iterator[dict[str, Any]]:
    starts = len(scene.slots) // DAYS
    slots = scene.slots[day * starts : (day + 1) * starts]
    capacity = slots[0].capacity
    for first, last, seats in (
        (slots[0].starts_at, slots[-1].starts_at, (capacity, 0)),
        (slots[0].second_starts_at, slots[-1].second_starts_at, (0, capacity)),
    ):
        yield {
            "venue": "gym",
            "product": "comirnaty",
            "days": {"from": f"{first:%F}", "to": f"{first:%F}"},
            "hours": [f"{first:%H:%M}-{_end(last):%H:%M}"],
            "slot_minutes": SLOT_MINUTES,
            "capacity": {"dose_1": seats[0], "dose_2": seats[1]},
        }


def _end(starts_at: datetime) -> datetime:
    return starts_at + timedelta(minutes=SLOT_MINUTES)
