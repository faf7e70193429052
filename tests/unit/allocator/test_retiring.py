"""A key is kept while anything may need it, and each reason is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from allocator.retiring import LEARNT_AFTER, BackupsLeft, Uses, reasons_to_keep

NOW = datetime(2021, 8, 20, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - LEARNT_AFTER


def test_key_that_nothing_needs_may_go() -> None:
    assert reasons_to_keep(Uses(0, 0, LONG_AGO), NOW) == []


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        (Uses(0, 0, None), "it is the newest"),
        (Uses(0, 0, LONG_AGO + timedelta(seconds=1)), "a process may still seal with it"),
        (Uses(0, 1, LONG_AGO), "1 requests in the inbox"),
        (Uses(1_200, 0, LONG_AGO), "1,200 contacts need it"),
        (Uses(0, 0, LONG_AGO, keys=2), "it wraps 2 data keys"),
    ],
)
def test_key_that_something_needs_is_kept(uses: Uses, said: str) -> None:
    (reason,) = reasons_to_keep(uses, NOW)
    assert reason.startswith(said)


@pytest.mark.parametrize(
    ("oldest_began_at", "is_kept"),
    [(None, True), (LONG_AGO, True), (LONG_AGO + timedelta(seconds=1), False)],
)
def test_master_key_is_kept_for_the_backups_that_need_it(
    oldest_began_at: datetime | None, is_kept: bool
) -> None:
    left = BackupsLeft(oldest_began_at, LONG_AGO)
    reasons = reasons_to_keep(Uses(0, 0, LONG_AGO), NOW, left)
    assert [reason.startswith("backups from before") for reason in reasons] == [True] * is_kept


def test_every_reason_is_said() -> None:
    assert len(reasons_to_keep(Uses(1, 1, None, 1), NOW, BackupsLeft(None, NOW))) == 5
