"""The dashboards: the committed JSON is what Python makes, and each panel is whole and readable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import DATASOURCE_UID, JSON_DIR, ROWS_SEEN, as_json, dashboards
from monitoring.grafana.dashboards import surge, waiting_room
from monitoring.grafana.panels import SERIES_COLOURS
from monitoring.labels import LABEL_VALUES

ROOT = Path(__file__).parents[3]
PROVISIONING = JSON_DIR.parent / "provisioning"
PANELS_MAX = 13
WANTED = {
    *("surge", "allocator", "gateway", "waiting_room", "jobs", "infrastructure", "security"),
}
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]|CPU")


def committed() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in JSON_DIR.glob("*.json")}


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{name}: {panel['title']}")
        for name, board in sorted(committed().items())
        for panel in board["panels"]
    ]


def boards() -> list[Any]:
    return [pytest.param(board, id=name) for name, board in sorted(committed().items())]


def test_committed_json_is_what_python_makes() -> None:
    """After an edit: `make dashboards`, and commit both."""
    made = {f"{name}.json": as_json(board) for name, board in dashboards().items()}
    stored = {path.name: path.read_text("utf-8") for path in JSON_DIR.glob("*.json")}
    assert stored.keys() == made.keys()
    assert [name for name in made if made[name] != stored[name]] == []


def test_every_dashboard_is_there_under_an_address_of_its_own() -> None:
    found = committed()
    assert found.keys() >= WANTED
    assert len({board["uid"] for board in found.values()}) == len(found)
    assert len({board["title"] for board in found.values()}) == len(found)


@pytest.mark.parametrize("board", boards())
def test_json_is_read_back_as_the_same_dashboard(board: Mapping[str, Any]) -> None:
    again = json.dumps(Dashboard.from_json(dict(board)), cls=JSONEncoder)
    assert json.loads(again) == board


@pytest.mark.parametrize("board", boards())
def test_datasource_can_be_chosen(board: Mapping[str, Any]) -> None:
    (variable,) = board["templating"]["list"]
    assert (variable["type"], variable["name"]) == ("datasource", "datasource")
    assert variable["current"]["value"] == DATASOURCE_UID
    for panel in board["panels"]:
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("board", boards())
def test_panels_fill_the_grid_without_overlapping(board: Mapping[str, Any]) -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len(board["panels"]) <= PANELS_MAX
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)


def test_surge_fits_one_screen() -> None:
    places = [panel["gridPos"] for panel in committed()["surge"]["panels"]]
    assert max(place["y"] + place["h"] for place in places) <= ROWS_SEEN


@pytest.mark.parametrize("panel", panels())
def test_panel_says_what_it_shows_in_both_languages_and_what_to_do(
    panel: Mapping[str, Any],
) -> None:
    english, _, japanese = panel["title"].partition(" / ")
    assert english
    assert JAPANESE.search(japanese)
    shows, normal, act, *_ = panel["description"].split("\n\n")
    assert shows.endswith(".")
    assert normal.startswith("**Normal:** ")
    assert act.startswith("**What to do:** ")
    assert panel["fieldConfig"]["defaults"]["unit"]
    for name in re.findall(r"docs/[\w./-]+\w", panel["description"]):
        assert (ROOT / name).exists(), f"{name} is no document"


@pytest.mark.parametrize("board", boards())
def test_description_of_the_surge_screen_is_in_japanese_too(board: Mapping[str, Any]) -> None:
    if board["uid"] == "seiriken-surge":
        for panel in board["panels"]:
            assert JAPANESE.search(panel["description"].partition("---")[2]), panel["title"]


@pytest.mark.parametrize("panel", panels())
def test_colours_are_those_that_the_colour_blind_tell_apart(panel: Mapping[str, Any]) -> None:
    text = json.dumps(panel)
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= set(SERIES_COLOURS)
    assert "palette-classic" not in text
    assert not re.search(r'[cC]olor": "(?!#|fixed)[a-z]', text)


@pytest.mark.parametrize("panel", panels())
def test_chart_of_several_curves_has_a_legend_and_a_colour_for_each(
    panel: Mapping[str, Any],
) -> None:
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["showLegend"]
        coloured = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
        for target in panel["targets"]:
            label = re.search(r"\{\{.*\}\}", target["legendFormat"])
            assert target["refId"] in coloured or (label and len(coloured) > 1)


@pytest.mark.parametrize("panel", panels())
def test_curve_of_a_label_is_coloured_by_values_that_the_label_can_have(
    panel: Mapping[str, Any],
) -> None:
    if panel["type"] == "timeseries" and len(panel["targets"]) == 1:
        legend = panel["targets"][0]["legendFormat"]
        if (label := re.search(r"\{\{(\w+)\}\}", legend)) and label[1] in LABEL_VALUES:
            may_be = {legend.replace(label[0], one) for one in LABEL_VALUES[label[1]] | {"none"}}
            named = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
            assert named <= may_be


def test_every_word_of_a_label_is_shown_in_words() -> None:
    assert surge.STATES.keys() == LABEL_VALUES["state"] | {"none"}
    assert surge.OUTLOOKS.keys() == LABEL_VALUES["outlook"] | {"none"}
    assert waiting_room.HELD_BY.keys() == LABEL_VALUES["held_by"] | {"none"}


def test_grafana_is_told_where_the_datasource_and_the_dashboards_are() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    assert (source["uid"], source["type"]) == (DATASOURCE_UID, "prometheus")
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/seiriken.yml").read_text())[
        "providers"
    ]
    assert provider["type"] == "file"
