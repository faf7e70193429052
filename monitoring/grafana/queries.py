"""The shapes of PromQL that the dashboards share: what they ask is never "no data".

Rule 1: a counter is read by its rate over Grafana's own interval, summed over processes.
Rule 2: every process of ours exposes every metric, at 0 where it is another's. A gauge
that one process sets is therefore read by its maximum, never by its minimum or mean.
Rule 3: a counter with labels does not exist before its first event. What is summed
to one number becomes 0 then; what is listed by a label becomes one row, "none".
Rule 4: a percentile without observations is 0, not NaN.

Valid for Prometheus 2.42 as for 3.
"""

from __future__ import annotations

INTERVAL = "$__rate_interval"
NONE = "none"


def or_zero(query: str) -> str:
    """Return a query for one number which is 0 when there is nothing."""
    return f"({query}) or vector(0)"


def or_none(query: str, label: str) -> str:
    """Return a query by a label that has one row, "none", when there is nothing."""
    return f'({query}) or on() label_replace(vector(0), "{label}", "{NONE}", "", "")'


def most(metric: str, where: str = "") -> str:
    """Return a gauge that one process sets."""
    return or_zero(f"max({metric}{_selected(where)})")


def most_by(label: str, metric: str, where: str = "") -> str:
    """Return such a gauge by a label."""
    return or_none(f"max by ({label}) ({metric}{_selected(where)})", label)


def per_second(metric: str, where: str = "", over: str = INTERVAL) -> str:
    """Return how fast a counter grows, over all processes."""
    return or_zero(f"sum(rate({metric}{_selected(where)}[{over}]))")


def per_second_by(label: str, metric: str, where: str = "", over: str = INTERVAL) -> str:
    """Return how fast a counter grows by a label."""
    return or_none(f"sum by ({label}) (rate({metric}{_selected(where)}[{over}]))", label)


def per_minute(metric: str, where: str = "", over: str = INTERVAL) -> str:
    """Return how fast a counter grows, in a minute."""
    return or_zero(f"60 * sum(rate({metric}{_selected(where)}[{over}]))")


def per_minute_by(label: str, metric: str, where: str = "", over: str = INTERVAL) -> str:
    """Return how fast a counter grows by a label, in a minute."""
    return or_none(f"60 * sum by ({label}) (rate({metric}{_selected(where)}[{over}]))", label)


def share(part: str, whole: str) -> str:
    """Return a part of a whole, both queries for one number; 0 of nothing is 0."""
    return or_zero(f"(({part}) / ({whole})) >= 0")


def percentile(percent: int, histogram: str, where: str = "", over: str = INTERVAL) -> str:
    """Return a percentile of a histogram, over all processes."""
    buckets = f"sum by (le) (rate({histogram}_bucket{_selected(where)}[{over}]))"
    return or_zero(f"histogram_quantile({percent / 100:g}, {buckets}) >= 0")


def percentile_by(
    label: str, percent: int, histogram: str, where: str = "", over: str = INTERVAL
) -> str:
    """Return a percentile of a histogram by a label."""
    buckets = f"sum by (le, {label}) (rate({histogram}_bucket{_selected(where)}[{over}]))"
    return or_none(f"histogram_quantile({percent / 100:g}, {buckets}) >= 0", label)


def age(timestamp: str) -> str:
    """Return how long ago a moment was, in seconds; -1 when there was none yet."""
    return f"(time() - (max({timestamp}) > 0)) or vector(-1)"


def of_writer(metric: str) -> str:
    """Return what the leading allocator says of a gauge; one that led before shows its last."""
    return f"({metric} and on (instance) (seiriken_leading_allocators == 1))"


PAIRS_LEFT = (
    f"sum({of_writer('seiriken_left_pairs')}) or sum(max by (venue, product) (seiriken_left_pairs))"
)
"""While nobody leads, what was said last."""


def _selected(where: str) -> str:
    return f"{{{where}}}" if where else ""
