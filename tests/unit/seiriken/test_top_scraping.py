from __future__ import annotations

from seiriken.top_scraping import readings

PAGE = """\
# HELP seiriken_waiting_people People who hold a place.
# TYPE seiriken_waiting_people gauge
seiriken_waiting_people 12.0
# HELP seiriken_bookings_total Commands granted.
# TYPE seiriken_bookings_total counter
seiriken_bookings_total{command="book"} 3.0
# HELP seiriken_tick_seconds Time of one tick.
# TYPE seiriken_tick_seconds histogram
seiriken_tick_seconds_bucket{le="0.1"} 4.0
seiriken_tick_seconds_bucket{le="+Inf"} 4.0
seiriken_tick_seconds_count 4.0
seiriken_tick_seconds_sum 0.2
"""


def test_values_are_read_by_name_and_labels_without_buckets() -> None:
    assert readings(PAGE) == {
        ("seiriken_waiting_people", frozenset()): 12.0,
        ("seiriken_bookings_total", frozenset({("command", "book")})): 3.0,
        ("seiriken_tick_seconds_count", frozenset()): 4.0,
        ("seiriken_tick_seconds_sum", frozenset()): 0.2,
    }
