"""Celery: what is done for residents after their booking is decided.

    celery -A allocator.jobs worker
    celery -A allocator.jobs beat --schedule=FILE

Rule 1: nothing on the way to a booking waits for Celery, and Celery may lose every
message it has: the outbox (PostgreSQL) is what counts.
Rule 2: a task is told an id, never what it stands for (I10), and may run twice.

Each second beat orders the relay, which hands due messages of the outbox to
`send_notice`, as many as keep the queue short: so the queue cannot grow while a mail
server is slow, and the backlog is worked off at the worker's own pace after.
Every two seconds it has what the waiting room put on record moved to PostgreSQL, by a queue
of its own, so that the relay's count of messages stays what it is. Each minute it orders what is
due of backups from the keeper, a worker of its own (`backups_every_s`).
Each second it has the codes that residents asked for put into the outbox, and every five minutes
word for those whose tickets others tried (`allocator.asked`). Codes go by a queue of their own,
filled by the task that finds them and not by the relay, whose order waits behind the news.
Every five minutes it orders reminders to be put into the outbox. They go by a queue of their
own, which is filled only while no news wait: a confirmation waits for one reminder at most,
however many there are. A few go beside news that are handed out all the same: some may come back
for days, as their provider does not take them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from celery import Celery, signals
from kombu import Queue

from allocator.errors import StoreAway
from allocator.jobs_settings import BACKUPS_QUEUE, KEEP_BACKUPS, JobsSettings
from allocator.model import SITE_TIMEZONE
from monitoring.errors import MonitoringError
from monitoring.logs import configure, get_logger
from monitoring.settings import load

if TYPE_CHECKING:
    from redis import Redis

    from allocator.notices import NoticeDesk, Result
    from allocator.outbox import Queue as OutboxQueue
    from allocator.worker_watch import WorkerProcess

QUEUE = "notices"
CODES_QUEUE = "codes"
RECORDS_QUEUE = "records"
REMINDERS_QUEUE = "reminders"
REMINDERS_MAX = 20_000
"""So many are put into the outbox at once; the others right after, by a task of their own."""

REMINDERS_BESIDE_NEWS = 10
"""So many may wait at the worker while there are news, if all of these were handed out."""

RECORDS_EVERY_S = 2.0
CODES_EVERY_S = 1.0
WARNINGS_EVERY_S = 300.0
TASK_TIME_LIMIT_S = 30
TELL_S_MAX = 22
"""So long may a message be told, whatever a provider does; the task is not killed for it, which
would forget that it was tried."""

VISIBILITY_TIMEOUT_S = 300
RELAY_EXPIRES_S = 5

log = get_logger()
app = Celery("allocator")


def configuration(settings: JobsSettings) -> dict[str, Any]:
    """Return how Celery works here.

    A task that outlives the visibility timeout would run twice, so the time limit lies
    well below it; what a killed or lost worker had is run again (acks late).
    """
    return {
        "broker_url": settings.broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "global_keyprefix": "jobs:",
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "socket_timeout": 10.0,
            "socket_connect_timeout": 5.0,
        },
        "task_default_queue": QUEUE,
        "task_queues": tuple(
            Queue(name) for name in (QUEUE, CODES_QUEUE, RECORDS_QUEUE, REMINDERS_QUEUE)
        ),
        "task_routes": {
            "keep_room_records": {"queue": RECORDS_QUEUE},
            "make_reminders": {"queue": RECORDS_QUEUE},
            "post_codes": {"queue": RECORDS_QUEUE},
            "make_warnings": {"queue": RECORDS_QUEUE},
        },
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": TASK_TIME_LIMIT_S,
        "worker_pool": "prefork",
        "worker_concurrency": 1,
        "worker_prefetch_multiplier": 1,
        "worker_soft_shutdown_timeout": 10.0,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_enable_remote_control": False,
        "enable_utc": True,
        "timezone": "UTC",
        "beat_schedule": _orders(settings),
    }


def _orders(settings: JobsSettings) -> dict[str, Any]:
    """Return what beat orders, and how often."""
    orders: dict[str, Any] = {
        "relay-outbox": {
            "task": "relay_outbox",
            "schedule": settings.relay_every_s,
            "options": {"expires": RELAY_EXPIRES_S},
        },
        "keep-room-records": {
            "task": "keep_room_records",
            "schedule": RECORDS_EVERY_S,
            "options": {"expires": RELAY_EXPIRES_S},
        },
        "make-reminders": {
            "task": "make_reminders",
            "schedule": settings.remind_every_s,
            "options": {"expires": settings.remind_every_s},
        },
        "post-codes": {
            "task": "post_codes",
            "schedule": CODES_EVERY_S,
            "options": {"expires": RELAY_EXPIRES_S},
        },
        "make-warnings": {
            "task": "make_warnings",
            "schedule": WARNINGS_EVERY_S,
            "options": {"expires": WARNINGS_EVERY_S},
        },
    }
    if settings.backups_every_s is not None:
        orders["keep-backups"] = {
            "task": KEEP_BACKUPS,
            "schedule": settings.backups_every_s,
            "options": {"queue": BACKUPS_QUEUE, "expires": settings.backups_every_s},
        }
    return orders


@cache
def _settings() -> JobsSettings:
    """Return the process's settings; without them it ends with a line that names them."""
    try:
        return load(JobsSettings)
    except MonitoringError as error:
        raise _ending(error) from None


@cache
def _desk() -> NoticeDesk:
    """Return the process's desk. A child inherits its parent's, which has no connection yet.

    What mails are made with is imported here, so that beat does not load it.
    """
    from allocator.notices import desk_of

    try:
        return desk_of(_settings())
    except MonitoringError as error:
        raise _ending(error) from None


@cache
def _worker() -> WorkerProcess:
    """Return what the worker shows of itself; the child inherits it too."""
    from allocator.worker_watch import WorkerProcess

    return WorkerProcess()


def _ending(error: MonitoringError) -> SystemExit:
    sys.stderr.write(f"jobs: {error}\n")
    return SystemExit(2)


app.add_defaults(lambda: configuration(_settings()))


@app.task(name="relay_outbox")
def relay_outbox() -> int:
    """Hand due messages to `send_notice`; return how many."""
    from allocator.outbox import AGAIN_AFTER_S, LOST_AFTER_S

    queued = _queued(QUEUE)
    # Beat may have ordered the next relay already; it is no message of the outbox.
    again_after_s = AGAIN_AFTER_S if queued > 1 else LOST_AFTER_S
    batch_max = _settings().relay_batch_max
    news = _hand_out("notices", QUEUE, queued, again_after_s, batch_max)
    if news + queued >= batch_max:
        return news
    has_news = news > 0 or queued > 1
    queued = _queued(REMINDERS_QUEUE)
    again_after_s = AGAIN_AFTER_S if queued > 0 else LOST_AFTER_S
    most = REMINDERS_BESIDE_NEWS if has_news else batch_max
    return news + _hand_out("reminders", REMINDERS_QUEUE, queued, again_after_s, most)


def _hand_out(
    kept_in: OutboxQueue, queue: str, queued: int, again_after_s: int, queued_max: int
) -> int:
    """Hand messages of one kind to Celery, so that its queue stays short; return how many."""
    room = queued_max - queued
    outbox_ids = _due(room, again_after_s, kept_in) if room > 0 else []
    with app.producer_or_acquire() as producer:
        for outbox_id in outbox_ids:
            send_notice.apply_async((outbox_id,), producer=producer, queue=queue)
    return len(outbox_ids)


@app.task(name="send_notice", soft_time_limit=TELL_S_MAX)
def send_notice(outbox_id: int) -> Result:
    """Tell one message of the outbox to whom it concerns, if nobody has yet."""
    result = _desk().tell(outbox_id, datetime.now(SITE_TIMEZONE))
    _worker().note(result)
    return result


@app.task(name="make_reminders")
def make_reminders() -> int:
    """Put the reminders that are due into the outbox; return how many are new."""
    try:
        made = _desk().outbox.remind(datetime.now(SITE_TIMEZONE), REMINDERS_MAX)
    except StoreAway:
        log.warning("dependency_lost", dependency="postgresql")
        return 0
    if made:
        log.info("reminders_made", count=made)
    if made == REMINDERS_MAX:
        make_reminders.apply_async()
    return made


@app.task(name="keep_room_records")
def keep_room_records() -> int:
    """Move what the waiting room put on record to its table; return how many were new."""
    from allocator.record_store import keep_records

    return _moved(lambda redis: keep_records(redis, _settings().database_url))


@app.task(name="post_codes")
def post_codes() -> int:
    """Put the codes that residents asked for into the outbox, and hand them out.

    Returns:
        How many are new.
    """
    from allocator import asked
    from allocator.outbox import AGAIN_AFTER_S, LOST_AFTER_S

    now = datetime.now(SITE_TIMEZONE)
    made = _moved(lambda redis: asked.post_codes(redis, _desk().outbox, now))
    queued = _queued(CODES_QUEUE)
    again_after_s = AGAIN_AFTER_S if queued > 0 else LOST_AFTER_S
    _hand_out("codes", CODES_QUEUE, queued, again_after_s, _settings().relay_batch_max)
    return made


@app.task(name="make_warnings")
def make_warnings() -> int:
    """Put word of attempts against residents' tickets into the outbox; return how many are new."""
    from allocator import asked

    now = datetime.now(SITE_TIMEZONE)
    made = _moved(lambda redis: asked.warn(redis, _desk().outbox, now))
    if made:
        log.info("warnings_made", count=made)
    return made


def _moved(move: Callable[[Redis], int]) -> int:
    """Have something moved from Redis to PostgreSQL; 0 while one of them is away."""
    from redis import Redis, RedisError

    try:
        with Redis.from_url(_settings().redis_url, protocol=2, socket_timeout=5.0) as redis:
            return move(redis)
    except StoreAway:
        log.warning("dependency_lost", dependency="postgresql")
    except RedisError:
        log.warning("dependency_lost", dependency="redis")
    return 0


def _due(room: int, again_after_s: int, kept_in: OutboxQueue) -> list[int]:
    try:
        return _desk().outbox.due(room, again_after_s, kept_in)
    except StoreAway:
        log.warning("dependency_lost", dependency="postgresql")
        return []


def _queued(queue: str) -> int:
    """Return how many messages wait in a queue of Celery's."""
    with app.connection_or_acquire() as connection:
        # Declaring a queue in Redis makes nothing; it is how its length is asked for.
        declared = connection.default_channel.queue_declare(queue=queue)
    return int(declared.message_count)


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    """Log as all our processes do; with a receiver here, Celery sets up nothing itself."""
    configure("beat" if "beat" in sys.argv else "worker")


@signals.celeryd_init.connect
def _begin_worker(**_: object) -> None:
    configure("worker")
    os.nice(_settings().niceness)
    _desk()
    _worker().begin()


@signals.task_prerun.connect
def _note_begun(**_: object) -> None:
    _worker().note_begun()


@signals.task_postrun.connect
def _note_ended(task: Any = None, state: str | None = None, **_: object) -> None:
    _worker().note_ended(task.name, failed=state != "SUCCESS")


@signals.worker_ready.connect
def _serve_internal_port(**_: object) -> None:
    from allocator.outbox import Outbox

    settings = _settings()
    if settings.internal_port is not None:
        outbox = Outbox(settings.database_url, contact_key=b"")
        _worker().serve(outbox, settings.internal_port, settings.internal_host, _redis_answers)


def _redis_answers() -> bool:
    from redis import Redis, RedisError

    try:
        with Redis.from_url(_settings().redis_url, socket_timeout=1.0) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


@signals.worker_shutdown.connect
def _end_worker(**_: object) -> None:
    _worker().end()
