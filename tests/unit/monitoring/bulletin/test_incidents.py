from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.bulletin.incidents import Incident, NotPossible, opened, resolved, updated

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
WORDS = {"ja": "予約ができません。", "en": "Booking is not possible."}
HALF = timedelta(minutes=30)


def incident() -> Incident:
    return opened([], WORDS, NOW, HALF)


def test_incident_promises_its_next_update_until_it_is_resolved() -> None:
    first = incident()
    assert (first.incident_id, first.latest.next_at) == ("20210820-1", NOW + HALF)
    later = updated(first, WORDS, NOW + HALF, timedelta(hours=1))
    assert later.latest.next_at == NOW + HALF + timedelta(hours=1)
    over = resolved(later, WORDS, NOW + 2 * HALF)
    assert (over.is_resolved, over.latest.next_at) == (True, None)
    assert [entry.stage for entry in over.entries] == ["opened", "updated", "resolved"]
    assert over.opened_at == NOW


def test_promise_that_was_not_kept_is_overdue() -> None:
    first = incident()
    assert not first.is_overdue(NOW + HALF)
    assert first.is_overdue(NOW + HALF + timedelta(seconds=1))
    assert not resolved(first, WORDS, NOW).is_overdue(NOW + timedelta(days=1))


def test_ids_count_the_incidents_of_a_day() -> None:
    known = [incident()]
    known.append(opened(known, WORDS, NOW, HALF))
    assert known[-1].incident_id == "20210820-2"
    assert opened(known, WORDS, NOW + timedelta(days=1), HALF).incident_id == "20210821-1"


def test_resolved_incident_is_over() -> None:
    over = resolved(incident(), WORDS, NOW)
    with pytest.raises(NotPossible, match="resolved"):
        updated(over, WORDS, NOW, HALF)


@pytest.mark.parametrize(
    "words", [{"ja": "あ"}, {"ja": " ", "en": "a"}, WORDS | {"en": "a" * 1_001}]
)
def test_both_languages_are_asked_for(words: dict[str, str]) -> None:
    with pytest.raises(NotPossible):
        opened([], words, NOW, HALF)


@pytest.mark.parametrize("within", [timedelta(0), timedelta(hours=25)])
def test_promise_has_bounds(within: timedelta) -> None:
    with pytest.raises(NotPossible, match="1 minute to 24 hours"):
        opened([], WORDS, NOW, within)
