"""`seiriken draw verify`: compute a draw again, by hand, from a document, or of a running city."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from seiriken.draw_check import (
    Checked,
    PublishedDraw,
    PublishedStatus,
    check_draw,
    check_status,
    permutation_findings,
    sample_of,
)
from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption

if TYPE_CHECKING:
    from redis import Redis

DOCUMENT_BYTES_MAX = 1_048_576
FETCH_S_MAX = 10.0
SAMPLE = 1_000
FINDINGS_MAX = 20
PEOPLE_AT_ONCE = 1_000
INDEX_MAX = 2**40

StatusSource = Annotated[
    str | None,
    typer.Option(metavar="FILE|URL", help="A status.json that was saved, or is fetched."),
]
Index = Annotated[
    int | None,
    typer.Option(min=0, max=INDEX_MAX, help="The draw number that the waiting page shows."),
]
SeedHex = Annotated[str | None, typer.Option(help="By hand: the revealed seed, hexadecimal.")]
Count = Annotated[
    int | None, typer.Option(min=0, max=INDEX_MAX, help="By hand: how many were drawn.")
]
Beacon = Annotated[str, typer.Option(help="By hand: the public value.")]
Commitment = Annotated[str, typer.Option(help="By hand: what was published before.")]
RulesFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="draw-rules.txt as the city published it."),
]
Whole = Annotated[
    bool, typer.Option("--all", help="A running city: every place, not a sample of 1,000.")
]
ReleaseId = Annotated[str | None, typer.Option("--release", help="A running city: which one.")]


def verify(
    status: StatusSource = None,
    index: Index = None,
    seed: SeedHex = None,
    beacon: Beacon = "",
    count: Count = None,
    commitment: Commitment = "",
    rules: RulesFile = None,
    whole: Whole = False,
    release: ReleaseId = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Check a draw from what was published, and say which place a draw number has in it.

    With --status, or with --seed, --beacon and --count, nothing of ours has to run. Without
    them the running city in --home is checked, and that its places are each held once.
    Exit code 1 when something does not fit.
    """
    text = _rules(rules)
    if status is not None:
        checked = check_status(_read_status(status), index, text)
    elif seed is not None or count is not None:
        if seed is None or count is None:
            raise CommandError("--seed and --count belong together")
        told = PublishedDraw(
            revealed_seed=seed, beacon=beacon, lobby_count=count, commitment=commitment
        )
        checked = check_draw(told, index, text)
    else:
        checked = _check_city(home, release, index, text, whole=whole)
    if as_json:
        print_json(checked)
    else:
        print_lines(_lines(checked))
    if not checked.verified:
        raise typer.Exit(1)


def _rules(file: Path | None) -> str:
    from waiting_room.draw import RULES

    return RULES if file is None else file.read_bytes()[:DOCUMENT_BYTES_MAX].decode()


def _read_status(source: str) -> PublishedStatus:
    if source.startswith(("http://", "https://")):
        return _status_from(_fetched(source))
    try:
        with Path(source).open("rb") as file:
            return _status_from(file.read(DOCUMENT_BYTES_MAX))
    except OSError as error:
        raise CommandError(f"{source} cannot be read ({error.strerror})") from None


def _fetched(url: str) -> bytes:
    import httpx2

    try:
        answer = httpx2.get(url, timeout=FETCH_S_MAX)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise CommandError(f"{url} cannot be fetched ({type(error).__name__})") from None
    return answer.content[:DOCUMENT_BYTES_MAX]


def _status_from(raw: bytes) -> PublishedStatus:
    try:
        return msgspec.json.decode(raw, type=PublishedStatus)
    except msgspec.DecodeError as error:
        raise CommandError(f"this is no status.json ({error})") from None


def _check_city(
    home: Path | None,
    release: str | None,
    index: int | None,
    rules: str,
    *,
    whole: bool,
) -> Checked:
    """Check what a running city publishes, its places, and those of the people who came in."""
    from redis import Redis, RedisError

    from seiriken.target import find_target
    from waiting_room import keys

    with Redis.from_url(find_target(home).redis_url, socket_timeout=10, protocol=2) as redis:
        try:
            current: Any = redis.get(keys.CURRENT) if release is None else release.encode()
            raw: Any = None if current is None else redis.get(keys.status(current.decode()))
            if raw is None:
                raise CommandError("no such release is published; name one by --release")
            checked = check_status(_status_from(raw), index, rules)
            if not checked.verified or not checked.shuffle_seed:
                return checked
            findings = [*_wrong_places(checked, whole=whole)]
            findings += _wrong_people(redis, checked)
        except (RedisError, OSError):
            raise CommandError("Redis does not answer") from None
    return msgspec.structs.replace(checked, verified=not findings, findings=findings[:FINDINGS_MAX])


def _wrong_places(checked: Checked, *, whole: bool) -> Iterator[str]:
    from seiriken.progress import Steps

    count, seed = checked.lobby_count or 0, bytes.fromhex(checked.shuffle_seed or "")
    indices = range(count) if whole else list(sample_of(count, SAMPLE))
    with Steps().counted("places computed again", len(indices)) as advance:
        for number, finding in enumerate(permutation_findings(indices, count, seed), start=1):
            if finding is not None:
                yield finding
            if number % PEOPLE_AT_ONCE == 0:
                advance(PEOPLE_AT_ONCE)


def _wrong_people(redis: Redis, checked: Checked) -> Iterator[str]:
    """Compare the places of people who came in (at most 1,000) with what their index gives."""
    from waiting_room import keys
    from waiting_room.draw import place_of

    seed, count = bytes.fromhex(checked.shuffle_seed or ""), checked.lobby_count or 0
    entered: Any = redis.zrange(
        keys.entered(checked.release_id), 0, PEOPLE_AT_ONCE - 1, withscores=True
    )
    people = [person for person, _ in entered]
    indices: Any = redis.hmget(keys.places(checked.release_id), people) if people else []
    for (_, place), index in zip(entered, indices, strict=True):
        if index is not None and place_of(int(index), count, seed) != int(place):
            yield f"index {int(index)} came in at place {int(place)}, which is not its own"


def _lines(checked: Checked) -> list[str]:
    lines = [f"release     {checked.release_id}"] if checked.release_id else []
    if checked.lobby_count is not None:
        source = f" ({checked.beacon_source})" if checked.beacon_source else ""
        matches = {True: "matches seed and rules", False: "DOES NOT MATCH", None: "not given"}
        lines += [
            f"drawn       {checked.lobby_count:,} people",
            f"beacon      {checked.beacon}{source}",
            f"commitment  {matches[checked.commitment_matches]}",
            f"seed        {checked.shuffle_seed} (of the shuffle)",
        ]
    if checked.beacon_default:
        lines.append("no beacon was given before the opening: the default adds no surprise")
    if checked.place is not None:
        lines.append(f"draw number {checked.index} has place {checked.place:,}")
    if not checked.verified:
        return [*lines, *checked.findings, "not verified"]
    drawn = checked.shuffle_seed is not None
    return [*lines, "verified" if drawn else "there is no draw here: order of arrival"]
