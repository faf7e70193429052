"""Two publishers on one Redis: what an overtaken leader writes last does not stay."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from allocator.core import decide_batch
from allocator.ledger import Ledger
from allocator.model import Catalogue
from allocator.publish import PUBLISHED_KEY, PUBLISHER_KEY, Publisher
from allocator.reads import CATALOGUE_KEY
from allocator.store import Store
from tests.integration.allocator.books import Books, now

NEVER = 0.0


def published(publisher: Publisher, store: Store, ledger: Ledger) -> int:
    """Have a publisher copy what it finds missing; return the pieces that it took."""
    publisher.check(ledger, store.versions())
    pieces = 0
    while publisher.work_is_waiting():
        publisher.copy_piece()
        publisher.publish_offer(ledger, now())
        pieces += 1
    return pieces


def version_told(redis: Any) -> int:
    return msgspec.json.decode(redis.get(CATALOGUE_KEY), type=Catalogue).version


def led_by(redis: Any, store: Store, ledger: Ledger, epoch: int) -> Publisher:
    """Return the publisher of a leader who has begun, and has copied everything."""
    made = Publisher(redis, store, NEVER)
    made.begin(ledger, epoch)
    published(made, store, ledger)
    published(made, store, ledger)
    assert published(made, store, ledger) == 0, "all is there"
    return made


def at_version(ledger: Ledger, version: int) -> Ledger:
    catalogue = msgspec.structs.replace(ledger.catalogue, version=version)
    return Ledger(catalogue, ledger.seats, ledger.bookings_made, ledger.standby)


@pytest.mark.parametrize("writes_between", [False, True])
def test_what_an_overtaken_leader_wrote_last_is_copied_over(
    books: Books, writes_between: bool
) -> None:
    """The leader's own next write takes the other's name away; that it stood there is heard."""
    with books.redis() as redis, books.store() as store:
        ledger, _ = store.load()
        old = led_by(redis, store, ledger, 3)
        changed = at_version(ledger, 7)
        new = led_by(redis, store, changed, 4)
        assert version_told(redis) == 7
        old.publish_catalogue(ledger)
        assert version_told(redis) == ledger.catalogue.version != 7
        if writes_between:
            asked = [books.request(1)]
            facts = store.facts_of(asked)
            new.note(decide_batch(changed, facts, asked, now()), facts)
            assert redis.get(PUBLISHER_KEY) == b"4"
        assert published(new, store, changed) > 0
        assert version_told(redis) == 7
        assert published(new, store, changed) == 0


def test_copy_that_is_whole_is_not_made_again(books: Books) -> None:
    """Neither after a take-over nor after writes of one's own."""
    with books.redis() as redis, books.store() as store:
        ledger, _ = store.load()
        led_by(redis, store, ledger, 1)
        mark = redis.get(PUBLISHED_KEY)
        made = Publisher(redis, store, NEVER)
        made.begin(ledger, 2)
        assert published(made, store, ledger) > 0, "holders and offer"
        made.publish_catalogue(ledger)
        assert redis.get("publishing") is None
        assert redis.get(PUBLISHED_KEY) == mark
