"""The herald's process: `python -m monitoring.bulletin` (settings `HERALD_…`)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType

import msgspec
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from redis import Redis, RedisError

from monitoring import metrics
from monitoring.bulletin.alert_desk import AlertDesk
from monitoring.bulletin.alert_words import Letterhead
from monitoring.bulletin.contacts import send
from monitoring.bulletin.heartbeat import Heartbeat
from monitoring.bulletin.herald import Herald
from monitoring.bulletin.maintenance import REDIS_KEY, Plan
from monitoring.bulletin.status_page import Frame
from monitoring.edge_events import EdgeEvents
from monitoring.errors import MonitoringError
from monitoring.internal import Post, serve_internal
from monitoring.logs import configure, get_logger
from monitoring.settings import ProcessSettings, load

ALERTS_PATH = "/alerts"

log = get_logger()


class HeraldSettings(ProcessSettings):
    """What the herald needs to know.

    With `alerts_token_file` it takes Alertmanager's messages, and tells the contacts when there
    was none for `silent_after_s`. `heartbeat_url` is called while they come: an outside service
    that misses the calls knows that nobody watches. `runbook_url` stands before `docs/runbooks`.
    At `edge_events_port` (UDP) the edge tells what it refused.
    """

    model_config = SettingsConfigDict(env_prefix="HERALD_")

    bulletin_dir: Path
    status_dir: Path
    redis_url: str
    status_url: str = "https://status.inzai.example"
    city_name_ja: str = "印西市"
    city_name_en: str = "Inzai City"
    phone_desk: str = "0476-00-0000"
    internal_port: int = Field(ge=0, le=65_535)
    internal_host: str = "127.0.0.1"
    every_s: float = Field(default=2.0, ge=0.1, le=60.0)
    alerts_token_file: Path | None = None
    silent_after_s: float = Field(default=180.0, ge=60.0, le=3_600.0)
    heartbeat_url: str = ""
    runbook_url: str = ""
    edge_events_port: int | None = Field(default=None, ge=0, le=65_535)
    edge_events_host: str = "127.0.0.1"


def main() -> int:
    """Work until told to end."""
    configure("herald")
    try:
        settings = load(HeraldSettings)
    except MonitoringError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    ended = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    desk = _desk(settings)
    herald = _herald(settings, desk)
    heartbeat = Heartbeat(settings.heartbeat_url)
    did_work = {"record": False}

    def ready() -> Mapping[str, bool]:
        return dict(did_work)

    post = _post(settings, desk)
    with (
        _edge_events(settings),
        serve_internal(settings.internal_port, ready, settings.internal_host, post),
    ):
        log.info("herald_started")
        while not ended.wait(settings.every_s if did_work["record"] else 0.0):
            try:
                with metrics.HERALD_ROUND_SECONDS.time():
                    herald.work(datetime.now(UTC))
                did_work["record"] = True
                if desk is not None and desk.is_beat_due():
                    heartbeat.beat()
            except (OSError, msgspec.DecodeError):
                did_work["record"] = False
                log.exception("herald_failed")
                ended.wait(settings.every_s)
    log.info("herald_stopped")
    return 0


def _edge_events(settings: HeraldSettings) -> AbstractContextManager[object]:
    if settings.edge_events_port is None:
        return nullcontext()
    return closing(EdgeEvents(settings.edge_events_port, settings.edge_events_host))


def _herald(settings: HeraldSettings, desk: AlertDesk | None) -> Herald:
    frame = Frame(_city(settings), settings.phone_desk, settings.status_url.rstrip("/"))
    publisher = _publisher(settings)
    return Herald(settings.bulletin_dir, settings.status_dir, frame, send, publisher, desk)


def _desk(settings: HeraldSettings) -> AlertDesk | None:
    if settings.alerts_token_file is None:
        return None
    head = Letterhead(_city(settings), settings.runbook_url)
    silent_after = timedelta(seconds=settings.silent_after_s)
    return AlertDesk(settings.bulletin_dir, head, datetime.now(UTC), silent_after)


def _post(settings: HeraldSettings, desk: AlertDesk | None) -> Post | None:
    if desk is None or settings.alerts_token_file is None:
        return None
    token = settings.alerts_token_file.read_text("ascii").strip()
    return Post(ALERTS_PATH, token, lambda body: desk.take(body, datetime.now(UTC)))


def _city(settings: HeraldSettings) -> Mapping[str, str]:
    return {"ja": settings.city_name_ja, "en": settings.city_name_en}


class _Publisher:
    """Writes the plans to Redis, again and again, since Redis may be wiped or away."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=2.0, socket_connect_timeout=2.0)

    def __call__(self, plans: tuple[Plan, ...]) -> None:
        try:
            self._redis.set(REDIS_KEY, msgspec.json.encode(plans))
        except (RedisError, OSError):
            log.warning("maintenance_not_published")


def _publisher(settings: HeraldSettings) -> _Publisher:
    return _Publisher(settings.redis_url)


if __name__ == "__main__":
    sys.exit(main())
