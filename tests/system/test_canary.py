"""A thousand marked residents go through everything; then nothing shows a mark but their mails.

The city works with the Redis users of compose.yaml: whatever they were refused shows here, too.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx2
import msgspec
import psycopg
import pytest
from redis import Redis

from allocator.model import SITE_TIMEZONE
from allocator.outbox import Outbox
from allocator.release_store import Loaded, load_release
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.sealing import person_key
from tests.integration.city import FIRST_DAY, MUNICIPALITY, PROGRAM, flexible, make_plan
from tests.integration.guarded_redis import OWNER, GuardedRedis, guarded_redis
from tests.system.attackers import Device
from tests.system.marks import BORN_FROM, BORN_TO, PEOPLE_MAX, Marked, found_in
from tests.system.stack import Stack, running_stack, seiriken
from tests.waiting import until

pytestmark = pytest.mark.timeout(1800)  # The first test waits for all of them.
AT_ONCE = 8
SEATS = 12
ALL = [Marked(number) for number in range(PEOPLE_MAX)]
UNSENT = "SELECT count(*) FROM outbox WHERE done_at IS NULL"


@dataclass(frozen=True)
class Scene:
    """The city after all of them have been there."""

    stack: Stack
    redis: GuardedRedis
    ends: Mapping[str, int]
    metrics: Mapping[str, bytes]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Let them all come, once."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-canary-", dir="/tmp"))
    folder.chmod(0o711)
    with guarded_redis(folder / "redis") as redis, guarded_stack(folder / "home", redis) as stack:
        prepare(stack)
        ends = everybody_comes(stack)
        remind(stack)
        until(lambda: stack.count(UNSENT) == 0, 600)
        made = seiriken("backup", "now", "--home", str(stack.home.path))
        assert made.returncode == 0, made.stderr
        rotated = seiriken("keys", "rotate", "--home", str(stack.home.path))
        assert rotated.returncode == 0, rotated.stderr
        yield Scene(stack, redis, ends, metrics_of(stack))
    shutil.rmtree(folder)


@contextmanager
def guarded_stack(home: Path, redis: GuardedRedis) -> Iterator[Stack]:
    """Run a city whose processes each come to Redis as their own user."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REDIS_URL", redis.url("tools"))
        # All come from one address, and some type wrongly: that is no attack here.
        environment.setenv("GATEWAY_PROOF_OF_WORK", "false")
        for wait in ("REPLY_WAIT_S", "REDIS_TIMEOUT_S", "DATABASE_TIMEOUT_S"):
            environment.setenv(f"GATEWAY_{wait}", "60")
        # The one backup is that of `scene`: a drill makes and takes away files under the search.
        hours_away = datetime.now(SITE_TIMEZONE) + timedelta(hours=12)
        for plan in ("FULL_AT", "DRILL_AT"):
            environment.setenv(f"BACKUP_{plan}", f"{hours_away:%H:%M}")
        environment.setenv("BACKUP_CATCH_UP_AFTER_S", "86400")
        for user in ("gateway", "allocator", "room", "jobs", "backup", "herald"):
            environment.setenv(f"{user.upper()}_REDIS_URL", redis.url(user))
        with running_stack(home, "--people", "1") as stack:
            yield stack


def prepare(stack: Stack) -> None:
    """Load a release with places for a part of them, and the roster."""
    plan = make_plan(
        release_id="canary", campaign_id="canary", born_from=BORN_FROM, born_to=BORN_TO
    )
    slots = tuple(
        msgspec.structs.replace(
            slot,
            release_id="canary",
            capacities=tuple(SEATS if seats else 0 for seats in slot.capacities),
        )
        for slot in plan.slots
    )
    file = stack.file
    loaded = load_release(file.database_url, msgspec.structs.replace(plan, slots=slots))
    assert isinstance(loaded, Loaded)
    people = [Person(MUNICIPALITY, one.ticket, one.born) for one in ALL]
    import_people(file.database_url, read_keys(stack.home.secrets_dir), people)
    keys = read_keys(stack.home.secrets_dir)
    last = person_key(keys.identity, MUNICIPALITY, ALL[-1].ticket)
    with stack.redis() as redis:
        until(lambda: redis.hexists("roster", last), 60)
    with httpx2.Client(base_url=f"http://127.0.0.1:{file.port}", timeout=60) as http:
        until(lambda: http.get("/queue/canary/status.json").status_code == 200, 60)


def everybody_comes(stack: Stack) -> dict[str, int]:
    """Play all of them; return how many ended how."""
    ends: dict[str, int] = {}
    url = f"http://127.0.0.1:{stack.file.port}"
    with httpx2.Client(base_url=url, timeout=90) as http, ThreadPoolExecutor(AT_ONCE) as pool:
        for end in pool.map(lambda one: comes(http, one), ALL):
            ends[end] = ends.get(end, 0) + 1
    return ends


def comes(http: httpx2.Client, one: Marked) -> str:
    """Sign in (wrongly at first, some), book or stand by, look, and some change or give back."""
    device = Device(http)
    who = {"ticket_number": one.ticket, "birth_date": one.born.isoformat()}
    if one.number % 10 == 0:
        wrong = who | {"birth_date": ALL[one.number - 1].born.isoformat()}
        assert device.signs_in(wrong).status_code == 401
        # Typed into the wrong place: none of it may be kept.
        http.get(f"/{quote(one.contact['name'])}?ticket={one.ticket}", headers=PROGRAM)
    until(lambda: device.signs_in(who).status_code == 200, 120)
    until(lambda: device.enters().status_code == 200, 120)
    end = books_or_joins(device, one)
    if end == "booked" and one.number % 3 == 1:
        wish = {"doses": "both", "flexible": flexible()}
        device.call("PUT", "/api/v1/booking", wish, Idempotency_Key=str(uuid4()))
    elif end == "booked" and one.number % 3 == 2:
        device.call("DELETE", "/api/v1/booking", Idempotency_Key=str(uuid4()))
    device.me()
    page = http.get("/booking", headers={"Cookie": _cookies(device), "Accept": "text/html"})
    assert page.status_code < 500
    device.signs_out()
    return end


def books_or_joins(device: Device, one: Marked) -> str:
    """Book, or stand by when nothing is free (some); say how it ended.

    Who stands by is told when another has given a pair back meanwhile, and books again.
    """
    body = {"contact": one.contact, "flexible": flexible()}
    end = "pairs_free"
    while end == "pairs_free":
        booked = device.call("POST", "/api/v1/bookings", body, Idempotency_Key=str(uuid4()))
        end = "booked" if booked.status_code == 201 else str(booked.json().get("code"))
        if booked.status_code == 409 and one.number % 4 == 0:
            joined = device.call("POST", "/api/v1/standby", body, Idempotency_Key=str(uuid4()))
            end = "joined" if joined.status_code == 201 else str(joined.json().get("code"))
    return end


def _cookies(device: Device) -> str:
    return "; ".join(f"{name}={value}" for name, value in device.cookies.items())


def remind(stack: Stack) -> None:
    """Order the reminders of the evening before the first day."""
    evening = datetime.combine(FIRST_DAY - timedelta(days=1), datetime.min.time(), SITE_TIMEZONE)
    with closing(Outbox(stack.file.database_url, b"")) as outbox:
        assert outbox.remind(evening + timedelta(hours=19), 100) > 0


def metrics_of(stack: Stack) -> dict[str, bytes]:
    """Return what each process shows at its internal port."""
    shown = {}
    for name, port in stack.file.internal_ports.items():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            shown[name] = answer.read()
    return shown


def test_everybody_went_through(scene: Scene) -> None:
    """Or the search would prove nothing: all kinds of mail were sent, with the marks in them."""
    assert set(scene.ends) == {"booked", "joined", "no_first_dose"}, scene.ends
    assert sum(scene.ends.values()) == PEOPLE_MAX
    assert min(scene.ends.values()) > PEOPLE_MAX / 10
    kinds = "SELECT count(DISTINCT kind) FROM outbox WHERE result = 'sent'"
    assert scene.stack.count(kinds) >= 5
    mails = b"".join(path.read_bytes() for path in _files(scene.stack.home.mail_dir))
    told = sum(one.contact["email"].encode() in mails for one in ALL)
    assert told == scene.ends["booked"] + scene.ends["joined"]


def test_search_finds_each_mark_in_each_form() -> None:
    for one in (ALL[0], ALL[-1]):
        for mark in one.marks:
            plain = mark.encode()
            for form in (
                plain,
                plain.hex().encode(),
                b"x" + base64.b64encode(b"z" + plain),
                base64.urlsafe_b64encode(plain),
                quote(mark).encode(),
                "".join(f"\\u{ord(character):04x}" for character in mark).encode(),
                b'{"a": "' + plain + b'"}',
            ):
                assert found_in(b"before " + form + b" after"), (mark, form)
    assert found_in(ALL[7].born.strftime("%Y%m%d").encode())
    assert found_in(ALL[7].contact["name"].encode("utf-16-le"))
    assert found_in(b"97315 0909731 2021-08-20 18900") == []


def test_database_shows_no_mark(scene: Scene) -> None:
    """Every row of every table, then the files themselves with their WAL."""
    with psycopg.connect(scene.stack.file.database_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class "
            "JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm') "
            "AND nspname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 12
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as rows:
                content = b"".join(bytes(row) for row in rows)
            assert found_in(content) == [], table
            if table == "public.roster":
                assert content.count(b"\n") > PEOPLE_MAX
    for path in _files(scene.stack.home.postgres_dir):
        assert found_in(path.read_bytes(), as_it_is=True) == [], path


def test_ticket_numbers_are_kept_as_keyed_hashes(scene: Scene) -> None:
    key = read_keys(scene.stack.home.secrets_dir).identity
    with psycopg.connect(scene.stack.file.database_url) as connection:
        for one in ALL[::100]:
            row = connection.execute(
                "SELECT octet_length(birth_check) FROM roster WHERE person_key = %s",
                [person_key(key, MUNICIPALITY, one.ticket)],
            ).fetchone()
            assert row == (16,)


def test_redis_shows_no_mark(scene: Scene) -> None:
    """Every key and value, streams and Celery's queues among them; the dump; all ever written."""
    with Redis.from_url(scene.redis.url(OWNER), protocol=2) as redis:
        names = list(redis.scan_iter(count=1_000))
        assert any(name.startswith(b"jobs:") for name in names)
        for name in names:
            assert found_in(name) == [], name
            assert found_in(_value_of(redis, name)) == [], name
        redis.save()
    files = list(_files(scene.redis.data_dir))
    assert any(path.suffix == ".rdb" for path in files)
    assert any("aof" in path.name for path in files)
    for path in files:
        assert found_in(path.read_bytes()) == [], path


def _value_of(redis: Redis, name: bytes) -> bytes:
    read: dict[bytes, Callable[[bytes], object]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
        # Celery's own keys come and go; all that was ever in them is in the log of writes.
        b"none": lambda _: b"",
    }
    kind = redis.type(name)
    assert isinstance(kind, bytes)
    return _flat(read[kind](name))


def _flat(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"\n".join(_flat(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set):
        return b"\n".join(_flat(part) for part in value)
    return str(value).encode()


def test_logs_backups_and_all_other_files_show_no_mark(scene: Scene) -> None:
    """All that the city wrote, but for the mails themselves."""
    home = scene.stack.home
    seen = set()
    for path in _files(home.path):
        if home.mail_dir in path.parents or home.postgres_dir in path.parents:
            continue
        seen.add(path.relative_to(home.path).parts[0])
        assert found_in(path.read_bytes()) == [], path
    assert {"log", "backups", "secrets"} <= seen, seen


def test_metrics_show_no_mark(scene: Scene) -> None:
    assert set(scene.metrics) >= {"gateway_0", "gateway_1", "allocator", "waiting_room", "worker"}
    for name, shown in scene.metrics.items():
        assert b"# HELP" in shown
        assert found_in(shown) == [], name


def test_no_process_was_refused_anything_by_redis(scene: Scene) -> None:
    """The whole way was gone with one user a process (deploy/container/redis/users.txt)."""
    told = set(scene.redis.refusals())
    # A client's library tells its name at first, and goes on when it may not.
    assert {one for one in told if not one.endswith(("command client", "client|setinfo"))} == set()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
