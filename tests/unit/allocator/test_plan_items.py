"""Items of a plan's lists come and go with their lines alone."""

from __future__ import annotations

import pytest
import yaml

from allocator.plan_items import fitted, left_out

PLAN = """# The plan.
holidays: [2030-09-16]
weeks:
  # The big one.
  - venue: gym
    lines: 4     # four at once

  # The small one.
  - venue: hall
    hours: {mon: ["09:00-12:00"]}
    lines: 2     # two at once

# Days by hand.
sessions:
- venue: gym
  note: |
    # no comment

# The end.
"""


def fits(text: str, **changes: object) -> str:
    """Return the text as it is wanted; None takes a key away."""
    held = yaml.safe_load(text)
    wanted = {key: value for key, value in (held | changes).items() if value is not None}
    return fitted(text, held, wanted, lambda item: f"  - venue: {item['venue']}\n    lines: 1\n")


def weeks(*venues: str) -> list[object]:
    """Return the patterns of the plan that are of these venues, and new ones."""
    known = {one["venue"]: one for one in yaml.safe_load(PLAN)["weeks"]}
    return [known.get(venue, {"venue": venue}) for venue in venues]


def test_text_whose_lists_are_as_long_stays() -> None:
    assert fits(PLAN) == PLAN
    assert fits(PLAN, weeks=[{"venue": "a"}, {"venue": "b"}]) == PLAN


def test_new_items_stand_behind_the_last_and_before_the_comments_that_follow() -> None:
    added = "  - venue: attic\n    lines: 1\n  - venue: cellar\n    lines: 1\n"
    last = "    lines: 2     # two at once\n"
    text = fits(PLAN, weeks=weeks("gym", "hall", "attic", "cellar"))
    assert text == PLAN.replace(last, last + added)


def test_new_item_stands_at_the_margin_of_its_list() -> None:
    session = "- venue: gym\n  note: |\n    # no comment\n"
    text = fits(PLAN, sessions=[*yaml.safe_load(PLAN)["sessions"], {"venue": "attic"}])
    assert text == PLAN.replace(session, f"{session}- venue: attic\n  lines: 1\n")


def test_text_may_end_without_the_end_of_a_line() -> None:
    text = fits("weeks:\n  - venue: gym", weeks=weeks("gym", "attic")[1:] * 2)
    assert text == "weeks:\n  - venue: gym\n  - venue: attic\n    lines: 1\n"


@pytest.mark.parametrize(
    ("venue", "lines"),
    [
        ("gym", "  - venue: gym\n    lines: 4     # four at once\n"),
        (
            "hall",
            '  - venue: hall\n    hours: {mon: ["09:00-12:00"]}\n    lines: 2     # two at once\n',
        ),
    ],
)
def test_item_goes_with_its_lines_and_no_other(venue: str, lines: str) -> None:
    left = [one for one in ("gym", "hall") if one != venue]
    assert fits(PLAN, weeks=weeks(*left)) == PLAN.replace(lines, "")


def test_key_goes_with_its_lines_and_the_comments_around_it_stay() -> None:
    text = fits(PLAN, sessions=None, holidays=None)
    assert text.startswith("# The plan.\nweeks:\n")
    assert text.endswith("# two at once\n\n# Days by hand.\n\n# The end.\n")


@pytest.mark.parametrize(
    "text",
    [
        "weeks: [{venue: gym}]\n",
        "{weeks: [{venue: gym}]}\n",
        "weeks:\n  -\n    venue: gym\n",
    ],
)
def test_list_that_is_not_in_lines_is_left_as_it_is(text: str) -> None:
    assert fits(text, weeks=weeks("gym", "attic")) == text
    assert fits(text.replace("weeks", "days"), days=3) == text.replace("weeks", "days")


def test_text_that_is_no_mapping_is_left_as_it_is() -> None:
    assert fitted("", {}, {}, str) == ""


@pytest.mark.parametrize(
    ("held", "wanted", "out"),
    [
        ("ab", "ab", []),
        ("ab", "abc", []),
        ("abc", "ac", [1]),
        ("abc", "c", [0, 1]),
        ("aab", "ab", [1]),
        ("abb", "ab", [2]),
        ("ab", "c", [0]),
        ("abc", "xc", [0]),
    ],
)
def test_what_is_left_out(held: str, wanted: str, out: list[int]) -> None:
    assert left_out([*held], [*wanted]) == out
