from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from seiriken.errors import CommandError
from seiriken.rehearsal_cast import Habit, Resident, cast, read_residents, take_turn

RESIDENTS = [Resident("122319", f"{number:010}", "1950-01-31") for number in range(5_000)]


def roster(folder: Path, people: int) -> Path:
    path = folder / "residents.csv"
    lines = [f"122319,{number:010},1950-01-31\n" for number in range(people)]
    path.write_text("municipality_code,ticket_number,birth_date\n" + "".join(lines))
    return path


def test_same_seed_gives_the_same_cast() -> None:
    assert cast(RESIDENTS, 7, 10.0) == cast(RESIDENTS, 7, 10.0)
    assert cast(RESIDENTS, 7, 10.0) != cast(RESIDENTS, 8, 10.0)


def test_habits_and_arrivals_are_spread_as_they_should_be() -> None:
    characters = cast(RESIDENTS, 1, 10.0)
    shares = Counter(character.habit for character in characters)
    wanted = {Habit.DOUBLE_CLICK: 150, Habit.DROPPED: 100, Habit.TWO_DEVICES: 50, Habit.LEAVES: 250}
    for habit, count in wanted.items():
        assert count * 0.6 < shares[habit] < count * 1.4
    assert all(0 <= character.arrives_at_s <= 10 for character in characters)
    early = sum(character.arrives_at_s < 5 for character in characters)
    assert early > 0.6 * len(characters)


def test_residents_go_on_at_the_start_after_the_end(tmp_path: Path) -> None:
    tickets = [r.ticket_number for r in read_residents(roster(tmp_path, 5), skip=8, count=3)]
    assert tickets == [f"{number:010}" for number in (3, 4, 0)]


def test_roster_with_too_few_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has 5 people, fewer than 6"):
        read_residents(roster(tmp_path, 5), skip=0, count=6)


def test_roster_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not there"):
        read_residents(tmp_path / "residents.csv", skip=0, count=1)
    (tmp_path / "residents.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="three columns"):
        read_residents(tmp_path / "residents.csv", skip=0, count=1)


def test_each_rehearsal_takes_the_next_residents(tmp_path: Path) -> None:
    offset_file = tmp_path / "offset"
    assert [take_turn(offset_file, 200) for _ in range(3)] == [0, 200, 400]
