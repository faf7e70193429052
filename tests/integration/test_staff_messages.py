"""The page of messages that ended untold: shown with their booking's number, and told once more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from allocator.sealing import Contact
from monitoring.secrets import read_secret
from tests.integration.city import City
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.integration.stored import CONTACT, PERSONAL, Stored


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    with desk_of(city) as running:
        yield running


@pytest.fixture
def stored(city: City) -> Iterator[Stored]:
    made = Stored(city.database_url, read_secret(city.secrets_dir, "contact.key"))
    made.connection.execute("DELETE FROM outbox")
    yield made
    made.close()


def ended(stored: Stored, result: str, contact: Contact = CONTACT) -> tuple[int, str]:
    """Return a message that ended so, and its booking's number."""
    booking = stored.book(contact)
    outbox_id = stored.message(booking)
    stored.connection.execute(
        "UPDATE outbox SET done_at = now(), result = %s, attempts = 3 WHERE outbox_id = %s",
        [result, outbox_id],
    )
    return outbox_id, booking.booking_number


def test_untold_messages_are_listed_without_a_person_and_told_once_more(
    desk: StaffDesk, stored: Stored
) -> None:
    refused, number = ended(stored, "refused")
    given_up, other = ended(stored, "given_up")
    told, told_number = ended(stored, "sent")
    operator = desk.colleague("operator")
    page = operator.get("/messages").text
    assert number in page
    assert other in page
    assert told_number not in page
    assert not [word for word in PERSONAL if word in page]

    answer = operator.post("/messages", message=str(refused))
    assert answer.status_code == 200
    assert number not in answer.text
    assert stored.state(refused) == (False, None)
    assert stored.state(given_up) == (True, "given_up")
    assert operator.post("/messages", message=str(told)).status_code == 200
    assert stored.state(told) == (True, "sent"), "what is told is not told again"

    answer = operator.post("/messages", message="all")
    assert stored.state(given_up) == (False, None)
    assert other not in answer.text
    acts = stored.connection.execute(
        "SELECT reason FROM staff_look WHERE act = 'messages_put_back' ORDER BY look_id"
    ).fetchall()
    assert [row[0] for row in acts] == [str(refused), str(told), "all"]


@pytest.mark.parametrize("asked", ["", "-1", "1; DROP", "9" * 19, "１"])
def test_what_is_no_message_is_refused(desk: StaffDesk, asked: str) -> None:
    operator = desk.colleague("operator")
    operator.get("/messages")
    assert operator.post("/messages", message=asked).status_code == 400


@pytest.mark.parametrize("role", ["auditor", "venue"])
def test_others_do_not_see_the_page(desk: StaffDesk, role: str) -> None:
    other: Colleague = desk.colleague(role)  # type: ignore[arg-type]
    assert other.get("/messages").status_code == 403
