"""Orders that are given at the same moment: each is about the release as it is stored then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from allocator.approval import Proposal, Refusal
from allocator.approval_store import (
    Wanted,
    carry_out,
    decide,
    order_alone,
    propose,
    read_acts,
)
from allocator.approval_view import standing_of
from allocator.model import Release
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_orders import give_order, give_sound_order, tell
from allocator.release_store import (
    Loaded,
    Overtaken,
    load_release,
    read_catalogue,
    read_plan,
    read_releases,
)
from gateway.staff.register import add_account
from tests.waiting import until

CORRECT = (Path(__file__).parents[1] / "unit/allocator/incidents/correct.yaml").read_text("utf-8")
NOW = datetime(2030, 9, 1, tzinfo=UTC)
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def load(database_url: str, text: str = CORRECT) -> ReleasePlan:
    """Load a release; return it as somebody sees it then."""
    planned = read_release_file(text.encode())
    assert isinstance(planned, ReleasePlan)
    assert isinstance(load_release(database_url, planned), Loaded)
    return read_plan(database_url, read_catalogue(database_url), planned.release.release_id)


def stored(database_url: str) -> Release:
    (release,) = read_releases(database_url)
    return release


@pytest.fixture
def operators(database_url: str) -> tuple[str, str]:
    """Two who may order."""
    for login in ("a-one", "a-two"):
        assert add_account(database_url, login, "supervisor", NOW)
    return "a-one", "a-two"


def test_who_saw_a_pause_does_not_take_back_a_closing(
    database_url: str, operators: tuple[str, str]
) -> None:
    """One person may resume what is paused; it takes two to open what was closed."""
    load(database_url)
    give_order(database_url, stored(database_url), "pause", None, NOW)
    seen = load(database_url)
    assert seen.release.state_by_hand == "paused"
    give_order(database_url, stored(database_url), "close", None, NOW)
    assert isinstance(give_sound_order(database_url, seen, "resume", None, NOW), Overtaken)
    wanted = Wanted("resume", operators[0], "it goes on", release=seen)
    assert order_alone(database_url, "two_people", wanted, "resume", NOW) is Refusal.CHANGED
    assert stored(database_url).state_by_hand == "closed"
    assert read_acts(database_url) == []


def test_order_keeps_what_was_loaded_and_told_since(database_url: str) -> None:
    seen = load(database_url).release
    moved = f"{seen.opens_at:%Y-%m-%d}T10:30:00+09:00"
    later = load(
        database_url,
        CORRECT.replace(f"opens_at: {seen.opens_at.isoformat()}", f"opens_at: {moved}"),
    )
    assert later.release.opens_at > seen.opens_at
    tell(database_url, seen, "A moment, please", "en")
    give_order(database_url, seen, "pause", None, NOW)
    tell(database_url, seen, "少しお待ちください", "ja")
    now_is = stored(database_url)
    assert (now_is.opens_at, now_is.state_by_hand) == (later.release.opens_at, "paused")
    assert now_is.messages == {"en": "A moment, please", "ja": "少しお待ちください"}


def test_what_is_over_is_not_opened_again(database_url: str, operators: tuple[str, str]) -> None:
    """The clock keeps it closed, so "done" would be untrue."""
    held = load(database_url, CORRECT.replace("at: 2030-09-", "at: 2020-09-"))
    release = give_order(database_url, held.release, "close", None, NOW)
    held = msgspec.structs.replace(held, release=release)
    for order in ("open", "resume"):
        refused = give_sound_order(database_url, held, order, None, NOW)
        assert isinstance(refused, list)
        assert [one.code for one in refused] == ["release_over"]
    wanted = Wanted("open", operators[0], "again", release=held)
    assert isinstance(propose(database_url, wanted, NOW), list)
    assert stored(database_url).state_by_hand == "closed"


def approved(database_url: str, operators: tuple[str, str]) -> tuple[Proposal, str]:
    """Propose to open, and approve it; return what was approved, and what was seen of it."""
    one, two = operators
    held = read_plan(database_url, read_catalogue(database_url), stored(database_url).release_id)
    proposal = propose(database_url, Wanted("open", one, "it begins", release=held), NOW)
    assert isinstance(proposal, Proposal), proposal
    seen = standing_of(database_url, proposal).seen
    decided = decide(database_url, proposal.proposal_id, "approved", two, "", NOW, seen=seen)
    assert isinstance(decided, Proposal), decided
    return decided, seen


def test_approval_that_is_pressed_twice_is_carried_out_once(
    database_url: str, operators: tuple[str, str]
) -> None:
    load(database_url)
    proposal, seen = approved(database_url, operators)
    with (
        ThreadPoolExecutor(2) as presses,
        psycopg.connect(database_url, autocommit=True) as looking,
        psycopg.connect(database_url) as owner,
    ):
        owner.execute("SELECT FROM catalogue FOR UPDATE")
        both = [presses.submit(carry_out, database_url, proposal, seen, NOW) for _ in range(2)]
        until(lambda: looking.execute(WAITING).fetchone() == (2,))
        owner.rollback()
        done = [press.result() for press in both]
    assert sorted(type(one).__name__ for one in done) == ["Refusal", "Release"]
    assert Refusal.DECIDED_ALREADY in done
    assert [act.act for act in read_acts(database_url)] == ["open"]
