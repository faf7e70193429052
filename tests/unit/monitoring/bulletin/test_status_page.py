from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from monitoring.bulletin.incidents import opened, resolved, updated
from monitoring.bulletin.maintenance import cancelled, planned
from monitoring.bulletin.record import Record
from monitoring.bulletin.status_page import Frame, feed, page

NOW = datetime(2021, 8, 20, 1, 5, tzinfo=UTC)
HALF = timedelta(minutes=30)
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
AGAIN = {"ja": "原因を調べています。<b>", "en": "We look for the cause. <b>"}
FRAME = Frame({"ja": "印西市", "en": "Inzai City"}, "0476-00-0000", "https://status.example")
ATOM = "{http://www.w3.org/2005/Atom}"

FIRST = opened([], WORDS, NOW, HALF)
LATER = updated(FIRST, AGAIN, NOW + HALF, HALF)
PLAN = planned([], NOW + timedelta(days=10), NOW + timedelta(days=10, hours=2), NOW)


class Text(HTMLParser):
    """The text of a page, and the language that it says it is in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.language = ""
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs)["lang"] or ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(record: Record, now: datetime, language: str = "en") -> str:
    found = Text(page(record, FRAME, now, language))
    assert found.language == language
    return found.text


def test_all_is_well_when_nothing_was_said() -> None:
    text = shown(Record(), NOW)
    assert "All is well" in text
    assert "0476-00-0000" in text
    assert "Fri 20 Aug 2021, 10:05 JST" in text
    assert "正常に動いています" in shown(Record(), NOW, "ja")


def test_open_incident_stands_above_with_its_promise_and_latest_word_first() -> None:
    text = shown(Record((LATER,)), NOW + HALF)
    assert "There is an incident" in text
    assert "Next update by : Fri 20 Aug 2021, 11:05 JST" in text.replace("by:", "by :")
    assert text.index("We look for the cause.") < text.index("Booking is not possible.")
    assert "This update is late" not in text
    assert "This update is late" in shown(Record((LATER,)), NOW + 3 * HALF)


def test_words_of_people_are_text_and_not_markup() -> None:
    assert "<b>" not in page(Record((LATER,)), FRAME, NOW, "en")
    assert "次のお知らせ: 2021年8月20日(金) 11:05" in shown(Record((LATER,)), NOW + HALF, "ja")


def test_resolved_incident_is_history_for_a_year() -> None:
    over = resolved(LATER, WORDS, NOW + 2 * HALF)
    text = shown(Record((over,)), NOW + 2 * HALF)
    assert "All is well" in text
    assert text.index("Earlier incidents") < text.index("Resolved")
    assert "20210820-1" not in shown(Record((over,)), NOW + timedelta(days=370))


def test_downtime_is_announced_shown_and_gone() -> None:
    record = Record(plans=(PLAN,))
    assert "Planned downtime Mon 30 Aug 2021, 10:05 JST to 12:05 JST" in shown(record, NOW)
    assert "2021年8月30日(月) 10:05 から 12:05 まで" in shown(record, NOW, "ja")
    night = planned([], NOW + timedelta(days=9, hours=13), NOW + timedelta(days=9, hours=15), NOW)
    assert "23:05 JST to Mon 30 Aug 2021, 01:05 JST" in shown(Record(plans=(night,)), NOW)
    assert "The system is down for maintenance" in shown(record, PLAN.begins_at)
    assert "down for maintenance" not in shown(record, PLAN.ends_at)
    assert "30 Aug" not in shown(Record(plans=(cancelled(PLAN, NOW),)), NOW)


def test_feed_has_each_word_newest_first_in_both_languages() -> None:
    off = cancelled(PLAN, NOW + timedelta(hours=3))
    root = ET.fromstring(feed(Record((LATER,), (off,)), FRAME, NOW))  # noqa: S314 (our own text)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in entries]
    assert [title.split(" / ")[1] for title in titles] == [
        "Planned downtime is called off",
        "Incident: update",
        "Incident",
    ]
    assert "予約ができません。\n\nBooking" in (entries[2].findtext(f"{ATOM}content") or "")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 3
    assert root.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
