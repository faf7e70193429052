"""What notices and the status page say, in Japanese and English.

Nothing here does I/O, reads a clock or draws a random number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from monitoring.bulletin.incidents import LANGUAGES, Incident, Stage
from monitoring.bulletin.maintenance import Plan
from monitoring.bulletin.notices import Kind, Notice

SITE = ZoneInfo("Asia/Tokyo")
_WEEKDAYS = {"ja": "月火水木金土日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TITLES: Mapping[Kind, Mapping[str, str]] = {
    "opened": {"ja": "障害が発生しました", "en": "Incident"},
    "updated": {"ja": "障害の続報", "en": "Incident: update"},
    "resolved": {"ja": "障害は解消しました", "en": "Incident: resolved"},
    "overdue": {"ja": "続報の時刻を過ぎています", "en": "Incident: the promised update is overdue"},
    "planned": {"ja": "システム停止のお知らせ", "en": "Planned downtime"},
    "reminder": {"ja": "システム停止が近づいています", "en": "Planned downtime: reminder"},
    "begins": {"ja": "システム停止を始めます", "en": "Planned downtime begins"},
    "over": {"ja": "システム停止が終わりました", "en": "Planned downtime is over"},
    "cancelled": {"ja": "システム停止は取りやめました", "en": "Planned downtime is called off"},
}

PAGE: Mapping[str, Mapping[str, str]] = {
    "title": {"ja": "稼働状況", "en": "Service status"},
    "well": {"ja": "正常に動いています", "en": "All is well"},
    "incident": {"ja": "障害が起きています", "en": "There is an incident"},
    "away": {"ja": "ただいまシステムを停止しています", "en": "The system is down for maintenance"},
    "next": {"ja": "次のお知らせ", "en": "Next update by"},
    "overdue": {"ja": "お知らせが遅れています", "en": "This update is late"},
    "history": {"ja": "これまでの障害", "en": "Earlier incidents"},
    "none": {"ja": "ありません。", "en": "None."},
    "planned": {"ja": "システム停止の予定", "en": "Planned downtime"},
    "reason": {"ja": "急ぐ理由", "en": "Why at short notice"},
    "as_of": {"ja": "このページの更新時刻", "en": "This page was written at"},
    "phone": {"ja": "お電話でのご相談", "en": "Phone desk"},
    "feed": {"ja": "更新情報（Atom）", "en": "Feed (Atom)"},
    "opened": {"ja": "発生", "en": "Opened"},
    "updated": {"ja": "続報", "en": "Update"},
    "resolved": {"ja": "解消", "en": "Resolved"},
    "other": {"ja": "English", "en": "日本語"},
}


def stage_word(stage: Stage, language: str) -> str:
    """Return how a stage is called."""
    return PAGE[stage][language]


def moment(at: datetime, language: str) -> str:
    """Write a moment with its weekday, by the clock of the site."""
    local = at.astimezone(SITE)
    weekday = _WEEKDAYS[language][local.weekday()]
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日({weekday}) {local:%H:%M}"
    return f"{weekday} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M} JST"


def span(plan: Plan, language: str) -> str:
    """Write when a plan begins and ends; the day once if it is the same."""
    begins, ends = plan.begins_at.astimezone(SITE), plan.ends_at.astimezone(SITE)
    end = moment(ends, language)
    if begins.date() == ends.date():
        end = f"{ends:%H:%M}" if language == "ja" else f"{ends:%H:%M} JST"
    if language == "ja":
        return f"{moment(begins, language)} から {end} まで"
    return f"{moment(begins, language)} to {end}"


def incident_notice(notice: Notice, incident: Incident, city: Mapping[str, str]) -> tuple[str, str]:
    """Return title and text of a notice about an incident, Japanese above English."""
    next_at = incident.latest.next_at
    parts = []
    for language in LANGUAGES:
        lines = [notice.words[language]]
        if next_at is not None and notice.kind != "resolved":
            lines.append(f"{PAGE['next'][language]}: {moment(next_at, language)}")
        parts.append("\n".join([TITLES[notice.kind][language], *lines]))
    return _title(notice, city), "\n\n".join([*parts, incident.incident_id])


def plan_notice(notice: Notice, plan: Plan, city: Mapping[str, str]) -> tuple[str, str]:
    """Return title and text of a notice about planned downtime."""
    parts = []
    for language in LANGUAGES:
        lines = [TITLES[notice.kind][language], span(plan, language)]
        if plan.emergency:
            lines.append(f"{PAGE['reason'][language]}: {plan.emergency}")
        parts.append("\n".join(lines))
    return _title(notice, city), "\n\n".join([*parts, plan.plan_id])


def _title(notice: Notice, city: Mapping[str, str]) -> str:
    return f"[{city['ja']}] {TITLES[notice.kind]['ja']} / {TITLES[notice.kind]['en']}"
