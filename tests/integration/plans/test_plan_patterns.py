"""Weekly patterns come and go in forms: of usual values, like another one, once confirmed."""

from __future__ import annotations

import pytest

from allocator.plan_store import read_edits
from tests.integration.plan_forms import fields, newest
from tests.integration.staff import Colleague, StaffDesk

CHUO = "chuo-health-centre"


def test_new_pattern_is_checked_saved_and_stands_behind_the_others(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-week/{plan_id}/0"
    assert path in one.get(f"/plans?plan={plan_id}").text
    one.get(path)
    usual = fields(one)
    assert (usual["hours_mon"], usual["dose_1_from"]) == ("09:00-17:00", "2030-09-14")
    typed = usual | {f"hours_{day}": "" for day in ("mon", "tue", "wed", "thu")}
    typed |= {"venue": CHUO, "hours_fri": "13:00〜15:00", "lines": "１", "reason": "fridays, too"}
    checked = one.post(path, **typed, act="check")
    assert checked.status_code == 200, checked.text
    assert "8 slots, 16 seats" in checked.text
    assert newest(desk, plan_id)[0].reason == "begun", "it was only checked"
    saved = one.post(path, **fields(one), act="save")
    assert saved.headers.get("location") == f"/plans?plan={plan_id}", saved.text
    edit, document = newest(desk, plan_id)
    assert (edit.reason, edit.edited_by) == ("fridays, too", one.login)
    assert document["weeks"][2] == {
        "venue": CHUO,
        "product": "comirnaty",
        "dose_1": {"from": "2030-09-14", "to": "2030-09-27"},
        "dose_2": {"from": "2030-10-05", "to": "2030-10-18"},
        "hours": {"fri": ["13:00-15:00"]},
        "slot_minutes": 15,
        "lines": 1,
        "minutes_per_dose": 6,
    }
    assert edit.text.startswith(read_edits(desk.database_url, plan_id)[1].text)


def test_new_pattern_like_another_is_refused_where_it_stands_on_it(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    assert f"/plans/new-week/{plan_id}/2" in one.get(f"/plans/weeks/{plan_id}/2").text
    path = f"/plans/new-week/{plan_id}/2"
    one.get(path)
    sent = fields(one) | {"reason": "wednesdays later", "hours_tue": "", "hours_thu": ""}
    assert sent["hours_wed"] == "13:00-17:00"
    answer = one.post(path, **sent, act="save")
    assert answer.status_code == 422
    assert 'id="hours_wed-error"' in answer.text
    assert fields(one) == sent
    assert newest(desk, plan_id)[0].reason == "begun"
    answer = one.post(
        path, **fields(one) | {"hours_wed": "", "hours_fri": "13:00-17:00"}, act="save"
    )
    assert answer.status_code == 303, answer.text
    assert [*newest(desk, plan_id)[1]["weeks"][2]["hours"]] == ["fri"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"venue": "attic"}, "venue"),
        ({"product": "water"}, "product"),
        ({"hours_tue": "12:00-09:00"}, "hours_tue"),
        ({"lines": "many"}, "lines"),
        ({"minutes_per_dose": ""}, "minutes_per_dose"),
        ({"dose_1_from": "2030-02-30"}, "dose_1_from"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_about_a_new_pattern_stands_at_its_field(
    desk: StaffDesk, one: Colleague, plan_id: str, typed: dict[str, str], field: str
) -> None:
    path = f"/plans/new-week/{plan_id}/0"
    one.get(path)
    sent = fields(one) | {"reason": "try", "vials_per_day": "17", "venue": CHUO}
    sent |= {f"hours_{day}": "" for day in ("tue", "wed", "thu")} | typed
    answer = one.post(path, **sent, act="save")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    shown = fields(one)
    assert {name: shown[name] for name in sent.keys() - {"venue", "product"}} == {
        name: sent[name] for name in sent.keys() - {"venue", "product"}
    }
    assert newest(desk, plan_id)[0].reason == "begun"


def test_new_pattern_that_was_overtaken_is_kept_and_comes_behind_the_others(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/new-week/{plan_id}/0"

    def types(who: Colleague, weekday: str) -> dict[str, str]:
        who.get(path)
        only = {f"hours_{day}": "" for day in ("mon", "tue", "wed", "thu", "fri")}
        typed = {"venue": CHUO, f"hours_{weekday}": "13:00-17:00", "reason": weekday}
        return fields(who) | only | typed

    mine, theirs = types(one, "sat"), types(two, "fri")
    assert two.post(path, **theirs, act="save").status_code == 303
    answer = one.post(path, **mine, act="save")
    assert answer.status_code == 422
    assert f"{two.login} has saved this plan before you" in answer.text
    again = fields(one)
    assert again | {"follows": ""} == mine | {"follows": ""}, "what was typed stands there"
    assert one.post(path, **again, act="save").status_code == 303
    weeks = newest(desk, plan_id)[1]["weeks"]
    assert [[*week["hours"]] for week in weeks[2:]] == [["fri"], ["sat"]]


def test_pattern_goes_after_it_was_confirmed_with_a_reason(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/weeks/{plan_id}/2/remove"
    assert path in one.get(f"/plans/weeks/{plan_id}/2").text
    assert "13:00-17:00" in one.get(path).text
    assert len(newest(desk, plan_id)[1]["weeks"]) == 2, "nothing has happened yet"
    answer = one.post(path, **fields(one), act="remove")
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    answer = one.post(path, **fields(one) | {"reason": "no staff"}, act="remove")
    assert answer.headers.get("location") == f"/plans?plan={plan_id}", answer.text
    edit, document = newest(desk, plan_id)
    assert (edit.reason, edit.edited_by) == ("no staff", one.login)
    assert [week["venue"] for week in document["weeks"]] == ["matsuyamashita-gym"]
    before = read_edits(desk.database_url, plan_id)[1].text
    assert before.startswith(edit.text), "no other line has changed"


def test_last_pattern_of_a_plan_without_sessions_stays(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    path = f"/plans/weeks/{plan_id}/1/remove"
    for status, is_wrong in ((303, False), (422, True)):
        one.get(path)
        answer = one.post(path, **fields(one) | {"reason": "away"}, act="remove")
        assert answer.status_code == status
        assert ('id="reason-error"' in answer.text) == is_wrong
    assert len(newest(desk, plan_id)[1]["weeks"]) == 1


def test_pattern_that_somebody_changed_goes_only_when_that_was_seen(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/weeks/{plan_id}/2"
    one.get(f"{path}/remove")
    mine = fields(one) | {"reason": "away"}
    two.get(path)
    sent = fields(two) | {"hours_fri": "13:00-16:00", "reason": "fridays, too"}
    assert two.post(path, **sent, act="save").status_code == 303
    answer = one.post(f"{path}/remove", **mine, act="remove")
    assert answer.status_code == 422
    assert f"{two.login} has saved this plan before you" in answer.text
    assert "13:00-16:00" in answer.text, "what the other saved"
    assert len(newest(desk, plan_id)[1]["weeks"]) == 2
    assert one.post(f"{path}/remove", **fields(one), act="remove").status_code == 303
    assert len(newest(desk, plan_id)[1]["weeks"]) == 1


def test_pattern_that_somebody_moved_is_not_taken_away_instead_of_another(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    one.get(f"/plans/weeks/{plan_id}/1/remove")
    mine = fields(one) | {"reason": "away"}
    two.get(f"/plans/weeks/{plan_id}/1/remove")
    theirs = fields(two) | {"reason": "away"}
    path = f"/plans/weeks/{plan_id}/1/remove"
    assert two.post(path, **theirs, act="remove").status_code == 303
    for _ in range(2):
        answer = one.post(path, **mine, act="remove")
        assert answer.status_code == 422
        assert "no longer at its place" in answer.text
        assert fields(one) == mine
    assert [week["venue"] for week in newest(desk, plan_id)[1]["weeks"]] == [CHUO]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("new-week/{plan}/0", {"act": "burn"}),
        ("new-week/{plan}/0", {"desk_share": "20"}),
        ("new-week/{plan}/3", {"act": "save"}),
        ("new-week/{plan}/0", {"act": "save", "follows": "0"}),
        ("new-week/nothing/0", {"act": "save"}),
        ("weeks/{plan}/1/remove", {"act": "save"}),
        ("weeks/{plan}/1/remove", {"venue": CHUO}),
        ("weeks/{plan}/3/remove", {"act": "remove"}),
        ("weeks/nothing/1/remove", {"act": "remove"}),
    ],
)
def test_form_that_no_page_sends_is_refused(
    one: Colleague, plan_id: str, path: str, sent: dict[str, str]
) -> None:
    one.get(f"/plans/days/{plan_id}")
    follows = {"follows": fields(one)["follows"]}
    assert one.post(f"/plans/{path}".format(plan=plan_id), **follows | sent).status_code == 400
    assert one.get("/plans/new-week/nothing/0").status_code == 404
    assert one.get(f"/plans/new-week/{plan_id}/3").status_code == 404
    assert one.get("/plans/weeks/nothing/1/remove").status_code == 404
