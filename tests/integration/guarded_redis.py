"""A Redis with the users of compose.yaml, as `make secrets` makes them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from seiriken.embedded_redis import program
from seiriken.processes import free_ports
from tests.waiting import until

ROOT = Path(__file__).parents[2]
MAKE_SECRETS = ROOT / "deploy" / "container" / "make-secrets.sh"
USERS = ("gateway", "staff", "allocator", "room", "jobs", "backup", "herald", "tools")
OWNER = "owner"
"""Who may do all: a user of the test's own, to look into everything."""


@dataclass(frozen=True)
class GuardedRedis:
    """The running server; `reads_only` tells whether it knows keys that may be read only."""

    port: int
    data_dir: Path
    passwords: dict[str, str]
    reads_only: bool

    def url(self, user: str) -> str:
        """Return the URL by which a user reaches it."""
        return f"redis://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/0"

    def refusals(self) -> list[str]:
        """Return what was refused to whom since the last look."""
        with Redis.from_url(self.url(OWNER), decode_responses=True, protocol=2) as redis:
            log = redis.acl_log()
            redis.acl_log_reset()
        return [f"{one['username']}: {one['reason']} {one['object']}" for one in log]


@contextmanager
def guarded_redis(folder: Path) -> Iterator[GuardedRedis]:
    """Make the secrets and run a server with them, for the length of a block."""
    secrets, data = folder / "secrets", folder / "data"
    data.mkdir(parents=True)
    subprocess.run(["sh", MAKE_SECRETS, secrets], check=True, capture_output=True)
    passwords = {user: (secrets / f"redis_{user}.password").read_text() for user in USERS}
    passwords[OWNER] = "owner-password"
    version = subprocess.run([program(), "--version"], check=True, capture_output=True, text=True)
    found = re.search(r"v=(\d+)", version.stdout)
    assert found is not None
    reads_only = int(found[1]) >= 7
    text = (secrets / "redis.acl").read_text()
    if not reads_only:
        # Redis 6.2 knows neither this nor the commands of some subcommands.
        text = re.sub(r"user exporter .*\n", "", text.replace("%R~", "~"))
    acl = data / "users.acl"
    acl.write_text(f"{text}user {OWNER} on >{passwords[OWNER]} ~* &* +@all\n")
    (port,) = free_ports(1)
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--save", ""]
    settings += ["--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--rdbcompression", "no"]
    command = [str(program()), *settings, "--aclfile", str(acl), "--maxmemory-policy", "noeviction"]
    log = data / "redis.log"
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, env=_quiet()) as process:
        server = GuardedRedis(port, data, passwords, reads_only)
        try:
            until(lambda: _answers(server))
            yield server
        finally:
            process.terminate()


def _quiet() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "REDIS_URL"}


def _answers(server: GuardedRedis) -> bool:
    try:
        with Redis.from_url(server.url(OWNER), protocol=2) as redis:
            return bool(redis.ping())
    except RedisError:
        return False
