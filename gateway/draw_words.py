"""What is shown of the draw of a lobby: what was published of it, and nothing of one person.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Status = Mapping[str, Any]


@dataclass(frozen=True)
class DrawShown:
    """All that the page of the draw shows.

    `stage` is none without a release, before and drawn as to the draw, and undrawn for a
    line that is not drawn. `status_url` is where the browser finds the published values.
    """

    stage: Literal["none", "before", "drawn", "undrawn"]
    name: str = ""
    status_url: str = "/queue/status.json"
    opens_at: datetime | None = None
    commitment: str = ""
    revealed_seed: str = ""
    lobby_count: int | None = None
    beacon: str = ""
    beacon_source: str = ""
    beacon_default: bool = False


def draw_shown(status: Status, name: str, *, current: bool) -> DrawShown:
    """Put together what the page shows; `current` says that nobody named a release."""
    draw = status["draw"]
    drawn = "revealed_seed" in draw
    stage: Literal["before", "drawn", "undrawn"] = "drawn" if drawn else "before"
    default = bool(draw.get("beacon_default"))
    return DrawShown(
        stage="undrawn" if draw.get("mode") else stage,
        name=name,
        status_url=f"/queue/{'' if current else status['release_id'] + '/'}status.json",
        opens_at=datetime.fromisoformat(status["opens_at"]),
        commitment=draw["commitment"],
        revealed_seed=draw.get("revealed_seed", ""),
        lobby_count=draw.get("lobby_count"),
        beacon=draw.get("beacon", ""),
        beacon_source="" if default else draw.get("beacon_source", ""),
        beacon_default=default,
    )


def is_drawn(status: Status | None) -> bool:
    """Say whether the order of the lobby is drawn by lot; so it is where nothing else is said."""
    return status is None or not status.get("draw", {}).get("mode")
