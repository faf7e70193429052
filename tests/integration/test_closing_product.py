"""One vaccine fails where two are given: only its people are moved, by page and by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner, Result

from allocator.release import ReleasePlan
from seiriken.cli import app
from tests.integration.city import (
    FIRST_DAY,
    MUNICIPALITY,
    City,
    Resident,
    flexible,
    make_plan,
    running_city,
)
from tests.integration.staff import desk_of
from tests.waiting import until

DAY = FIRST_DAY.isoformat()
PAGE = f"/closing/progress?venue=hall&day={DAY}&product=vaccine-b"
TYPED = {
    "venue": "hall",
    "product": "vaccine-b",
    "day_year": str(FIRST_DAY.year),
    "day_month": str(FIRST_DAY.month),
    "day_day": str(FIRST_DAY.day),
    "reason": "supply_cut",
    "words": "The delivery has failed.",
}
CLOSE = ("desk", "close-day", "--venue", "hall", "--day", DAY, "--reason", "supply")


def plan_of_two() -> ReleasePlan:
    """In the morning one vaccine is given, in the afternoon another."""
    plan = make_plan()
    other = msgspec.structs.replace(plan.products["comirnaty"], product_id="vaccine-b")
    slots = (
        msgspec.structs.replace(slot, product_id="vaccine-b") if slot.starts_at.hour == 14 else slot
        for slot in plan.slots
    )
    products = {**plan.products, "vaccine-b": other}
    return ReleasePlan(plan.release, products, plan.venues, tuple(slots))


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, plan_of_two()) as city:
        monkeypatch.setenv("SECRETS_DIR", str(city.secrets_dir))
        yield city


def booked(city: City, number: int, product: str) -> Resident:
    resident = city.inside(number)
    wish = flexible(venue="hall", product=product, **{"from": DAY, "to": DAY})
    assert resident.book(flexible=wish).status_code == 201
    return resident


def day_of(resident: Resident) -> str:
    return str(resident.http.get("/api/v1/booking").json()["doses"][0]["starts_at"][:10])


def run(*words: str) -> Result:
    return CliRunner().invoke(app, [*CLOSE, *words])


def test_closing_of_one_vaccine_leaves_whoever_booked_the_other(city: City) -> None:
    kept, moved = booked(city, 1, "comirnaty"), booked(city, 2, "vaccine-b")
    with desk_of(city) as desk:
        supervisor = desk.colleague("supervisor")
        supervisor.get("/closing")
        unknown = supervisor.post("/closing", **(TYPED | {"product": "sputnik"}), step="check")
        assert (unknown.status_code, 'id="product-error"' in unknown.text) == (422, True)
        page = supervisor.post("/closing", **TYPED, step="check").text
        assert "<dd>1</dd>" in page.replace(" ", "").replace("\n", "")
        assert 'name="product" value="vaccine-b"' in page
        answer = supervisor.post("/closing", **TYPED, step="close")
        assert answer.headers["location"] == PAGE
        until(lambda: "It is done" in supervisor.get(PAGE).text)
        of_all = supervisor.get(PAGE.removesuffix("&product=vaccine-b")).text
        assert "No closing of this day" in of_all
    assert (day_of(kept), day_of(moved) > DAY) == (DAY, True)
    with psycopg.connect(city.database_url) as connection:
        kinds = connection.execute("SELECT kind FROM outbox WHERE kind <> 'booked'").fetchall()
        whats = connection.execute("SELECT reason FROM staff_look WHERE act = 'day_closed'")
        assert whats.fetchall() == [(f"hall {DAY} vaccine-b",)]
    assert kinds == [("closed_moved",)]


def test_command_closes_one_vaccine(city: City) -> None:
    kept, moved = booked(city, 1, "comirnaty"), booked(city, 2, "vaccine-b")
    foreseen = json.loads(run("--product", "vaccine-b", "--dry-run", "--json").stdout)["forecast"]
    assert (foreseen["slots"], foreseen["moved"]) == (1, 1)
    none = run("--product", "sputnik", "--dry-run")
    assert "no slots of sputnik" in str(none.exception)
    done = run("--product", "vaccine-b", "--yes")
    assert "hall for vaccine-b is closed" in done.stdout
    assert (day_of(kept), day_of(moved) > DAY) == (DAY, True)
