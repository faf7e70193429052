from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from allocator.migrate import newest, role_name, role_url


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (
            "postgresql://owner:secret@db.internal:5433/city?sslmode=require",
            {"host": "db.internal", "port": "5433", "sslmode": "require"},
        ),
        ("postgresql://owner:secret@/city?host=/run/pg", {"host": "/run/pg"}),
        ("postgresql://owner@[::1]:5432/city", {"host": "::1", "port": "5432"}),
        ("host=db user=owner dbname=city password='s c'", {"host": "db"}),
        ("postgresql://owner@a,b:5433/city", {"host": "a,b", "port": ",5433"}),
        ("postgresql:///city", {}),
    ],
)
def test_role_reaches_the_same_database_by_its_own_name(
    owner: str, expected: dict[str, str]
) -> None:
    url = role_url(owner, "gateway", "p@ss/w:ö%d")
    own = {"user": "city_gateway_login", "password": "p@ss/w:ö%d", "dbname": "city"}
    assert conninfo_to_dict(url) == own | expected


def test_login_role_of_any_database_differs_from_the_group_role() -> None:
    assert role_name("seiriken", "jobs") != "seiriken_jobs"


def test_newest_migration_is_named_with_its_number() -> None:
    assert newest()[:4].isdigit()
