"""Waiting room: how the line moves, what holds it back, and whether promises are kept."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import (
    NEUTRAL,
    STRAINED,
    About,
    Curve,
    Limits,
    Placeable,
    curves,
    named,
    states,
)
from monitoring.grafana.queries import (
    INTERVAL,
    most,
    most_by,
    or_none,
    or_zero,
    per_minute,
    per_minute_by,
    per_second_by,
    percentile,
)

HELD_BY = {
    "nobody_waits": "nobody waits / 待つ人なし",
    "not_running": "not open, or paused / 停止中",
    "inside_limit": "the inside is full / 中が満員",
    "late_answers": "answers were late / 応答の遅れ",
    "operators_cap": "the operator's cap / 上限の指定",
    "operators_rate": "the operator's rate / 速さの指定",
    "calling_speed": "the greatest speed / 最高速度",
    "none": "no release / なし",
}
CAUSES = ("paused", "rate_lowered", "capacity_cut", "slower_than_measured", "none")
RAISED = tuple(f"raised: {cause}" for cause in CAUSES)
OUTLOOKS = ("likely", "borderline", "unlikely", "unknown", "none")
ERRORS = "seiriken_eta_error_seconds"


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "waiting_room",
        "Waiting room / 待合室",
        "Who may come in, and when: the line, what holds it back, and what people are told.",
        [
            Row(8, [_held_by_now(), _line(), _called()], widths=(6, 9, 9)),
            Row(7, [_held_by(), _told()], widths=(14, 10)),
            Row(8, [_outlook(), _eta_error(), _raised()]),
            Row(8, [_desk(), _ticks(), _tick_s()]),
        ],
    )


def _held_by_now() -> Placeable:
    return named(
        "What holds the line back / 列が進まない理由",
        About(
            "Why the line is not called further at this moment.",
            "'The inside is full' while many wait: then seats inside are the measure.",
            "'Answers were late': see the dashboard Allocator. An operator's cap or rate:"
            " `seiriken room cap` and `seiriken room rate auto` take it back.",
        ),
        or_none("max by (held_by) (seiriken_admission_held_by_state) == 1", "held_by"),
        "{{held_by}}",
        HELD_BY,
    )


def _line() -> Placeable:
    return curves(
        "The line / 列",
        About(
            "People who wait, who are inside, and how many may be inside.",
            "'Inside' stays just below its limit while people wait.",
            "Far below it with a long line: those who are called do not come.",
        ),
        Curve(most("seiriken_waiting_people"), "waiting"),
        Curve(most("seiriken_inside_people"), "inside"),
        Curve(most("seiriken_admission_limit_people"), "limit inside"),
    )


def _called() -> Placeable:
    return curves(
        "Called per minute / 1分間に呼ばれた人",
        About(
            "How fast the serving number rises, and who came back to the front after an error.",
            "Steady while people wait. Without a crowd the number runs ahead of arrivals.",
            "It stands while people wait: see what holds the line back. Many who come back:"
            " sessions end too early, or devices lose them.",
        ),
        Curve(
            or_zero(f"max(clamp_min(deriv(seiriken_serving_place[{INTERVAL}]), 0)) * 60"), "called"
        ),
        Curve(per_minute("seiriken_returned_total"), "came back to the front"),
    )


def _held_by() -> Placeable:
    return states(
        "What held it back over time / 列が進まない理由の推移",
        About(
            "Which of the reasons held the line back when.",
            "'inside_limit' in a surge, 'nobody_waits' else.",
            "'late_answers' again and again: the city is at what its machines can do.",
        ),
        most_by("held_by", "seiriken_admission_held_by_state"),
        "{{held_by}}",
        {"1": ("holds", STRAINED), "0": ("-", NEUTRAL)},
    )


def _told() -> Placeable:
    return curves(
        "What the last in line is told / 最後の人に伝える待ち時間",
        About(
            "The bounds of the wait that the last person in the line is told.",
            "They narrow, and fall.",
            "They rise: see 'Promises raised' for the cause.",
        ),
        Curve(
            or_none("max by (bound) (seiriken_told_wait_seconds) >= 0", "bound"),
            "{{bound}}",
            ("low", "high", "none"),
        ),
        unit="s",
    )


def _outlook() -> Placeable:
    return curves(
        "Chances of those who wait / 枠が取れる見込み",
        About(
            "People who wait, by what they are told of their chances.",
            "All 'likely' until pairs run short.",
            "Many 'unlikely': say so (`seiriken room message`), and when the next release is.",
        ),
        Curve(most_by("outlook", "seiriken_outlook_people"), "{{outlook}}", OUTLOOKS),
        stacked=True,
    )


def _eta_error() -> Placeable:
    return curves(
        "How far off the told times are / 予測のずれ",
        About(
            "For sampled places: the difference of their turn from the middle of what was told.",
            "Half of them below a minute.",
            "Minutes: the pace changes often; avoid changing rate and cap by hand.",
        ),
        Curve(percentile(50, ERRORS, over="5m"), "half"),
        Curve(percentile(95, ERRORS, over="5m"), "95 of 100"),
        unit="s",
    )


def _raised() -> Placeable:
    return curves(
        "Promises raised and missed, per minute / 延ばした予測と外れた予測",
        About(
            "How often the latest moment told to people who wait had to rise, by cause; and how"
            " many of the sampled places had their turn outside the told time.",
            "None, or few.",
            "'capacity_cut' and 'slower_than_measured': the city answers more slowly than before."
            " 'paused' and 'rate_lowered' are orders of the staff.",
        ),
        Curve(per_minute_by("cause", "seiriken_eta_raised_total"), "raised: {{cause}}", RAISED),
        Curve(per_minute(f"{ERRORS}_count", 'result!="within"'), "missed"),
    )


def _desk() -> Placeable:
    return curves(
        "Phone desk / 電話窓口",
        About(
            "People in the phone desk's lane, and how many it calls in per minute.",
            "Short while the desk is at work.",
            "It grows: clerks cannot keep up, or the desk's share of the seats is too small.",
        ),
        Curve(most("seiriken_desk_waiting_people"), "waiting in the desk's lane"),
        Curve(per_minute("seiriken_desk_called_total"), "called in per minute"),
    )


def _ticks() -> Placeable:
    return curves(
        "Ticks per second / 更新回数",
        About(
            "How often the room decides, by result; 'away' means that Redis did not answer.",
            "Two a second, all 'ok'.",
            "Fewer: the room's machine is overloaded. 'away': see the needs on Infrastructure.",
            runbook="room-silent",
        ),
        Curve(
            per_second_by("result", "seiriken_ticks_total"), "{{result}}", ("ok", "away", "none")
        ),
        unit="ops",
    )


def _tick_s() -> Placeable:
    return curves(
        "Time of a tick / 1回の更新の時間",
        About(
            "How long one tick takes: 95 and 99 of 100.",
            "Below 0.1 s.",
            "Near 0.5 s the line is told of more rarely: Redis, or the room's core, is full.",
        ),
        Curve(percentile(95, "seiriken_tick_seconds"), "95 of 100"),
        Curve(percentile(99, "seiriken_tick_seconds"), "99 of 100"),
        unit="s",
        limits=Limits(0.1, 0.5),
    )
