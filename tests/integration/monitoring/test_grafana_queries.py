"""What the dashboards' queries answer, on series that we make up: promtool evaluates them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Panel
from grafana_foundation_sdk.models.prometheus import Dataquery

from monitoring.grafana import queries, troubles
from monitoring.grafana.boards import dashboards
from monitoring.grafana.dashboards import surge

Series = Mapping[str, float | str]

LEADS: Series = {
    'seiriken_leading_allocators{instance="a:1"}': 1,
    'seiriken_leading_allocators{instance="a:2"}': 0,
    'seiriken_leading_allocators{instance="g:1"}': 0,
}
WELL: Series = {
    **LEADS,
    'up{job="gateway", instance="g:1"}': 1,
    'seiriken_need_up{instance="g:1", need="room"}': 1,
    'seiriken_need_up{instance="a:1", need="database"}': 1,
    'seiriken_need_up{instance="a:2", need="ledger"}': 0,
    'seiriken_inbox_oldest_age_seconds{instance="r:1"}': 0.1,
    'seiriken_invariant_findings{invariant="half_pairs"}': 0,
    'seiriken_http_requests_total{status_class="2xx"}': "0+100x60",
    'seiriken_running_maintenances{instance="h:1"}': 0,
}


def answer(folder: Path, series: Series, expected: Mapping[str, Mapping[str, float]]) -> None:
    """Assert that after five minutes each query has exactly these labels and values.

    A number stands for a series that keeps it; text is promtool's own notation, a value each 5 s.
    """
    rows = [
        {"series": name, "values": f"{value}x60" if isinstance(value, int | float) else value}
        for name, value in series.items()
    ]
    cases = [
        {
            "expr": query,
            "eval_time": "5m",
            "exp_samples": [{"labels": name, "value": value} for name, value in samples.items()],
        }
        for query, samples in expected.items()
    ]
    file = folder / "test.yml"
    tests = [{"interval": "5s", "input_series": rows, "promql_expr_test": cases}]
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "5s", "tests": tests}))
    done = subprocess.run(
        [promtool(), "test", "rules", str(file)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def promtool() -> str:
    """Return the program that comes with Prometheus."""
    found = shutil.which("promtool")
    assert found is not None, "promtool is missing (Debian: apt-get install prometheus)"
    return found


def bare(query: str) -> str:
    return query.replace(queries.INTERVAL, "1m")


def test_every_panel_asks_what_prometheus_understands(tmp_path: Path) -> None:
    """Each query as a rule of its own: promtool names the one that is no PromQL."""
    rules = [
        {"record": f"{name}:panel_{panel.id_val}:{number}", "expr": bare(target.expr)}
        for name, board in dashboards().items()
        for panel in board.panels or []
        if isinstance(panel, Panel)
        for number, target in enumerate(panel.targets or [])
        if isinstance(target, Dataquery)
    ]
    assert len(rules) > 50
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        [promtool(), "check", "rules", "--lint=none", str(file)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_nothing_measured_is_zero_or_none_but_never_no_data(tmp_path: Path) -> None:
    for_one = [
        queries.most("a"),
        queries.per_second("a_total"),
        queries.per_minute("a_total", over="1m"),
        queries.share("a", "b"),
        queries.percentile(95, "a_seconds"),
    ]
    for_many = [
        queries.most_by("x", "a"),
        queries.per_second_by("x", "a_total"),
        queries.per_minute_by("x", "a_total"),
        queries.percentile_by("x", 95, "a_seconds"),
    ]
    answer(
        tmp_path,
        {},
        {bare(query): {"{}": 0} for query in for_one}
        | {bare(query): {'{x="none"}': 0} for query in for_many}
        | {queries.age("a"): {"{}": -1}},
    )


def test_counters_are_summed_over_processes_and_gauges_are_not(tmp_path: Path) -> None:
    answer(
        tmp_path,
        {
            'a_total{instance="1", x="p"}': "0+5x60",
            'a_total{instance="2", x="p"}': "0+10x60",
            'b{instance="1"}': 7,
            'b{instance="2"}': 0,
        },
        {
            bare(queries.per_second("a_total")): {"{}": 3},
            bare(queries.per_minute_by("x", "a_total")): {'{x="p"}': 180},
            queries.most("b"): {"{}": 7},
            queries.share("sum(b)", "sum(b) * 2"): {"{}": 0.5},
            queries.age("b"): {"{}": 293},
        },
    )


def test_percentile_without_observations_is_zero(tmp_path: Path) -> None:
    series: Series = {'s_bucket{le="1"}': 5, 's_bucket{le="+Inf"}': 5}
    answer(tmp_path, series, {bare(queries.percentile(95, "s")): {"{}": 0}})


def test_pairs_of_an_allocator_that_led_before_are_not_counted(tmp_path: Path) -> None:
    left: Series = {
        'seiriken_left_pairs{instance="a:1", venue="v", product="p"}': 10,
        'seiriken_left_pairs{instance="a:1", venue="w", product="p"}': 5,
        'seiriken_left_pairs{instance="a:2", venue="v", product="p"}': 40,
    }
    answer(tmp_path, {**LEADS, **left}, {queries.PAIRS_LEFT: {"{}": 15}})
    answer(tmp_path, left, {queries.PAIRS_LEFT: {"{}": 45}})


def test_companions_are_two_and_the_stock_lasts_as_long_as_at_this_pace(tmp_path: Path) -> None:
    series: Series = {
        **LEADS,
        'seiriken_bookings_total{command="book"}': "0+5x60",
        'seiriken_bookings_total{command="book_together"}': "0+5x60",
        'seiriken_bookings_total{command="cancel"}': "0+50x60",
        'seiriken_left_pairs{instance="a:1", venue="v", product="p"}': 300,
    }
    answer(
        tmp_path, series, {surge.booked_per_second("1m"): {"{}": 3}, surge.SELL_OUT_S: {"{}": 100}}
    )


@pytest.mark.parametrize(("left", "shown"), [(0, 0), (50, -1)])
def test_what_does_not_sell_has_no_time_to_sell_out(tmp_path: Path, left: int, shown: int) -> None:
    series = {'seiriken_left_pairs{instance="a:1", venue="v", product="p"}': left}
    answer(tmp_path, series, {surge.SELL_OUT_S: {"{}": shown}})


@pytest.mark.parametrize(("told", "shown"), [(90, 90), ("NaN " * 61, -1)])
def test_wait_that_is_not_known_is_told_as_such(
    tmp_path: Path, told: int | str, shown: int
) -> None:
    series: Series = {'seiriken_told_wait_seconds{bound="high"}': told}
    answer(tmp_path, series, {surge.LAST_WAITS_S: {"{}": shown}})


@pytest.mark.parametrize(
    ("changed", "well", "what"),
    [
        ({}, 2, troubles.NOTHING),
        ({'seiriken_need_up{instance="g:1", need="room"}': 0}, 0, troubles.BAD[0].words),
        ({'seiriken_leading_allocators{instance="a:1"}': 0}, 0, troubles.BAD[1].words),
        ({'seiriken_leading_allocators{instance="a:2"}': 1}, 0, troubles.BAD[2].words),
        ({'seiriken_inbox_oldest_age_seconds{instance="r:1"}': 6}, 0, troubles.BAD[3].words),
        (
            {'seiriken_http_requests_total{status_class="5xx"}': "0+2x60"},
            0,
            troubles.BAD[4].words,
        ),
        ({'seiriken_invariant_findings{invariant="half_pairs"}': 1}, 0, troubles.BAD[5].words),
        (
            {
                'seiriken_probe_up{instance="p:1"}': 0,
                'seiriken_probe_timestamp_seconds{instance="p:1"}': 1,
            },
            0,
            troubles.BAD[6].words,
        ),
        ({'up{job="gateway", instance="g:1"}': 0}, 1, troubles.STRAINED[0].words),
        (
            {'seiriken_need_up{instance="g:1", need="event_loop"}': 0},
            1,
            troubles.STRAINED[1].words,
        ),
        ({'seiriken_inbox_oldest_age_seconds{instance="r:1"}': 3}, 1, troubles.STRAINED[2].words),
        (
            {'seiriken_http_requests_total{status_class="5xx"}': "0+0.5x60"},
            1,
            troubles.STRAINED[3].words,
        ),
        ({'seiriken_open_incidents{instance="h:1"}': 1}, 1, troubles.STRAINED[4].words),
        (
            {
                'seiriken_running_maintenances{instance="h:1"}': 1,
                'seiriken_http_requests_total{status_class="5xx"}': "0+100x60",
            },
            1,
            troubles.STRAINED[5].words,
        ),
        (
            {'seiriken_outbox_oldest_age_seconds{instance="w:1"}': 400},
            1,
            troubles.STRAINED[6].words,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_trouble_is_seen_and_named(
    tmp_path: Path, changed: Series, well: int, what: str
) -> None:
    named = f"count by (what) ({troubles.MATTER})"
    answer(
        tmp_path,
        {**WELL, **changed},
        {
            troubles.WELL: {"{}": well},
            named: {f'{{what="{what}"}}': 1},
        },
    )


def test_several_troubles_are_all_named_and_nothing_scraped_is_not_well(tmp_path: Path) -> None:
    answer(tmp_path, {}, {troubles.WELL: {"{}": 0}})
    changed: Series = {
        **WELL,
        'seiriken_open_incidents{instance="h:1"}': 1,
        'up{job="gateway", instance="g:1"}': 0,
    }
    answer(tmp_path, changed, {f"count({troubles.MATTER})": {"{}": 2}, troubles.WELL: {"{}": 1}})
