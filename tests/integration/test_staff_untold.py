"""Whom no message reaches, of what the city itself did to their booking: the desk tells them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allocator.sealing import Contact
from monitoring.secrets import read_secret
from tests.integration.city import City
from tests.integration.staff import StaffDesk, desk_of
from tests.integration.stored import CONTACT, Stored, StoredBooking

BY_LETTER = Contact("試験 百合", "0476421111", "")
PERSONAL = ("試験", "百合", "0476421111")
BY_THE_CITY = (
    *("moved", "listed", "closed_moved", "closed_listed", "offered", "offer_over"),
    "left_city",
)
BY_THEMSELVES = ("booked", "changed", "joined", "cancelled", "attempts")


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    with desk_of(city) as running:
        yield running


@pytest.fixture(scope="module")
def tables(city: City) -> Iterator[Stored]:
    made = Stored(city.database_url, read_secret(city.secrets_dir, "contact.key"))
    yield made
    made.close()


@pytest.fixture
def stored(tables: Stored) -> Stored:
    """Return the tables without a message."""
    tables.connection.execute("DELETE FROM outbox")
    return tables


def ended(stored: Stored, booking: StoredBooking, kind: str, result: str = "no_address") -> int:
    """Return a message of a booking that ended so."""
    words = "The lift is broken." if kind.startswith("closed_") else None
    seq = None if kind == "attempts" else 1
    row = stored.one(
        "INSERT INTO outbox (kind, booking_id, journal_seq, words, created_at, done_at, result) "
        "VALUES (%s, %s, %s, %s, now(), now(), %s) RETURNING outbox_id",
        [kind, booking.booking_id, seq, words, result],
    )
    return int(row[0])


def looks(stored: Stored, login: str) -> list[tuple[object, ...]]:
    return stored.connection.execute(
        "SELECT act, person_key, reason FROM staff_look WHERE login = %s ORDER BY look_id", [login]
    ).fetchall()


def test_clerk_sees_how_to_reach_somebody_and_takes_them_off_the_list(
    desk: StaffDesk, stored: Stored
) -> None:
    booking, other = stored.book(BY_LETTER), stored.book(BY_LETTER)
    outbox_id = ended(stored, booking, "closed_listed")
    ended(stored, other, "moved")
    clerk = desk.colleague("clerk")
    page = clerk.get("/messages").text
    assert booking.booking_number in page
    assert not [word for word in PERSONAL if word in page]
    assert "refused" not in page, "what a provider did not take is not a clerk's"

    page = clerk.post("/messages/person", message=str(outbox_id)).text
    assert not [word for word in ("試験 百合", "0476421111") if word not in page]
    page = clerk.post("/messages/told", message=str(outbox_id)).text
    assert "Noted" in page
    assert booking.booking_number not in page
    assert other.booking_number in page
    assert stored.state(outbox_id) == (True, "told_by_desk")
    acts = ("untold_looked_at", "told_by_desk")
    noted = [(act, booking.person_key, str(outbox_id)) for act in acts]
    assert looks(stored, clerk.login) == noted

    for path in ("/messages/person", "/messages/told"):
        page = clerk.post(path, message=str(outbox_id)).text
        assert "not on the list any more" in page
        assert "0476421111" not in page
    assert looks(stored, clerk.login) == noted, "nobody was looked at"


@pytest.mark.parametrize("kind", BY_THE_CITY + BY_THEMSELVES)
def test_only_what_the_city_did_is_told(desk: StaffDesk, stored: Stored, kind: str) -> None:
    booking = stored.book(BY_LETTER)
    outbox_id = ended(stored, booking, kind)
    clerk = desk.colleague("clerk")
    assert (booking.booking_number in clerk.get("/messages").text) is (kind in BY_THE_CITY)
    shown = clerk.post("/messages/person", message=str(outbox_id)).text
    assert ("0476421111" in shown) is (kind in BY_THE_CITY)


@pytest.mark.parametrize("result", ["refused", "given_up"])
def test_who_mistyped_their_address_is_rung_when_the_city_moves_them(
    desk: StaffDesk, stored: Stored, result: str
) -> None:
    """They would come to a place that is shut: a provider's no is heard by nobody else."""
    moved, asked = stored.book(), stored.book()
    outbox_id = ended(stored, moved, "closed_moved", result)
    ended(stored, asked, "changed", result)
    clerk = desk.colleague("clerk")
    page = clerk.get("/messages").text
    assert [one.booking_number in page for one in (moved, asked)] == [True, False]
    assert CONTACT.phone in clerk.post("/messages/person", message=str(outbox_id)).text
    clerk.post("/messages/told", message=str(outbox_id))
    assert stored.state(outbox_id) == (True, "told_by_desk")
    assert moved.booking_number not in clerk.get("/messages").text


@pytest.mark.parametrize(
    ("minutes", "result", "is_rung"),
    [
        (70, "failed", True),
        (70, "unanswered", True),
        (70, None, True),
        (50, "failed", False),
        (70, "waiting", False),
        (70, "turn", False),
    ],
)
def test_whom_no_provider_takes_a_message_for_is_rung_after_an_hour(
    desk: StaffDesk, stored: Stored, minutes: int, result: str | None, *, is_rung: bool
) -> None:
    """The place may be shut tomorrow, and it is tried for three days."""
    booking = stored.book()
    outbox_id = stored.message(booking, "moved")
    stored.connection.execute(
        "UPDATE outbox SET created_at = now() - make_interval(mins => %s), result = %s",
        [minutes, result],
    )
    stored.connection.execute("UPDATE booking SET booked_at = now() - interval '1 day'")
    clerk = desk.colleague("clerk")
    assert (booking.booking_number in clerk.get("/messages").text) is is_rung
    clerk.post("/messages/told", message=str(outbox_id))
    assert stored.state(outbox_id) == ((True, "told_by_desk") if is_rung else (False, result))


def test_message_that_is_being_sent_is_not_taken_from_the_worker(
    desk: StaffDesk, stored: Stored
) -> None:
    outbox_id = ended(stored, stored.book(), "moved", "refused")
    clerk = desk.colleague("clerk")
    with stored.connection.transaction():
        stored.connection.execute("SELECT FROM outbox WHERE outbox_id = %s FOR UPDATE", [outbox_id])
        assert (
            "not on the list any more" in clerk.post("/messages/told", message=str(outbox_id)).text
        )
    assert stored.state(outbox_id) == (True, "refused")


def test_what_was_refused_and_is_true_no_more_is_not_told(desk: StaffDesk, stored: Stored) -> None:
    changed, cancelled, called, forgotten = (stored.book() for _ in range(4))
    for one in (changed, cancelled, called, forgotten):
        ended(stored, one, "moved", "refused")
    stored.connection.execute(
        "UPDATE booking SET arranged_at = now() + interval '1 second' WHERE booking_id = %s",
        [changed.booking_id],
    )
    stored.cancel(cancelled)
    ended(stored, called, "changed")
    stored.connection.execute(
        "UPDATE booking SET contact = '' WHERE booking_id = %s", [forgotten.booking_id]
    )
    page = desk.colleague("clerk").get("/messages").text
    for one in (changed, cancelled, called, forgotten):
        assert one.booking_number not in page


@pytest.mark.parametrize("result", ["sent", "overtaken"])
def test_whoever_was_written_to_is_not_to_be_told(
    desk: StaffDesk, stored: Stored, result: str
) -> None:
    booking = stored.book(BY_LETTER)
    ended(stored, booking, "moved", result)
    assert booking.booking_number not in desk.colleague("clerk").get("/messages").text


def test_last_word_of_a_booking_counts(desk: StaffDesk, stored: Stored) -> None:
    asked, moved_twice = stored.book(BY_LETTER), stored.book(BY_LETTER)
    ended(stored, asked, "moved")
    ended(stored, asked, "changed")
    ended(stored, moved_twice, "moved")
    last = ended(stored, moved_twice, "closed_moved")
    ended(stored, moved_twice, "attempts")
    clerk = desk.colleague("clerk")
    page = clerk.get("/messages").text
    assert asked.booking_number not in page, "they rang, and heard of it"
    assert page.count(f">{moved_twice.booking_number}<") == 1
    page = clerk.post("/messages/told", message=str(last)).text
    assert moved_twice.booking_number not in page, "the message before it is not told after it"


def test_who_did_not_come_is_told_that_their_booking_ended(desk: StaffDesk, stored: Stored) -> None:
    booking, earlier = stored.book(BY_LETTER), stored.book(BY_LETTER)
    for one, late in ((booking, "0"), (earlier, "1 hour")):
        stored.cancel(one)
        outbox_id = ended(stored, one, "cancelled")
        stored.connection.execute(
            "INSERT INTO dose_record SELECT booking_id, 1, 'not_come', %s, 'comirnaty', '', NULL, "
            "'anna', '', 1, created_at - %s::interval FROM outbox WHERE outbox_id = %s",
            [one.slot_ids[0], late, outbox_id],
        )
    page = desk.colleague("clerk").get("/messages").text
    assert booking.booking_number in page
    assert earlier.booking_number not in page, "they cancelled it themselves, later"


@pytest.mark.parametrize(
    ("kind", "why", "is_told"),
    [
        ("cancelled", "reissued", True),
        ("cancelled", "moved_out", False),
        ("left_city", "moved_out", True),
        ("left_city", "died", False),
        ("moved", "died", False),
    ],
)
def test_who_left_is_told_of_what_the_city_ended_and_nobody_writes_to_the_dead(
    desk: StaffDesk, stored: Stored, kind: str, why: str, *, is_told: bool
) -> None:
    booking = stored.book(BY_LETTER)
    ended(stored, booking, kind)
    stored.connection.execute(
        "INSERT INTO roster (person_key, birth_check, sealed, left_why, reissued_as) "
        "VALUES (%s, %s, %s, %s, %s)",
        [booking.person_key, bytes(16), b"", why, bytes(16) if why == "reissued" else None],
    )
    page = desk.colleague("clerk").get("/messages").text
    assert (booking.booking_number in page) is is_told


def test_offer_that_stands_comes_first_with_the_time_to_answer(
    desk: StaffDesk, stored: Stored
) -> None:
    moved, offered = stored.book(BY_LETTER), stored.book(BY_LETTER)
    ended(stored, moved, "moved")
    outbox_id = ended(stored, offered, "offered")
    stored.connection.execute(
        "UPDATE booking SET state = 'offered', standby = "
        """'{"rank": 1, "reason": "asked", "offered_until": "2031-06-10T12:00:00+09:00"}' """
        "WHERE booking_id = %s",
        [offered.booking_id],
    )
    clerk = desk.colleague("clerk")
    page = clerk.get("/messages").text
    assert page.index(offered.booking_number) < page.index(moved.booking_number)
    assert "answer by Tue 10 Jun 12:00" in page
    assert "10 June 2031, 12:00" in clerk.post("/messages/person", message=str(outbox_id)).text


def test_operator_sees_numbers_and_nobodys_telephone(desk: StaffDesk, stored: Stored) -> None:
    booking = stored.book(BY_LETTER)
    outbox_id = ended(stored, booking, "moved")
    operator = desk.colleague("operator")
    assert booking.booking_number in operator.get("/messages").text
    for path in ("/messages/person", "/messages/told"):
        assert operator.post(path, message=str(outbox_id)).status_code == 403
    assert stored.state(outbox_id) == (True, "no_address")


def test_clerk_sends_nothing_again(desk: StaffDesk, stored: Stored) -> None:
    refused = ended(stored, stored.book(), "booked", "refused")
    clerk = desk.colleague("clerk")
    clerk.get("/messages")
    assert clerk.post("/messages", message="all").status_code == 403
    assert stored.state(refused) == (True, "refused")


@pytest.mark.parametrize("path", ["/messages/person", "/messages/told"])
@pytest.mark.parametrize("asked", ["", "all", "-1", "9" * 19, "１"])
def test_what_is_no_message_is_refused(desk: StaffDesk, path: str, asked: str) -> None:
    clerk = desk.colleague("clerk")
    clerk.get("/messages")
    assert clerk.post(path, message=asked).status_code == 400
