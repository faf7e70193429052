"""Read from the tables how much vaccine is needed (R7). Nothing is written, nobody is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import psycopg
from psycopg.rows import dict_row

from allocator.demand import Need, SeatsOfDay, needs
from allocator.errors import StoreAway
from allocator.model import PROBE_ID, Product, Venue
from allocator.statements import statement

CSV_COLUMNS = (
    *("day", "venue_id", "venue", "product_id", "product", "dose_1", "dose_2", "doses"),
    *("doses_per_vial", "vials", "spare_doses", "seats", "vials_for_all_seats"),
)


class DemandReport(msgspec.Struct, frozen=True):
    """What is needed, with the venues and the products by their ids."""

    needs: list[Need]
    venues: dict[str, Venue]
    products: dict[str, Product]


def read_demand(
    database_url: str,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    venue_id: str | None = None,
) -> DemandReport:
    """Return what the days from `first_day` to `last_day` (both included; None: all) need.

    Seats that are offered to the standby list count as booked: whoever says yes will come.

    Raises:
        StoreAway: the database does not answer, or may not be read.
    """
    asked = {"first_day": first_day, "last_day": last_day, "venue_id": venue_id, "probe": PROBE_ID}
    try:
        with psycopg.connect(database_url, connect_timeout=10, row_factory=dict_row) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            rows = {
                name: connection.execute(statement(name).encode(), asked).fetchall()
                for name in ("products", "venues", "seats_by_day")
            }
    except psycopg.Error:
        raise StoreAway from None
    products = {one.product_id: one for one in (Product(**row) for row in rows["products"])}
    venues = {one.venue_id: one for one in (Venue(**row) for row in rows["venues"])}
    doses_per_vial = {name: product.doses_per_vial for name, product in products.items()}
    counted = (SeatsOfDay(**row) for row in rows["seats_by_day"])
    return DemandReport(needs(counted, doses_per_vial), venues, products)


def as_csv(
    needed: Sequence[Need], venues: Mapping[str, Venue], products: Mapping[str, Product]
) -> str:
    """Return a table with a heading, as RFC 4180 has it; names are those in Japanese."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for need in needed:
        names = {
            "venue": venues[need.venue_id].names["ja"],
            "product": products[need.product_id].names["ja"],
        }
        writer.writerow(msgspec.structs.asdict(need) | names)
    return text.getvalue()
