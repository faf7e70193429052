"""What must hold in every history, looked at from outside.

While it runs: nobody is told what is not committed, everybody is told the same each
time, and after each commit no seat is given twice, no pair is half or apart, nobody has
two bookings. At the end: the decisions are those of the naive model, the journal's
chain holds and proves the tables, no entry of an older epoch follows a newer one, who left
is told what fits, the dead nothing, and Redis says what the tables say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from allocator.commands import Command, Expire, Leave, Request
from allocator.model import SITE_TIMEZONE, Booking, Catalogue, Outcome, Refusal, Release
from allocator.offer import Availability, first_dose_slots, slots_of
from allocator.proof import JournalEntry, Proof, StoredBooking
from allocator.publish import PUBLISHED_KEY, holders_key
from allocator.reads import CATALOGUE_KEY, availability_key
from tests.simulation.city import City
from tests.simulation.errands import Errand, Errands
from tests.simulation.history import Violation
from tests.simulation.naive import NaiveCity
from tests.simulation.redis_server import RedisServer
from tests.simulation.simulated_store import holders_of, loaded
from tests.simulation.tables import Row, Tables, Transaction, booking_of

_decode = msgspec.msgpack.Decoder(Outcome).decode


class _Entry(msgspec.Struct):
    """An entry of the journal, as a request and its answer."""

    command: Command
    content_digest: str
    outcome: Outcome
    person: str
    request_id: UUID

    def request(self) -> Request:
        """Return the request, without contacts."""
        digest, person = bytes.fromhex(self.content_digest), bytes.fromhex(self.person)
        return Request(self.request_id, digest, person, self.command)


_decode_entry = msgspec.json.Decoder(_Entry).decode


class Checker:
    """Looks at one history. Everything it finds is a `Violation`."""

    def __init__(self, city: City, tables: Tables, errands: Errands) -> None:
        self._city = city
        self._tables = tables
        self._errands = errands

    # While it runs

    def answer_sent(self, handle: bytes, outcome: bytes) -> None:
        """An answer is on its way to somebody: it must be committed."""
        errand = self._errands.by_handle.get(handle)
        if errand is None:
            raise Violation(f"an answer was sent to {handle!r}, who never asked")
        self._check_answer(errand.request, _decode(outcome), "sent")

    def acknowledged(self, fields: Mapping[bytes, bytes]) -> None:
        """A request leaves the queue: it must be decided, unless it is none."""
        errand = self._errands.by_handle.get(fields.get(b"h", b""))
        if errand is None:
            return  # It was garbage.
        request = errand.request
        is_misused = (request.request_id.version == 8) != isinstance(request.command, Expire)
        if not is_misused and request.request_id not in self._tables.content.outcomes:
            raise Violation(f"acknowledged before it was committed: {request.request_id}")

    def told(self, errand: Errand, outcome: Outcome) -> None:
        """An answer has come: the committed one, and the same each time."""
        self._check_answer(errand.request, outcome, "heard")
        if any(earlier != outcome for earlier in errand.answers):
            raise Violation(f"request {errand.request.request_id} has two answers")
        errand.answers.append(outcome)

    def _check_answer(self, request: Request, outcome: Outcome, how: str) -> None:
        row = self._tables.content.outcomes.get(request.request_id)
        if row is None:
            expected: Outcome = Refusal.ID_REUSED
            if (request.request_id.version == 8) == isinstance(request.command, Expire):
                raise Violation(f"{how} before it was committed: {request.request_id}")
        elif (row["person_key"], row["content_digest"]) == (
            request.person_key,
            request.content_digest,
        ):
            expected = _decode(row["answer"])
        else:
            expected = Refusal.ID_REUSED
        if outcome != expected:
            raise Violation(
                f"{how} {_brief(outcome)}, committed {_brief(expected)}: {request.request_id}"
            )

    def committed(self, transaction: Transaction) -> None:
        """I1, I2, I3 after a commit, counted from the rows alone."""
        live = self._tables.live()
        holders = Counter((row["campaign_id"], row["person_key"]) for row in live)
        for (_, person), count in holders.items():
            if count > 1:
                raise Violation(f"I3: person {int.from_bytes(person)} holds {count} bookings")
        held = Counter(
            (row[f"dose{dose}_slot_id"], dose)
            for row in self._tables.content.bookings.values()
            for dose in (1, 2)
            if row[f"dose{dose}_slot_id"] is not None
        )
        for (slot_id, dose), seat in self._tables.content.seats.items():
            if not held[slot_id, dose] == seat.taken <= seat.capacity:
                count = held[slot_id, dose]
                raise Violation(
                    f"I1: slot {slot_id} dose {dose}: {count} hold it, {seat} after"
                    f" entry {transaction.batch.journal_head.journal_seq}"
                )
        for row in live:
            self._check_pair(row)

    def _check_pair(self, row: Row) -> None:
        """I2: both doses or neither, one product, the interval within its limits."""
        booking, slots = booking_of(row), self._city.catalogue.slots
        days = {dose.dose: _day_of(slots[dose.slot_id].starts_at) for dose in booking.doses}
        products = {slots[dose.slot_id].product_id for dose in booking.doses}
        number = booking.booking_number
        if products - {booking.product_id}:
            raise Violation(f"I2: booking {number} has doses of another product")
        elsewhere = booking.first_dose_elsewhere
        if booking.state not in {"booked", "offered"}:
            if 2 in days:
                raise Violation(f"I2: booking {number} has dose 2 and is {booking.state}")
            return
        first = elsewhere.day if elsewhere is not None else days.get(1)
        if first is None or 2 not in days:
            raise Violation(f"I2: booking {number} is half a pair")
        product = self._city.catalogue.products[booking.product_id]
        interval = (days[2] - first).days
        overdue_is_right = elsewhere is not None or 1 in booking.given
        too_late = interval > product.interval_days_max and not overdue_is_right
        if interval < product.interval_days_min or too_late:
            raise Violation(f"I2: booking {number}: {interval} days between the doses")

    def check_offers(self, now: datetime) -> None:
        """No offer stands whose time was over a while ago."""
        for row in self._tables.live():
            standby = booking_of(row).standby
            until = None if standby is None else standby.offered_until
            if until is not None and until <= now:
                raise Violation(f"the offer of booking {row['booking_number']} did not run out")

    # At the end

    def check_end(self, redis: RedisServer) -> None:
        """All that can be said of a history only when it is over."""
        self._check_epochs()
        self._check_proof()
        self._check_against_naive()
        self._check_told_of_leaving()
        self._check_published(redis)

    def _check_epochs(self) -> None:
        epochs = [row["epoch"] for row in self._tables.content.journal]
        if epochs != sorted(epochs):
            raise Violation(f"I6: entries of an older epoch follow a newer one: {epochs}")

    def _check_proof(self) -> None:
        proof, content = Proof(), self._tables.content
        for row in content.journal:
            proof.read(JournalEntry(row["journal_seq"], row["entry"], row["chain_hash"]))
        stored = (StoredBooking(r["person_key"], booking_of(r)) for r in content.bookings.values())
        proof.compare(stored, self._tables.taken(), len(content.outcomes))
        if not proof.in_order:
            raise Violation(f"proof: {proof.findings[0]} ({len(proof.findings)} findings)")

    def _check_against_naive(self) -> None:
        naive = NaiveCity(self._city.catalogue, self._city.born, self._city.begins_at)
        edits = list(self._tables.edits_by_hand)
        for row in self._tables.content.journal:
            while edits and edits[0][0] < row["journal_seq"]:
                _edit_naively(naive, edits.pop(0)[1])
            entry = _decode_entry(row["entry"])
            expected = naive.answer(entry.request(), row["decided_at"])
            if expected != entry.outcome:
                command = type(entry.command).__name__
                raise Violation(
                    f"entry {row['journal_seq']} {command}: {_brief(entry.outcome)},"
                    f" naively {_brief(expected)}"
                )
        self._compare_rows(naive)

    def _compare_rows(self, naive: NaiveCity) -> None:
        rows = {r["booking_id"]: booking_of(r) for r in self._tables.content.bookings.values()}
        for booking_id, booking in rows.items():
            expected = naive.rows.get(booking_id)
            if expected is None or _comparable(expected) != _comparable(booking):
                raise Violation(f"row: {_brief(booking)}, naively {_brief(expected)}")
        if len(rows) != len(naive.rows):
            raise Violation(f"{len(rows)} bookings, naively {len(naive.rows)}")
        for (slot_id, dose), seat in self._tables.content.seats.items():
            capacity = naive.capacities[slot_id, 1 if dose == 1 else 2]
            if capacity != seat.capacity:
                raise Violation(f"slot {slot_id} dose {dose}: {seat}, naively {capacity} seats")

    def _check_told_of_leaving(self) -> None:
        """By the decision that they left, the dead are told nothing, and others once at most."""
        for row in self._tables.content.journal:
            entry = _decode_entry(row["entry"])
            if isinstance(entry.command, Leave) and isinstance(entry.outcome, Booking):
                told = [
                    message["kind"]
                    for message in self._tables.content.outbox
                    if message["journal_seq"] == row["journal_seq"]
                    and message["booking_id"] == entry.outcome.booking_id
                ]
                right = {"died": [], "moved_out": ["left_city"], "reissued": ["cancelled"]}
                if told not in ([], right[entry.command.reason]):
                    raise Violation(f"entry {row['journal_seq']} {entry.command.reason}: {told}")

    def _check_published(self, redis: RedisServer) -> None:
        if PUBLISHED_KEY not in redis.strings:
            raise Violation("Redis does not say that all is published")
        self._check_offer(redis)
        for campaign_id in {r.campaign_id for r in self._city.catalogue.releases.values()}:
            published = sorted(redis.sets.get(holders_key(campaign_id), set()))
            expected = holders_of(self._tables, campaign_id)
            if published != expected:
                said = [int.from_bytes(person) for person in published]
                true = [int.from_bytes(person) for person in expected]
                raise Violation(f"holders of {campaign_id}: {said} in Redis, {true} in truth")

    def _check_offer(self, redis: RedisServer) -> None:
        """What gateways show of the offer is what is on offer."""
        ledger, _ = loaded(self._tables)
        if msgspec.json.decode(redis.strings[CATALOGUE_KEY], type=Catalogue) != ledger.catalogue:
            raise Violation("Redis has another catalogue than the tables")
        for release_id in ledger.catalogue.releases:
            published = redis.strings.get(availability_key(release_id))
            if published is None:
                raise Violation(f"Redis does not say what is left of {release_id}")
            shown = msgspec.msgpack.decode(published, type=Availability)
            true = tuple(first_dose_slots(ledger, slots_of(ledger, release_id), shown.as_of))
            if shown.slots != true:
                raise Violation(f"{release_id}: Redis offers {shown.slots}, there is {true}")


def _edit_naively(naive: NaiveCity, release: Release) -> None:
    catalogue = naive.books.catalogue
    releases = catalogue.releases | {release.release_id: release}
    naive.books.catalogue = msgspec.structs.replace(catalogue, releases=releases)


def _comparable(booking: Booking) -> Booking:
    """A cancelled row no longer says where dose 1 was given."""
    if booking.state != "cancelled":
        return booking
    return msgspec.structs.replace(booking, first_dose_elsewhere=None)


def _brief(outcome: Outcome | None) -> str:
    """Describe an answer in one short line."""
    match outcome:
        case None:
            return "nothing"
        case Refusal():
            return outcome.value
        case tuple():
            return f"({', '.join(_brief(one) for one in outcome)})"
        case Booking():
            doses = " ".join(f"{dose.dose}@{dose.slot_id}" for dose in outcome.doses)
            place, given = outcome.standby, outcome.given
            listed = (
                ""
                if place is None
                else (
                    f" rank {place.rank} {place.reason} offers {place.offers}"
                    f" until {place.offered_until} {place.wish.product_id}"
                )
            )
            elsewhere = outcome.first_dose_elsewhere
            return (
                f"{outcome.booking_number} {outcome.state} [{doses}] given {given}"
                f" {outcome.product_id}{listed}{'' if elsewhere is None else f' {elsewhere.day}'}"
            )


def _day_of(moment: datetime) -> date:
    return moment.astimezone(SITE_TIMEZONE).date()
