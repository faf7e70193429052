"""What notices of alerts say, in Japanese and English.

Nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from monitoring.bulletin.alerts import AlertKind, Message, Taken
from monitoring.bulletin.incidents import LANGUAGES, Incident
from monitoring.bulletin.watch import WatchKind
from monitoring.bulletin.words import moment

RUNBOOKS = "docs/runbooks"
WATCH_RUNBOOK = "watch-silent.md"
OWN_LABELS = ("alertname", "severity", "incident", "planned", "job")
"""Labels that are the rule's; the others say what an alert is about."""
SHOWN_MAX = 10

KINDS: Mapping[AlertKind | WatchKind, Mapping[str, str]] = {
    "alert": {"ja": "警報", "en": "Alert"},
    "alert_again": {"ja": "警報が続いています", "en": "Alert goes on"},
    "alert_over": {"ja": "警報は収まりました", "en": "Alert is over"},
    "watch_silent": {"ja": "監視が止まっています", "en": "Nobody watches"},
    "watch_back": {"ja": "監視が戻りました", "en": "Monitoring is back"},
}

WATCH: Mapping[WatchKind, Mapping[str, str]] = {
    "watch_silent": {
        "ja": "{minutes}分間、PrometheusとAlertmanagerから知らせがありません。"
        "故障が起きても警報は出ません。",
        "en": "Prometheus and Alertmanager have said nothing for {minutes} minutes. "
        "No alert would come of an outage.",
    },
    "watch_back": {
        "ja": "PrometheusとAlertmanagerから、ふたたび知らせが届いています。",
        "en": "Prometheus and Alertmanager are heard again.",
    },
}

LINES: Mapping[str, Mapping[str, str]] = {
    "since": {"ja": "{at} から", "en": "Since {at}"},
    "about": {"ja": "対象: {about}", "en": "About: {about}"},
    "public": {
        "ja": "公開の障害情報: {id}",
        "en": "Public incident: {id}",
    },
    "promised": {
        "ja": "次の続報を {at} までに出してください: seiriken incident update {id}",
        "en": "Its next update is promised by {at}: seiriken incident update {id}",
    },
    "yours": {
        "ja": "確かめたら、解消を知らせてください: seiriken incident resolve {id}",
        "en": "When you have made sure, say that it is over: seiriken incident resolve {id}",
    },
    "closes": {
        "ja": "このまま静かなら、障害情報は数分後に自動で解消になります。",
        "en": "If it stays quiet, the incident is resolved by itself within minutes.",
    },
    "runbook": {"ja": "手順: {runbook}", "en": "Runbook: {runbook}"},
}


class Letterhead(msgspec.Struct, frozen=True):
    """Who writes, and where the runbooks are: empty for the repository's own folder."""

    city: Mapping[str, str]
    runbooks: str = ""

    def runbook(self, name: str) -> str:
        """Return where a runbook is."""
        return f"{self.runbooks.rstrip('/')}/{RUNBOOKS}/{name}".lstrip("/")


def alert_notice(
    message: Message, taken: Taken, now: datetime, head: Letterhead
) -> tuple[str, str]:
    """Return title and text of a notice about a group, Japanese above English."""
    first = message.shown[0]
    names = {one: first.annotations.get(f"title_{one}", message.name) for one in LANGUAGES}
    parts = []
    for language in LANGUAGES:
        lines = [f"{KINDS[taken.kind][language]}: {names[language]}"]
        lines += _of_alerts(message, language)
        if taken.incident is not None:
            lines += _of_incident(taken, taken.incident, language, now)
        if runbook := first.annotations.get("runbook"):
            lines.append(_line("runbook", language, runbook=head.runbook(runbook)))
        parts.append("\n".join(lines))
    title = " / ".join(f"{KINDS[taken.kind][one]}: {names[one]}" for one in LANGUAGES)
    return f"[{head.city['ja']}] {title}", "\n\n".join(parts)


def watch_notice(kind: WatchKind, silent_for: timedelta, head: Letterhead) -> tuple[str, str]:
    """Return title and text of a notice that nobody watches, or does so again."""
    minutes = silent_for // timedelta(minutes=1)
    parts = [
        "\n".join(
            [
                KINDS[kind][language],
                WATCH[kind][language].format(minutes=minutes),
                _line("runbook", language, runbook=head.runbook(WATCH_RUNBOOK)),
            ]
        )
        for language in LANGUAGES
    ]
    title = " / ".join(KINDS[kind][one] for one in LANGUAGES)
    return f"[{head.city['ja']}] {title}", "\n\n".join(parts)


def _of_alerts(message: Message, language: str) -> Iterator[str]:
    said = dict.fromkeys(one.annotations.get(language, "") for one in message.shown[:SHOWN_MAX])
    yield from filter(None, said)
    began_at = min(one.starts_at for one in message.shown)
    yield _line("since", language, at=moment(began_at, language))
    about = dict.fromkeys(
        value
        for one in message.shown[:SHOWN_MAX]
        for name, value in sorted(one.labels.items())
        if name not in OWN_LABELS
    )
    if about:
        yield _line("about", language, about=", ".join(about))


def _of_incident(taken: Taken, incident: Incident, language: str, now: datetime) -> Iterator[str]:
    if incident.is_resolved:
        return
    name, next_at = incident.incident_id, incident.latest.next_at
    yield _line("public", language, id=name)
    if taken.is_said:
        yield (
            f"「{incident.latest.words[language]}」"
            if language == "ja"
            else (f'"{incident.latest.words[language]}"')
        )
    if taken.kind == "alert_over":
        yield _line("closes" if incident.is_machines else "yours", language, id=name)
    elif next_at is not None and next_at >= now:
        yield _line("promised", language, id=name, at=moment(next_at, language))


def _line(name: str, language: str, **values: str) -> str:
    return LINES[name][language].format(**values)
