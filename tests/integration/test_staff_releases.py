"""The release desk over HTTP: a plan is saved, proposed, approved by another, ordered about."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx2
import psycopg
import pytest

from allocator.approval_store import read_acts, read_proposals
from allocator.plan_store import read_edits
from allocator.release_store import read_releases
from tests.integration.city import City
from tests.integration.staff import Colleague, StaffDesk, desk_of

CORRECT = (Path(__file__).parents[1] / "unit/allocator/incidents/correct.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of a city that asks for two people."""
    with desk_of(city, release_approval="two_people") as running:
        yield running


@pytest.fixture(scope="module")
def one(desk: StaffDesk) -> Colleague:
    """An operator."""
    return desk.colleague("operator")


@pytest.fixture(scope="module")
def two(desk: StaffDesk) -> Colleague:
    """A supervisor."""
    return desk.colleague("supervisor")


def plan(name: str) -> str:
    """Return a correct plan by another name, for a place that has room for several."""
    return CORRECT.replace("id: autumn", f"id: {name}", 1).replace(
        "    doses_per_hour_max: 60\n", ""
    )


def typed(who: Colleague) -> str:
    """Return what stands in the plan's field."""
    found = re.search(r'<textarea class="staff-plan".*?>\n(.*?)</textarea>', who.seen, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def proposes(who: Colleague, text: str) -> None:
    who.get("/plans")
    answer = who.post("/plans", act="propose", content=text, reason="as planned")
    assert answer.headers["location"] == "/releases?done=proposed", answer.text


def number_of(desk: StaffDesk) -> str:
    return f"{read_proposals(desk.database_url)[0].proposal_id}"


def test_plan_with_mistakes_comes_back_as_it_was_typed(one: Colleague) -> None:
    one.get("/plans")
    text = plan("wrong").replace("dose_1: 10, dose_2: 0", "dose_1: 0, dose_2: 0") + "# <kept>\n"
    answer = one.post("/plans", act="check", content=text.replace("\n", "\r\n"), reason="try")
    assert answer.status_code == 200
    assert "no seat for a first dose" in html.unescape(answer.text)
    assert typed(one) == text
    assert 'value="try"' in answer.text
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "- venue" in row)
    assert f'data-line="{line}"' in answer.text, "it stands at what the seats were made of"
    english = one.http.headers["accept-language"]
    one.http.headers["accept-language"] = "ja"
    answer = one.post("/plans", act="check", content=text, reason="try")
    one.http.headers["accept-language"] = english
    assert "1回目の予約枠がひとつもありません" in answer.text
    answer = one.post("/plans", act="propose", content=text, reason="try")
    assert answer.status_code == 422
    assert typed(one) == text
    answer = one.post("/plans", act="save", content="schema: [", reason="try")
    assert answer.status_code == 422
    assert 'id="content-error"' in answer.text
    assert typed(one) == "schema: ["


def test_plan_is_saved_with_its_history_and_nobody_is_overwritten(
    desk: StaffDesk, one: Colleague, two: Colleague
) -> None:
    one.get("/plans")
    first = plan("kept")
    assert "gives why" not in one.post("/plans", act="save", content=first, reason="").text
    assert 'id="reason-error"' in one.seen
    answer = one.post("/plans", act="save", content=first, reason="begun")
    assert answer.headers["location"] == "/plans?plan=kept"
    one.get("/plans?plan=kept")
    assert typed(one) == first
    follows = f"{read_edits(desk.database_url, 'kept')[0].edit_id}"
    two.get("/plans?plan=kept")
    theirs = first.replace("people: 24000", "people: 20000")
    answer = two.post("/plans", act="save", content=theirs, reason="fewer", follows=follows)
    assert answer.status_code == 303
    mine = first.replace("people: 24000", "people: 22000")
    answer = one.post("/plans", act="save", content=mine, reason="also", follows=follows)
    assert answer.status_code == 422
    assert f"{two.login} has saved this plan" in answer.text
    assert typed(one) == mine
    assert "+  people: 20000" in one.seen
    assert [edit.edited_by for edit in read_edits(desk.database_url, "kept")] == [
        two.login,
        one.login,
    ]


def approves(who: Colleague, number: str) -> httpx2.Response:
    """Look at the page, and approve a proposal as it is shown there."""
    return who.post(
        "/releases/decision",
        proposal_id=number,
        decision="approved",
        reason="",
        seen=seen(who.get("/releases").text, number),
    )


def seen(page: str, number: str) -> str:
    """Return what stands for what a page shows of a proposal; nothing where it does not wait."""
    found = re.search(rf'name="proposal_id" value="{number}">\s*.*name="seen" value="(.*?)"', page)
    return found[1] if found else ""


def test_what_one_proposes_another_approves_and_it_is_loaded(
    desk: StaffDesk, one: Colleague, two: Colleague
) -> None:
    proposes(one, plan("paired"))
    number = number_of(desk)
    assert "somebody else must approve it" in one.get("/releases").text
    answer = approves(one, number)
    assert answer.status_code == 422
    assert f'id="reason-{number}-error"' in answer.text
    assert "as planned" in two.get("/releases").text
    answer = approves(two, number)
    assert answer.headers["location"] == "/releases?done=approved", answer.text
    assert "paired" in {release.release_id for release in read_releases(desk.database_url)}
    done = read_acts(desk.database_url)[0]
    assert (done.act, done.done_by, done.result) == ("load", two.login, "done")
    answer = approves(two, number)
    assert "decided already" in answer.text


def test_approver_reads_terms_in_words(desk: StaffDesk, one: Colleague, two: Colleague) -> None:
    later = plan("paired").replace('open: {hours: ["09:00-17:00"]', 'open: {hours: ["08:30-17:00"]')
    proposes(one, later.replace("people: 24000", "people: 20000"))
    number = number_of(desk)
    page = html.unescape(two.get("/releases").text)
    assert "09:00-17:00 → 08:30-17:00" in page
    assert "24,000 → 20,000" in page
    for raw in ("limits.", "venue_id", "540", "state_by_hand"):
        assert raw not in page
    two.post("/releases/decision", proposal_id=number, decision="rejected", reason="too early")


def test_plan_that_takes_booked_seats_away_is_not_proposed(desk: StaffDesk, one: Colleague) -> None:
    with psycopg.connect(desk.database_url) as connection:
        connection.execute(
            "UPDATE seats SET taken = capacity FROM slot "
            "WHERE slot.slot_id = seats.slot_id AND release_id = 'paired' AND dose = 1"
        )
    fewer = plan("paired").replace("dose_1: 10,", "dose_1: 9,")
    for act, status in (("check", 200), ("propose", 422)):
        one.get("/plans")
        answer = one.post("/plans", act=act, content=fewer, reason="fewer")
        assert answer.status_code == status
        assert "10 seats for dose 1 are taken" in html.unescape(answer.text)
    assert typed(one) == fewer
    one.get("/plans")
    assert "are taken" not in one.post("/plans", act="check", content=plan("paired")).text


def test_approval_of_what_somebody_has_changed_since_is_refused(
    desk: StaffDesk, one: Colleague, two: Colleague
) -> None:
    proposes(one, plan("both"))
    approves(two, number_of(desk))
    proposes(one, plan("both").replace("people: 24000", "people: 20000"))
    fewer = number_of(desk)
    proposes(one, plan("both").replace("09:00-12:00", "09:30-12:00"))
    later = number_of(desk)
    shown_before = seen(two.get("/releases").text, later)
    assert approves(two, fewer).status_code == 303
    sent = {"proposal_id": later, "decision": "approved", "reason": "good"}
    for stale in (shown_before, ""):
        answer = two.post("/releases/decision", **sent, seen=stale)
        assert answer.status_code == 422
        page = html.unescape(answer.text)
        assert "Somebody has changed the release since" in page
        assert "20,000 → 24,000" in page, "what would be lost is seen"
        assert 'value="good"' in page
    assert read_acts(desk.database_url)[0].proposal_id == int(fewer)
    answer = two.post("/releases/decision", **sent, seen=seen(two.seen, later))
    assert answer.headers["location"] == "/releases?done=approved", answer.text


def test_new_release_shows_what_it_changes_for_another(
    desk: StaffDesk, one: Colleague, two: Colleague
) -> None:
    proposes(one, plan("third").replace("浦部275", "浦部1"))
    page = html.unescape(two.get("/releases").text)
    assert "浦部275 → 浦部1" in page
    assert "whoever has booked there will read the address" in page
    sent = {"proposal_id": number_of(desk), "decision": "rejected", "reason": "no"}
    assert two.post("/releases/decision", **sent).status_code == 303


def test_cohort_in_which_nobody_on_the_roster_is_is_told(one: Colleague) -> None:
    nobody = plan("nobody").replace(
        "born_from: 1900-01-01, born_to: 1956-04-01", "born_from: 1801-01-01, born_to: 1801-12-31"
    )
    one.get("/plans")
    answer = one.post("/plans", act="check", content=nobody)
    assert "Nobody on the roster is born from 1801-01-01 to 1801-12-31." in answer.text


def test_rejected_proposal_is_not_loaded(desk: StaffDesk, one: Colleague, two: Colleague) -> None:
    # It shares its venue with another test's plan: the two may give 80 doses an hour.
    proposes(one, plan("refused").replace("doses_per_hour_max: 60", "doses_per_hour_max: 80"))
    number = number_of(desk)
    two.get("/releases")
    answer = two.post("/releases/decision", proposal_id=number, decision="rejected", reason="")
    assert "Write why" in answer.text
    two.post("/releases/decision", proposal_id=number, decision="rejected", reason="too early")
    assert "refused" not in {release.release_id for release in read_releases(desk.database_url)}


def test_pause_is_taken_back_whatever_the_linter_says_and_opening_is_not(
    desk: StaffDesk, one: Colleague
) -> None:
    """A rule that came with an upgrade must not keep a release paused in a surge."""

    def most_an_hour(count: int) -> None:
        with psycopg.connect(desk.database_url) as connection:
            connection.execute(
                "UPDATE release SET limits = jsonb_set("
                "limits, '{venues,gym,doses_per_hour_max}', to_jsonb(%s::integer)"
                ") WHERE release_id = 'paired'",
                (count,),
            )

    def by_hand() -> str:
        found = {release.release_id: release for release in read_releases(desk.database_url)}
        return found["paired"].state_by_hand

    one.get("/releases")
    order = {"release_id": "paired", "reason": "no vaccine"}
    assert one.post("/releases/order", **order, act="pause").status_code == 303
    most_an_hour(6)
    answer = one.post("/releases/order", **order, act="open")
    assert (answer.status_code, by_hand()) == (422, "paused")
    assert "gym can give 6 doses an hour" in html.unescape(answer.text)
    assert 'value="no vaccine"' in answer.text
    assert one.post("/releases/order", **order, act="resume").status_code == 303
    assert by_hand() == "none"
    most_an_hour(600)


def test_one_pauses_with_a_reason_and_two_open(
    desk: StaffDesk, city: City, one: Colleague, two: Colleague
) -> None:
    release_id = city.release.release_id
    one.get("/releases")
    order = {"release_id": release_id, "act": "pause", "message": "お待ちください"}
    answer = one.post("/releases/order", **order, reason="")
    assert 'id="reason-error"' in answer.text
    assert "お待ちください" in answer.text, "what was typed stands there"
    long = order | {"message": "x" * 501}
    assert 'id="message-error"' in one.post("/releases/order", **long, reason="why").text
    assert one.post("/releases/order", **order, reason="no vaccine").status_code == 303

    def by_hand() -> str:
        found = {release.release_id: release for release in read_releases(desk.database_url)}
        return found[release_id].state_by_hand

    assert by_hand() == "paused"
    opening = {"release_id": release_id, "act": "open", "reason": "it came", "message": "さあ"}
    assert one.post("/releases/order", **opening).status_code == 303
    assert by_hand() == "paused", "a second person has not seen it"
    assert "<dd>さあ</dd>" in two.get("/releases").text, "nor what all who wait will read"
    approves(two, number_of(desk))
    assert by_hand() == "none"
    acts = [(act.act, act.done_by, act.reason) for act in read_acts(desk.database_url)[:2]]
    assert acts == [("open", two.login, "it came"), ("pause", one.login, "no vaccine")]


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/releases/order", {"release_id": "nothing", "act": "open", "reason": "x"}, 422),
        ("/releases/order", {"act": "load"}, 422),
        ("/releases/order", {}, 422),
        ("/releases/decision", {"proposal_id": "x", "decision": "approved"}, 400),
        ("/releases/decision", {"proposal_id": "1", "decision": "perhaps"}, 400),
        ("/releases/decision", {"proposal_id": "999999", "decision": "approved"}, 422),
        ("/plans", {"act": "burn"}, 400),
        ("/plans", {"other": "field"}, 400),
    ],
)
def test_form_that_no_page_sends_is_refused(
    one: Colleague, path: str, sent: dict[str, str], status: int
) -> None:
    one.get("/releases")
    answer = one.post(path, **sent)
    assert answer.status_code == status
    both = "Choose which release." in answer.text and "Choose what is" in answer.text
    assert both is (path.endswith("order") and "release_id" not in sent)


def test_demand_is_shown_and_saved_by_days(desk: StaffDesk, one: Colleague, city: City) -> None:
    shown = one.get("/demand").text
    assert "Vials if all is booked" in shown
    table = one.post("/demand.csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = [*csv.DictReader(StringIO(table.content.decode("utf-8-sig")))]
    assert rows
    day = rows[0]["day"].split("-")
    parts = dict(zip(("year", "month", "day"), day, strict=True))
    span = {f"{name}_{part}": value for name in ("first", "last") for part, value in parts.items()}
    of_day = one.post("/demand.csv", **span)
    found = [*csv.DictReader(StringIO(of_day.content.decode("utf-8-sig")))]
    assert {row["day"] for row in found} == {rows[0]["day"]}
    assert one.post("/demand", **span).status_code == 200
    answer = one.post("/demand", **span | {"last_year": "2001"})
    assert answer.status_code == 422
    assert 'id="last_year-error"' in answer.text
    assert one.post("/demand", first_year="2030").status_code == 422


def test_opening_is_rehearsed_with_a_chart_and_a_table(one: Colleague, city: City) -> None:
    assert "<svg" not in one.get("/rehearsal").text
    asked = {"release_id": city.release.release_id, "people": "２４,０００", "inside": "200"}
    answer = one.post("/rehearsal", **asked)
    assert answer.status_code == 200, answer.text
    assert "<polyline" in answer.text
    assert 'value="24000"' in answer.text
    assert answer.text.count('<th scope="row">') > 1
    assert "Reckoned with the seats that are free now; 0 are taken." in answer.text
    everybody = one.post("/rehearsal", **asked | {"people": ""})
    assert (everybody.status_code, 'value="41"' in everybody.text) == (200, True), everybody.text
    wrongs = {"people": "many", "lobby_percent": "71", "within_minutes": "0", "inside": "0"}
    answer = one.post("/rehearsal", **asked | wrongs)
    assert answer.status_code == 422
    for name, wrong in wrongs.items():
        assert f'id="{name}-error"' in answer.text
        assert f'name="{name}" type="text" value="{wrong}"' in answer.text, "what was typed stands"
    for chosen in ("nothing", "plan:nothing", "plan:"):
        answer = one.post("/rehearsal", **asked | {"release_id": chosen})
        assert answer.status_code == 422
        assert 'id="release_id-error"' in answer.text


def test_who_comes_later_waits_less(one: Colleague, city: City) -> None:
    one.get("/rehearsal")
    asked = {"release_id": city.release.release_id, "people": "24000", "inside": "200"}
    at_once = one.post("/rehearsal", **asked, lobby_percent="７０", within_minutes="0.5").text
    spread = one.post("/rehearsal", **asked, lobby_percent="0", within_minutes="600").text
    assert figures(at_once)["At most wait at once"] > figures(spread)["At most wait at once"]
    fast = one.post("/rehearsal", **asked, inside_s="7").text
    gone = "All pairs are booked"
    assert figures(fast)[gone] < figures(one.post("/rehearsal", **asked).text)[gone]


def figures(page: str) -> dict[str, int]:
    """Return what is expected, as numbers."""
    facts = re.findall(r"<dt>(.*?)</dt>\s*<dd>([0-9,]+)", page)
    return {name: int(value.replace(",", "")) for name, value in facts}


def test_plan_that_is_kept_and_not_loaded_is_rehearsed(desk: StaffDesk, one: Colleague) -> None:
    one.get("/plans")
    one.post("/plans", act="save", content=plan("thought-of"), reason="begun")
    assert 'href="/rehearsal?plan=thought-of"' in one.get("/plans?plan=thought-of").text
    chosen = '<option value="plan:thought-of" selected>'
    assert chosen in one.get("/rehearsal?plan=thought-of").text
    answer = one.post("/rehearsal", release_id="plan:thought-of")
    assert answer.status_code == 200, answer.text
    assert chosen in answer.text
    assert 'value="24000"' in answer.text, "as many as the plan says"
    assert "as if none were taken" in answer.text
    assert "thought-of" not in {release.release_id for release in read_releases(desk.database_url)}
    follows = f"{read_edits(desk.database_url, 'thought-of')[0].edit_id}"
    empty = plan("thought-of").replace("dose_1: 10, dose_2: 0", "dose_1: 0, dose_2: 0")
    one.get("/plans?plan=thought-of")
    one.post("/plans", act="save", content=empty, reason="less", follows=follows)
    answer = one.post("/rehearsal", release_id="plan:thought-of")
    assert (answer.status_code, "no pair of seats that is free" in answer.text) == (422, True)
