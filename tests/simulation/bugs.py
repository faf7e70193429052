"""Bugs to be put into the real code on purpose: each is one exact piece of text replaced.

The simulation must find every one of them (`test_bugs.py`). Where the code has
changed, so that the text is no longer there, the bug is to be written anew.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """In `allocator/{module}`, `text` occurs once and becomes `instead`."""

    name: str
    module: str
    text: str
    instead: str


BUGS = (
    Bug(
        "interval off by one day",
        "pairing.py",
        "return product.interval_days_min <= interval <= product.interval_days_max",
        "return product.interval_days_min - 1 <= interval <= product.interval_days_max",
    ),
    Bug(
        "seats of a cancelled booking are not given back",
        "ledger.py",
        "            if move.before is not None:\n                for dose in move.before.doses:",
        "            if move.before is not None and move.after.state != 'cancelled':\n"
        "                for dose in move.before.doses:",
    ),
    Bug(
        "answers are not stored",
        "batch.py",
        "        outcomes=_outcomes(new, numbers),",
        "        outcomes=_outcomes((), ()),",
    ),
    Bug(
        "requests are acknowledged when they are taken",
        "intake.py",
        "                handed.append(_handed(entry_id, fields))",
        "                handed.append(_handed(entry_id, fields))\n"
        "                unreadable.append(entry_id)",
    ),
    Bug(
        "answers are sent before the commit has ended",
        "writer.py",
        "        self._under_way = decided\n",
        "        self._under_way = decided\n        self._answer(decided)\n",
    ),
    Bug(
        "a writer that was overtaken goes on with the next epoch",
        "writer.py",
        "        except Fenced:\n            self._fall_back()",
        "        except Fenced:\n            self._epoch = (self._epoch or 0) + 1",
    ),
    Bug(
        "the ledger is kept after a fault",
        "writer.py",
        "        self._ledger = None\n        self._our_own,",
        "        self._our_own,",
    ),
    Bug(
        "the ledger is read while a lost transaction may still be committed",
        "writer.py",
        "        self._store.keep_lease(self._epoch)\n"
        "        self._ledger, self._head = self._store.load()\n"
        "        self._intake.begin()",
        "        self._ledger, self._head = self._store.load()\n        self._intake.begin()",
    ),
    Bug(
        "a request that comes twice is decided twice",
        "core.py",
        "    earlier = facts.decided.get(request.request_id)",
        "    earlier = None",
    ),
    Bug(
        "what the batch under way decided is not seen",
        "writer.py",
        "            lay_over(facts, self._under_way.decisions, self._under_way.facts)",
        "            pass",
    ),
    Bug(
        "a change that is refused frees the old seats",
        "core.py",
        "    with ledger.seats.given_back(moved):",
        "    for dose in moved:\n"
        "        ledger.seats.give_back(dose.slot_id, dose.dose)\n"
        "    if True:",
    ),
    Bug(
        "a second dose of another product may be named",
        "search.py",
        "        if not same_product or not interval_is_met(first.day, named, product):",
        "        if not interval_is_met(first.day, named, product):",
    ),
    Bug(
        "of two who come together one alone is booked",
        "core.py",
        "        for person, booking in zip(people, bookings, strict=True)",
        "        for person, booking in zip(people[:1], bookings, strict=False)",
    ),
    Bug(
        "an offer never runs out",
        "core.py",
        "for one in ledger.standby.run_out(now)]",
        "for one in ledger.standby.run_out(now)][:0]",
    ),
    Bug(
        "a closed slot is given to others",
        "orders.py",
        "            _shrink_to_taken(ledger, seats)",
        "            pass",
    ),
    Bug(
        "a dose that has begun goes with who leaves",
        "leaving.py",
        "        return dose.dose in held.given or has_begun",
        "        return dose.dose in held.given",
    ),
    Bug(
        "the dead are written to",
        "leaving.py",
        '    "died": None,',
        '    "died": "cancelled",',
    ),
    Bug(
        "who gave a booking to another ticket is still its holder for the batch after",
        "ledger.py",
        "    keys = (move.person_key,) if move.former_key is None "
        "else (move.former_key, move.person_key)",
        "    keys = (move.person_key,)",
    ),
    Bug(
        "what a dead writer had taken is left where it is",
        "intake.py",
        '        cursor: Any = b"0-0"\n        while True:',
        '        cursor: Any = b"0-0"\n        while False:',
    ),
    Bug(
        "a wiped Redis is not noticed",
        "publish.py",
        "        if published == mark.encode() and is_ours:",
        "        if self._pieces is None:",
    ),
)
