"""The core and the naive model answer the same, whatever is asked, in whatever order.

Both run side by side on a small campaign. After every step every answer, every row, every
capacity and every free seat is compared, and I1, I2 and I3 are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from allocator.commands import Command, Expire, Request, derived_id
from allocator.core import decide_batch, expirations
from allocator.ledger import Decided, Decision, Facts, Ledger
from allocator.model import Booking, Catalogue
from allocator.sealing import content_digest
from allocator.seats import Seats
from tests.simulation.naive import NaiveCity
from tests.simulation.naive_campaign import (
    BORN,
    campaigns,
    moments_around,
    questions,
    times_passed,
)
from tests.unit.allocator.offers import CAMPAIGN, NOW

Question = tuple[bytes, Command]


class SideBySide(RuleBasedStateMachine):
    """The real core, with tables kept from its moves, and the naive model."""

    @initialize(catalogue=campaigns())
    def begin(self, catalogue: Catalogue) -> None:
        self.now = NOW
        self.naive = NaiveCity(catalogue, BORN, NOW)
        self.ledger = Ledger(catalogue, Seats(catalogue, {}))
        self.facts = Facts(born=dict(BORN))
        self.rows: dict[UUID, Booking] = {}
        self.holders: dict[UUID, bytes] = {}
        self.asked: list[Request] = []

    def request(self, person_key: bytes, command: Command) -> Request:
        """A request with an id of its own."""
        request_id = UUID(int=len(self.asked) + 1)
        made = Request(request_id, content_digest(bytes(32), command), person_key, command)
        self.asked.append(made)
        return made

    def run(self, requests: Sequence[Request]) -> None:
        """Let both decide one batch, and compare the answers."""
        decisions = decide_batch(self.ledger, self.facts, requests, self.now)
        for request, decision in zip(requests, decisions, strict=True):
            assert decision.request == request
            assert decision.outcome == self.naive.answer(request, self.now), request.command
            self.store(decision)

    def store(self, decision: Decision) -> None:
        """Keep the tables, as a store does."""
        request = decision.request
        if decision.is_new:
            self.facts.decided[request.request_id] = Decided(
                request.content_digest, request.person_key, decision.outcome
            )
        else:
            assert (decision.moves, decision.edits) == ((), ())
        for move in decision.moves:
            assert move.before == self.rows.get(move.after.booking_id)
            former = move.former_key or move.person_key
            assert self.holders.get(move.after.booking_id, former) == former
            self.holders[move.after.booking_id] = move.person_key
            self.rows[move.after.booking_id] = move.after

    # What happens -----------------------------------------------------------------------

    @rule(question=questions)
    def ask(self, question: Question) -> None:
        self.run([self.request(*question)])

    @rule(several=st.lists(questions, min_size=2, max_size=6))
    def ask_at_once(self, several: list[Question]) -> None:
        self.run([self.request(*question) for question in several])

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 1_000), question=questions, how=st.integers(0, 3))
    def ask_again(self, which: int, question: Question, how: int) -> None:
        """The same request twice; the same id with other content, or of another person."""
        before = self.asked[which % len(self.asked)]
        digest = content_digest(bytes(32), question[1])
        again = [
            before,
            before,
            msgspec.structs.replace(before, person_key=question[0]),
            msgspec.structs.replace(before, command=question[1], content_digest=digest),
        ][how]
        self.run([again, self.request(*question), again])

    @rule(question=questions, is_own=st.booleans())
    def ask_with_an_id_of_the_wrong_kind(self, question: Question, is_own: bool) -> None:
        """The allocator's own ids are for its own commands, and only those."""
        fresh = self.request(*question)
        own = msgspec.structs.replace(fresh, request_id=derived_id(fresh.request_id, "wrong"))
        command = Expire(CAMPAIGN, UUID(int=1))
        self.run([own if is_own else msgspec.structs.replace(fresh, command=command)])

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 1_000), word=st.sampled_from(["a", "b"]))
    def end_an_offer_too_early_or_in_time(self, which: int, word: str) -> None:
        """Whatever row an end is about: only an offer that has run out is ended."""
        row = list(self.rows.values())[which % len(self.rows)]
        command = Expire(row.campaign_id, row.booking_id)
        digest = content_digest(bytes(32), command)
        request_id = derived_id(row.booking_id, word)
        self.run([Request(request_id, digest, self.holders[row.booking_id], command)])

    @rule(passed=times_passed)
    def pass_time(self, passed: timedelta) -> None:
        self.now += passed

    @rule(which=st.integers(0, 1_000), moment=st.integers(0, 5))
    def come_to_a_slot(self, which: int, moment: int) -> None:
        slots = sorted(self.ledger.catalogue.slots.values(), key=lambda slot: slot.starts_at)
        self.now = max(self.now, moments_around(slots[which % len(slots)])[moment])

    @precondition(lambda self: self.offers_end())
    @rule(which=st.integers(0, 1_000), early=st.sampled_from([0, 0, 1]))
    def come_to_the_end_of_an_offer(self, which: int, early: int) -> None:
        ends = self.offers_end()
        self.now = max(self.now, ends[which % len(ends)] - timedelta(microseconds=early))

    @rule()
    def end_offers(self) -> None:
        """The allocator makes the commands itself; they come in the order of the list."""
        due = expirations(self.ledger, self.now)
        commands = [request.command for request in due]
        expected = self.naive.due_offers(self.now)
        assert [request.person_key for request in due] == [person for person, _, _ in expected]
        assert commands == [Expire(campaign, booking) for _, booking, campaign in expected]
        self.run(due)

    @rule(release=st.sampled_from(["release", "late"]), word=st.sampled_from(["none", "closed"]))
    def order_by_hand(self, release: str, word: Literal["none", "closed"]) -> None:
        """An operator closes a release, or opens it again."""
        releases = dict(self.ledger.catalogue.releases)
        releases[release] = msgspec.structs.replace(releases[release], state_by_hand=word)
        for owner in (self.ledger, self.naive.books):
            owner.catalogue = msgspec.structs.replace(owner.catalogue, releases=releases)

    def offers_end(self) -> list[datetime]:
        """When the offers that stand run out."""
        places = [row.standby for row in self.rows.values()]
        return [place.offered_until for place in places if place and place.offered_until]

    # What is always so ------------------------------------------------------------------

    @invariant()
    def rows_are_the_same(self) -> None:
        assert self.rows == self.naive.rows
        assert self.holders == self.naive.holders
        assert self.ledger.bookings_made == len(self.rows)
        live = {
            (row.campaign_id, self.holders[row.booking_id]): row
            for row in self.rows.values()
            if row.state != "cancelled"
        }
        assert self.facts.held == live

    @invariant()
    def seats_are_the_same(self) -> None:
        """I1: what is free and what is held add up to the capacity, and nothing is below 0."""
        slots, seats = self.ledger.catalogue.slots, self.ledger.seats.slots
        assert {
            (slot_id, number): slot.capacities[number - 1]
            for slot_id, slot in slots.items()
            for number in (1, 2)
        } == self.naive.capacities
        free = self.naive.free()
        assert {
            (slot_id, number): one.free[number - 1]
            for slot_id, one in seats.items()
            for number in (1, 2)
        } == free
        assert all(count >= 0 for count in free.values())
        assert all(one.slot == slots[slot_id] for slot_id, one in seats.items())

    @invariant()
    def pairs_are_whole(self) -> None:
        """I2: both doses or neither, the same product, the interval within its limits."""
        for row in self.rows.values():
            check_pair(self.ledger.catalogue, row)

    @invariant()
    def nobody_has_two(self) -> None:
        """I3: one live booking per person and campaign, each with a number of its own."""
        live = Counter(
            (row.campaign_id, self.holders[row.booking_id])
            for row in self.rows.values()
            if row.state != "cancelled"
        )
        assert all(count == 1 for count in live.values())
        assert len({row.booking_number for row in self.rows.values()}) == len(self.rows)


def check_pair(catalogue: Catalogue, row: Booking) -> None:
    """Whether a row holds what its state says, at a distance that is allowed."""
    slots = {dose.dose: catalogue.slots[dose.slot_id] for dose in row.doses}
    first = row.first_dose_elsewhere
    given_alone = {1} if 1 in row.given else set()
    pair = {2} if first is not None else {1, 2}
    expected = {
        "booked": pair,
        "offered": pair,
        "first_only": {1},
        "standby": given_alone,
        "cancelled": set(),
    }[row.state]
    assert set(slots) == expected
    assert set(row.given) <= expected
    assert (row.standby is not None) == (row.state in {"standby", "offered"})
    if not slots:
        return
    assert all(slot.product_id == row.product_id for slot in slots.values())
    assert all(slot.release_id == row.release_id for slot in slots.values())
    product = catalogue.products[row.product_id]
    first_day = first.day if first is not None else slots[1].day
    if 2 in slots:
        days = (slots[2].day - first_day).days
        assert days >= product.interval_days_min
        assert days <= product.interval_days_max or first is not None or 1 in row.given


def test_the_core_answers_as_the_naive_model_does() -> None:
    run_state_machine_as_test(
        SideBySide,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
