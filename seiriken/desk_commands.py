"""`seiriken desk`: orders of the staff about slots, doses and people.

Each command looks up whom it concerns and asks before it acts. Who somebody is
(ticket, birth date, contact) is never an argument: see `seiriken.desk_people`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from seiriken.desk_people import STANDARD_INPUT
from seiriken.errors import CommandError
from seiriken.output import AsJson
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from seiriken.desk_counter import Counter, Order
    from seiriken.desk_people import Arrival

app = typer.Typer(help="The staff's orders: slots, doses, people.", no_args_is_help=True)

ReleaseId = Annotated[
    str | None, typer.Option("--release", help="Its id; the only one when left out.")
]
SlotId = Annotated[int, typer.Option("--slot", help="The slot's id.")]
SlotIds = Annotated[list[int] | None, typer.Option("--slot", help="A slot's id; may be repeated.")]
VenueId = Annotated[str, typer.Option("--venue", help="The place's id.")]
Day = Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"])]
Seats = Annotated[int, typer.Option(min=0, help="How many more.")]
DoseNumber = Annotated[int, typer.Option("--dose", min=1, max=2)]
By = Annotated[str | None, typer.Option("--by", help="Who orders it; your account's name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
RequestId = Annotated[
    UUID | None, typer.Option("--request-id", help="That of an order given before: ask again.")
]
TicketFile = Annotated[
    Path | None,
    typer.Option(
        "--ticket-file",
        metavar="FILE|-",
        help="Has the ticket number and, after a blank, another municipality's code; "
        "- reads standard input. Asked for when left out.",
    ),
]
PersonFile = Annotated[
    Path | None,
    typer.Option(
        "--person-file",
        metavar="FILE|-",
        help="A JSON object: ticket_number, birth_date, name, phone, and if there is one: "
        "municipality_code, kana, email, first_dose_product and first_dose_date; - reads standard "
        "input. Asked for when left out.",
    ),
]
CallerFile = Annotated[
    Path | None,
    typer.Option(
        "--caller-file",
        metavar="FILE|-",
        help="A JSON object: ticket_number, birth_date, and another municipality_code or a pin; "
        "- reads standard input. Asked for when left out.",
    ),
]
LanguageCode = Literal["ja", "ja-simple", "en", "zh-Hans", "ko", "vi", "pt"]
"""As `gateway.languages.LANGUAGES`, which is not imported for `--help`."""
Language = Annotated[LanguageCode, typer.Option(help="Of the mails to this person.")]


@app.command("close-slots")
def close_slots(
    release: ReleaseId = None,
    slot: SlotIds = None,
    venue: Annotated[str | None, typer.Option(help="With --day: slots of this place.")] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=["%H:%M"], help="Begin then or later.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%H:%M"], help="Begin before then.")
    ] = None,
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Close slots: whoever has a dose there gets new dates, or comes to the standby list."""
    from allocator.commands import STAFF_KEY, CloseSlots
    from seiriken.desk_counter import Order, account, built, counter_for, span_words

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)

    def prepare() -> Order:
        if slot and not (venue or day or begin or end):
            slots = counter.slots(slot)
        elif venue and day and not slot:
            hours = (None if at is None else at.time() for at in (begin, end))
            slots = counter.slots_of_day(release, venue, day.date(), *hours)
        else:
            raise CommandError("name slots by --slot, or by --venue and --day")
        slot_ids = tuple(one.slot_id for one in slots)
        release_id = release or slots[0].release_id
        order = built(lambda: CloseSlots(release_id, slot_ids, account(by)))
        people = counter.look_up(lambda desk: desk.people_in(slot_ids))
        return Order(
            STAFF_KEY,
            order,
            f"{people:,} people have appointments in these {len(slots):,} slots "
            f"({span_words(slots)}). Each gets new dates, or comes to the standby list. Close?",
        )

    counter.give(prepare, "closed")


@app.command("add-seats")
def add_seats(
    slot: SlotId,
    first: Seats = 0,
    second: Seats = 0,
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Give a slot more seats, within the plan's limits; who is on the standby list comes first."""
    from allocator.commands import STAFF_KEY, AddSeats
    from seiriken.desk_counter import Order, account, built, counter_for, span_words
    from seiriken.desk_errands import IS_TOLD
    from seiriken.desk_seats import check_more_seats

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)

    def prepare() -> Order:
        slots = counter.slots([slot])
        release_id = slots[0].release_id
        order = built(lambda: AddSeats(release_id, slot, (first, second), account(by)))
        check_more_seats(counter, slots[0], (first, second))
        waiting = counter.look_up(lambda desk: desk.people_waiting(release_id))
        return Order(
            STAFF_KEY,
            order,
            f"{waiting:,} people wait on the standby list of {release_id} and are offered first "
            f"what fits. Add {first:,} first and {second:,} second doses ({span_words(slots)})?",
        )

    done = f"seats added; whom they suit on the standby list {IS_TOLD}"
    counter.give(prepare, done, displaces=False)


@app.command("cut-supply")
def cut_supply(
    venue: VenueId,
    product: Annotated[str, typer.Option(help="The vaccine's id.")],
    day: Day,
    doses_left: Annotated[int, typer.Option(min=0, help="First and second doses together.")],
    release: ReleaseId = None,
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Leave a place's day so many doses: second doses are kept, new first ones go first."""
    from allocator.commands import STAFF_KEY, CutSupply
    from seiriken.desk_counter import Order, account, built, counter_for

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)

    def prepare() -> Order:
        release_id = counter.release(release).release_id
        order = built(
            lambda: CutSupply(release_id, venue, product, day.date(), doses_left, account(by))
        )
        slot_ids = [
            one.slot_id
            for one in counter.slots_of_day(release, venue, day.date(), datetime.min.time(), None)
            if one.product_id == product
        ]
        taken = counter.look_up(lambda desk: desk.seats_taken_in(slot_ids))
        return Order(
            STAFF_KEY,
            order,
            f"{taken:,} doses of {product} are booked at {venue} on {day:%Y-%m-%d}: "
            f"{max(0, taken - doses_left):,} people lose a dose there, and get new dates or come "
            f"to the standby list. Leave {doses_left:,}?",
        )

    counter.give(prepare, f"{doses_left:,} doses left")


@app.command("dose-given")
def dose_given(
    dose: DoseNumber,
    ticket_file: TicketFile = None,
    release: ReleaseId = None,
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write down that somebody got a dose."""
    from seiriken.desk_counter import counter_for

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)
    counter.give(
        lambda: _mark(counter, dose, ticket_file, release, by, given=True), "marked as given"
    )


@app.command("dose-not-given")
def dose_not_given(
    dose: DoseNumber,
    ticket_file: TicketFile = None,
    release: ReleaseId = None,
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Take back that somebody got a dose."""
    from seiriken.desk_counter import counter_for

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)
    counter.give(
        lambda: _mark(counter, dose, ticket_file, release, by, given=False), "mark taken back"
    )


def _mark(
    counter: Counter,
    dose: int,
    ticket_file: Path | None,
    release: str | None,
    by: str | None,
    *,
    given: bool,
) -> Order:
    from allocator.commands import MarkDose
    from allocator.roster import read_keys
    from allocator.sealing import person_key
    from seiriken.desk_counter import Order, account
    from seiriken.desk_people import municipality_of, read_ticket

    _check_can_ask(counter, ticket_file)
    campaign_id = counter.release(release).campaign_id
    who = read_ticket(ticket_file, municipality_of(counter.target))
    identity_key = read_keys(counter.target.secrets_dir).identity
    person = person_key(identity_key, who.municipality_code, who.ticket_number)
    held = counter.look_up(lambda desk: desk.held_by(person, campaign_id))
    about = "1 person, without a booking" if held is None else f"booking {held.booking_number}"
    return Order(
        person,
        MarkDose(campaign_id, 1 if dose == 1 else 2, given, account(by)),
        f"{about}. {'Mark' if given else 'Take back the mark of'} dose {dose} as given?",
    )


@app.command("walk-in")
def walk_in(
    slot: SlotId,
    person_file: PersonFile = None,
    language: Language = "ja",
    by: By = None,
    yes: Yes = False,
    request_id: RequestId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Book somebody who stands at the place without a booking: a dose now, and the second."""
    from allocator.commands import WalkIn
    from seiriken.desk_counter import Order, account, counter_for, span_words

    counter = counter_for(home, request_id, yes=yes, as_json=as_json)

    def prepare() -> Order:
        _check_can_ask(counter, person_file)
        slots = counter.slots([slot])
        person, who = _confirmed(counter, person_file)
        command = WalkIn(
            release_id=slots[0].release_id,
            slot_id=slot,
            contact=b"",
            language=language,
            ordered_by=account(by),
            first_dose_elsewhere=who.first_dose_elsewhere,
        )
        question = f"1 person gets a dose now ({span_words(slots)}), and is booked. Go on?"
        return Order(person, command, question, who.contact)

    counter.give(prepare, "booked, and the dose of now marked as given")


@app.command("call")
def call(caller_file: CallerFile = None, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Give somebody who rings their place, and call them in by the phone desk's share.

    Ask again while the answer is to wait. Once they are called in, go on for them on the
    staff's pages (docs/clerk.md).
    """
    from seiriken.desk_calls import answer_call

    answer_call(home, caller_file, as_json=as_json)


@app.command("end-sessions")
def end_sessions(
    ticket_file: TicketFile = None,
    everybody: Annotated[bool, typer.Option("--all", help="Those of everybody.")] = False,
    yes: Yes = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """End what somebody, or everybody, is signed in with, at once; places and bookings stay."""
    from seiriken.desk_endings import end

    end(home, ticket_file, everybody=everybody, yes=yes, as_json=as_json)


def _confirmed(counter: Counter, person_file: Path | None) -> tuple[bytes, Arrival]:
    """Return who walks in, once the roster has them with that birth date."""
    from allocator.model import SITE_TIMEZONE
    from allocator.roster import read_keys
    from allocator.sealing import person_key
    from seiriken.desk_people import municipality_of, read_arrival

    today = datetime.now(SITE_TIMEZONE).date()
    who = read_arrival(person_file, municipality_of(counter.target), today)
    keys = read_keys(counter.target.secrets_dir)
    person = person_key(keys.identity, who.ticket.municipality_code, who.ticket.ticket_number)
    born = counter.look_up(lambda desk: desk.birth_date_of(person, keys.roster))
    if born != who.birth_date:
        raise CommandError("ticket number and birth date do not match the roster; look again")
    return person, who


def _check_can_ask(counter: Counter, source: Path | None) -> None:
    if source == STANDARD_INPUT and not counter.yes:
        raise CommandError("standard input cannot answer the question, too: add --yes")
