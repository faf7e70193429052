"""Planned downtime as residents meet it: told of on every page, and a page while it runs.

Rule 1: while it runs nobody is let in and nothing is taken; who waits goes on waiting, since
status.json and the files of the pages are answered as ever.
Rule 2: a form that was sent while it runs stands in the page, to be sent again afterwards:
nothing of it is kept here.
Rule 3: what was heard last holds when Redis is away: it may be what is being mended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answers import answer_untaken
from gateway.problems import Problem
from monitoring.background import Background
from monitoring.bulletin.maintenance import REDIS_KEY, Plan, announced, running

REFRESH_EVERY_S = 1.0
OPEN_PATHS = ("/static/", "/healthz")


class Downtime:
    """One gateway's copy of the plans; the herald publishes them."""

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._raw = b""
        self._plans: tuple[Plan, ...] = ()
        self._background = Background(downtime_refresh=self._refresh_forever)

    async def start(self) -> None:
        """Begin to fetch."""
        self._background.start()

    async def close(self) -> None:
        """Stop fetching."""
        await self._background.end()

    def running(self) -> Plan | None:
        """Return the plan that runs now."""
        return running(self._plans, self._clock()) if self._plans else None

    def announced(self) -> Plan | None:
        """Return the next plan; one object until it changes."""
        return announced(self._plans, self._clock()) if self._plans else None

    def left_s(self, plan: Plan) -> int:
        """Return how long a plan still runs, in seconds, at least 1."""
        return max(1, round((plan.ends_at - self._clock()).total_seconds()))

    async def refresh(self) -> None:
        """Fetch the plans once; without any published, keep what is known.

        Raises:
            RedisError: Redis does not answer.
        """
        raw = cast("bytes | None", await self._redis.get(REDIS_KEY))
        if raw is None or raw == self._raw:
            return
        self._plans = msgspec.json.decode(raw, type=tuple[Plan, ...])
        self._raw = raw

    async def _refresh_forever(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, msgspec.DecodeError):
                await self.refresh()
            await asyncio.sleep(REFRESH_EVERY_S)


class AwayAsPlanned:
    """Answer everything with `maintenance` while planned downtime runs (pure ASGI).

    Stands behind `SameSite` and `BodyLimit`: what a foreign page had sent would be one press
    away from being sent by our own.
    """

    def __init__(self, app: ASGIApp, *, downtime: Downtime) -> None:
        self.app = app
        self.downtime = downtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say until when the system is away."""
        plan = self.downtime.running() if scope["type"] == "http" else None
        if plan is None or scope["path"].startswith(OPEN_PATHS):
            await self.app(scope, receive, send)
            return
        after = {"Retry-After": str(self.downtime.left_s(plan))}
        problem = Problem("maintenance", {"ends_at": plan.ends_at}, headers=after)
        response = await answer_untaken(Request(scope, receive), problem)
        await response(scope, receive, send)
