from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitoring.grafana import troubles
from seiriken import surge_figures
from seiriken.surge_figures import Readings, Scrape, figures, growth, recent

NOW_S = 1_000.0

ROOM = {
    "seiriken_waiting_people": 120.0,
    "seiriken_inside_people": 40.0,
    "seiriken_admission_limit_people": 50.0,
    "seiriken_inbox_oldest_age_seconds": 0.3,
    "seiriken_inbox_requests": 7.0,
    "seiriken_release_state{state=open}": 1.0,
    "seiriken_release_state{state=closed}": 0.0,
    "seiriken_admission_held_by_state{held_by=inside_limit}": 1.0,
    "seiriken_told_wait_seconds{bound=low}": 60.0,
    "seiriken_told_wait_seconds{bound=high}": 90.0,
    "seiriken_outlook_people{outlook=likely}": 100.0,
    "seiriken_outlook_people{outlook=unlikely}": 20.0,
    "seiriken_outlook_people{outlook=unknown}": 0.0,
    "seiriken_need_up{need=redis}": 1.0,
}
ALLOCATOR = {
    "seiriken_leading_allocators": 1.0,
    "seiriken_left_pairs{venue=v,product=p}": 300.0,
    "seiriken_left_pairs{venue=w,product=p}": 60.0,
    "seiriken_waiting_people": 0.0,
}


def read(values: Mapping[str, float]) -> Readings:
    """Return readings from `name{label=value,...}`."""
    found = {}
    for text, value in values.items():
        name, _, labels = text.rstrip("}").partition("{")
        pairs = [part.partition("=") for part in labels.split(",") if part]
        found[name, frozenset((label, worth) for label, _, worth in pairs)] = value
    return found


def scraped(at_s: float = NOW_S, **processes: Mapping[str, float] | None) -> Scrape:
    named = {"waiting_room": ROOM, "allocator": ALLOCATOR, **processes}
    return Scrape(
        at_s,
        {name: None if values is None else read(values) for name, values in named.items()},
    )


def words(*scrapes: Scrape) -> list[str]:
    return [trouble.words for trouble in figures(scrapes).troubles]


def test_gauges_are_those_of_the_process_that_sets_them() -> None:
    shown = figures([scraped()])
    assert (shown.waiting, shown.inside, shown.limit) == (120, 40, 50)
    assert (shown.oldest_s, shown.undecided) == (0.3, 7)
    assert (shown.state, shown.held_by) == ("open", "inside_limit")
    assert (shown.told_low_s, shown.told_high_s) == (60, 90)
    assert shown.outlook == {"likely": 100, "unlikely": 20}
    assert (shown.verdict, shown.troubles) == ("well", ())


def test_first_scrape_knows_no_rates() -> None:
    shown = figures([scraped()])
    assert shown.booked_per_minute is None
    assert shown.refused_per_minute is None
    assert shown.requests_per_s is None
    assert shown.failed_share is None
    assert shown.sell_out_s is None
    assert shown.processes[0].cores is None


def test_rates_are_summed_over_processes_and_companions_are_two() -> None:
    before = {
        "seiriken_bookings_total{command=book}": 10.0,
        "seiriken_refusals_total{reason=no_first_dose}": 0.0,
        "seiriken_http_requests_total{route=/,status_class=2xx}": 100.0,
        "seiriken_sign_ins_total{result=confirmed}": 4.0,
        "process_cpu_seconds_total": 3.0,
    }
    now = {
        "seiriken_bookings_total{command=book}": 20.0,
        "seiriken_bookings_total{command=book_together}": 5.0,
        "seiriken_bookings_total{command=cancel}": 50.0,
        "seiriken_refusals_total{reason=no_first_dose}": 3.0,
        "seiriken_refusals_total{reason=already_booked}": 1.0,
        "seiriken_refusals_total{reason=not_eligible}": 0.0,
        "seiriken_http_requests_total{route=/,status_class=2xx}": 190.0,
        "seiriken_http_requests_total{route=/,status_class=5xx}": 10.0,
        "seiriken_sign_ins_total{result=confirmed}": 6.0,
        "seiriken_sign_ins_total{result=not_confirmed}": 6.0,
        "process_cpu_seconds_total": 8.0,
    }
    other = {"seiriken_http_requests_total{route=/,status_class=2xx}": 50.0}
    shown = figures(
        [
            scraped(NOW_S - 10, gateway_0=before, gateway_1=other),
            scraped(gateway_0=now, gateway_1={key: 2 * value for key, value in other.items()}),
        ]
    )
    assert shown.booked_per_minute == 120
    assert shown.refused_per_minute == 24
    assert shown.refusals_per_minute == {"no_first_dose": 18, "already_booked": 6}
    assert shown.sign_ins_per_minute == 12
    assert shown.requests_per_s == 15
    assert shown.failed_share == 10 / 150
    assert (shown.pairs_left, shown.sell_out_s) == (360, 180)
    assert {one.name: one.cores for one in shown.processes}["gateway_0"] == 0.5


def test_process_that_was_started_again_counts_from_nothing() -> None:
    name = "seiriken_bookings_total{command=book}"
    grown = growth(
        scraped(0.0, a={name: 100.0}, b=None, c={name: 1.0}),
        scraped(10.0, a={name: 20.0}, b={name: 900.0}, c=None),
    )
    assert grown is not None
    assert grown.total("seiriken_bookings_total") == 2


def test_no_time_no_rates() -> None:
    assert growth(scraped(), scraped()) is None


def test_without_a_page_answered_no_share_of_them_fails() -> None:
    assert figures([scraped(NOW_S - 1), scraped()]).failed_share is None


def test_rates_are_of_the_last_minute_or_of_two_scrapes() -> None:
    moments = [scraped(at_s) for at_s in (0.0, 30.0, 80.0, 100.0)]
    assert [one.at_s for one in recent(moments)] == [80, 100]
    assert [one.at_s for one in recent(moments[:3])] == [30, 80]
    assert [one.at_s for one in recent([moments[0], moments[3]])] == [0, 100]
    assert [one.at_s for one in recent(moments[:1])] == [0]
    assert recent([]) == []


def test_pairs_are_those_of_the_leader() -> None:
    stood_by = {"seiriken_leading_allocators": 0.0, "seiriken_left_pairs{venue=v,product=p}": 900.0}
    assert figures([scraped(allocator_standby=stood_by)]).pairs_left == 360
    assert figures([scraped(allocator=stood_by)]).pairs_left == 900
    assert figures([scraped(allocator={})]).pairs_left is None


@pytest.mark.parametrize(("left", "sell_out_s"), [(0.0, 0.0), (300.0, None)])
def test_what_does_not_sell_has_no_time_to_sell_out(left: float, sell_out_s: float | None) -> None:
    allocator = {**ALLOCATOR, "seiriken_left_pairs{venue=v,product=p}": left}
    allocator["seiriken_left_pairs{venue=w,product=p}"] = 0.0
    shown = figures([scraped(NOW_S - 1), scraped(allocator=allocator)])
    assert shown.sell_out_s == sell_out_s


def test_nan_is_not_known() -> None:
    room = {**ROOM, "seiriken_told_wait_seconds{bound=high}": float("nan")}
    assert figures([scraped(waiting_room=room)]).told_high_s is None


def test_nothing_that_answers_is_not_well() -> None:
    shown = figures([scraped(waiting_room=None, allocator=None)])
    assert shown.verdict == "not well"
    assert shown.state is None
    assert [trouble.words for trouble in shown.troubles] == [
        "nobody decides bookings",
        "down: waiting_room, allocator",
    ]


@pytest.mark.parametrize(
    ("name", "value", "verdict", "said"),
    [
        ("seiriken_need_up{need=database}", 0.0, "not well", "a server is away: database"),
        ("seiriken_need_up{need=relay}", 0.0, "strained", "not ready: worker"),
        ("seiriken_leading_allocators", 1.0, "not well", "two writers at once"),
        ("seiriken_inbox_oldest_age_seconds", 6.0, "not well", "a request waits over 5 s"),
        ("seiriken_inbox_oldest_age_seconds", 3.0, "strained", "a request waits over 2 s"),
        (
            "seiriken_invariant_findings{invariant=half_pairs}",
            1.0,
            "not well",
            "a promise is broken: see `seiriken verify`",
        ),
        (
            "seiriken_probe_timestamp_seconds",
            1e9,
            "not well",
            "nobody could book from outside: see `probe.log`",
        ),
        ("seiriken_open_incidents", 1.0, "strained", "an incident is open"),
        ("seiriken_running_maintenances", 1.0, "strained", "planned downtime"),
        ("seiriken_outbox_oldest_age_seconds", 400.0, "strained", "mails are late"),
    ],
)
def test_each_trouble_is_seen_and_named(name: str, value: float, verdict: str, said: str) -> None:
    shown = figures([scraped(worker={name: value})])
    assert (shown.verdict, [trouble.words for trouble in shown.troubles]) == (verdict, [said])


def test_standby_without_a_ledger_is_well() -> None:
    standby = {"seiriken_leading_allocators": 0.0, "seiriken_need_up{need=ledger}": 0.0}
    shown = figures([scraped(allocator_standby=standby)])
    assert shown.verdict == "well"
    assert shown.processes[-1].lacks == ("ledger",)


@pytest.mark.parametrize(
    ("failed", "said"),
    [(0.0, []), (5.0, ["some pages fail"]), (50.0, ["over 1% of pages fail"])],
)
def test_failing_pages_are_trouble_but_in_downtime(failed: float, said: list[str]) -> None:
    before = {
        "seiriken_http_requests_total{status_class=2xx}": 0.0,
        "seiriken_http_requests_total{status_class=5xx}": 0.0,
    }
    now = {
        "seiriken_http_requests_total{status_class=2xx}": 1_000.0 - failed,
        "seiriken_http_requests_total{status_class=5xx}": failed,
    }
    assert words(scraped(NOW_S - 1, gateway_0=before), scraped(gateway_0=now)) == said
    downtime = {**now, "seiriken_running_maintenances": 1.0}
    planned = ["planned downtime"]
    assert words(scraped(NOW_S - 1, gateway_0=before), scraped(gateway_0=downtime)) == planned


@pytest.mark.parametrize(
    "limit",
    [
        "OLDEST_S_STRAINED",
        "OLDEST_S_BAD",
        "FAILED_SHARE_STRAINED",
        "FAILED_SHARE_BAD",
        "OUTBOX_S_STRAINED",
    ],
)
def test_limits_are_those_of_the_dashboard(limit: str) -> None:
    assert getattr(surge_figures, limit) == getattr(troubles, limit)


def test_there_are_as_many_troubles_as_on_the_dashboard() -> None:
    assert len(troubles.BAD) == 7
    assert len(troubles.STRAINED) == 7
    for need in surge_figures.SERVERS:
        assert need in troubles.SERVERS
