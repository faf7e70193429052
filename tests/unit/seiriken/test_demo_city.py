from __future__ import annotations

from datetime import date, datetime

import pytest

from allocator.model import SITE_TIMEZONE
from allocator.release import ReleasePlan, findings_of, pairs_possible
from allocator.release_file import read_release_file
from allocator.roster_file import read_roster_file
from seiriken.demo_city import pairs_usual, people, release_yaml, roster_csv

TODAY = date(2021, 9, 1)
OPENS_AT = datetime(2021, 9, 1, 12, 34, 56, 789, SITE_TIMEZONE)


def test_same_seed_gives_the_same_people_and_another_gives_others() -> None:
    assert list(people(50, 1, TODAY)) == list(people(50, 1, TODAY))
    assert list(people(50, 1, TODAY)) != list(people(50, 2, TODAY))


def test_roster_of_the_city_is_read_back_without_faults() -> None:
    those = tuple(people(2_000, 1, TODAY))
    read = read_roster_file(roster_csv(those), TODAY)
    assert read.people == those
    assert not read.faults


def test_people_are_all_of_the_cohort() -> None:
    made = read_release_file(release_yaml(5_000, OPENS_AT))
    assert isinstance(made, ReleasePlan)
    born = [person.birth_date for person in people(5_000, 3, TODAY)]
    assert made.release.born_from <= min(born)
    assert max(born) <= made.release.born_to


@pytest.mark.parametrize(
    ("count", "pairs_min"), [(1, 1), (2_000, 2_000), (4_000, 3_000), (20_000, 12_000)]
)
def test_release_is_without_findings_and_has_pairs_enough(count: int, pairs_min: int) -> None:
    made = read_release_file(release_yaml(pairs_usual(count), OPENS_AT))
    assert isinstance(made, ReleasePlan)
    assert findings_of(made) == []
    assert pairs_min <= pairs_possible(made) <= pairs_min + 600


def test_lobby_of_the_release_begins_before_it_opens_and_doses_days_later() -> None:
    made = read_release_file(release_yaml(100, OPENS_AT))
    assert isinstance(made, ReleasePlan)
    assert made.release.lobby_at < made.release.opens_at == OPENS_AT.replace(microsecond=0)
    assert (made.slots[0].day - TODAY).days == 3
    assert {slot.starts_at.hour for slot in made.slots} == {9, 10, 11, 13, 14, 15, 16}
