"""Infrastructure: processes, what they need, the machine, clocks, and the audit of the tables."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import (
    BAD,
    GOOD,
    NEUTRAL,
    About,
    Curve,
    Limits,
    Placeable,
    bars,
    curves,
    figure,
    states,
)
from monitoring.grafana.queries import age, or_none, or_zero, share
from monitoring.grafana.troubles import OUR_JOBS

EACH = "{{job}} {{instance}}"


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "infrastructure",
        "Infrastructure / 基盤",
        "Processes and what they need, processor, memory, disk, clocks, and the audit.",
        [
            Row(5, [_down(), _disk(), _findings(), _audit()]),
            Row(8, [_needs(), _up()]),
            Row(8, [_cpu(), _memory(), _files()]),
            Row(8, [_skew(), _restarts()]),
        ],
    )


def _down() -> Placeable:
    return figure(
        "Processes down / 止まっているプロセス",
        About(
            "Processes of ours that Prometheus does not reach.",
            "0.",
            "Which one: see below. It is started again by itself; if not, its log says why.",
            runbook="process-away",
        ),
        or_zero(f"count(up{{{OUR_JOBS}}} == 0)"),
        decimals=0,
        limits=Limits(1, 2),
    )


def _disk() -> Placeable:
    return figure(
        "Disk free / ディスクの空き",
        About(
            "What is free of the disk that the system's folder is on.",
            "Over 20 %.",
            "Make room, or a larger disk: PostgreSQL stops when it is full.",
            runbook="disk",
        ),
        share("max(seiriken_disk_free_bytes)", "max(seiriken_disk_size_bytes)"),
        unit="percentunit",
        decimals=0,
        limits=Limits(0.2, 0.1, low=True),
    )


def _findings() -> Placeable:
    return figure(
        "Broken promises / 約束の破れ",
        About(
            "What the last audit of the tables found: oversold seats, half pairs, broken intervals"
            " and the like.",
            "0, always.",
            "Anything else: pause the release at once (`seiriken release pause`), then"
            " `seiriken verify`.",
            runbook="invariant-broken",
        ),
        or_zero("sum(max by (invariant) (seiriken_invariant_findings))"),
        decimals=0,
        limits=Limits(1, 1),
    )


def _audit() -> Placeable:
    return figure(
        "Last audit / 最後の監査から",
        About(
            "How long ago the tables were audited.",
            "As often as it is planned.",
            "Longer: the worker or beat stands; see Jobs and messages.",
            runbook="audit-old",
        ),
        age("seiriken_audit_timestamp_seconds"),
        unit="s",
        decimals=0,
        words={"-1": ("none yet / まだ", NEUTRAL)},
    )


def _needs() -> Placeable:
    return states(
        "What each process needs / 必要なもの",
        About(
            "For each kind of process and each thing it needs: whether all of them have it.",
            "Always there. A standby allocator has no ledger; that of the leader counts.",
            "Many processes lack the same: that server is away. One process lacks it: its network.",
            runbook="need-missing",
        ),
        'min by (job, need) (seiriken_need_up{need!="ledger"})'
        ' or max by (job, need) (seiriken_need_up{need="ledger"})',
        "{{job}}: {{need}}",
        {"1": ("there", GOOD), "0": ("AWAY", BAD)},
    )


def _up() -> Placeable:
    return states(
        "Processes / プロセス",
        About(
            "Whether Prometheus reaches each process.",
            "Always up.",
            "Down for longer than a restart takes: look at its log.",
            runbook="process-away",
        ),
        f"up{{{OUR_JOBS}}}",
        EACH,
        {"1": ("up", GOOD), "0": ("DOWN", BAD)},
    )


def _cpu() -> Placeable:
    return bars(
        "Processor / CPU",
        About(
            "Cores that each process uses.",
            "A gateway and the allocator use one core at most.",
            "A gateway near 1: add gateways. The allocator near 1: it is the limit of the city.",
        ),
        f"sum by (job, instance) (rate(process_cpu_seconds_total{{{OUR_JOBS}}}[1m]))",
        EACH,
        unit="short",
        limits=Limits(0.7, 0.9),
    )


def _memory() -> Placeable:
    return bars(
        "Memory / メモリ",
        About(
            "Memory that each process holds.",
            "It levels off after the opening.",
            "It only grows, over hours: restart that process in a calm moment, and tell us.",
        ),
        f"sum by (job, instance) (process_resident_memory_bytes{{{OUR_JOBS}}})",
        EACH,
        unit="bytes",
    )


def _files() -> Placeable:
    return bars(
        "Open files and connections / 開いている数",
        About(
            "The share of the file descriptors that each process may open. Each connection is one.",
            "Below half.",
            "Near 1 no new connection is accepted: raise the limit (`ulimit -n`).",
            runbook="files-run-out",
        ),
        f"sum by (job, instance) (process_open_fds{{{OUR_JOBS}}} / process_max_fds)",
        EACH,
        unit="percentunit",
        limits=Limits(0.5, 0.8),
    )


def _skew() -> Placeable:
    return curves(
        "Clocks / 時計のずれ",
        About(
            "How far our clocks and the servers' differ, at most.",
            "Below 0.1 s.",
            "Seconds: does time synchronisation (chrony) run on every machine? Openings follow the"
            " clock.",
            runbook="clock-skew",
        ),
        Curve(
            or_none("max by (against) (abs(seiriken_clock_skew_seconds))", "against"),
            "against {{against}}",
            ("against redis", "against database", "against none"),
        ),
        unit="s",
        limits=Limits(0.5, 2),
    )


def _restarts() -> Placeable:
    return bars(
        "Running for / 起動してから",
        About(
            "How long ago each process was started.",
            "Days; a short time only after an update.",
            "Short again and again: it dies and is started again. Its log says why.",
            runbook="process-away",
        ),
        f"time() - max by (job, instance) (process_start_time_seconds{{{OUR_JOBS}}})",
        EACH,
        unit="s",
    )
