"""Allocator: who decides, how quickly, and what comes of it."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import (
    BAD,
    GOOD,
    About,
    Curve,
    Limits,
    Placeable,
    bars,
    curves,
    figure,
)
from monitoring.grafana.queries import (
    most,
    of_writer,
    or_none,
    or_zero,
    per_minute_by,
    per_second_by,
    percentile,
)

COMMANDS = ("book", "book_together", "change", "cancel", "join", "accept", "expire", "walk_in")
RESULTS = ("committed", "outdated", "fenced", "lost")


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "allocator",
        "Allocator / 予約の決定",
        "The only writer: whether it leads, how long requests wait for it, and what it decides.",
        [
            Row(5, _now()),
            Row(9, [_granted(), _refused(), _steps()]),
            Row(9, [_batch(), _batches(), _left()]),
            Row(8, [_epochs(), _standby()]),
        ],
    )


def _now() -> list[Placeable]:
    return [
        figure(
            "Who leads / 決める係",
            About(
                "How many allocators believe to be the writer.",
                "Exactly one. While another takes over, nobody for at most five seconds.",
                "None: is any running, and do PostgreSQL and Redis answer? Two: the older is"
                " fenced with its next batch; if it stays so, stop one.",
                runbook="no-leader",
            ),
            or_zero("sum(seiriken_leading_allocators)"),
            words={"0": ("NOBODY", BAD), "1": ("one", GOOD), "2": ("TWO", BAD)},
        ),
        figure(
            "Oldest request / 最も古い申込み",
            About(
                "How long the oldest undecided request has waited.",
                "Below 0.5 s, also in a surge.",
                "Over 2 s the room lets fewer people in by itself. Over 5 s: look at the steps of a"
                " batch below, and at PostgreSQL's disk.",
                runbook="allocator-stuck",
            ),
            most("seiriken_inbox_oldest_age_seconds"),
            unit="s",
            limits=Limits(2, 5),
        ),
        figure(
            "Undecided requests / 決定待ちの申込み",
            About(
                "Requests in the inbox that are not decided yet.",
                "Below the size of one batch (1,000).",
                "It grows: the allocator is too slow, or stands. Look at the steps of a batch.",
                runbook="allocator-stuck",
            ),
            most("seiriken_inbox_requests"),
            decimals=0,
            limits=Limits(1_000, 5_000),
        ),
    ]


def _granted() -> Placeable:
    return curves(
        "Granted per second / 1秒間に認めた数",
        About(
            "Commands that were granted and committed, by command.",
            "Mostly 'book' during a release.",
            "It falls to 0 while requests are undecided: see 'Who leads'.",
        ),
        Curve(
            per_second_by("command", "seiriken_bookings_total"), "{{command}}", (*COMMANDS, "none")
        ),
        unit="reqps",
        stacked=True,
    )


def _refused() -> Placeable:
    return bars(
        "Refused per minute, by reason / 断った理由",
        About(
            "Commands that got a clear no in the last five minutes. A refusal is no fault.",
            "'no_first_dose' and 'no_second_dose' when places run out.",
            "Many 'not_eligible' or 'outside_release': is the release loaded that you meant?",
        ),
        per_minute_by("reason", "seiriken_refusals_total", over="5m"),
        "{{reason}}",
    )


def _steps() -> Placeable:
    return curves(
        "Steps of a batch, 95 of 100 / 1回分の手順の時間",
        About(
            "How long reading, deciding, committing and answering one batch take.",
            "Committing is the longest, below 0.1 s; deciding far below it.",
            "Long commits: PostgreSQL's disk. Long reads: its memory, or missing statistics."
            " Long answers: Redis.",
        ),
        Curve(percentile(95, "seiriken_read_seconds"), "read"),
        Curve(percentile(95, "seiriken_decision_seconds"), "decide"),
        Curve(percentile(95, "seiriken_commit_seconds"), "commit"),
        Curve(percentile(95, "seiriken_answer_seconds"), "answer"),
        unit="s",
        limits=Limits(0.5, 1.5),
    )


def _batch() -> Placeable:
    return curves(
        "Requests in a batch / 1回分の申込み数",
        About(
            "How many requests are decided in one transaction.",
            "It follows the load: a few when calm, hundreds in a surge.",
            "Always at the greatest: requests come faster than they are decided.",
        ),
        Curve(percentile(50, "seiriken_batch_requests"), "middle"),
        Curve(percentile(95, "seiriken_batch_requests"), "95 of 100"),
        unit="short",
    )


def _batches() -> Placeable:
    return curves(
        "Batches per second, by result / 結果別の回数",
        About(
            "Batches that were committed; decided again, as the release had changed; thrown away,"
            " as another writer had taken over, or as a server was away.",
            "Committed alone.",
            "'fenced' more than once: two allocators take the lead from each other. 'lost':"
            " see the needs on the dashboard Infrastructure.",
            runbook="two-writers",
        ),
        Curve(per_second_by("result", "seiriken_batches_total"), "{{result}}", (*RESULTS, "none")),
        unit="ops",
    )


def _left() -> Placeable:
    return bars(
        "Pairs left, by venue and product / 会場とワクチン別の残り",
        About(
            "Pairs that can still be booked.",
            "They fall alike, unless one venue is liked better.",
            "One is 0 early: add seats there (`seiriken desk add-seats`), or tell people.",
        ),
        or_none(
            f"max by (venue, product) ({of_writer('seiriken_left_pairs')})"
            " or on() max by (venue, product) (seiriken_left_pairs)",
            "venue",
        ),
        "{{venue}} {{product}}",
    )


def _epochs() -> Placeable:
    return bars(
        "Epoch of each allocator / 世代番号",
        About(
            "The number of each allocator's last lease; the highest one may commit.",
            "It stays. Each take-over is one more.",
            "More again and again: the leader loses its lease; is its machine overloaded?",
            runbook="leader-changes",
        ),
        'max by (instance) (seiriken_writer_epoch{job="allocator"})',
        "{{instance}}",
        unit="none",
    )


def _standby() -> Placeable:
    return curves(
        "Standby list / キャンセル待ち",
        About(
            "People on the standby lists, and pairs that are held for some of them.",
            "Offers are taken or given back within three hours of daytime.",
            "Many offers that stay: do the mails arrive? See Jobs and messages.",
        ),
        Curve(or_zero(f"max({of_writer('seiriken_standby_people')})"), "people on the list"),
        Curve(or_zero(f"max({of_writer('seiriken_offered_pairs')})"), "pairs on offer"),
    )
