"""Security: who tries to come in that should not, and what must never happen."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import About, Curve, Limits, Placeable, bars, curves, figure
from monitoring.grafana.queries import (
    most_by,
    or_none,
    or_zero,
    per_minute,
    per_minute_by,
    share,
)

SIGN_INS = "seiriken_sign_ins_total"
RESULTS = ("confirmed", "not_confirmed", "too_many_attempts", "none")


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "security",
        "Security / 安全",
        "Sign-ins that fail, requests refused for safety's sake, and what must always be 0.",
        [
            Row(5, [_failed(), _blocked(), _dropped()]),
            Row(9, [_sign_ins(), _events()]),
            Row(9, [_refused_routes(), _proofs(), _findings()]),
        ],
        span="6h",
    )


def _failed() -> Placeable:
    return figure(
        "Sign-ins that fail / 失敗したサインインの割合",
        About(
            "The share of sign-ins in the last five minutes that did not name a resident of the"
            " roster.",
            "Below 20 %: people mistype.",
            "Above half: somebody tries numbers. Limits per ticket and per network hold them back;"
            " look at the sign-ins per minute, and block the network at the edge.",
            runbook="sign-in-attack",
        ),
        share(
            or_zero(f'sum(rate({SIGN_INS}{{result="not_confirmed"}}[5m]))'),
            f"sum(rate({SIGN_INS}[5m]))",
        ),
        unit="percentunit",
        decimals=0,
        limits=Limits(0.2, 0.5),
    )


def _blocked() -> Placeable:
    return figure(
        "Sign-ins held back per minute / 止めたサインイン",
        About(
            "Sign-ins that were not even tried, after too many failures.",
            "Near 0.",
            "Many: an attack that is being held back. Check the failing sign-ins, too.",
            runbook="sign-in-attack",
        ),
        per_minute(SIGN_INS, 'result="too_many_attempts"', over="5m"),
        decimals=1,
        limits=Limits(5, 60),
    )


def _dropped() -> Placeable:
    return figure(
        "Log fields dropped, in a day / 捨てたログ項目",
        About(
            "Fields that a log line would have had and that are not on the allow-list.",
            "0. Dropping keeps personal data out of the logs.",
            "More: a mistake in our code; tell the developers.",
            runbook="log-fields-dropped",
        ),
        or_zero("sum(increase(seiriken_log_fields_dropped_total[1d]))"),
        decimals=0,
        limits=Limits(1, 100),
    )


def _sign_ins() -> Placeable:
    return curves(
        "Sign-ins per minute, by result / 結果別のサインイン",
        About(
            "Confirmed, not confirmed (unknown ticket and wrong birth date alike), held back.",
            "Mostly confirmed, with a peak at the opening.",
            "Failures without a crowd, or in an even flow by night: somebody tries numbers.",
        ),
        Curve(per_minute_by("result", SIGN_INS), "{{result}}", RESULTS),
        stacked=True,
    )


def _events() -> Placeable:
    return bars(
        "Refused for safety, per minute / 安全のため断った要求",
        About(
            "Requests in the last five minutes that were refused for safety's sake, by kind.",
            "Some 'session_expired' and 'not_signed_in'.",
            "'cross_site', 'bad_token', 'not_yours': somebody tries to do what pages never do.",
            runbook="safety-refusals",
        ),
        per_minute_by("kind", "seiriken_security_events_total", over="5m"),
        "{{kind}}",
    )


def _refused_routes() -> Placeable:
    return bars(
        "Most refused pages, per minute / 断ったページ",
        About(
            "The ten routes with the most 4xx answers in the last five minutes.",
            "Sign-in, and pages that need a turn.",
            "Unknown pages by the hundred: a scanner. Block its network at the edge.",
        ),
        or_none(
            'topk(10, 60 * sum by (route) (rate(seiriken_http_requests_total{status_class="4xx"}'
            "[5m])) > 0)",
            "route",
        ),
        "{{route}}",
    )


def _proofs() -> Placeable:
    return bars(
        "Proofs of work at sign-in, per minute / 計算による確認",
        About(
            "Sign-ins of the last five minutes that were asked for a proof of work, and what came"
            " of it: proved, waited (a minute instead), invalid.",
            "None.",
            "Many asked: too much fails. Few of them proved: programs; many 'invalid': somebody"
            " sends proofs twice, or made-up ones.",
            runbook="sign-in-attack",
        ),
        per_minute_by("result", "seiriken_proofs_total", over="5m"),
        "{{result}}",
    )


def _findings() -> Placeable:
    return bars(
        "Audit of the tables, by promise / 監査の結果",
        About(
            "What the last audit found of each promise.",
            "0 everywhere.",
            "Pause the release at once (`seiriken release pause`), then `seiriken verify`.",
            runbook="invariant-broken",
        ),
        most_by("invariant", "seiriken_invariant_findings"),
        "{{invariant}}",
        limits=Limits(1, 1),
    )
