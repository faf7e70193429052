"""Compare what every client was told with what is stored: nothing lost, double or out of turn.

Rule 1: clients are believed, and so are the tables; a finding is where they disagree,
or where the tables disagree with a promise (I1 to I9 in ARCHITECTURE.md).
Rule 2: what a client cannot know (no answer, 202, 503) proves nothing until the
same request is asked for again; in the end every request has one state.

A finding names requests, slots and numbers of bookings; a person is the number of a client.
Nothing here does I/O. Each rule goes once through what it reads, or sorts it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from loadtests.chaos.history import Answer, Booking, Call, Decision, Tables, Told

Rule = Callable[[Told, Tables], Iterator[str]]

DRAINED_WITHIN_S = 60.0
STATUS_BEHIND_S = 15.0
"""status.json is a copy, and may be old: gateways that are cut off from Redis (6 s, and their
time-outs) or were stopped (6 s) answer from what they have."""

OPENING_BLURRED_S = 2.0
"""Who comes so soon after the opening may still have been drawn with the lobby."""

_DONE = 200
_REUSED = Answer("id_reused")
_HOLDS = ("booked", "first_only", "offered")
_Arrival = tuple[float, float, int, int]
"""When somebody began to sign in and when they were answered, their place, and who it is."""

_REQUESTS = ("book", "change", "cancel", "outcome")


def compared(told: Told) -> dict[str, int]:
    """Return how much there was to compare: a rule that saw nothing has shown nothing."""
    asked = Counter(call.request_id for call in told.calls if call.request_id)
    return {
        "requests": len(asked),
        "requests_repeated": sum(count > 1 for count in asked.values()),
        "requests_reused": sum(
            call.act == "reuse" and call.answer is not None for call in told.calls
        ),
        "places_told_again": sum(len(places) > 1 for places in _places(told).values()),
        "arrivals_in_order": sum(map(len, _arrivals_by_era(told).values())),
        "entrances": sum(1 for _ in _let_in(told)),
    }


def check(told: Told, tables: Tables) -> list[str]:
    """Return all findings, each with the name of its rule; empty is good."""
    return [f"{rule.__name__}: {found}" for rule in RULES for found in rule(told, tables)]


def one_answer_to_one_request(told: Told, _tables: Tables) -> Iterator[str]:
    """I5: a request id never has two answers."""
    for request_id, answers in _answers(told).items():
        if len(answers) > 1:
            words = " and ".join(sorted(map(str, answers)))
            yield f"request {request_id} was answered {words}"


def reused_id_is_refused(told: Told, _tables: Tables) -> Iterator[str]:
    """I5: a known request id with other content is refused, and with that code."""
    for call in told.calls:
        if call.act == "reuse" and call.answer not in (None, _REUSED):
            yield f"request {call.request_id} with other content was answered {call.answer}"


def told_as_it_is_stored(told: Told, tables: Tables) -> Iterator[str]:
    """I4: what a request was said to be is what the journal says of it."""
    decided = {decision.request_id: decision for decision in tables.decisions}
    for request_id, answers in _answers(told).items():
        decision = decided.get(request_id)
        for answer in answers:
            if decision is None:
                yield f"request {request_id} was answered {answer} and is not stored"
            elif decision.answer != answer:
                yield f"request {request_id} was answered {answer}; stored: {decision.answer}"


def unknown_requests_resolve(told: Told, tables: Tables) -> Iterator[str]:
    """Each request that was sent has one state in the end: decided, or never arrived."""
    decided = {decision.request_id for decision in tables.decisions}
    known = _answers(told)
    last: dict[str, Call] = {}
    for call in told.calls:
        if call.act in _REQUESTS:
            last[call.request_id] = call
    for request_id, call in last.items():
        if request_id in known:
            continue
        never_arrived = call.act == "outcome" and call.code == "not_found"
        if not never_arrived:
            yield f"request {request_id} stays unknown ({call.act}: {call.status} {call.code})"
        elif request_id in decided:
            yield f"request {request_id} is stored, and its client is told that it is not"


def nobody_else_decides(told: Told, tables: Tables) -> Iterator[str]:
    """Each stored decision is on a request that some client sent, and always the same client's."""
    senders = {call.request_id: call.person for call in told.calls if call.act in _REQUESTS}
    clients: dict[str, int] = {}
    for decision in tables.decisions:
        sender = senders.get(decision.request_id)
        if sender is None:
            yield f"request {decision.request_id} is stored, and nobody sent it"
        elif clients.setdefault(decision.person, sender) != sender:
            yield f"clients {clients[decision.person]} and {sender} are one person in the tables"


def bookings_are_as_last_decided(_told: Told, tables: Tables) -> Iterator[str]:
    """I4: each booking is stored as the last decision on it left it."""
    last: dict[str, Answer] = {}
    for decision in _in_order(tables.decisions):
        if decision.booking_number:
            last[decision.booking_number] = decision.answer
    rows = {row.number: row for row in tables.bookings}
    for number, answer in last.items():
        row = rows.get(number)
        if row is None:
            yield f"booking {number} was decided and is not stored"
        elif (found := _as_answer(row)) != answer:
            yield f"booking {number} is stored as {found}; decided: {answer}"
    for number in sorted(rows.keys() - last.keys()):
        yield f"booking {number} is stored and was never decided"


def no_seat_twice(_told: Told, tables: Tables) -> Iterator[str]:
    """I1: no more people than seats, counted from the bookings; and the counters agree."""
    held: Counter[tuple[str, int]] = Counter()
    for row in tables.bookings:
        for dose, slot in ((1, row.dose1_slot), (2, row.dose2_slot)):
            if slot:
                held[(slot, dose)] += 1
    for seats in tables.seats:
        count = held.pop((seats.slot, seats.dose), 0)
        if count > seats.capacity:
            yield f"slot {seats.slot} dose {seats.dose}: {count} people, {seats.capacity} seats"
        if count != seats.taken:
            yield f"slot {seats.slot} dose {seats.dose}: {count} people, {seats.taken} counted"
    for slot, dose in held:
        yield f"slot {slot} dose {dose} is held and does not exist"


def both_doses_or_neither(_told: Told, tables: Tables) -> Iterator[str]:
    """I2: a booking has both doses, at the product's interval; a cancelled one has none.

    Nobody in these runs had a dose elsewhere, or gives back one of two.
    """
    for row in tables.bookings:
        count = bool(row.dose1_slot) + bool(row.dose2_slot)
        if count != (2 if row.state == "booked" else 0):
            yield f"booking {row.number} is {row.state} and has {count} doses"
        elif row.dose1_day is not None and row.dose2_day is not None:
            days = row.dose2_day - row.dose1_day
            if not row.interval_days_min <= days <= row.interval_days_max:
                yield f"booking {row.number} has its doses {days} days apart"


def one_booking_a_person(_told: Told, tables: Tables) -> Iterator[str]:
    """I3: nobody holds two."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    for row in tables.bookings:
        if row.state in _HOLDS:
            held[row.person].append(row.number)
    for numbers in held.values():
        if len(numbers) > 1:
            yield f"bookings {' and '.join(sorted(numbers))} are of one person"


def one_leader_at_a_time(told: Told, tables: Tables) -> Iterator[str]:
    """I6: epochs never fall, neither in the journal nor in the lease; an epoch has one holder."""
    epoch = 0
    for decision in _in_order(tables.decisions):
        if decision.epoch < epoch:
            yield f"journal: entry {decision.sequence} of epoch {decision.epoch} after {epoch}"
        epoch = max(epoch, decision.epoch)
    holders: dict[int, str] = {}
    epoch = 0
    for seen in told.leaders:
        if seen.epoch < epoch:
            yield f"lease: epoch {seen.epoch} after {epoch}"
        epoch = max(epoch, seen.epoch)
        if holders.setdefault(seen.epoch, seen.holder) != seen.holder:
            yield f"lease: {holders[seen.epoch]} and {seen.holder} in epoch {seen.epoch}"


def one_place_a_person(told: Told, _tables: Tables) -> Iterator[str]:
    """I7: the same place however often somebody signs in, until Redis is wiped.

    After a wipe whoever still has a token brings their place back; who has none, on
    another device, comes at the end. From then on it is one place again.
    """
    for (person, _), places in _places(told).items():
        if len(set(places)) > 1:
            yield f"client {person} was told the places {sorted(set(places))}"


def first_come_first_placed(told: Told, _tables: Tables) -> Iterator[str]:
    """I8: whoever was answered before another began to sign in has the lower place."""
    for arrivals in _arrivals_by_era(told).values():
        yield from _overtakings(arrivals)


def _overtakings(arrivals: list[_Arrival]) -> Iterator[str]:
    answered = sorted((ended_s, place, person) for _, ended_s, place, person in arrivals)
    highest, ahead, number = 0, -1, 0
    for begun_s, _, place, person in sorted(arrivals):
        while number < len(answered) and answered[number][0] < begun_s:
            if answered[number][1] > highest:
                _, highest, ahead = answered[number]
            number += 1
        if place <= highest:
            yield f"client {person} has place {place}; client {ahead} came before: {highest}"


def nobody_enters_early(told: Told, _tables: Tables) -> Iterator[str]:
    """I7: whoever was let in had been called: what anybody sees later is never below the place.

    Whoever is told to wait is told the very number that the door goes by; status.json is a
    copy. Who holds a booking comes in at any time.
    """
    for at_s, person, place, lowest in _let_in(told):
        if lowest < place:
            came = f"client {person} came in at {at_s:.1f} s with place {place}"
            yield f"{came}; later {lowest} was served"


def _let_in(told: Told) -> Iterator[tuple[float, int, int, int]]:
    """Yield who came in by their place: when, client, place, the lowest number served later."""
    serving = _LowestLater(told)
    places: dict[int, tuple[int | None, int]] = {}
    asked: set[int] = set()
    for call in sorted(told.calls, key=lambda one: one.ended_at_s):
        era = _era(told, call.begun_at_s, call.ended_at_s)
        if call.place is not None:
            places[call.person] = era, call.place
        if call.act == "book":
            asked.add(call.person)
        comes_in = call.act == "enter" or (call.act == "sign_in" and call.code == "inside")
        if not comes_in or call.status != _DONE or era is None or call.person in asked:
            continue
        place_era, place = places.get(call.person, (None, 0))
        lowest = serving.after(era, call.ended_at_s)
        if place_era == era and lowest is not None:
            yield call.ended_at_s, call.person, place, lowest


class _LowestLater:
    """The lowest serving number seen from a moment on, until the next wipe."""

    def __init__(self, told: Told) -> None:
        seen: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
        for call in told.calls:
            era = _era(told, call.begun_at_s, call.ended_at_s)
            if call.serving is not None and era is not None:
                behind_s = STATUS_BEHIND_S if call.act == "status" else 0.0
                seen[era].append((call.begun_at_s - behind_s, call.serving))
        self._moments: dict[int, list[float]] = {}
        self._lowest: dict[int, list[int]] = {}
        for era, found in seen.items():
            found.sort()
            self._moments[era] = [at_s for at_s, _ in found]
            lowest = list(accumulate((serving for _, serving in reversed(found)), min))
            self._lowest[era] = lowest[::-1]

    def after(self, era: int, at_s: float) -> int | None:
        """Return it; None if nobody looked."""
        first = bisect_left(self._moments.get(era, []), at_s)
        lowest = self._lowest.get(era, [])
        return lowest[first] if first < len(lowest) else None


def queues_run_empty(told: Told, _tables: Tables) -> Iterator[str]:
    """I9: inbox, pending entries and outbox are empty within a minute after the last fault."""
    if told.drained_s is None:
        yield "inbox, pending entries and outbox never ran empty"
    elif told.drained_s > DRAINED_WITHIN_S:
        yield f"inbox, pending entries and outbox were empty only after {told.drained_s:.1f} s"


RULES: tuple[Rule, ...] = (
    one_answer_to_one_request,
    reused_id_is_refused,
    told_as_it_is_stored,
    unknown_requests_resolve,
    nobody_else_decides,
    bookings_are_as_last_decided,
    no_seat_twice,
    both_doses_or_neither,
    one_booking_a_person,
    one_leader_at_a_time,
    one_place_a_person,
    first_come_first_placed,
    nobody_enters_early,
    queues_run_empty,
)


def _answers(told: Told) -> dict[str, set[Answer]]:
    """Return what each request was said to be."""
    answers: defaultdict[str, set[Answer]] = defaultdict(set)
    for call in told.calls:
        if call.answer is not None and call.act in _REQUESTS:
            answers[call.request_id].add(call.answer)
    return answers


def _arrivals(told: Told) -> dict[int, tuple[float, Call]]:
    """Return when each person first tried to sign in, and the first call that told a place."""
    begun: dict[int, float] = {}
    first: dict[int, Call] = {}
    for call in told.calls:
        if call.act != "sign_in":
            continue
        begun[call.person] = min(call.begun_at_s, begun.get(call.person, call.begun_at_s))
        known = first.get(call.person)
        if call.place is not None and (known is None or call.ended_at_s < known.ended_at_s):
            first[call.person] = call
    return {person: (begun[person], call) for person, call in first.items()}


def _arrivals_by_era(told: Told) -> dict[int, list[_Arrival]]:
    """Return who came to the open line between the same two wipes."""
    by_era: defaultdict[int, list[_Arrival]] = defaultdict(list)
    for person, (begun_at_s, first) in _arrivals(told).items():
        era = _era(told, begun_at_s, first.ended_at_s)
        if era is not None and begun_at_s > _line_begins_s(told) and first.place is not None:
            by_era[era].append((begun_at_s, first.ended_at_s, first.place, person))
    return by_era


def _places(told: Told) -> dict[tuple[int, int], list[int]]:
    """Return the places that each person was told between the same two wipes."""
    places: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for call in told.calls:
        era = _era(told, call.begun_at_s, call.ended_at_s)
        if call.place is not None and era is not None and call.begun_at_s > _line_begins_s(told):
            places[(call.person, era)].append(call.place)
    return places


def _in_order(decisions: Sequence[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda decision: decision.sequence)


def _as_answer(row: Booking) -> Answer:
    return Answer.of(row.state, row.number, row.dose1_slot, row.dose2_slot)


def _line_begins_s(told: Told) -> float:
    return told.opened_at_s + OPENING_BLURRED_S


def _era(told: Told, from_s: float, to_s: float) -> int | None:
    """Return how many wipes there had been; None if one was under way between the two."""
    if any(start <= to_s and end >= from_s for start, end in told.wipes):
        return None
    return sum(end < from_s for _, end in told.wipes)
