"""Whether a sign-in is looked at: checked, asked for a proof of work, or told to wait.

Rule 1: no lock is one that a stranger can use against a resident. A device that a person has
signed in on before has a bucket of its own; and a network that hardly ever failed may still try
a locked ticket, for a proof of work.
Rule 2: what is asked for depends on failures that were counted, known ticket or not, never on
the roster: it tells nobody whether a ticket exists.
Rule 3: nothing here does I/O or reads a clock. `lua/sign_in.lua` says the same, next to the
buckets; `tests/integration/waiting_room/test_attempts.py` compares the two.

Units: a bucket counts failures from its first one on, for its window; then it is empty again.
"""

from __future__ import annotations

from typing import Literal

import msgspec

HOUR_S = 3_600
DAY_S = 86_400
CITY_WINDOW_S = 600
SLOW_WINDOW_S = 60
"""Without a proof, one try in a minute for each network where one would be asked for."""

Proof = Literal["", "proved", "waited"]
"""What a sign-in brings: nothing, a proof of work, or a challenge as old as SLOW_WINDOW_S."""

Verdict = Literal["check", "check_slowly", "prove", "wait"]


class Limits(msgspec.Struct, frozen=True):
    """How many failures are allowed, and from how many on a proof is asked for.

    `ticket_*` and `network_hour_max` lock; a network below `network_clean_max` may still prove.
    `proof_*_from` count failures: of a ticket and of a network in an hour, of the city in
    CITY_WINDOW_S. `slow_city_max`: tries without a proof in SLOW_WINDOW_S, in the whole city.
    """

    ticket_hour_max: int = 10
    ticket_day_max: int = 20
    network_hour_max: int = 600
    network_clean_max: int = 10
    device_hour_max: int = 10
    proofs: bool = False
    proof_ticket_from: int = 10
    proof_network_from: int = 60
    proof_city_from: int = 600
    slow_city_max: int = 30


class Failures(msgspec.Struct, frozen=True):
    """What the buckets hold; `slow_*` count the tries without a proof."""

    ticket_hour: int = 0
    ticket_day: int = 0
    network: int = 0
    device: int = 0
    city: int = 0
    slow_network: int = 0
    slow_city: int = 0


def verdict(failures: Failures, limits: Limits, *, is_known: bool, proof: Proof = "") -> Verdict:
    """Decide what becomes of a sign-in. `is_known`: from a device that the person has used."""
    if is_known:
        return "check" if failures.device < limits.device_hour_max else "wait"
    if failures.network >= limits.network_hour_max:
        return "wait"
    locked = (
        failures.ticket_hour >= limits.ticket_hour_max
        or failures.ticket_day >= limits.ticket_day_max
    )
    may_prove = limits.proofs and failures.network < limits.network_clean_max
    if locked and not may_prove:
        return "wait"
    if not limits.proofs or not (locked or _is_risky(failures, limits)) or proof == "proved":
        return "check"
    if (
        proof == "waited"
        and not failures.slow_network
        and failures.slow_city < limits.slow_city_max
    ):
        return "check_slowly"
    return "prove"


def _is_risky(failures: Failures, limits: Limits) -> bool:
    return (
        failures.ticket_hour >= limits.proof_ticket_from
        or failures.network >= limits.proof_network_from
        or failures.city >= limits.proof_city_from
    )
