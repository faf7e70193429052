"""Venues and products of a plan in forms: added, renamed, a wrong interval refused at its field."""

from __future__ import annotations

import pytest

from allocator.plan_store import read_edits
from allocator.plan_texts import WEEKDAYS
from tests.integration.plan_forms import fields, newest
from tests.integration.staff import Colleague, StaffDesk

GYM = "matsuyamashita-gym"
HALL = {"id": "hall", "names_ja": "公民館", "names_en": "Hall", "addresses_ja": "印西市大森"}
MODERNA = {
    "id": "spikevax",
    "names_ja": "スパイクバックス",
    "interval_standard": "28",
    "interval_min": "28",
    "interval_max": "42",
    "source": "スパイクバックス筋注 添付文書 2021年",
    "doses_per_vial": "10",
}


def begins(who: Colleague, path: str) -> dict[str, str]:
    """Open a form, and return what it says."""
    assert who.get(path).status_code == 200
    return fields(who)


def test_venue_is_added_and_a_new_pattern_begins_there(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-venue/{plan_id}"
    assert path in one.get(f"/plans?plan={plan_id}").text
    typed = begins(one, path) | HALL | {"open_hours": "10:00〜12:00", "open_sat": "yes"}
    assert one.post(path, **typed, act="check").status_code == 200
    assert newest(desk, plan_id)[0].reason == "begun", "it was only checked"
    kept = fields(one) | {"reason": "one more"}
    assert kept == typed | {"reason": "one more"}
    saved = one.post(path, **kept, act="save")
    assert saved.headers.get("location") == f"/plans?plan={plan_id}", saved.text
    edit, document = newest(desk, plan_id)
    assert (edit.reason, edit.edited_by) == ("one more", one.login)
    assert document["venues"][2] == {
        "id": "hall",
        "names": {"ja": "公民館", "en": "Hall"},
        "addresses": {"ja": "印西市大森"},
        "open": {"hours": ["10:00-12:00"], "weekdays": ["sat"]},
    }
    before = read_edits(desk.database_url, plan_id)[1].text.splitlines()
    assert [row for row in edit.text.splitlines() if row in before] == before, "no line has changed"
    usual = begins(one, f"/plans/new-week/{plan_id}/0")
    assert (usual["venue"], usual["hours_sat"], usual["hours_mon"]) == ("hall", "10:00-12:00", "")


def test_names_of_a_venue_change_and_its_other_lines_stay(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/venues/{plan_id}/{GYM}"
    assert path in one.get(f"/plans?plan={plan_id}").text
    every_day = {f"open_{weekday}": "yes" for weekday in WEEKDAYS}
    typed = begins(one, path) | every_day | {"names_ko": "체육관", "reason": "Korean"}
    assert typed["doses_per_hour_max"] == "48"
    assert one.post(path, **typed, act="save").status_code == 303
    edit, document = newest(desk, plan_id)
    assert document["venues"][0]["names"]["ko"] == "체육관"
    assert document["venues"][0]["open"] == {"hours": ["09:00-17:00"], "weekdays": [*WEEKDAYS]}
    before = read_edits(desk.database_url, plan_id)[1].text.splitlines()
    assert len(set(edit.text.splitlines()) - set(before)) == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"id": "Hall"}, "id"),
        ({"id": ""}, "id"),
        ({"id": GYM}, "id"),
        ({"id": "probe"}, "id"),
        ({"names_ja": ""}, "names_ja"),
        ({"addresses_ja": ""}, "addresses_ja"),
        ({"names_vi": "x" * 201}, "names_vi"),
        ({"open_hours": "12:00-09:00"}, "open_hours"),
        ({"doses_per_hour_max": "many"}, "doses_per_hour_max"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_about_a_venue_stands_at_its_field(
    desk: StaffDesk, one: Colleague, plan_id: str, typed: dict[str, str], field: str
) -> None:
    path = f"/plans/new-venue/{plan_id}"
    sent = begins(one, path) | HALL | {"open_sun": "yes", "reason": "try"} | typed
    answer = one.post(path, **sent, act="save")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert fields(one) == sent
    assert newest(desk, plan_id)[0].reason == "begun"


def test_wrong_interval_is_refused_at_its_field_beside_its_source(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/products/{plan_id}/comirnaty"
    assert path in one.get(f"/plans?plan={plan_id}").text
    shown = begins(one, path)
    assert "コミナティ筋注 添付文書 2021年: 通常、3週間の間隔" in one.seen
    for typed, field in (
        ({"interval_standard": "28"}, "interval_standard"),
        ({"interval_min": "1"}, "interval_min"),
        ({"interval_max": "20"}, "interval_max"),
        ({"interval_max": "28"}, "interval_standard"),  # A loaded release has it with 42.
    ):
        sent = shown | typed | {"reason": "try"}
        answer = one.post(path, **sent, act="save")
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert "コミナティ筋注 添付文書 2021年: 通常、3週間の間隔" in answer.text
        assert fields(one) == sent
    assert newest(desk, plan_id)[0].reason == "begun"
    sent = shown | {"supply": "1700", "reason": "more vials"}
    assert one.post(path, **sent, act="save").status_code == 303
    edit, document = newest(desk, plan_id)
    assert document["products"][0]["supply"] == {"vials": 1700}
    before = read_edits(desk.database_url, plan_id)[1].text.splitlines()
    assert len(set(edit.text.splitlines()) - set(before)) == 1


def test_product_is_added_with_the_interval_of_its_source(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-product/{plan_id}"
    empty = begins(one, path)
    assert one.seen.count("添付文書 2021年") == 3, "every interval that is known"
    sent = empty | MODERNA | {"interval_standard": "21", "interval_min": "21", "reason": "summer"}
    answer = one.post(path, **sent, act="save")
    assert answer.status_code == 422
    assert 'id="interval_standard-error"' in answer.text
    assert "スパイクバックス筋注 添付文書 2021年: 通常、4週間の間隔" in answer.text
    assert "バキスゼブリア" not in answer.text, "its own alone"
    answer = one.post(path, **fields(one) | MODERNA, act="save")
    assert answer.status_code == 303, answer.text
    edit, document = newest(desk, plan_id)
    assert (edit.reason, edit.edited_by) == ("summer", one.login)
    assert document["products"][1] == {
        "id": "spikevax",
        "names": {"ja": "スパイクバックス"},
        "interval_days": {"standard": 28, "min": 28, "max": 42},
        "doses_per_vial": 10,
        "source": MODERNA["source"],
    }


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"id": "comirnaty"}, "id"),
        ({"names_ja": ""}, "names_ja"),
        ({"interval_max": ""}, "interval_max"),
        ({"interval_min": "soon"}, "interval_min"),
        ({"source": ""}, "source"),
        ({"doses_per_vial": "0"}, "doses_per_vial"),
        ({"supply": "many"}, "supply"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_about_a_product_stands_at_its_field(
    desk: StaffDesk, one: Colleague, plan_id: str, typed: dict[str, str], field: str
) -> None:
    path = f"/plans/new-product/{plan_id}"
    sent = begins(one, path) | MODERNA | {"supply_unit": "doses", "reason": "try"} | typed
    answer = one.post(path, **sent, act="save")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert fields(one) == sent
    assert newest(desk, plan_id)[0].reason == "begun"


def test_who_was_slower_sees_what_the_other_saved_and_overwrites_nothing_unseen(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/venues/{plan_id}/{GYM}"
    mine = begins(one, path) | {"names_ko": "체육관", "reason": "Korean"}
    theirs = begins(two, path) | {"names_en": "The gym", "open_sat": "yes", "reason": "English"}
    assert two.post(path, **theirs, act="save").status_code == 303
    answer = one.post(path, **mine, act="save")
    assert answer.status_code == 422
    assert f"{two.login} has saved this plan before you" in answer.text
    assert "What is saved now: The gym" in answer.text
    assert 'id="open_sat-error"' in answer.text
    again = fields(one)
    assert again | {"follows": ""} == mine | {"follows": ""}, "what was typed stands there"
    assert one.post(path, **again | {"names_en": "The gym"}, act="save").status_code == 303
    names = newest(desk, plan_id)[1]["venues"][0]["names"]
    assert (names["en"], names["ko"]) == ("The gym", "체육관")


def test_two_who_add_the_same_venue_are_told_and_one_gives_way(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-venue/{plan_id}"
    mine = begins(one, path) | HALL | {"reason": "mine"}
    theirs = begins(two, path) | HALL | {"reason": "theirs"}
    assert two.post(path, **theirs, act="save").status_code == 303
    answer = one.post(path, **mine, act="save")
    assert f"{two.login} has saved this plan before you" in answer.text
    answer = one.post(path, **fields(one), act="save")
    assert answer.status_code == 422
    assert 'id="id-error"' in answer.text
    assert one.post(path, **fields(one) | {"id": "hall-2"}, act="save").status_code == 303
    venues = newest(desk, plan_id)[1]["venues"]
    assert [venue["id"] for venue in venues[2:]] == ["hall", "hall-2"]


def test_venue_that_somebody_took_away_does_not_come_back(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-venue/{plan_id}"
    assert one.post(path, **begins(one, path) | HALL | {"reason": "x"}, act="save").is_redirect
    path = f"/plans/venues/{plan_id}/hall"
    mine = begins(one, path) | {"names_en": "Town hall", "reason": "English"}
    without = read_edits(desk.database_url, plan_id)[1].text
    two.get(f"/plans?plan={plan_id}")
    sent = {"content": without, "reason": "not there", "follows": mine["follows"]}
    assert two.post("/plans", act="save", **sent).status_code == 303
    for _ in range(2):
        answer = one.post(path, **mine, act="save")
        assert answer.status_code == 422
        assert "no longer in it" in answer.text
        assert fields(one) == mine
    assert len(newest(desk, plan_id)[1]["venues"]) == 2


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("new-venue/{plan}", {"act": "burn"}),
        ("new-venue/{plan}", {"source": "x"}),
        ("new-venue/nothing", {"act": "save"}),
        ("new-product/{plan}", {"act": "save", "follows": "0"}),
        (f"venues/{{plan}}/{GYM}", {"act": "save", "id": "gym"}),
        ("venues/{plan}/attic", {"act": "save"}),
        ("products/{plan}/water", {"act": "save"}),
    ],
)
def test_form_that_no_page_sends_is_refused(
    one: Colleague, plan_id: str, path: str, sent: dict[str, str]
) -> None:
    one.get(f"/plans/days/{plan_id}")
    follows = {"follows": fields(one)["follows"]}
    assert one.post(f"/plans/{path}".format(plan=plan_id), **follows | sent).status_code == 400
    assert one.get("/plans/new-venue/nothing").status_code == 404
    assert one.get(f"/plans/venues/{plan_id}/attic").status_code == 404
    assert one.get(f"/plans/products/{plan_id}/water").status_code == 404
