from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.bulletin.alert_words import Letterhead, alert_notice, watch_notice
from monitoring.bulletin.alerts import Alert, AlertKind, Message, Taken
from monitoring.bulletin.incidents import Incident, opened, resolved, updated

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
WORDS = {"ja": "確定できません。", "en": "No booking can be confirmed."}
HEAD = Letterhead({"ja": "印西市", "en": "Inzai City"})
ANNOTATIONS = {
    "title_ja": "書き手なし",
    "title_en": "No leader",
    "ja": "決定されません。",
    "en": "Nothing is decided.",
    "runbook": "no-leader.md",
}
UPDATE = "seiriken incident update 20210820-1"
LABELS = {"alertname": "NoLeader", "severity": "page", "job": "allocator"}


def written(
    kind: AlertKind,
    incident: Incident | None,
    *,
    is_said: bool = False,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> tuple[str, str]:
    alert = Alert(
        "firing", labels or LABELS, ANNOTATIONS if annotations is None else annotations, NOW
    )
    message = Message("key", "firing", (alert,))
    return alert_notice(message, Taken({}, kind, incident, is_said), NOW, HEAD)


def test_notice_says_what_it_means_since_when_what_the_public_reads_and_what_to_do() -> None:
    incident = opened([], WORDS, NOW, HALF, "NoLeader")
    title, body = written("alert", incident, is_said=True)
    assert title == "[印西市] 警報: 書き手なし / Alert: No leader"
    assert body.splitlines() == [
        "警報: 書き手なし",
        "決定されません。",
        "2021年8月20日(金) 09:00 から",
        "公開の障害情報: 20210820-1",
        "「確定できません。」",
        f"次の続報を 2021年8月20日(金) 09:30 までに出してください: {UPDATE}",
        "手順: docs/runbooks/no-leader.md",
        "",
        "Alert: No leader",
        "Nothing is decided.",
        "Since Fri 20 Aug 2021, 09:00 JST",
        "Public incident: 20210820-1",
        '"No booking can be confirmed."',
        f"Its next update is promised by Fri 20 Aug 2021, 09:30 JST: {UPDATE}",
        "Runbook: docs/runbooks/no-leader.md",
    ]


def test_labels_that_are_not_the_rules_say_what_it_is_about() -> None:
    _, body = written("alert_again", None, labels={**LABELS, "instance": "gateway_0"})
    assert "About: gateway_0" in body
    assert "Public incident" not in body


def test_end_says_who_closes_the_incident() -> None:
    machines = opened([], WORDS, NOW, HALF, "NoLeader")
    assert "resolved by itself" in written("alert_over", machines)[1]
    peoples = updated(machines, WORDS, NOW, HALF)
    assert "seiriken incident resolve 20210820-1" in written("alert_over", peoples)[1]
    over = resolved(peoples, WORDS, NOW)
    assert "20210820-1" not in written("alert_again", over)[1]


def test_promise_that_has_passed_is_not_repeated() -> None:
    incident = opened([], WORDS, NOW - 2 * HALF, HALF, "NoLeader")
    assert "promised" not in written("alert_again", incident)[1]


def test_rule_without_texts_is_told_by_its_name() -> None:
    title, body = written("alert", None, annotations={})
    assert title == "[印西市] 警報: NoLeader / Alert: NoLeader"
    assert "Runbook" not in body


def test_runbooks_may_be_elsewhere() -> None:
    head = Letterhead(HEAD.city, "https://wiki.example/seiriken/")
    assert head.runbook("a.md") == "https://wiki.example/seiriken/docs/runbooks/a.md"


def test_silence_of_the_watch_and_its_end_are_told() -> None:
    title, body = watch_notice("watch_silent", timedelta(minutes=3), HEAD)
    assert title == "[印西市] 監視が止まっています / Nobody watches"
    assert "for 3 minutes" in body
    assert "docs/runbooks/watch-silent.md" in body
    assert "heard again" in watch_notice("watch_back", timedelta(0), HEAD)[1]
