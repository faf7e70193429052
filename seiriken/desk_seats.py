"""Whether the staff may give a slot more seats by an order: it passes by no second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seiriken.errors import CommandError

if TYPE_CHECKING:
    from allocator.model import Slot
    from seiriken.desk_counter import Counter


def check_more_seats(counter: Counter, slot: Slot, seats: tuple[int, int]) -> None:
    """Refuse seats that two people have to agree upon, or that the plan's limits do not allow.

    Raises:
        CommandError: two people are asked for.
        Exit: the linter finds an error; it is shown.
    """
    from allocator.more_seats import errors_made, errors_of_hour, with_seats
    from allocator.release_store import check_release, read_plan
    from seiriken.release_commands import approval_policy, refuse

    if approval_policy() == "two_people":
        raise CommandError(
            "two people are needed for more seats: put them into the plan, and propose it "
            "(seiriken approval propose load)"
        )
    url = counter.target.database_url
    held = read_plan(url, counter.catalogue, slot.release_id)
    before = check_release(url, held)
    wanted = with_seats(held, slot.slot_id, seats)
    made = errors_made(before, check_release(url, wanted), seats)
    if made := made or errors_of_hour(wanted, slot.slot_id):
        refuse(made, as_json=counter.as_json)
