"""`seiriken room report`: whether what people were told about the stock came true.

Reads Redis alone, in pieces, and names nobody. It can be asked during a release (who is not
called yet is counted as such) and after it. It covers the people whom Redis still knows: of a
line that a wipe has taken, those who came back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines, print_table
from seiriken.progress import Advance, Steps
from seiriken.stack_commands import HomeOption
from waiting_room.calibration import Counted, Person, calibrate
from waiting_room.draw import place_of
from waiting_room.facts import FIELDS, LineFacts, facts_from
from waiting_room.gaps import people_up_to

if TYPE_CHECKING:
    from redis import Redis

ReleaseId = Annotated[str | None, typer.Option("--release", help="Its id; the current one.")]

PIECE_PEOPLE = 1_000
CLASS_WORDS = {
    "likely": "a place is likely",
    "borderline": "few places may be left",
    "unlikely": "places will run out",
    "unclear": "one of two, not certain which",
    "untold": "nothing was known",
}
COLUMNS = ("told first", "people", "booked", "came in", "absent", "waiting")
LEGEND = (
    "booked: holds a booking now; came in: was in and holds none; absent: was called and did not "
    "come; waiting: not called yet."
)


class Report(msgspec.Struct, frozen=True):
    """What came of what was told. People; shares from 0 to 1; `known` are those still in Redis."""

    release_id: str
    joined: int
    known: int
    serving: int
    told: tuple[Counted, ...]


def report(release: ReleaseId = None, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show whether those who were told that a place is likely (or not) got one."""
    from redis import Redis, RedisError

    from seiriken.target import find_target
    from waiting_room import keys

    with Redis.from_url(find_target(home).redis_url, protocol=2, socket_timeout=5) as redis:
        try:
            current: Any = redis.get(keys.CURRENT)
            release_id = release or (None if current is None else current.decode())
            if release_id is None:
                raise CommandError("no release is open or next to open; name one by --release")
            found = gather(redis, release_id, Steps())
        except (RedisError, OSError):
            raise CommandError("Redis does not answer") from None
    if as_json:
        print_json(found)
    else:
        show(found)


def gather(redis: Redis, release_id: str, steps: Steps) -> Report:
    """Count what became of everybody in the line.

    Raises:
        CommandError: nothing is known of what was told.
        RedisError: Redis does not answer.
    """
    from waiting_room import keys
    from waiting_room.telling import records_from

    fields: Any = redis.hmget(keys.meta(release_id), [*FIELDS, "seed", "campaign"])
    told: Any = redis.lrange(keys.told(release_id), 0, -1)
    facts = facts_from(fields[:-2])
    if facts is None:
        raise CommandError(f"Redis knows no line of {release_id}")
    if not facts.opened or not told:
        raise CommandError(
            f"nothing is known of what was told in {release_id}: it has not opened yet, or Redis "
            "has lost it since"
        )
    known: Any = redis.hlen(keys.places(release_id))
    seed, campaign_id = bytes.fromhex((fields[-2] or b"").decode()), fields[-1].decode()
    with steps.counted("people counted", known) as advance:
        people = _people(redis, release_id, campaign_id, facts, seed, advance)
        counts = calibrate(records_from(told), people, facts.serving)
    return Report(
        release_id=release_id,
        joined=people_up_to(facts.next_index, facts.gaps),
        known=sum(count.people for count in counts),
        serving=facts.serving,
        told=counts,
    )


def _people(
    redis: Redis, release_id: str, campaign_id: str, facts: LineFacts, seed: bytes, advance: Advance
) -> Iterator[Person]:
    """Yield everybody who had joined when the report began, each once, in no order."""
    from allocator.publish import holders_key
    from waiting_room import keys

    seen = bytearray(facts.next_index)
    cursor = -1
    while cursor != 0:
        piece: Any
        cursor, piece = redis.hscan(keys.places(release_id), max(0, cursor), count=PIECE_PEOPLE)
        members = list(piece)
        if not members:
            continue
        pipe = redis.pipeline(transaction=False)
        pipe.smismember(holders_key(campaign_id), members)
        pipe.zmscore(keys.entered(release_id), members)
        holders, entered = pipe.execute()
        for member, holds, place_entered in zip(members, holders, entered, strict=True):
            index = int(piece[member])
            # HSCAN may show somebody twice; who joins meanwhile is left to the next report.
            if index < len(seen) and not seen[index]:
                seen[index] = 1
                place = place_of(index, facts.lobby_count, seed)
                yield Person(place, index, bool(holds), place_entered is not None)
        advance(len(members))


def show(found: Report) -> None:
    """Print the report for people."""
    title = f"{found.release_id}: what people were told first about the stock, and what came of it"
    print_lines([title, ""])
    told = [count for count in found.told if count.people]
    print_table(COLUMNS, [_row(count) for count in told])
    print_lines(
        ["", LEGEND, *(_sentence(count) for count in told if count.share_booked is not None)]
    )
    if found.known < found.joined:
        known = f"Of {found.joined:,} people who joined, Redis still knows {found.known:,}"
        print_lines([f"{known}; the others are not counted."])


def _row(count: Counted) -> list[str]:
    numbers = (count.people, count.booked, count.came_in, count.absent, count.not_called)
    return [CLASS_WORDS[count.told], *(f"{number:,}" for number in numbers)]


def _sentence(count: Counted) -> str:
    told = f"Told “{CLASS_WORDS[count.told]}”, and called"
    of_came = count.share_booked_of_came
    came = "" if of_came is None else f" ({of_came:.1%} of those who came in)"
    return f"{told}: {count.share_booked:.1%} booked{came}."
