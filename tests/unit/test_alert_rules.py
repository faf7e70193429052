"""Every rule says what it means, has a runbook, and cases in which it fires and does not.

promtool and amtool themselves are run by integration/monitoring/test_prometheus_rules.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.bulletin.alerts import HEARD_WITHIN, PUBLIC_WORDS, WATCHDOG, Alert, Message
from monitoring.bulletin.incidents import TEXT_LENGTH_MAX
from seiriken.watching import AlertsSettings

ROOT = Path(__file__).parents[2]
RULES = ROOT / "monitoring/prometheus/rules"
RUNBOOKS = ROOT / "docs/runbooks"
PROMETHEUS = ROOT / "monitoring/prometheus/prometheus.yml"
ALERTMANAGER = ROOT / "monitoring/alertmanager/alertmanager.yml"

HEADINGS = (
    "## What it means",
    "## The first five minutes",
    "## How to confirm that it is over",
)
TEXTS = ("title_ja", "title_en", "ja", "en", "runbook")
BELONG_TO_NO_RULE = {
    "key-leaked.md": "nobody but a person can know of it",
    "key-lost.md": "what is seen first is a mail or a page that fails",
    "restore.md": "the worst day, to which other runbooks send",
}
ALWAYS_FIRES = {WATCHDOG}
PAGE_FOR_S_MAX = 60
NOTICE_WITHIN_S, SENT_WITHIN_S = 180, 30

CASE = re.compile(r'^count\(ALERTS\{alertname="(\w+)",alertstate="firing"\}\)$')
INNER_WORDS = re.compile(r"(?i)redis|postgres|allocator|gateway|prometheus|epoch|\{\{|\d+\.\d+")


@lru_cache
def alerts() -> Mapping[str, Mapping[str, Any]]:
    """Return every rule that alerts, by its name."""
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES.glob("*.yml")]
    found = [rule for file in loaded for group in file["groups"] for rule in group["rules"]]
    named = [rule for rule in found if "alert" in rule]
    assert len({rule["alert"] for rule in named}) == len(named), "two rules of one name"
    return {rule["alert"]: rule for rule in named}


def pages() -> list[str]:
    return [name for name, rule in alerts().items() if rule["labels"]["severity"] == "page"]


def opening() -> list[str]:
    """Return the rules that open an incident, as the herald sees them."""
    return [name for name in alerts() if as_alert(name).opens_incident]


def as_alert(name: str) -> Alert:
    rule = alerts()[name]
    labels, began_at = rule["labels"] | {"alertname": name}, datetime(2021, 8, 20, tzinfo=UTC)
    return Alert("firing", labels, rule["annotations"], began_at)


def seconds(text: str) -> int:
    """Return what "20s" or "1m" means."""
    found = re.fullmatch(r"(\d+)([sm])", text)
    assert found is not None, text
    return int(found[1]) * (60 if found[2] == "m" else 1)


def for_s(name: str) -> int:
    """Return for how long a rule must hold before it fires."""
    return seconds(alerts()[name].get("for", "0s"))


@lru_cache
def cases() -> Mapping[str, set[bool]]:
    """Return for each alert whether promtool's files have cases where it fires, and does not."""
    found: dict[str, set[bool]] = {name: set() for name in alerts()}
    for path in (RULES / "tests").glob("*.yml"):
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for case in test["promql_expr_test"]:
                if named := CASE.match(case["expr"]):
                    found[named[1]].add(bool(case["exp_samples"]))
    return found


@pytest.mark.parametrize("name", alerts())
def test_rule_says_what_it_means_and_how_bad_it_is(name: str) -> None:
    rule = alerts()[name]
    assert all(rule["annotations"].get(text) for text in TEXTS)
    assert rule["labels"]["severity"] in {"page", "ticket", "none"}
    assert rule["labels"].get("incident", "no") == "no"
    assert rule["labels"].get("planned", "yes") == "yes"


@pytest.mark.parametrize("name", alerts())
def test_rule_has_a_runbook_with_its_three_parts_that_names_it(name: str) -> None:
    text = (RUNBOOKS / alerts()[name]["annotations"]["runbook"]).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)
    assert f"`{name}`" in text


def test_every_runbook_belongs_to_a_rule() -> None:
    used = {rule["annotations"]["runbook"] for rule in alerts().values()}
    assert {path.name for path in RUNBOOKS.iterdir()} <= used | BELONG_TO_NO_RULE.keys()


@pytest.mark.parametrize("name", alerts())
def test_rule_has_cases_in_which_it_fires_and_does_not(name: str) -> None:
    assert cases()[name] == ({True} if name in ALWAYS_FIRES else {True, False})


@pytest.mark.parametrize("name", pages())
def test_page_comes_soon(name: str) -> None:
    assert for_s(name) <= PAGE_FOR_S_MAX


@pytest.mark.parametrize("name", pages())
def test_page_is_told_within_three_minutes(name: str) -> None:
    """It is scraped, seen, seen again after `for`, grouped (the second time: later), and sent."""
    times = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))["global"]
    route = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))["route"]
    (own,) = [one for one in route["routes"] if one["matchers"] == ['severity = "page"']]
    grouped_s = max(seconds((route | own)[key]) for key in ("group_wait", "group_interval"))
    scraped_s, evaluated_s = (seconds(times[f"{key}_interval"]) for key in ("scrape", "evaluation"))
    fires_s = scraped_s + evaluated_s + for_s(name) + evaluated_s
    assert fires_s + grouped_s + SENT_WITHIN_S <= NOTICE_WITHIN_S


@pytest.mark.parametrize("name", opening())
def test_what_the_public_is_told_is_short_plain_and_gives_nothing_away(name: str) -> None:
    words = as_alert(name).public_words
    assert words != PUBLIC_WORDS, "words of its own, in both languages"
    assert all(0 < len(text) <= TEXT_LENGTH_MAX for text in words.values())
    assert not [text for text in words.values() if INNER_WORDS.search(text)]


def test_only_pages_have_words_for_the_public() -> None:
    spoken = {name for name, rule in alerts().items() if "public_ja" in rule["annotations"]}
    assert spoken == set(opening())


def test_every_alert_that_is_held_back_or_routed_exists() -> None:
    loaded = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    rules = loaded["inhibit_rules"]
    matchers = [one for rule in rules for one in rule["source_matchers"] + rule["target_matchers"]]
    matchers += [one for route in loaded["route"]["routes"] for one in route["matchers"]]
    named = [one for one in matchers if one.startswith("alertname")]
    names = {name for one in named for name in one.partition('"')[2].strip('"').split("|")}
    assert names <= alerts().keys()
    assert "NoLeader" in names


def test_a_page_is_repeated_often_enough_to_be_known_to_last() -> None:
    bounds = AlertsSettings.model_fields["repeat_s"].metadata
    longest = max(getattr(bound, "le", 0) for bound in bounds)
    assert timedelta(seconds=longest) < HEARD_WITHIN


def test_watchdog_is_not_taken_for_an_alert() -> None:
    assert not as_alert(WATCHDOG).is_page
    assert Message("key", "firing", (as_alert(WATCHDOG),)).name == WATCHDOG
