"""The tables are audited all the while, and what is found is shown."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
from prometheus_client import REGISTRY

from allocator.audit import audit
from allocator.errors import StoreAway
from monitoring.labels import LABEL_VALUES
from seiriken.audit_watch import AuditWatch
from tests.integration.city import running_city
from tests.waiting import until


def findings(check: str) -> float | None:
    return REGISTRY.get_sample_value("seiriken_invariant_findings", {"invariant": check})


def audited_at() -> float:
    return REGISTRY.get_sample_value("seiriken_audit_timestamp_seconds") or 0.0


def test_every_check_is_a_label_of_its_own(database_url: str) -> None:
    assert audit(database_url).findings.keys() == LABEL_VALUES["invariant"]


def test_what_is_broken_is_shown_until_it_is_mended(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with running_city(database_url, redis_url, tmp_path) as city:
        assert city.inside(0).book().status_code == 201
    before = audited_at()
    with closing(AuditWatch(partial(audit, database_url), every_s=0.02)) as watch:
        watch.start()
        until(lambda: audited_at() > before)
        assert findings("counter_mismatches") == 0
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("UPDATE seats SET taken = taken - 1 WHERE taken > 0")
            until(lambda: findings("counter_mismatches") == 2)
            connection.execute(
                "UPDATE seats SET taken = taken + 1 WHERE (slot_id, dose) IN"
                " (SELECT dose1_slot_id, 1 FROM booking UNION SELECT dose2_slot_id, 2 FROM booking)"
            )
            until(lambda: findings("counter_mismatches") == 0)


def test_an_audit_that_cannot_be_made_keeps_the_last_figures() -> None:
    def away() -> None:
        raise StoreAway

    before = audited_at()
    AuditWatch(away).look()  # type: ignore[arg-type]
    assert audited_at() == before
