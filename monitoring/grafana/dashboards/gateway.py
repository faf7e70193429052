"""Gateway: what residents' devices ask, how quickly they are answered, and how full it is."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import About, Curve, Limits, Placeable, bars, curves, figure
from monitoring.grafana.queries import (
    or_none,
    or_zero,
    per_second,
    per_second_by,
    percentile,
    percentile_by,
    share,
)

REQUESTS = "seiriken_http_requests_total"
SECONDS = "seiriken_http_request_seconds"
CLASSES = ("2xx", "3xx", "4xx", "5xx", "none")
OURS = 'job="gateway"'


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "gateway",
        "Gateway / 受付窓口",
        "HTTP in, HTTP out: how much is asked, how quickly it is answered, what fails.",
        [
            Row(5, _now()),
            Row(9, [_requests(), _durations(), _replies()]),
            Row(9, [_by_route(), _slow_routes(), _failing_routes()]),
            Row(8, [_lag(), _vwr()]),
        ],
    )


def _now() -> list[Placeable]:
    return [
        figure(
            "Requests per second / 1秒間の要求",
            About(
                "Requests that were answered, over all gateways, in the last minute.",
                "It follows the crowd; an edge cache keeps status.json away from here.",
                "More than `seiriken size` says for your cores: add gateways.",
            ),
            per_second(REQUESTS, over="1m"),
            unit="reqps",
        ),
        figure(
            "Pages that fail / 失敗したページ",
            About(
                "The share of answers with a 5xx status in the last minute.",
                "0. In planned downtime every page says so with a 503.",
                "See which routes fail, and the gateway's log for `request_failed`.",
                runbook="many-requests-fail",
            ),
            share(
                or_zero(f'sum(rate({REQUESTS}{{status_class="5xx"}}[1m]))'),
                f"sum(rate({REQUESTS}[1m]))",
            ),
            unit="percentunit",
            decimals=2,
            limits=Limits(0.001, 0.01),
        ),
        figure(
            "Being answered / 処理中の要求",
            About(
                "Requests that the gateways are answering at this moment.",
                "Some tens, in a surge some hundreds: bookings wait for the allocator here.",
                "It grows and stays: see the reply wait, then the dashboard Allocator.",
            ),
            or_zero("sum(seiriken_http_in_progress_requests)"),
            decimals=0,
        ),
    ]


def _requests() -> Placeable:
    return curves(
        "Requests per second, by status / 状態別の要求数",
        About(
            "Answered requests by class of status: 2xx done, 3xx sent on, 4xx refused, 5xx failed.",
            "2xx and 3xx; some 4xx.",
            "5xx: see the failing routes. Many 4xx: see the dashboard Security.",
        ),
        Curve(per_second_by("status_class", REQUESTS), "{{status_class}}", CLASSES),
        unit="reqps",
        stacked=True,
    )


def _durations() -> Placeable:
    return curves(
        "Time to answer / 応答時間",
        About(
            "Half, 95 and 99 of 100 requests are answered within these times.",
            "99 of 100 within 0.5 s.",
            "All grow together: the gateways are full, see the loop lag. Only the 99th: bookings"
            " wait for the allocator, see the reply wait.",
            runbook="answers-slow",
        ),
        Curve(percentile(50, SECONDS), "half"),
        Curve(percentile(95, SECONDS), "95 of 100"),
        Curve(percentile(99, SECONDS), "99 of 100"),
        unit="s",
        limits=Limits(0.5, 2),
    )


def _replies() -> Placeable:
    return curves(
        "Wait for the allocator's answer / 決定の待ち時間",
        About(
            "From handing a booking in to its answer, as the gateway sees it.",
            "95 of 100 within 0.5 s. Later than a few seconds the page says 'checking'.",
            "See the dashboard Allocator.",
        ),
        Curve(percentile(50, "seiriken_reply_wait_seconds"), "half"),
        Curve(percentile(95, "seiriken_reply_wait_seconds"), "95 of 100"),
        unit="s",
        limits=Limits(2, 5),
    )


def _by_route() -> Placeable:
    return bars(
        "Most asked, per second / 要求の多いページ",
        About(
            "The ten routes that are asked most, in the last five minutes.",
            "status.json and the waiting page while people wait.",
            "One route alone stands out: a program may be asking; see the dashboard Security.",
        ),
        or_none(f"topk(10, sum by (route) (rate({REQUESTS}[5m])) > 0)", "route"),
        "{{route}}",
        unit="reqps",
    )


def _slow_routes() -> Placeable:
    return bars(
        "Slowest pages, 95 of 100 / 遅いページ",
        About(
            "The ten routes whose slowest answers take longest, in the last five minutes.",
            "Below 0.5 s, but for bookings, which wait for the allocator.",
            "A page of days or times is slow: the gateways are full. Bookings: see Allocator.",
            runbook="answers-slow",
        ),
        or_none(
            f"topk(10, histogram_quantile(0.95, sum by (le, route)"
            f" (rate({SECONDS}_bucket[5m]))) >= 0)",
            "route",
        ),
        "{{route}}",
        unit="s",
        limits=Limits(0.5, 2),
    )


def _failing_routes() -> Placeable:
    return bars(
        "Failing pages, per minute / 失敗したページ（毎分）",
        About(
            "The ten routes with the most 5xx answers in the last five minutes.",
            "None.",
            "The gateway's log has the event `request_failed` with the route.",
            runbook="many-requests-fail",
        ),
        or_none(
            f'topk(10, 60 * sum by (route) (rate({REQUESTS}{{status_class="5xx"}}[5m])) > 0)',
            "route",
        ),
        "{{route}}",
        limits=Limits(1, 10),
    )


def _lag() -> Placeable:
    return bars(
        "How full each gateway is / 混み具合",
        About(
            "How much later than due the event loop of each gateway wakes (99 of 100).",
            "Below 0.05 s.",
            "Above it the gateway's core is full: lower the limit (`seiriken room cap`) or add"
            " gateways.",
            runbook="answers-slow",
        ),
        percentile_by("instance", 99, "seiriken_loop_lag_seconds", OURS),
        "{{instance}}",
        unit="s",
        limits=Limits(0.05, 0.25),
    )


def _vwr() -> Placeable:
    return bars(
        "Calls of the AWS-compatible line, per minute / 互換APIの呼び出し",
        About(
            "Calls by result in the last five minutes, where this line is in use (docs/vwr.md).",
            "None where it is not used; else 'ok' and 'not_yet'.",
            "Many 'invalid': a site that uses it sends broken requests. 'full': raise its limit.",
        ),
        or_none("60 * sum by (call, result) (rate(seiriken_vwr_calls_total[5m]))", "call"),
        "{{call}} {{result}}",
    )
