from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.bulletin.watch import SILENT_AGAIN, Watch, heard, looked

NOW = datetime(2021, 8, 20, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENT_AFTER = 3 * MINUTE


def test_silence_is_told_once_again_each_half_hour_and_its_end() -> None:
    watch, told = Watch(NOW), []
    for minute in range(70):
        watch, kind = looked(watch, NOW + minute * MINUTE, SILENT_AFTER)
        if kind is not None:
            told.append((kind, minute))
    assert told == [("watch_silent", 3), ("watch_silent", 33), ("watch_silent", 63)]
    assert timedelta(minutes=30) == SILENT_AGAIN
    watch, kind = heard(watch, NOW + 70 * MINUTE)
    assert kind == "watch_back"
    assert looked(watch, NOW + 72 * MINUTE, SILENT_AFTER)[1] is None


def test_watchdog_that_keeps_coming_is_no_news() -> None:
    watch = Watch(NOW)
    for minute in range(10):
        watch, kind = heard(watch, NOW + minute * MINUTE)
        assert kind is None
        assert looked(watch, NOW + minute * MINUTE, SILENT_AFTER) == (watch, None)


def test_who_was_away_for_long_tells_of_the_silence_once() -> None:
    watch, kind = looked(Watch(NOW), NOW + 300 * MINUTE, SILENT_AFTER)
    assert kind == "watch_silent"
    assert looked(watch, NOW + 301 * MINUTE, SILENT_AFTER)[1] is None
