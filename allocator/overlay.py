"""Lay what an earlier batch decided over facts that were read before it was committed.

The facts of a batch are read while the batch before it is being committed, so that the
tables may or may not show that one yet; what was committed before it they do show.
Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable

from allocator.ledger import Decision, Facts, people_of


def lay_over(facts: Facts, earlier: Iterable[Decision], at_its_end: Facts) -> None:
    """Bring facts to the end of the earlier batch: its answers, and whoever it moved.

    `at_its_end` are the facts of the earlier batch, as deciding it left them.
    """
    for decision in earlier:
        if not decision.is_new:
            continue  # It moved nothing, and its answer was known before.
        request_id = decision.request.request_id
        facts.decided[request_id] = at_its_end.decided[request_id]
        for move in decision.moves:
            for key in people_of(move):
                if key in at_its_end.held:
                    facts.held[key] = at_its_end.held[key]
                else:
                    facts.held.pop(key, None)
