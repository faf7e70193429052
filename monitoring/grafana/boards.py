"""Put panels on a board: their places, and what all dashboards have alike.

The grid is 24 columns wide. On 1920x1080 with Grafana's menus about `ROWS_SEEN` rows of
it are seen without scrolling.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
)

import monitoring.grafana.dashboards as folder
from monitoring.grafana.panels import Placeable

JSON_DIR = Path(__file__).parent / "json"
COLUMNS = 24
ROWS_SEEN = 22
TAG = "seiriken"
DATASOURCE_UID = "seiriken-prometheus"
"""As provisioning/datasources/prometheus.yml names it; another may be chosen on each board."""


@dataclass(frozen=True)
class Row:
    """Panels side by side, `height` grid rows high; of equal width unless `widths` says else."""

    height: int
    panels: Sequence[Placeable]
    widths: Sequence[int] = ()

    def places(self, top: int) -> list[GridPos]:
        """Return where each panel lies."""
        widths = self.widths or [COLUMNS // len(self.panels)] * len(self.panels)
        assert len(widths) == len(self.panels), "each panel has its width"
        assert sum(widths) == COLUMNS, "a row is as wide as the grid"
        lefts = [sum(widths[:number]) for number in range(len(widths))]
        return [
            GridPos(h=self.height, w=width, x=left, y=top)
            for left, width in zip(lefts, widths, strict=True)
        ]


def board(name: str, title: str, about: str, rows: Sequence[Row], *, span: str = "1h") -> Dashboard:
    """Return a dashboard that shows the last `span`, and asks again every five seconds."""
    made = (
        builders.Dashboard(title)
        .uid(f"seiriken-{name.replace('_', '-')}")
        .description(about)
        .tags([TAG])
        .readonly()
        .timezone("Asia/Tokyo")
        .time(f"now-{span}", "now")
        .refresh("5s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(_datasource())
        .link(_other_boards())
    )
    top, number = 0, 0
    for row in rows:
        for panel, place in zip(row.panels, row.places(top), strict=True):
            number += 1
            made.with_panel(panel.id(number).grid_pos(place))
        top += row.height
    return made.build()


def dashboards() -> Mapping[str, Dashboard]:
    """Return every dashboard by the name of its file."""
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    modules = {name: importlib.import_module(f"{folder.__name__}.{name}") for name in names}
    return {name: module.dashboard() for name, module in modules.items()}


def as_json(made: Dashboard) -> str:
    """Return a dashboard as it stands in its file."""
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _datasource() -> builders.DatasourceVariable:
    return (
        builders.DatasourceVariable("datasource")
        .label("Prometheus")
        .type("prometheus")
        .current(VariableOption(text=DATASOURCE_UID, value=DATASOURCE_UID))
    )


def _other_boards() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Seiriken")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=True)
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )
