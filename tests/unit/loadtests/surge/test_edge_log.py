from __future__ import annotations

import math

import pytest

from loadtests.surge.edge_log import INSIDE, OTHER, TABLE, WAY_IN, book_of, group_of
from loadtests.tally import percentile_ms


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", WAY_IN),
        ("/sign-in", WAY_IN),
        ("/queue", WAY_IN),
        ("/choose", INSIDE),
        ("/checking", INSIDE),
        ("/booked", INSIDE),
        ("/static", OTHER),
        ("/my-booking", OTHER),
    ],
)
def test_every_path_belongs_somewhere(path: str, group: str) -> None:
    assert group_of(path) == group


def test_durations_are_kept_by_group_and_moment() -> None:
    book = book_of(
        [
            '{"at":"1000.250","method":"GET","path":"/","took_s":0.004}\n',
            '{"at":"1001.000","method":"POST","path":"/details","took_s":0.200}\n',
            '{"at":"1009.000","method":"POST","path":"/details","took_s":0.010}\n',
            '{"at":"1009.100","method":"GET","pa',
        ]
    )
    early = percentile_ms(book.bins(TABLE, [INSIDE], 1_000, 1_005), 0.99)
    assert early == pytest.approx(200, rel=0.06)
    assert sum(book.bins(TABLE, [INSIDE], 0, math.inf).values()) == 2
    assert percentile_ms(book.bins(TABLE, [WAY_IN]), 0.99) == pytest.approx(4, rel=0.06)
