"""`seiriken release rehearse`: what an opening will be like, worked out in a moment.

Nothing is played and nobody is asked: `seiriken rehearse` plays a whole opening over HTTP.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seiriken.errors import CommandError
from seiriken.output import AsJson, print_json, print_lines
from seiriken.stack_commands import HomeOption
from seiriken.target import find_target

if TYPE_CHECKING:
    from allocator.release import ReleasePlan
    from waiting_room.forecast import Forecast

_INSIDE_S_USUAL = 70.0
"""As `waiting_room.forecast.Opening.inside_s`; where it comes from: docs/releases.md."""
ROWS = 20
BAR_WIDTH = 40

RehearsedPath = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="A YAML file, not loaded."),
]
People = Annotated[
    int | None,
    typer.Option(min=1, help="Who come; else what the file says, else the whole roster."),
]
Inside = Annotated[int, typer.Option(min=1, help="Seats inside (room cap).")]
InsideS = Annotated[float, typer.Option(min=1, help="Seconds of a seat for each booking.")]
PerMinute = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        help="Bookings a minute while all seats inside are taken, as measured; not --inside-s.",
    ),
]
WithinMinutes = Annotated[float, typer.Option(min=0.1, help="All have come by then.")]
LobbyShare = Annotated[float, typer.Option(min=0, max=0.7, help="Share there before it opens.")]
ReleaseId = Annotated[
    str | None, typer.Option("--release", help="Its id; the only one when left out.")
]


def rehearse(
    file: RehearsedPath = None,
    release: ReleaseId = None,
    people: People = None,
    inside: Inside = 2_000,
    inside_s: InsideS = _INSIDE_S_USUAL,
    per_minute: PerMinute = None,
    within_minutes: WithinMinutes = 10.0,
    lobby_share: LobbyShare = 0.5,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Forecast an opening: the line, when all pairs are gone, and how many get one."""
    from allocator.release import pairs_possible
    from waiting_room.forecast import Opening, forecast

    if per_minute is not None and inside_s != _INSIDE_S_USUAL:
        raise CommandError("--per-minute and --inside-s say the same: give one of them")
    planned, taken = (_plan_in(file), None) if file is not None else _left(home, release)
    pairs = pairs_possible(planned)
    if not pairs:
        free = " that is free" if taken else ""
        raise CommandError(f"the release has no pair of seats{free}: see `seiriken release check`")
    opening = Opening(
        people=people or planned.limits.people or _roster_count(home),
        pairs=pairs,
        inside_max=inside,
        inside_s=inside_s if per_minute is None else inside * 60 / per_minute,
        within_s=within_minutes * 60,
        lobby_share=lobby_share,
    )
    expected = forecast(opening)
    if as_json:
        named = {"release_id": planned.release.release_id, "seats_taken": taken}
        print_json({**named, "forecast": expected})
    else:
        words = _words(planned.release.release_id, taken, expected)
        print_lines([*words, "", *_chart(expected)])


def _plan_in(file: Path) -> ReleasePlan:
    from allocator.release import ReleasePlan
    from allocator.release_file import read_release_file

    planned = read_release_file(file.read_bytes())
    if not isinstance(planned, ReleasePlan):
        raise CommandError(f"{file} has mistakes: see `seiriken release check {file}`")
    return planned


def _left(home: Path | None, release: str | None) -> tuple[ReleasePlan, int]:
    """Return a loaded release with what is free of it, and how many seats are taken."""
    from allocator.release_store import read_catalogue, read_free
    from seiriken.release_commands import chosen_release

    url = find_target(home).database_url
    catalogue = read_catalogue(url)
    left = read_free(url, catalogue, chosen_release(catalogue.releases, release))
    return left.planned, left.taken


def _roster_count(home: Path | None) -> int:
    from allocator.roster import count_people

    try:
        count = count_people(find_target(home).database_url)
    except CommandError:
        raise CommandError("say how many come: --people, or `people` in the file") from None
    if not count:
        raise CommandError("the roster is empty: say how many come by --people")
    return count


def _words(release_id: str, taken: int | None, expected: Forecast) -> list[str]:
    reckoned = "all seats of the file, as if none were taken"
    if taken is not None:
        reckoned = f"the seats that are free; {taken:,} are taken"
    gone = "there are pairs for all of them"
    if expected.booked < min(expected.people, expected.pairs):
        gone = f"not all who could are served in {_span(expected.done_s + 1)}"
    if expected.sold_out_s is not None:
        gone = f"all pairs are booked {_span(expected.sold_out_s)} after the opening"
    return [
        f"{release_id}: {expected.people:,} people come for {expected.pairs:,} pairs",
        f"  reckoned with {reckoned}",
        f"  {expected.share_served:.0%} of them get one; {gone}",
        f"  at most {expected.longest_line:,} wait at once",
        f"  who gets one has waited at most {_span(expected.longest_wait_s)}",
        f"  {expected.per_minute:,.0f} bookings a minute while all seats inside are taken",
    ]


def _chart(expected: Forecast) -> list[str]:
    """Return how many wait, and how many have a pair, over time."""
    every = -(-len(expected.moments) // ROWS)
    shown = [*expected.moments[::every]]
    if shown[-1] != expected.moments[-1]:
        shown.append(expected.moments[-1])
    most = max(1, expected.longest_line)
    return [
        f"{'after':>9}  {'wait':>9}  {'booked':>9}",
        *(
            f"{_span(moment.at_s):>9}  {moment.waiting:>9,}  {moment.booked:>9,}  "
            f"{'█' * round(BAR_WIDTH * moment.waiting / most)}".rstrip()
            for moment in shown
        ),
    ]


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min" if not rest else f"{minutes:,}:{rest:02} min"
