"""Assurance: what a resident meets from outside, and whether all could be restored."""

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
)
from monitoring.grafana.queries import (
    age,
    most,
    or_none,
    per_minute_by,
    percentile_by,
)

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
STEPS = ("landing", "line", "sign_in", "availability", "book", "cancel", "clear", "why", "none")
RESULTS = ("ok", "failed", "none")
NOT_YET = {"-1": ("none yet / まだ", NEUTRAL)}


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "assurance",
        "Outside and backups / 外からの確認とバックアップ",
        "The synthetic resident, the certificate, backups, and the drills that prove them.",
        [
            Row(5, [_up(), _last_run(), _certificate()]),
            Row(8, [_runs(), _steps(), _failures()]),
            Row(5, [_backup(), _wal(), _drill(), _kept()]),
            Row(6, [_made(), _size()]),
        ],
        span="24h",
    )


def _up() -> Placeable:
    return figure(
        "Can a resident book? / 予約できるか",
        About(
            "Whether the synthetic resident, who comes from outside every half minute, could go"
            " through the city. Waiting, a closed release and planned downtime are no failures.",
            "yes.",
            "docs/runbooks/probe-fails.md. The failed step is below.",
        ),
        most("seiriken_probe_up"),
        words={"1": ("yes / はい", GOOD), "0": ("NO / いいえ", BAD)},
        filled=True,
    )


def _last_run() -> Placeable:
    return figure(
        "Last run / 最後の確認から",
        About(
            "How long ago the synthetic resident came last.",
            "Under a minute.",
            "Longer: the probe stands, and nobody would notice an outage. See its log.",
        ),
        age("seiriken_probe_timestamp_seconds"),
        unit="s",
        decimals=0,
        limits=Limits(60, 90),
        words=NOT_YET,
    )


def _certificate() -> Placeable:
    return figure(
        "Certificate left / 証明書の残り",
        About(
            "How long the certificate that residents are shown is still valid.",
            "Over three weeks; none yet where the probe comes without TLS.",
            "Renew it: browsers let nobody in after its end.",
        ),
        "((max(seiriken_certificate_expiry_timestamp_seconds) > 0) - time()) or vector(-1)",
        unit="s",
        decimals=0,
        limits=Limits(21 * DAY_S, 7 * DAY_S, low=True),
        words={"-1": ("no TLS", NEUTRAL)},
    )


def _runs() -> Placeable:
    return curves(
        "Runs / 確認の結果",
        About(
            "What the synthetic resident's runs came to, a minute.",
            "Two a minute, ok.",
            "failed: see the step to the right.",
        ),
        Curve(
            per_minute_by("result", "seiriken_probe_runs_total"),
            "{{result}}",
            ("ok", "waiting", "closed", "maintenance", "failed", "none"),
        ),
        stacked=True,
    )


def _steps() -> Placeable:
    return curves(
        "Time of each step, p95 / 各段階の時間",
        About(
            "How long each step takes as it is seen from outside.",
            "Below 0.3 s.",
            "One is slow: that page. All are slow: the gateways or the way to them.",
        ),
        Curve(
            percentile_by("step", 95, "seiriken_probe_step_seconds", over="5m"), "{{step}}", STEPS
        ),
        unit="s",
        limits=Limits(1, 5),
    )


def _failures() -> Placeable:
    return bars(
        "Failed steps, last day / 失敗した段階",
        About(
            "At which step runs failed in the last 24 hours.",
            "none.",
            "The step says where to look first.",
        ),
        or_none("sum by (step) (increase(seiriken_probe_failures_total[1d]))", "step"),
        "{{step}}",
        limits=Limits(1, 10),
    )


def _backup() -> Placeable:
    return figure(
        "Newest backup / 最新のバックアップから",
        About(
            "How long ago the newest full backup ended.",
            "Below 26 hours.",
            "docs/runbooks/backup-old.md. `seiriken backup now` makes one.",
        ),
        age("seiriken_backup_timestamp_seconds"),
        unit="s",
        decimals=0,
        limits=Limits(25 * HOUR_S, 26 * HOUR_S),
        words=NOT_YET,
    )


def _wal() -> Placeable:
    return figure(
        "A disk lost now would cost / いま失われる時間",
        About(
            "How old the last moment is to which all could be restored.",
            "Below a minute.",
            "More: the archive stands. See the keeper's log.",
        ),
        age("seiriken_wal_archived_timestamp_seconds"),
        unit="s",
        decimals=0,
        limits=Limits(60, 300),
        words=NOT_YET,
    )


def _drill() -> Placeable:
    return figure(
        "Last good drill / 復元訓練の成功から",
        About(
            "How long ago a restore of the newest and the oldest backup was shown to be whole.",
            "Below 26 hours.",
            "docs/runbooks/drill-failed.md. A backup that was never restored proves nothing.",
        ),
        age("seiriken_drill_timestamp_seconds"),
        unit="s",
        decimals=0,
        limits=Limits(25 * HOUR_S, 50 * HOUR_S),
        words=NOT_YET,
    )


def _kept() -> Placeable:
    return figure(
        "Backups kept / 保存している世代",
        About(
            "Full backups in the repository.",
            "10, once the city has run for ten days.",
            "More or fewer: `seiriken backup list`.",
        ),
        most("seiriken_kept_backups"),
        decimals=0,
    )


def _made() -> Placeable:
    return curves(
        "Backups and drills, last day / バックアップと訓練",
        About(
            "What the keeper has made in 24 hours, by result.",
            "One of each, ok.",
            "failed: the keeper's log has the reason.",
        ),
        Curve(
            or_none("sum by (result) (increase(seiriken_backups_total[1d]))", "result"),
            "backup {{result}}",
            tuple(f"backup {result}" for result in RESULTS),
        ),
        Curve(
            or_none("sum by (result) (increase(seiriken_drills_total[1d]))", "result"),
            "drill {{result}}",
            tuple(f"drill {result}" for result in RESULTS),
        ),
    )


def _size() -> Placeable:
    return curves(
        "Size of the newest backup / 大きさ",
        About(
            "Size of the newest full backup, packed and sealed.",
            "It grows with the bookings.",
            "Much smaller than the last: something is missing. Run a drill at once.",
        ),
        Curve(most("seiriken_backup_bytes"), "newest"),
        unit="bytes",
    )
