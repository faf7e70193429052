from __future__ import annotations

from datetime import UTC, datetime

import pytest

from allocator.approval import (
    ACTS,
    MESSAGE_LENGTH_MAX,
    POLICIES,
    REASON_LENGTH_MAX,
    Act,
    ByHand,
    Decided,
    Member,
    Policy,
    Proposal,
    Refusal,
    alone_refusal,
    decision_refusal,
    member_refusal,
    message_refusal,
    needs_second,
    reason_refusal,
)

NOW = datetime(2030, 9, 1, tzinfo=UTC)


def proposal(decision: Decided | None = None) -> Proposal:
    return Proposal(1, "autumn", "load", "schema: 1", "", "new", "a-one", NOW, decision)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("by_hand", ["none", "paused", "closed"])
def test_without_the_policy_nothing_needs_a_second_person(act: Act, by_hand: ByHand) -> None:
    assert not needs_second("off", act, by_hand)
    is_over = act == "pause" and by_hand == "closed"
    assert alone_refusal("off", act, by_hand) == (Refusal.CLOSED if is_over else None)


@pytest.mark.parametrize(
    ("act", "by_hand", "needed"),
    [
        ("load", "none", True),
        ("open", "none", True),
        ("open", "paused", True),
        ("pause", "none", False),
        ("close", "none", False),
        ("resume", "paused", False),
        ("resume", "closed", True),
    ],
)
def test_what_lets_people_book_needs_a_second_person_and_what_stops_them_does_not(
    act: Act, by_hand: ByHand, *, needed: bool
) -> None:
    assert needs_second("two_people", act, by_hand) is needed
    assert alone_refusal("two_people", act, by_hand) == (Refusal.NEEDS_SECOND if needed else None)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_closed_is_not_paused(policy: Policy) -> None:
    """Else one person could close it, pause it and take the pause back."""
    assert alone_refusal(policy, "pause", "closed") is Refusal.CLOSED


def test_nobody_approves_what_they_proposed_themselves() -> None:
    assert decision_refusal(proposal(), "approved", "a-one") is Refusal.OWN_PROPOSAL
    assert decision_refusal(proposal(), "approved", "a-two") is None


def test_proposer_may_take_a_proposal_back() -> None:
    assert decision_refusal(proposal(), "rejected", "a-one") is None


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_proposal_is_decided_once(decision: Decided) -> None:
    for held in ("approved", "rejected"):
        refusal = decision_refusal(proposal(held), decision, "a-two")
        assert refusal is Refusal.DECIDED_ALREADY


def test_proposal_that_is_not_there_cannot_be_decided() -> None:
    assert decision_refusal(None, "approved", "a-two") is Refusal.NO_SUCH_PROPOSAL


@pytest.mark.parametrize(
    ("member", "refusal"),
    [
        (None, Refusal.NO_SUCH_ACCOUNT),
        (Member("a-one", "operator", is_disabled=True), Refusal.NO_SUCH_ACCOUNT),
        (Member("a-one", "clerk"), Refusal.NOT_THEIR_WORK),
        (Member("a-one", "auditor"), Refusal.NOT_THEIR_WORK),
        (Member("a-one", "operator"), None),
        (Member("a-one", "supervisor"), None),
    ],
)
def test_only_operators_and_supervisors_take_part(
    member: Member | None, refusal: Refusal | None
) -> None:
    assert member_refusal(member) is refusal


def test_reason_is_there_and_short() -> None:
    assert reason_refusal(" ") is Refusal.NO_REASON
    assert reason_refusal("x" * (REASON_LENGTH_MAX + 1)) is Refusal.REASON_TOO_LONG


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (None, None),
        ("", None),
        ("x" * MESSAGE_LENGTH_MAX, None),
        ("x" * (MESSAGE_LENGTH_MAX + 1), Refusal.MESSAGE_NO_LINE),
        ("two\nlines", Refusal.MESSAGE_NO_LINE),
        ("\0", Refusal.MESSAGE_NO_LINE),
    ],
)
def test_message_is_one_line(message: str | None, refusal: Refusal | None) -> None:
    assert message_refusal(message) is refusal
    assert reason_refusal("x" * REASON_LENGTH_MAX) is None
