"""The controller: quick when there is room, bounded always, never back."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.waiting_room.crowds import RULES, TICK_S, after, measured
from waiting_room.admission import (
    AHEAD_WITHOUT_QUEUE,
    AdmissionRules,
    Mark,
    awaited_from,
    called_within,
    door,
    resume,
    start,
    step,
)


def test_a_full_lobby_is_called_up_to_the_first_limit_at_once() -> None:
    assert step(start(RULES), measured(joined=2_000, elapsed_s=0), RULES).serving == 200


def test_without_a_crowd_a_newcomer_is_called_before_arriving() -> None:
    opened = step(start(RULES), measured(joined=0), RULES)
    assert opened.serving >= 1
    later = step(opened, measured(joined=3, inside=3, entered=3), RULES)
    assert later.serving > 3


def test_the_free_room_ahead_is_what_the_limit_leaves() -> None:
    """Of 200 seats 190 are taken, so ten newcomers can walk in and no more."""
    before = after(
        start(RULES), serving=190, called=(Mark(0.0, 190),), ran_s=RULES.grace_s, limit=200.0
    )
    assert step(before, measured(joined=190, inside=190, age_s=1.0), RULES).serving == 200


def test_a_crowd_is_called_no_faster_than_the_greatest_pace() -> None:
    admission = after(start(RULES), limit=2_000.0, saved=0.0)
    served = [
        (admission := step(admission, measured(joined=5_000), RULES)).serving for _ in range(4)
    ]
    assert served == [50, 100, 150, 200]


def test_newcomers_who_walk_straight_in_use_up_the_calls_that_were_saved() -> None:
    opened = after(step(start(RULES), measured(joined=0), RULES), limit=2_000.0)
    assert opened.serving == 200
    rushed = step(opened, measured(joined=200, inside=200, entered=200), RULES)
    assert rushed.serving == 250


def test_as_many_more_are_called_as_leave_while_the_called_come() -> None:
    """Of 200 seats 180 are taken and 20 people are on their way: 18 of the 180 leave meanwhile."""
    before = after(start(RULES), serving=200, called=(Mark(0.0, 0), Mark(90.0, 200)), ran_s=100.0)
    crowded = measured(joined=900, inside=180, entered=180, age_s=1.0)
    assert step(before, crowded, RULES).serving == 218
    nobody_comes = measured(joined=900, inside=200, entered=200, age_s=1.0)
    assert step(before, nobody_comes, RULES).serving == 200


def test_the_line_is_not_called_back_when_the_limit_shrinks() -> None:
    opened = step(start(RULES), measured(joined=0), RULES)
    shrunk = step(opened, measured(joined=0, age_s=9.0), RULES)
    assert (shrunk.limit, shrunk.serving) == (RULES.inside_min, 200)


def test_a_long_pause_between_ticks_saves_up_a_burst_and_no_more() -> None:
    admission = after(start(RULES), limit=2_000.0)
    assert step(admission, measured(joined=5_000, elapsed_s=3_600), RULES).serving == 200


def test_the_limit_grows_while_it_holds_people_back_and_answers_are_quick() -> None:
    full = after(start(RULES), serving=200, called=(Mark(0.0, 200),), ran_s=100.0)
    grown = step(full, measured(joined=900, inside=200), RULES)
    assert grown.limit == 225.0
    assert step(after(full, limit=1_999.0), measured(900, 1_990), RULES).limit == 2_000.0


@pytest.mark.parametrize(
    ("inside", "age_s"),
    [
        (100, 0.0),  # half of the seats are free: nothing holds people back
        (200, 1.0),  # answers are neither quick nor late
    ],
)
def test_the_limit_stays_when_it_does_not_bind_or_answers_slow_down(
    inside: int, age_s: float
) -> None:
    before = after(start(RULES), ran_s=100.0)
    assert step(before, measured(joined=0, inside=inside, age_s=age_s), RULES).limit == 200.0


def test_the_limit_does_not_grow_on_people_who_are_merely_awaited() -> None:
    called = step(start(RULES), measured(joined=2_000), RULES)
    for _ in range(20):
        called = step(called, measured(joined=2_000, inside=9, entered=9), RULES)
    assert (called.limit, called.serving) == (200.0, 200)


def test_the_limit_shrinks_by_its_factor_once_in_a_while_when_answers_are_late() -> None:
    admission = after(start(RULES), limit=1_000.0, ran_s=100.0)
    late = measured(joined=1_000, inside=1_000, age_s=2.5)
    limits = [(admission := step(admission, late, RULES)).limit for _ in range(5)]
    assert limits == pytest.approx([700.0, 700.0, 700.0, 700.0, 490.0])


def test_the_limit_shrinks_from_what_is_used_and_not_below_the_least() -> None:
    admission = after(start(RULES), limit=2_000.0, ran_s=100.0)
    assert step(admission, measured(100, 100, age_s=9), RULES).limit == pytest.approx(70.0)
    assert step(admission, measured(5, 5, age_s=9), RULES).limit == RULES.inside_min


def test_who_does_not_come_is_written_off_after_the_grace_time() -> None:
    rules = AdmissionRules(inside_start=10, inside_min=1, inside_max=10, grace_s=20.0)
    admission = start(rules)
    for _ in range(40):  # 20 s
        admission = step(admission, measured(joined=100), rules)
        assert admission.serving == 10
    for _ in range(2):
        admission = step(admission, measured(joined=100), rules)
    assert admission.serving == 20
    assert awaited_from(admission, rules) == 10


def test_grace_does_not_pass_while_the_release_is_paused() -> None:
    rules = AdmissionRules(inside_start=10, inside_min=1, inside_max=10, grace_s=20.0)
    admission = step(start(rules), measured(joined=100), rules)
    for _ in range(100):
        admission = step(admission, measured(joined=100, running=False), rules)
    assert (admission.serving, admission.ran_s) == (10, TICK_S)
    assert admission.claimed == 10


def test_a_fixed_rate_is_kept_whatever_the_limit_says_but_not_beyond_the_greatest() -> None:
    admission = after(start(RULES), limit=20.0)
    for _ in range(120):  # one minute
        people = admission.serving
        admission = step(
            admission, measured(1_000, inside=people, entered=people, per_minute=60), RULES
        )
    assert admission.serving == pytest.approx(60, abs=3)
    full = after(start(RULES), ran_s=100.0)
    assert step(full, measured(5_000, inside=2_000, per_minute=600), RULES).serving == 0


def test_a_rate_of_nothing_calls_nobody() -> None:
    admission = start(RULES)
    for _ in range(10):
        admission = step(admission, measured(joined=100, per_minute=0), RULES)
    assert admission.serving == 0


def test_a_slow_rate_lets_a_newcomer_in_at_once_when_nobody_waits() -> None:
    admission = start(RULES)
    for _ in range(40):
        admission = step(admission, measured(joined=0, per_minute=6), RULES)
    assert admission.serving == 1


def test_after_a_wipe_seats_stay_claimed_until_those_inside_had_time_to_return() -> None:
    admission = resume(RULES, serving=500, joined=2_000, limit=300.0, claimed=300)
    served = []
    for _ in range(34):
        admission = step(admission, measured(joined=2_000, inside=100), RULES)
        served.append(admission.serving)
    assert served[29] == 500  # 15 s: the 300 seats count as taken
    assert served[-1] > 500


def test_a_resumed_limit_is_within_the_rules() -> None:
    assert resume(RULES, serving=0, joined=0, limit=0, claimed=0).limit == RULES.inside_min
    assert resume(RULES, serving=0, joined=0, limit=9e9, claimed=0).limit == RULES.inside_max


def test_a_clock_that_stands_still_or_goes_back_counts_as_no_time() -> None:
    admission = after(start(RULES), saved=0.0, ceilings=(Mark(0.0, 200),))
    assert step(admission, measured(joined=100, elapsed_s=-5), RULES) == after(admission)


def test_the_history_is_bounded_and_keeps_its_beginning() -> None:
    admission = start(RULES)
    for second in range(1_000):
        people = second + 1
        admission = step(
            admission, measured(people, inside=1, entered=people, elapsed_s=1.0), RULES
        )
    assert len(admission.called) <= 302
    assert called_within(admission, 60.0) == 60
    assert called_within(admission, 300.0) == 300


def test_the_pace_is_measured_over_a_settled_crowd_only() -> None:
    """Arrivals that walk straight in say nothing about how fast a line would move."""
    admission = start(RULES)
    for second in range(60):
        people = second
        admission = step(admission, measured(people, 0, people, elapsed_s=1.0), RULES)
    assert admission.paced_s == 0.0
    for _ in range(20):
        people = admission.serving
        admission = step(admission, measured(9_000, 0, people, elapsed_s=1.0), RULES)
    assert admission.paced_s == 15.0
    assert admission.paced[-1].people == pytest.approx(15 * 100, abs=1)


@dataclass
class Crowd:
    """People in a made-up release: who was called, is inside, or came too late."""

    joined: int = 0
    seen: int = 0
    inside: int = 0
    entered_places: list[int] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)

    def see(self, serving: int, comes: bool) -> None:
        """Notice new calls; those who will come wait one tick or two, the others never do."""
        called = min(serving, self.joined)
        if comes:
            self.expected += range(self.seen + 1, called + 1)
        self.seen = max(self.seen, called)

    def enter(self, share: float, door: int) -> None:
        count = min(round(len(self.expected) * share), max(0, door - self.inside))
        self.entered_places += self.expected[:count]
        self.inside += count
        del self.expected[:count]

    def entered_after(self, people: int) -> int:
        return sum(place > people for place in self.entered_places)


moves = st.lists(
    st.tuples(
        st.integers(0, 3) | st.integers(0, 3_000),  # arrivals
        st.booleans(),  # whether those called now will come at all
        st.sampled_from([0.5, 1.0]),  # share of those expected who come in this tick
        st.floats(0, 1),  # share of those inside who leave
        st.sampled_from([0.0, 0.2, 1.0, 3.0, 30.0]),  # age of the oldest undecided request
        st.sampled_from([None, None, 0, 30, 6_000]),  # operator's rate
        st.booleans(),
    ),
    max_size=60,
)


@given(moves, st.integers(1, 400), st.sampled_from([0.1, 0.5, 5.0]))
@settings(max_examples=300)
def test_there_are_never_more_inside_than_the_greatest_limit(
    history: list[tuple[int, bool, float, float, float, int | None, bool]],
    inside_max: int,
    tick_s: float,
) -> None:
    """Any arrivals, no-shows, departures, ages and orders; nobody comes after the grace time."""
    rules = AdmissionRules(
        inside_start=min(200, inside_max), inside_min=1, inside_max=inside_max, grace_s=1_000.0
    )
    admission, crowd = start(rules), Crowd()
    for arrivals, comes, share, leave, age_s, per_minute, running in history:
        crowd.joined += arrivals
        crowd.see(admission.serving, comes)
        crowd.enter(share, door(admission))
        assert crowd.inside <= rules.inside_max
        before = admission
        admission = step(
            before,
            measured(
                crowd.joined,
                crowd.inside,
                crowd.entered_after(awaited_from(before, rules)),
                age_s,
                elapsed_s=tick_s,
                running=running,
                per_minute=per_minute,
            ),
            rules,
        )
        assert admission.serving >= before.serving, "the line was called back"
        ahead = max(0, admission.serving - crowd.joined)
        ceiling = rules.inside_max if per_minute is not None else int(admission.limit)
        most = ceiling + int(rules.leaving_share * crowd.inside)
        assert admission.serving == before.serving or admission.claimed + ahead <= most
        assert rules.inside_min <= admission.limit <= rules.inside_max
        assert admission.saved >= 0
        crowd.inside -= int(crowd.inside * leave)


@given(st.integers(1, 2_000), st.integers(1, 120))
@settings(max_examples=50)
def test_a_crowd_of_any_size_is_called_to_the_last_person(crowd: int, dwell_ticks: int) -> None:
    """Everybody comes at the next tick and leaves after some ticks: nobody is forgotten."""
    admission = start(RULES)
    entries: list[int] = []
    for _ in range(crowd * dwell_ticks // 200 + 3 * dwell_ticks + 60):
        entered = min(admission.serving, crowd)
        entries.append(entered)
        left = entries[-dwell_ticks] if len(entries) >= dwell_ticks else 0
        in_window = entered - min(entered, awaited_from(admission, RULES))
        admission = step(admission, measured(crowd, entered - left, in_window), RULES)
    assert admission.serving >= crowd


def test_a_cap_bounds_who_is_inside_under_a_fixed_rate_too() -> None:
    opened = step(start(RULES), measured(joined=2_000, elapsed_s=0, cap=50), RULES)
    assert opened.serving == 50
    fixed = measured(joined=2_000, inside=50, entered=50, elapsed_s=5, cap=50, per_minute=6_000)
    assert step(opened, fixed, RULES).serving == 50
    assert step(opened, msgspec.structs.replace(fixed, cap=None), RULES).serving > 50


def test_without_a_queue_everybody_who_comes_is_called() -> None:
    """However many come; nobody is called ahead once there is a queue again."""
    opened = step(start(RULES), measured(joined=5_000, queue=False), RULES)
    assert opened.serving == 5_000 + AHEAD_WITHOUT_QUEUE
    again = step(opened, measured(joined=5_100, inside=5_000, entered=5_000), RULES)
    assert again.serving == opened.serving


def test_slow_commits_lower_the_limit_as_old_requests_do() -> None:
    """Even while no request has become old yet; in between, the limit stays as it is."""
    crowd = measured(joined=2_000, inside=200, entered=200, elapsed_s=3.0)
    before = after(
        start(RULES), serving=200, called=(Mark(0.0, 200),), ran_s=RULES.grace_s, limit=200.0
    )
    for commit_s, limit in ((2.0, 140.0), (1.0, 200.0), (0.1, 350.0)):
        stepped = step(before, msgspec.structs.replace(crowd, commit_s=commit_s), RULES)
        assert stepped.limit == limit, commit_s
