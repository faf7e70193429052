"""The roster by page: a file is sent in, looked at, and stored or set aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import psycopg
import pytest

from allocator.roster import count_people
from allocator.verify import verify
from gateway.staff.body_limits import FILE_BYTES_MAX
from gateway.staff.roster_runs import KEPT_MAX
from tests.integration.city import (
    BORN,
    MUNICIPALITY,
    City,
    Resident,
    make_plan,
    running_city,
    ticket,
)
from tests.integration.staff import Colleague, StaffDesk, desk_of
from tests.waiting import until

NEW_TICKET = 900_001
PEOPLE = "municipality_code,ticket_number,birth_date\n"
CHANGES = "municipality_code,ticket_number,change,new_ticket_number\n"


@pytest.fixture
def city(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    with running_city(database_url, redis_url, tmp_path, make_plan()) as city:
        yield city


@pytest.fixture
def desk(city: City) -> Iterator[StaffDesk]:
    with desk_of(city) as running:
        yield running


@pytest.fixture
def supervisor(desk: StaffDesk) -> Colleague:
    colleague = desk.colleague("supervisor")
    colleague.get("/roster")
    return colleague


def rows(city: City, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(city.database_url) as connection:
        return list(connection.execute(query.encode()).fetchall())


def changes(*lines: tuple[int, str, int | None]) -> str:
    told = (
        f"{MUNICIPALITY},{ticket(number)},{change},{ticket(new) if new else ''}\n"
        for number, change, new in lines
    )
    return CHANGES + "".join(told)


def booked(city: City, *numbers: int) -> list[Resident]:
    residents = [city.inside(number) for number in numbers]
    assert {resident.book().status_code for resident in residents} == {201}
    return residents


def rests(supervisor: Colleague, answer: httpx2.Response) -> str:
    """Return the page of a file once nothing is under way with it."""
    path = answer.headers["location"]
    assert path.startswith("/roster/file?file=")
    busy = ("Being checked", "Being carried out")
    until(lambda: not any(word in supervisor.get(path).text for word in busy))
    return supervisor.seen


def checked(supervisor: Colleague, text: str | bytes) -> str:
    supervisor.get("/roster")
    return rests(supervisor, supervisor.send_in("/roster", ("file", text)))


def stored(supervisor: Colleague, **fields: str) -> str:
    """Have the file stored whose page was seen last, and return how it ended."""
    return rests(supervisor, supervisor.post("/roster/file", **of_page(supervisor), **fields))


def of_page(supervisor: Colleague, step: str = "store") -> dict[str, str]:
    found = re.search(r'name="file" value="([0-9a-f]{32})"', supervisor.seen)
    assert found is not None
    return {"file": found[1], "step": step}


def facts(page: str) -> dict[str, str]:
    """Return what a page says, by its words."""
    found = re.findall(r"<dt>\s*(.*?)\s*</dt>\s*<dd>\s*(.*?)\s*<", page, re.DOTALL)
    return dict(found)


def test_people_are_foreseen_then_stored_and_can_sign_in(city: City, supervisor: Colleague) -> None:
    before = count_people(city.database_url)
    text = f"{PEOPLE}{MUNICIPALITY},{ticket(NEW_TICKET)},1950-01-31\n"
    page = checked(supervisor, text.encode("cp932"))
    assert "Nothing is changed yet" in page
    assert (facts(page)["In the file"], facts(page)["New"]) == ("1", "1")
    assert ticket(NEW_TICKET)[-3:] in page
    assert ticket(NEW_TICKET) not in page
    assert count_people(city.database_url) == before

    sent = of_page(supervisor)
    page = stored(supervisor)
    assert "It is done" in page
    assert count_people(city.database_url) == before + 1
    assert supervisor.desk.parts is not None
    (run,) = supervisor.desk.parts.roster_runs.runs
    until(lambda: run.raw == b"")  # It is let go a moment after the page says so.
    assert "It is done" in rests(supervisor, supervisor.post("/roster/file", **sent))
    assert "Nothing is changed yet" not in supervisor.get("/roster").text
    acts = rows(city, "SELECT act, reason FROM staff_look WHERE act LIKE 'roster%' ORDER BY 1")
    assert acts == [("roster_read", ""), ("roster_stored", "people 1")]
    again = checked(supervisor, text)
    assert facts(again)["Unchanged"] == "1"


def test_lines_that_are_wrong_are_named_and_nothing_is_stored(city: City, desk: StaffDesk) -> None:
    before = count_people(city.database_url)
    supervisor = desk.colleague("supervisor")
    supervisor.http.headers["Accept-Language"] = "ja"
    supervisor.get("/roster")
    answer = supervisor.send_in("/roster", ("file", f"{PEOPLE}122319,{ticket(1)},昭和3年\n1,2\n"))
    path = answer.headers["location"]
    until(lambda: "確認しています" not in supervisor.get(path).text)
    told = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", supervisor.seen)
    assert told[3:6] == [
        "2",
        "<code>birth_date</code>",
        "日付として読めません（2021-08-01、2021/8/1、20210801 の形で）",
    ]
    assert told[6:] == ["3", "行全体", "列が2個あります。3個にしてください"]
    assert ticket(1) not in supervisor.seen
    assert "昭和3年" not in supervisor.seen
    assert 'value="store"' not in supervisor.seen
    assert count_people(city.database_url) == before


def test_changes_end_and_move_bookings_and_sessions(city: City, supervisor: Colleague) -> None:
    mover, dead, keeper = booked(city, 1, 2, 3)
    text = changes((1, "転出", None), (2, "died", None), (3, "reissued", NEW_TICKET))
    page = checked(supervisor, text)
    foreseen = facts(page)
    assert foreseen["Moved out"] == foreseen["Have another ticket"] == "1"
    assert (foreseen["Bookings that end"], foreseen["Seats that come back"]) == ("2", "4")
    assert keeper.http.get("/api/v1/booking").status_code == 200

    page = stored(supervisor)
    assert "It is done" in page
    done = facts(page)
    assert (done["Bookings that end"], done["Seats that come back"]) == ("2", "4")
    assert (done["Bookings that go over to the new ticket"], done["Sign-ins that were ended"]) == (
        *("1", "3"),
    )
    for resident in (mover, dead, keeper):
        assert resident.http.get("/api/v1/booking").status_code == 401
        assert city.resident(resident.number).sign_in().status_code == 401
    assert city.inside(NEW_TICKET).http.get("/api/v1/booking").status_code == 200
    assert verify(city.database_url).in_order

    page = checked(supervisor, f"{PEOPLE}{MUNICIPALITY},{ticket(1)},{BORN}\n")
    assert facts(page)["Have left; the file does not bring them back"] == "1"


def test_order_names_who_had_the_file_stored(
    city: City, desk: StaffDesk, supervisor: Colleague
) -> None:
    booked(city, 1)
    checked(supervisor, changes((1, "moved_out", None)))
    other = desk.colleague("supervisor")
    sent = of_page(supervisor)
    other.get(f"/roster/file?file={sent['file']}")
    assert "It is done" in rests(other, other.post("/roster/file", **sent))
    ((entry,),) = rows(city, "SELECT entry FROM journal ORDER BY journal_seq DESC LIMIT 1")
    assert other.login in str(entry)
    assert supervisor.login not in str(entry)


def test_change_that_does_not_fit_the_roster_is_named(city: City, supervisor: Colleague) -> None:
    page = checked(supervisor, changes((1, "died", None), (NEW_TICKET, "died", None)))
    assert "is not on the roster" in page
    assert rows(city, "SELECT FROM roster WHERE left_why IS NOT NULL") == []


def test_two_bookings_of_one_person_are_named_and_the_old_ends_on_demand(
    city: City, supervisor: Colleague
) -> None:
    booked(city, 1, 2)
    ((number,),) = rows(city, "SELECT min(booking_number) FROM booking")
    page = checked(supervisor, changes((1, "reissued", 2)))
    assert str(number) in page
    page = stored(supervisor, end_old="yes")
    assert (facts(page)["Bookings that end"], str(number) in page) == ("1", False)
    assert rows(city, "SELECT sum(taken) FROM seats") == [(2,)]


def test_second_press_finds_the_file_under_way(city: City, supervisor: Colleague) -> None:
    """While who orders it is being noted, too: it would store a file that has been let go."""
    checked(supervisor, f"{PEOPLE}{MUNICIPALITY},{ticket(NEW_TICKET)},1950-01-31\n")
    with ThreadPoolExecutor(1) as other, psycopg.connect(city.database_url) as owner:
        owner.execute("LOCK TABLE staff_look")
        sent = of_page(supervisor)
        first = other.submit(supervisor.post, "/roster/file", **sent)
        path = f"/roster/file?file={sent['file']}"
        until(lambda: "Being carried out" in supervisor.get(path).text)
        assert supervisor.post("/roster/file", **sent).status_code == 303
        owner.rollback()
        page = rests(supervisor, first.result())
    assert facts(page)["New"] == "1"
    assert rows(city, "SELECT act FROM staff_look WHERE act = 'roster_stored'") == [
        ("roster_stored",)
    ]


@pytest.mark.parametrize("gateway_stops", [False, True])
def test_what_was_cut_short_goes_on(
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gateway_stops: bool,
) -> None:
    """No allocator is there to publish the roster and carry anything out; then there is one."""
    monkeypatch.setenv("GATEWAY_MUNICIPALITY_CODE", MUNICIPALITY)
    city, text = City(database_url, redis_url, tmp_path), changes((1, "moved_out", None))
    city.load(make_plan())
    with city.waiting_room(), city.gateway(), ExitStack() as desks:
        with city.allocator():
            city.wait_until_ready()
            booked(city, 1)
            supervisor = colleague_at(desks, city, published_wait_s=0)
            checked(supervisor, text)
        page = stored(supervisor)
        assert "It is not finished" in page
        assert rows(city, "SELECT left_why FROM roster WHERE left_why IS NOT NULL") == [
            ("moved_out",)
        ]
        if gateway_stops:
            desks.close()
        with city.allocator():
            if gateway_stops:
                supervisor = colleague_at(desks, city)
                assert facts(checked(supervisor, text))["Marked so before"] == "1"
            else:
                waits_long(supervisor)
            page = stored(supervisor)
        assert "It is done" in page
        assert facts(page)["Bookings that end"] == "1"
    told = rows(city, "SELECT kind FROM outbox WHERE kind <> 'booked'")
    assert len(told) == 1
    assert verify(city.database_url).in_order


def colleague_at(
    desks: ExitStack, city: City, *, published_wait_s: float | None = None
) -> Colleague:
    desk = desks.enter_context(desk_of(city))
    assert desk.parts is not None
    if published_wait_s is not None:
        desk.parts.roster_runs.published_wait_s = published_wait_s
    return desk.colleague("supervisor")


def waits_long(supervisor: Colleague) -> None:
    assert supervisor.desk.parts is not None
    supervisor.desk.parts.roster_runs.published_wait_s = 60.0


def test_database_that_is_away_is_said_and_nothing_is_stored(
    city: City, supervisor: Colleague
) -> None:
    with psycopg.connect(city.database_url, autocommit=True) as owner:
        owner.execute("REVOKE SELECT ON roster FROM seiriken_staff")
    assert "The file could not be checked" in checked(supervisor, changes((1, "died", None)))
    with psycopg.connect(city.database_url, autocommit=True) as owner:
        owner.execute("GRANT SELECT ON roster TO seiriken_staff")
    assert "Nothing is changed yet" in checked(supervisor, changes((1, "died", None)))


def test_file_that_is_set_aside_is_forgotten(city: City, supervisor: Colleague) -> None:
    checked(supervisor, changes((1, "died", None)))
    sent = of_page(supervisor, "set_aside")
    assert supervisor.post("/roster/file", **sent).headers["location"] == "/roster"
    assert "not here any more" in supervisor.get(f"/roster/file?file={sent['file']}").text
    assert supervisor.post("/roster/file", **sent, end_old="yes").status_code == 303
    assert rows(city, "SELECT FROM roster WHERE left_why IS NOT NULL") == []


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ((), 400),
        ((("file", ""),), 422),
        ((("other", "x"),), 400),
        ((("file", "x"), ("file", "y")), 400),
        ((("file", b"0" * (FILE_BYTES_MAX + 65_536)),), 413),
    ],
)
def test_what_is_no_file_is_refused(
    supervisor: Colleague, files: tuple[tuple[str, str | bytes], ...], status: int
) -> None:
    answer = supervisor.send_in("/roster", *files)
    assert answer.status_code == status
    assert (status != 422) or "Choose a file" in answer.text
    assert (status != 413) or "At most 8 MB can be sent here" in answer.text


def test_other_forms_take_no_file_and_a_stranger_can_send_none(
    desk: StaffDesk, supervisor: Colleague
) -> None:
    assert supervisor.send_in("/closing", ("venue", "x")).status_code in (400, 403)
    large = {"file": ("a.csv", b"0" * 1_000_000, "text/csv")}
    answer = httpx2.post(
        f"{desk.url}/roster", files=large, headers=supervisor.http.headers, timeout=60
    )
    assert answer.status_code == 401
    clerk = desk.colleague("clerk")
    assert clerk.get("/roster").status_code == 403
    assert clerk.send_in("/roster", ("file", PEOPLE)).status_code == 403
    assert clerk.post("/roster/file", file="x", step="store").status_code == 403
    supervisor.seen = ""
    assert supervisor.send_in("/roster", ("file", PEOPLE)).status_code == 403


def test_so_many_files_are_kept_and_no_more(city: City, supervisor: Colleague) -> None:
    """Where all are being read, the next waits outside; one that is idle makes room."""
    with psycopg.connect(city.database_url) as owner:
        owner.execute("LOCK TABLE roster")
        sent = [supervisor.send_in("/roster", ("file", PEOPLE)) for _ in range(KEPT_MAX)]
        answer = supervisor.send_in("/roster", ("file", PEOPLE))
        assert (answer.status_code, "Other files are being worked at" in answer.text) == (422, True)
        assert supervisor.get("/roster").text.count("Being checked") == KEPT_MAX
    for one in sent:
        rests(supervisor, one)
    assert "Nothing is changed yet" in checked(supervisor, PEOPLE)
    assert "not here any more" in supervisor.get(sent[0].headers["location"]).text
