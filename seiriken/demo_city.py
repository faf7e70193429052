"""A made-up city: people who never were, and a release for them.

The same seed gives the same people. Ages follow the shape of Inzai's population
(in bands of ten years, of those who are 12 or older); ticket numbers are random,
so that none can be guessed from another. Nothing here is taken from a register.

The release has first-dose days and then, `interval_days_standard` later, as many
second-dose days, so that every first dose has its second, and a tenth more for
people whose first dose was given elsewhere. Pairs: 6 for every 10 people, at least
one each in a small city, so that a rehearsal of 2,000 people mostly books.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import yaml

from allocator.model import SITE_TIMEZONE
from allocator.roster_file import COLUMNS, Person

MUNICIPALITY_CODE = "122319"
PEOPLE_USUAL = 20_000
SEED_USUAL = 1
AGE_MIN = 12
PEOPLE_ALL_SERVED = 3_000
"""Up to this size of city there is a pair for everybody."""

FIRST_DAYS = 14
DAYS_AHEAD = 3
INTERVAL_DAYS = {"standard": 21, "min": 19, "max": 42}
_HOURS = ("09:00-12:00", "13:00-17:00")
_SLOT_MINUTES = {"matsuyamashita-gym": 15, "chuo-health-centre": 30}
_SLOTS_A_DAY = 28 + 14

_AGE_BANDS = ((12, 20, 11), (20, 30, 10), (30, 40, 14), (40, 50, 19), (50, 60, 15))
_OLDER_BANDS = ((60, 70, 14), (70, 80, 11), (80, 90, 5), (90, 101, 1))


def people(count: int, seed: int, today: date) -> Iterator[Person]:
    """Yield `count` made-up people, at least 12 years old on `today`."""
    chance = random.Random(seed)  # noqa: S311 (made-up people; the same ones each time)
    bands = (*_AGE_BANDS, *_OLDER_BANDS)
    weights = [weight for _, _, weight in bands]
    tickets: set[str] = set()
    while len(tickets) < count:
        ticket = f"{chance.randrange(10**10):010}"
        if ticket in tickets:
            continue
        tickets.add(ticket)
        low, high, _ = chance.choices(bands, weights)[0]
        age_days = chance.randrange(low * 366, high * 365)
        yield Person(MUNICIPALITY_CODE, ticket, today - timedelta(days=age_days))


def roster_csv(those: Sequence[Person]) -> bytes:
    """Return people as the roster file that `seiriken roster import` reads."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for person in those:
        writer.writerow(
            (person.municipality_code, person.ticket_number, person.birth_date.isoformat())
        )
    return text.getvalue().encode()


def pairs_usual(count: int) -> int:
    """Return how many pairs a release for a city of `count` people has, if nothing is said."""
    return count if count <= PEOPLE_ALL_SERVED else max(count * 6 // 10, PEOPLE_ALL_SERVED)


def release_yaml(pairs: int, opens_at: datetime) -> bytes:
    """Return a release of at least so many pairs, as the file that `release load` reads.

    Every slot has equally many; hence up to 587 more than asked for.

    The lobby is from now on when `opens_at` lies ahead. Doses begin some days after it.
    """
    first_day = opens_at.astimezone(SITE_TIMEZONE).date() + timedelta(days=DAYS_AHEAD)
    document = {
        "schema": 1,
        "release": _release(first_day, opens_at),
        "products": [_product()],
        "venues": _venues(),
        "sessions": list(_sessions(first_day, -(-pairs // (FIRST_DAYS * _SLOTS_A_DAY)))),
    }
    head = "# A made-up release for a made-up city. Its form: allocator/release-schema.json\n"
    return (head + yaml.safe_dump(document, allow_unicode=True, sort_keys=False)).encode()


def _release(first_day: date, opens_at: datetime) -> dict[str, Any]:
    last_day = first_day + timedelta(days=FIRST_DAYS - 1)
    opens = opens_at.astimezone(SITE_TIMEZONE).replace(microsecond=0)
    born_to = opens.date() - timedelta(days=AGE_MIN * 366 - 1)
    return {
        "id": f"inzai-{opens:%Y-%m-%d}",
        "campaign": "inzai-covid-19",
        "names": {
            "ja": "新型コロナワクチン 2回分セット予約(見本)",
            "en": "COVID-19 vaccine, both doses (sample)",
        },
        "cohort": {"born_from": "1900-01-01", "born_to": born_to.isoformat()},
        "lobby_at": (opens - timedelta(hours=1)).isoformat(),
        "opens_at": opens.isoformat(),
        "closes_at": datetime(
            last_day.year, last_day.month, last_day.day, 9, tzinfo=SITE_TIMEZONE
        ).isoformat(),
        "cut_off_hours": 24,
    }


def _product() -> dict[str, Any]:
    return {
        "id": "comirnaty",
        "names": {"ja": "コミナティ(ファイザー)", "en": "Comirnaty (Pfizer)"},
        "interval_days": dict(INTERVAL_DAYS),
        "doses_per_vial": 6,
        "source": (
            "コミナティ筋注 添付文書 2021年(用法及び用量: 通常、3週間の間隔); days 19 to 42: "
            "when the trial's participants had dose 2 (EU product information, section 5.1)"
        ),
    }


def _venues() -> list[dict[str, Any]]:
    return [
        {
            "id": "matsuyamashita-gym",
            "names": {"ja": "松山下公園総合体育館", "en": "Matsuyamashita Park gymnasium"},
            "addresses": {"ja": "千葉県印西市浦部275", "en": "275 Urabe, Inzai, Chiba"},
        },
        {
            "id": "chuo-health-centre",
            "names": {"ja": "中央保健センター", "en": "Central health centre"},
            "addresses": {"ja": "千葉県印西市大森2356-3", "en": "2356-3 Omori, Inzai, Chiba"},
        },
    ]


def _sessions(first_day: date, seats_a_slot: int) -> Iterator[dict[str, Any]]:
    second_day = first_day + timedelta(days=INTERVAL_DAYS["standard"])
    spare = -(-seats_a_slot // 10)
    for venue, minutes in _SLOT_MINUTES.items():
        for start, dose_1, dose_2 in (
            (first_day, seats_a_slot, 0),
            (second_day, 0, seats_a_slot + spare),
        ):
            end = start + timedelta(days=FIRST_DAYS - 1)
            yield {
                "venue": venue,
                "product": "comirnaty",
                "days": {"from": start.isoformat(), "to": end.isoformat()},
                "hours": list(_HOURS),
                "slot_minutes": minutes,
                "capacity": {"dose_1": dose_1, "dose_2": dose_2},
            }
