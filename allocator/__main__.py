"""Start the allocator: `python -m allocator`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from types import FrameType

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from allocator.commits import ThreadedCommits
from allocator.errors import StoreContradicts
from allocator.intake import Intake
from allocator.model import SITE_TIMEZONE
from allocator.publish import Publisher
from allocator.settings import AllocatorSettings
from allocator.store import Store
from allocator.writer import Writer
from monitoring.errors import MonitoringError
from monitoring.internal import serve_internal
from monitoring.logs import configure, get_logger
from monitoring.secrets import read_secret
from monitoring.settings import load

log = get_logger()

SWITCH_EVERY_S = 0.0005
"""So soon a thread that waits for the interpreter gets it (CPython: 5 ms): a transaction
has several round trips, and each would else wait so long for the decisions' thread."""


def main() -> int:
    """Run until SIGTERM or SIGINT. Return the exit code: 0 stopped, 2 settings, 3 contradiction."""
    configure("allocator")
    try:
        settings = load(AllocatorSettings)
        roster_key = read_secret(settings.secrets_dir, "roster.key")
    except MonitoringError as error:
        sys.stderr.write(f"allocator: {error}\n")
        return 2
    stop = threading.Event()

    def stop_on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stop_on_signal)
    signal.signal(signal.SIGINT, stop_on_signal)
    sys.setswitchinterval(SWITCH_EVERY_S)
    with (
        running_writer(settings, roster_key, stop.wait) as writer,
        serve_internal(settings.internal_port, writer.needs, settings.internal_host),
    ):
        log.info("allocator_started")
        try:
            writer.run()
        except StoreContradicts as contradiction:
            log.error("store_contradicted", constraint=str(contradiction))
            return 3
    log.info("allocator_stopped")
    return 0


@contextmanager
def running_writer(
    settings: AllocatorSettings, roster_key: bytes, stopped: Callable[[float], bool]
) -> Iterator[Writer]:
    """Put the writer together from its parts, and take it apart in the end."""
    redis = Redis.from_url(
        settings.redis_url,
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
    )
    store = Store(settings.database_url, roster_key=roster_key)
    for_batches = Store(settings.database_url, roster_key=roster_key, pipelined=settings.pipelined)
    commits = ThreadedCommits(for_batches)
    with redis, closing(store), closing(commits):
        yield Writer(
            store,
            Intake(redis, settings.instance, settings.batch_size_max),
            Publisher(redis, store, settings.publish_every_s),
            commits,
            instance=settings.instance,
            lease_s=settings.lease_s,
            clock=lambda: datetime.now(SITE_TIMEZONE),
            stopped=stopped,
        )


if __name__ == "__main__":
    sys.exit(main())
