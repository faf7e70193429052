"""The kinds of panels that the dashboards share, each of one look.

Rule 1: a panel says what it shows, what is normal, and what to do (`About`).
Rule 2: no meaning by colour alone: numbers and words say it, too. All colours are those
that Okabe and Ito chose to be told apart by the colour-blind (jfly.uni-koeln.de/color).
Rule 3: a single figure is asked for this moment, so that it is never an old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

SKY = "#56B4E9"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
BLUE = "#0072B2"
GREY = "#999999"
SERIES_COLOURS = (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILION, BLUE, GREY)

GOOD, STRAINED, BAD, NEUTRAL = SKY, ORANGE, VERMILION, GREY

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
LEGEND_ROWS_MAX = 3
"""More names than this stand in a table to the right."""


Placeable = stat.Panel | timeseries.Panel | bargauge.Panel | statetimeline.Panel
"""A panel that waits for its place and its number."""


@dataclass(frozen=True)
class About:
    """What a panel's description says.

    `ja` is the same in Japanese, where it is wanted; `runbook` names one in docs/runbooks.
    """

    shows: str
    normal: str
    act: str
    ja: str = ""
    runbook: str = ""

    def __str__(self) -> str:
        """Return it as Grafana's Markdown."""
        english = f"{self.shows}\n\n**Normal:** {self.normal}\n\n**What to do:** {self.act}"
        if self.runbook:
            english += f"\n\n**Runbook:** docs/runbooks/{self.runbook}.md"
        return f"{english}\n\n---\n\n{self.ja}" if self.ja else english


@dataclass(frozen=True)
class Limits:
    """From `strained` on a value is worth a look, from `bad` on it needs somebody.

    With `low` it is so below them, and good from `strained` on.
    """

    strained: float
    bad: float
    low: bool = False

    def steps(self) -> list[Threshold]:
        """Return them as Grafana's thresholds, the lowest first."""
        if self.low:
            return [
                Threshold(color=BAD),
                Threshold(value=self.bad, color=STRAINED),
                Threshold(value=self.strained, color=GOOD),
            ]
        return [
            Threshold(color=GOOD),
            Threshold(value=self.strained, color=STRAINED),
            Threshold(value=self.bad, color=BAD),
        ]


@dataclass(frozen=True)
class Curve:
    """One query of a chart; `names` are the values of its label, if it has one, in order."""

    query: str
    legend: str
    names: tuple[str, ...] = ()


Words = Mapping[str, tuple[str, str]]
"""What is shown in place of a value: text and colour."""


def figure(
    title: str,
    about: About,
    query: str,
    *,
    unit: str = "short",
    decimals: int | None = None,
    limits: Limits | None = None,
    words: Words | None = None,
    filled: bool = False,
) -> stat.Panel:
    """Return one large figure. `filled` colours its ground: for what must be seen from afar."""
    panel = (
        stat.Panel()
        .title(title)
        .description(str(about))
        .datasource(DATASOURCE)
        .with_target(_now(query))
        .unit(unit)
        .mappings(_mappings(words))
        .thresholds(_thresholds(limits))
        .color_scheme(dashboards.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .color_mode(BigValueColorMode.BACKGROUND_SOLID if filled else BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return panel if decimals is None else panel.decimals(decimals)


def named(
    title: str, about: About, query: str, legend: str, names: Mapping[str, str]
) -> stat.Panel:
    """Return one large word: the name of the row that the query yields."""
    panel = (
        stat.Panel()
        .title(title)
        .description(str(about))
        .datasource(DATASOURCE)
        .with_target(_now(query).legend_format(legend))
        .unit("short")
        .thresholds(_thresholds(None))
        .color_mode(BigValueColorMode.NONE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    for name, shown in names.items():
        panel.override_by_name(name, [DynamicConfigValue("displayName", shown)])
    return panel


def curves(
    title: str,
    about: About,
    *shown: Curve,
    unit: str = "short",
    limits: Limits | None = None,
    stacked: bool = False,
) -> timeseries.Panel:
    """Return a chart over time. With limits, a dashed line where it becomes strained or bad."""
    legend = common.VizLegendOptions().show_legend(show_legend=True).calcs(["lastNotNull", "max"])
    if sum(len(curve.names) or 1 for curve in shown) > LEGEND_ROWS_MAX:
        legend.display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.RIGHT)
    else:
        legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    style = GraphThresholdsStyleMode.DASHED if limits else GraphThresholdsStyleMode.OFF
    panel = (
        timeseries.Panel()
        .title(title)
        .description(str(about))
        .datasource(DATASOURCE)
        .unit(unit)
        .min(0)
        .line_width(2)
        .fill_opacity(40 if stacked else 8)
        .show_points(VisibilityMode.NEVER)
        .stacking(
            common.StackingConfig().mode(StackingMode.NORMAL if stacked else StackingMode.NONE)
        )
        .thresholds(_thresholds(limits))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(style))
        .color_scheme(dashboards.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(GREY))
        .legend(legend)
    )
    colours = iter(SERIES_COLOURS * 3)
    for number, curve in enumerate(shown):
        ref_id = chr(ord("A") + number)
        panel.with_target(_over_time(curve.query, ref_id).legend_format(curve.legend))
        if not curve.names:
            panel.override_by_query(ref_id, _coloured(next(colours)))
        for name in curve.names:
            panel.override_by_name(name, _coloured(next(colours)))
    return panel


def bars(
    title: str,
    about: About,
    query: str,
    legend: str,
    *,
    unit: str = "short",
    limits: Limits | None = None,
    names: Mapping[str, str] | None = None,
) -> bargauge.Panel:
    """Return a bar for each row of a query: their names are beside them, and one colour does."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(str(about))
        .datasource(DATASOURCE)
        .with_target(_now(query).legend_format(legend))
        .unit(unit)
        .min(0)
        .thresholds(_thresholds(limits))
        .color_scheme(dashboards.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .show_unfilled(show_unfilled=True)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    for name, shown in (names or {}).items():
        panel.override_by_name(name, [DynamicConfigValue("displayName", shown)])
    return panel


def states(title: str, about: About, query: str, legend: str, words: Words) -> statetimeline.Panel:
    """Return a band for each row of a query, with words for its values, over time."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(str(about))
        .datasource(DATASOURCE)
        .with_target(_over_time(query, "A").legend_format(legend))
        .unit("short")
        .mappings(_mappings(words))
        .thresholds(_thresholds(None))
        .color_scheme(dashboards.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .show_value(VisibilityMode.AUTO)
        .row_height(0.8)
        .legend(
            common.VizLegendOptions()
            .show_legend(show_legend=True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
    )


def _now(query: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(DATASOURCE).expr(query).ref_id("A").instant()


def _over_time(query: str, ref_id: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(DATASOURCE).expr(query).ref_id(ref_id).range()


def _coloured(colour: str) -> list[DynamicConfigValue]:
    return [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})]


def _thresholds(limits: Limits | None) -> dashboards.ThresholdsConfig:
    steps = limits.steps() if limits else [Threshold(color=GOOD)]
    return dashboards.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _mappings(words: Words | None) -> list[ValueMapping]:
    if not words:
        return []
    results: Sequence[tuple[str, ValueMappingResult]] = [
        (value, ValueMappingResult(text=text, color=colour, index=index))
        for index, (value, (text, colour)) in enumerate(words.items())
    ]
    return [ValueMap(options=dict(results))]
