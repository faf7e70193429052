"""The operators' page: every release's state and live figures. Nobody's data.

It does not ask again by itself: that would keep a forgotten session alive for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import CatalogueMissing
from gateway.staff.guard import guarded
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of
from gateway.views import words_in
from waiting_room.errors import WaitingRoomError


@dataclass(frozen=True)
class ReleaseFigures:
    """What the notice board says of a release. Figures are None while it says nothing."""

    release_id: str
    name: str
    state: str | None
    serving: int | None
    waiting: int | None
    admitted_per_minute: int | None
    pairs_left: int | None


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [guarded("GET", "/room", room_page)]


async def room_page(request: Request) -> Response:
    """Show how the releases go, and what the gateway lacks."""
    parts, language = parts_of(request), language_of(request)
    lacking = [name for name, is_there in parts.readiness.snapshot().items() if not is_there]
    return render(
        request,
        "staff_room.html",
        releases=_figures(parts, language),
        lacking=lacking,
        now=parts.clock(),
    )


def _figures(parts: StaffParts, language: str) -> list[ReleaseFigures]:
    try:
        releases = parts.reads.catalogue.releases.values()
    except CatalogueMissing:
        return []
    real = (release for release in releases if not release.is_for_probe)
    return [
        _of_release(one.release_id, words_in(one.names, language), notice_of(parts, one.release_id))
        for one in sorted(real, key=lambda release: release.opens_at)
    ]


def notice_of(parts: StaffParts, release_id: str) -> dict[str, Any]:
    """Return what the notice board says of a release, nothing while it says nothing."""
    try:
        return parts.board.status(release_id) or {}
    except WaitingRoomError:
        return {}


def _of_release(release_id: str, name: str, notice: dict[str, Any]) -> ReleaseFigures:
    outlook = notice.get("outlook") or {}
    return ReleaseFigures(
        release_id=release_id,
        name=name,
        state=notice.get("state"),
        serving=notice.get("serving"),
        waiting=notice.get("waiting"),
        admitted_per_minute=notice.get("admitted_per_minute"),
        pairs_left=outlook.get("pairs_left"),
    )
