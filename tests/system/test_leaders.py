"""The leading allocator dies, or hangs and comes back: the other goes on within seconds."""

from __future__ import annotations

from tests.system.leader_cycles import run

CYCLES = 3
STOPPED_S = 30.0
"""As the requirement has it: far longer than the lease, and than an idle transaction may be."""

TAKEN_OVER_WITHIN_S = 25.0
"""Some lease times, and less than the leader is stopped: `make leaders` holds the promise itself,
on a machine that does nothing else."""


def test_standby_goes_on_and_the_overtaken_leader_commits_nothing() -> None:
    """I4, I5, I6, I9: killed and stopped at seeded moments, in the middle of batches, too."""
    said: list[str] = []
    run(CYCLES, STOPPED_S, 7, said.append, TAKEN_OVER_WITHIN_S)
    assert len(said) == CYCLES + 1, said
