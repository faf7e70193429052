"""Jobs and messages: mails, tasks, incidents and the notices of them."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import Row, board
from monitoring.grafana.panels import About, Curve, Limits, Placeable, bars, curves, figure
from monitoring.grafana.queries import (
    most,
    or_none,
    per_minute_by,
    percentile,
    percentile_by,
)

MAIL_RESULTS = (
    "sent",
    "texted",
    "failed",
    "waiting",
    "resting",
    "already_sent",
    "no_address",
    "overtaken",
    "refused",
    "given_up",
    "none",
)


def dashboard() -> Dashboard:
    """Return it."""
    return board(
        "jobs",
        "Jobs and messages / 処理とメール",
        "What is told after a decision: mails, the tasks that send them, notices of incidents.",
        [
            Row(
                5,
                [_outbox(), _oldest(), _untold(), _incidents(), _overdue(), _downtime()],
                (4, 4, 4, 4, 4, 4),
            ),
            Row(9, [_backlog(), _mails(), _waits()], (10, 10, 4)),
            Row(9, [_tasks(), _slow_tasks(), _notices(), _herald()]),
        ],
    )


def _outbox() -> Placeable:
    return figure(
        "Messages not delivered / 未配信のメール",
        About(
            "Messages that were committed with a booking and are not delivered yet.",
            "Some hundreds in a surge, 0 else.",
            "It does not fall: see the mails by result, and the mail server.",
        ),
        most("seiriken_outbox_messages"),
        decimals=0,
        limits=Limits(1_000, 10_000),
    )


def _oldest() -> Placeable:
    return figure(
        "Oldest message / 最も古いメール",
        About(
            "How long the oldest message has waited for delivery.",
            "Below five minutes.",
            "Older: is the worker up, does the mail server answer? Nothing is lost; all are sent"
            " when it is back.",
            runbook="mails-fail",
        ),
        most("seiriken_outbox_oldest_age_seconds"),
        unit="s",
        limits=Limits(300, 1_800),
    )


def _incidents() -> Placeable:
    return figure(
        "Open incidents / 対応中の障害",
        About(
            "Incidents that are not resolved.",
            "0.",
            "`seiriken incident list` shows them; `seiriken incident update` tells contacts.",
        ),
        most("seiriken_open_incidents"),
        decimals=0,
        limits=Limits(1, 2),
    )


def _overdue() -> Placeable:
    return figure(
        "Overdue updates / 期限を過ぎた続報",
        About(
            "Incidents for which an update was promised by now and was not given.",
            "0.",
            "Give it at once: `seiriken incident update`, even if there is nothing new.",
            runbook="update-overdue",
        ),
        most("seiriken_overdue_incidents"),
        decimals=0,
        limits=Limits(1, 1),
    )


def _downtime() -> Placeable:
    return figure(
        "Planned downtime / 計画停止",
        About(
            "1 while planned downtime runs: the line stands, and pages say when it ends.",
            "0.",
            "It lasts longer than planned: open an incident, so that contacts are told.",
            runbook="planned-downtime",
        ),
        most("seiriken_running_maintenances"),
        decimals=0,
        limits=Limits(1, 2),
    )


def _untold() -> Placeable:
    return figure(
        "Told to nobody / 届かなかった通知",
        About(
            "Messages refused for good within a week, or given up after days. Whose person left no"
            " address is not counted: the desk tells them.",
            "A few: addresses with slips of the pen.",
            "It jumps: a provider refuses us. The staff's page of messages lists them.",
            runbook="mails-fail",
        ),
        most("seiriken_outbox_untold_messages"),
        decimals=0,
        limits=Limits(50, 500),
    )


def _waits() -> Placeable:
    return figure(
        "Longest wait for the desk / 窓口待ちの最長",
        About(
            "How long the first of those whom no message reaches has waited to be told by the desk"
            " what the city did to their booking.",
            "Below a day; an offer may stand for hours only.",
            "Does anybody work through the staff's page of messages, or `seiriken letters untold`?",
        ),
        most("seiriken_desk_untold_oldest_age_seconds"),
        unit="s",
        limits=Limits(86_400, 259_200),
    )


def _backlog() -> Placeable:
    return curves(
        "Backlog of messages / 未配信の推移",
        About(
            "Messages that are not delivered yet, and people whom only the desk can tell.",
            "A hill after the opening, which is worked off.",
            "It only rises: mails fail, or the worker stands; or nobody rings those people.",
        ),
        Curve(most("seiriken_outbox_messages"), "messages"),
        Curve(most("seiriken_desk_untold_people"), "for the desk to tell"),
    )


def _mails() -> Placeable:
    return curves(
        "Mails per minute, by result / 結果別のメール数",
        About(
            "What came of each message. 'texted': by SMS; 'overtaken': a later one says otherwise.",
            "'sent' and 'texted', some 'no_address'; 'waiting' while a provider is at its limit.",
            "'failed' is tried again, 'resting' while a provider is silent, or asked for it;"
            " 'given_up' is not: look into the worker's log.",
            runbook="mails-fail",
        ),
        Curve(per_minute_by("result", "seiriken_mails_total"), "{{result}}", MAIL_RESULTS),
        stacked=True,
    )


def _tasks() -> Placeable:
    return bars(
        "Tasks per minute / 処理の数",
        About(
            "Celery tasks that ended in the last five minutes, by task and result.",
            "'relay_outbox ok' all the time; it is the sign of the worker's life.",
            "None at all: the worker or beat stands. 'failed': the worker's log says why.",
            runbook="tasks-fail",
        ),
        or_none("60 * sum by (task, result) (rate(seiriken_tasks_total[5m]))", "task"),
        "{{task}} {{result}}",
    )


def _slow_tasks() -> Placeable:
    return bars(
        "Time of a task, 95 of 100 / 処理の時間",
        About(
            "How long the slowest tasks of each kind take.",
            "Below one second; a mail as long as the mail server needs.",
            "A task over its limit is ended and tried again.",
        ),
        percentile_by("task", 95, "seiriken_task_seconds", over="5m"),
        "{{task}}",
        unit="s",
        limits=Limits(5, 30),
    )


def _notices() -> Placeable:
    return bars(
        "Notices to contacts, per hour / 連絡先への通知",
        About(
            "Notices of incidents and downtime to the agreed contacts, by result.",
            "None, or 'sent'.",
            "'failed': `seiriken contacts test` tries each contact.",
            runbook="notices-fail",
        ),
        or_none("3600 * sum by (result) (rate(seiriken_notices_total[1h]))", "result"),
        "{{result}}",
    )


def _herald() -> Placeable:
    return curves(
        "A round of the herald / 告知係の1回の時間",
        About(
            "How long the herald needs for the record, the status page and its notices.",
            "Below one second.",
            "Many seconds: a contact's server is slow; the status page is written all the same.",
        ),
        Curve(percentile(95, "seiriken_herald_round_seconds"), "95 of 100"),
        unit="s",
    )
