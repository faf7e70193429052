"""Fill an empty stack with the made-up city, once: its people, then its release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from allocator.model import PROBE_ID, SITE_TIMEZONE
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import Loaded, load_release, read_catalogue
from allocator.roster import count_people, import_people, read_keys
from allocator.roster_file import Person, read_roster_file
from seiriken import demo_city
from seiriken.errors import CommandError
from seiriken.home import Home, write_private
from seiriken.progress import Steps

SAMPLES_SHOWN = 3


@dataclass(frozen=True)
class Demo:
    """The stack to fill, and how large and how soon. None means that the choice is ours.

    What was made up is written into `home`; the secrets lie there, too, unless said otherwise.
    """

    home: Home
    database_url: str
    people: int | None
    pairs: int | None
    seed: int | None
    opens_in_s: int | None
    secrets_dir: Path | None = None


def load_demo(demo: Demo, steps: Steps) -> None:
    """Load what is missing; say so when an option no longer has an effect.

    Raises:
        AllocatorError: the database is away.
        CommandError: the made-up city is not as it must be (a mistake of ours).
    """
    releases = read_catalogue(demo.database_url).releases
    # The synthetic resident and their release may be there before: a city is empty all the same.
    has_people = count_people(demo.database_url) > (PROBE_ID in releases)
    has_release = bool(releases.keys() - {PROBE_ID})
    if has_people and (demo.people is not None or demo.seed is not None):
        steps.say("  the city is loaded already: --people and --seed have no effect")
    if has_release and (demo.opens_in_s is not None or demo.pairs is not None):
        steps.say("  a release is loaded already: --opens-in and --pairs have no effect")
    if not has_people:
        _load_people(demo, steps)
    if not has_release:
        _load_release(demo, steps)


def samples(home: Home) -> list[Person]:
    """Return a few of the made-up people, the file's last ones; empty without a file."""
    try:
        raw = home.residents_file.read_bytes()
    except FileNotFoundError:
        return []
    head, *lines = raw.splitlines(keepends=True)
    today = datetime.now(SITE_TIMEZONE).date()
    read = read_roster_file(b"".join([head, *lines[-SAMPLES_SHOWN:]]), today)
    return list(read.people)


def _load_people(demo: Demo, steps: Steps) -> None:
    now = datetime.now(SITE_TIMEZONE)
    count = demo.people or demo_city.PEOPLE_USUAL
    seed = demo_city.SEED_USUAL if demo.seed is None else demo.seed
    those = tuple(demo_city.people(count, seed, now.date()))
    write_private(demo.home.residents_file, demo_city.roster_csv(those))
    keys = read_keys(demo.secrets_dir or demo.home.secrets_dir)
    with steps.counted("importing the people of the made-up city", count) as advance:
        import_people(demo.database_url, keys, those, advance)


def _load_release(demo: Demo, steps: Steps) -> None:
    opens_at = datetime.now(SITE_TIMEZONE) + timedelta(seconds=demo.opens_in_s or 0)
    count = count_people(demo.database_url)
    pairs = demo.pairs or demo_city.pairs_usual(count)
    text = demo_city.release_yaml(pairs, opens_at)
    write_private(demo.home.release_file, text)
    with steps.step("loading the made-up city's release"):
        planned = read_release_file(text)
        if not isinstance(planned, ReleasePlan):
            raise CommandError(f"the made-up release is not accepted: {planned}")
        loaded = load_release(demo.database_url, planned)
        if not isinstance(loaded, Loaded):
            raise CommandError(f"the made-up release is not accepted: {loaded}")
