"""The keeper as a Celery worker, with a queue of its own so that no mail waits for a backup.

    celery -A seiriken.backup.jobs worker --pool=solo

Each minute beat (`allocator.jobs`) orders `keep_backups`; whether anything is due is decided
here (`schedule`). So a night that was missed, or an order that Redis lost, is made up for.
Beside it the tables are audited (`seiriken.audit_watch`): the keeper may read all of them.
An order is acknowledged when it arrives: a backup may outlast any time-out of the broker's, and
the next order follows in a minute.
"""

from __future__ import annotations

import os
import sys
from functools import cache, partial
from typing import Any

from celery import Celery, signals
from kombu import Queue

from allocator.audit import audit
from allocator.jobs_settings import BACKUPS_QUEUE, KEEP_BACKUPS, broker_url
from allocator.worker_watch import end_this_worker
from monitoring.errors import MonitoringError
from monitoring.internal import InternalServer, serve_internal
from monitoring.logs import configure
from monitoring.settings import load
from seiriken.audit_watch import AuditWatch
from seiriken.backup.engine import Engine
from seiriken.backup.keeper import Keeper, KeeperWatch
from seiriken.backup.pgbackrest import PgBackRest
from seiriken.backup.programs import programs
from seiriken.backup.receiving import Receiver
from seiriken.backup.repository import Repository
from seiriken.backup.sealing import read_key
from seiriken.backup.settings import KeeperSettings
from seiriken.backup.taking import Source
from seiriken.backup.wheel import Wheel
from seiriken.errors import CommandError

app = Celery("keeper")


def configuration(settings: KeeperSettings) -> dict[str, Any]:
    """Return how Celery works here."""
    return {
        "broker_url": broker_url(settings.redis_url),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "global_keyprefix": "jobs:",
            "socket_timeout": 10.0,
            "socket_connect_timeout": 5.0,
        },
        "task_default_queue": BACKUPS_QUEUE,
        "task_queues": (Queue(BACKUPS_QUEUE),),
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "enable_utc": True,
        "timezone": "UTC",
    }


def engine_of(settings: KeeperSettings) -> Engine:
    """Return what copies the server. Raises `CommandError` if it is not here."""
    tools = programs(settings.postgres_bin)
    if settings.engine == "wheel":
        return Wheel(tools)
    assert settings.pgbackrest_config is not None, "the settings ask for it"
    return PgBackRest(settings.pgbackrest_config, tools, settings.database_url)


class _Process:
    """What this process consists of, made once."""

    def __init__(self, settings: KeeperSettings) -> None:
        repository = Repository(settings.dir, read_key(settings.key_file))
        engine = engine_of(settings)
        self.settings = settings
        self.keeper = Keeper(
            repository,
            Source(settings.database_url, settings.house_dirs),
            engine,
            settings.schedule,
            keep=settings.keep,
            work_dir=settings.spool_dir,
        )
        receiver = None
        if engine.has_wal_here:
            spool_dir = settings.spool_dir / "wal"
            receiver = Receiver(settings.database_url, repository, spool_dir, engine.tools)
        self.watch = KeeperWatch(
            self.keeper,
            repository,
            receiver,
            broker_answers=self._broker_answers,
            stuck=end_this_worker,
        )
        self.audits = AuditWatch(partial(audit, settings.database_url))
        self.server: InternalServer | None = None

    def begin(self) -> None:
        """Begin to receive WAL and to show how it stands; Redis is not needed for that."""
        os.nice(self.settings.niceness)
        self.watch.start()
        self.audits.start()
        self.server = serve_internal(
            self.settings.internal_port, self.watch.ready, self.settings.internal_host
        )

    def end(self) -> None:
        """End both."""
        if self.server is not None:
            self.server.close()
            self.watch.close()
            self.audits.close()

    def _broker_answers(self) -> bool:
        from redis import Redis, RedisError

        try:
            with Redis.from_url(self.settings.redis_url, socket_timeout=1.0) as redis:
                return bool(redis.ping())
        except RedisError:
            return False


@cache
def _settings() -> KeeperSettings:
    try:
        return load(KeeperSettings)
    except MonitoringError as error:
        raise _ending(error) from None


@cache
def _process() -> _Process:
    try:
        return _Process(_settings())
    except CommandError as error:
        raise _ending(error) from None


def _ending(error: Exception) -> SystemExit:
    sys.stderr.write(f"keeper: {error}\n")
    return SystemExit(2)


app.add_defaults(lambda: configuration(_settings()))


@app.task(name=KEEP_BACKUPS)
def keep_backups() -> str:
    """Make the backup or the drill that is due, if any; return which."""
    _process().watch.note_begun()
    try:
        return _process().keeper.work()
    finally:
        _process().watch.note_ended()


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    """Log as all our processes do; with a receiver here, Celery sets up nothing itself."""
    configure("keeper")


@signals.celeryd_init.connect
def _begin(**_: object) -> None:
    configure("keeper")
    _process().begin()


@signals.worker_shutdown.connect
def _end(**_: object) -> None:
    _process().end()
