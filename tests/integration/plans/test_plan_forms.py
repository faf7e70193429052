"""A plan in forms over HTTP: the same checks, history and care for others' work as its text."""

from __future__ import annotations

import pytest

from allocator.plan_store import read_edits
from allocator.release_file import read_document
from gateway.forms import BODY_BYTES_MAX
from gateway.staff.body_limits import PLAN_TEXT_KB_MAX
from tests.integration.plan_forms import EXAMPLE, fields, newest
from tests.integration.staff import Colleague, StaffDesk


def test_week_is_changed_in_a_form_and_only_its_lines_change(
    desk: StaffDesk, one: Colleague, plan_id: str
) -> None:
    assert f"/plans/weeks/{plan_id}/1" in one.get(f"/plans?plan={plan_id}").text
    one.get(f"/plans/weeks/{plan_id}/1")
    typed = fields(one) | {"lines": "３", "hours_wed": "9:00〜12:00", "reason": "a nurse is away"}
    checked = one.post(f"/plans/weeks/{plan_id}/1", **typed, act="check")
    assert checked.status_code == 200, checked.text
    assert "84 seats" in checked.text, "12 slots of 7 seats each"
    assert newest(desk, plan_id)[0].reason == "begun", "it was only checked"
    saved = one.post(f"/plans/weeks/{plan_id}/1", **fields(one), act="save")
    assert saved.headers["location"] == f"/plans?plan={plan_id}"
    edit, document = newest(desk, plan_id)
    assert (edit.reason, edit.edited_by) == ("a nurse is away", one.login)
    assert document["weeks"][0]["lines"] == 3
    assert document["weeks"][0]["hours"]["wed"] == ["09:00-12:00"]
    before = read_edits(desk.database_url, plan_id)[1].text.splitlines()
    assert len(set(edit.text.splitlines()) - set(before)) == 2
    assert "# four people get a dose at once" in edit.text, "comments stay"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"hours_tue": "12:00-09:00"}, "hours_tue"),
        ({"hours_tue": "morning"}, "hours_tue"),
        ({"lines": "many"}, "lines"),
        ({"lines": ""}, "lines"),
        ({"minutes_per_dose": "0"}, "minutes_per_dose"),
        ({"dose_1_from": "2030-02-30"}, "dose_1_from"),
        ({"dose_2_to": "2030-01-01"}, "dose_2_from"),
        ({"dose_1_percent": "101"}, "dose_1_percent"),
        ({"desk_share": "95"}, "desk_share"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    desk: StaffDesk, one: Colleague, plan_id: str, typed: dict[str, str], field: str
) -> None:
    one.get(f"/plans/weeks/{plan_id}/2")
    sent = fields(one) | {"reason": "try", "vials_per_day": "17"} | typed
    answer = one.post(f"/plans/weeks/{plan_id}/2", **sent, act="save")
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert fields(one) == sent
    assert newest(desk, plan_id)[0].reason == "begun"


def test_who_was_slower_sees_what_the_other_saved_and_overwrites_nothing_unseen(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/weeks/{plan_id}/1"
    one.get(path)
    mine = fields(one) | {"vials_per_day": "30", "reason": "fewer vials"}
    two.get(path)
    theirs = fields(two) | {"lines": "5", "reason": "one more nurse"}
    assert two.post(path, **theirs, act="save").status_code == 303
    answer = one.post(path, **mine, act="save")
    assert answer.status_code == 422
    assert f"{two.login} has saved this plan before you" in answer.text
    assert 'id="lines-error"' in answer.text
    assert "What is saved now: 5" in answer.text
    assert 'id="vials_per_day-error"' not in answer.text
    assert newest(desk, plan_id)[1]["weeks"][0]["lines"] == 5
    again = fields(one)
    assert again["follows"] != mine["follows"]
    assert again | {"follows": ""} == mine | {"follows": ""}, "what was typed stands there"
    assert one.post(path, **again | {"lines": "5"}, act="save").status_code == 303
    week = newest(desk, plan_id)[1]["weeks"][0]
    assert (week["lines"], week["vials_per_day"]) == (5, 30)


def test_pattern_that_somebody_moved_is_not_written_over_another(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/weeks/{plan_id}/2"
    one.get(path)
    mine = fields(one) | {"reason": "more", "lines": "9"}
    two.get(f"/plans?plan={plan_id}")
    text = read_edits(desk.database_url, plan_id)[0].text
    shorter = text[: text.index("  - venue: chuo-health-centre     #")]
    follows = mine["follows"]
    sent = {"content": shorter, "reason": "not there", "follows": follows}
    assert two.post("/plans", act="save", **sent).status_code == 303
    for _ in range(2):
        answer = one.post(path, **mine, act="save")
        assert answer.status_code == 422
        assert "no longer at its place" in answer.text
        assert fields(one) == mine
    assert len(newest(desk, plan_id)[1]["weeks"]) == 1


def test_days_off_and_extra_days_come_and_go(desk: StaffDesk, one: Colleague, plan_id: str) -> None:
    path = f"/plans/days/{plan_id}"

    def sends(**typed: str) -> None:
        one.get(path)
        answer = one.post(path, follows=fields(one)["follows"], **typed)
        assert answer.headers.get("location") == f"/plans?plan={plan_id}", answer.text

    gym = "matsuyamashita-gym"
    sends(act="close", closed_venue=gym, closed_day="2030-09-20", closed_reason="election")
    sends(
        act="extra",
        extra_venue="chuo-health-centre",
        extra_product="comirnaty",
        extra_day="2030-09-21",
        extra_hours="13:00-17:00",
        extra_slot_minutes="30",
        extra_dose_1="6",
        extra_dose_2="",
        extra_reason="instead",
    )
    document = newest(desk, plan_id)[1]
    assert document["venues"][0]["open"]["closed"] == ["2030-09-20"]
    assert document["sessions"][0]["capacity"] == {"dose_1": 6, "dose_2": 0}
    assert "2030-09-21" in one.get(path).text
    sends(act="remove", remove="extra 0", remove_reason="no staff")
    sends(act="remove", remove=f"off {gym} 2030-09-20", remove_reason="no election")
    edits = read_edits(desk.database_url, plan_id)
    assert newest(desk, plan_id)[1] == read_document(edits[-1].text.encode())
    assert [edit.reason for edit in edits][:2] == ["no election", "no staff"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"act": "close", "closed_day": "2030-09-16", "closed_reason": "x"}, "closed_day"),
        ({"act": "close", "closed_day": "", "closed_reason": "x"}, "closed_day"),
        ({"act": "close", "closed_day": "2030-09-20", "closed_reason": ""}, "closed_reason"),
        ({"act": "extra", "extra_day": "", "extra_reason": "x"}, "extra_day"),
        ({"act": "extra", "extra_hours": "25:00-26:00", "extra_reason": "x"}, "extra_hours"),
        ({"act": "extra", "extra_dose_2": "many", "extra_reason": "x"}, "extra_dose_2"),
        ({"act": "remove", "remove_reason": "x"}, "remove"),
        ({"act": "remove", "remove": "extra 7", "remove_reason": "x"}, "remove"),
    ],
)
def test_what_is_wrong_about_a_day_stands_at_its_field(
    desk: StaffDesk, one: Colleague, plan_id: str, typed: dict[str, str], field: str
) -> None:
    path = f"/plans/days/{plan_id}"
    one.get(path)
    answer = one.post(path, follows=fields(one)["follows"], **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    if field.endswith("_day"):
        assert ("Type a day." in answer.text) is (not typed[field])
    shown = fields(one)
    assert all(shown[name] == typed[name] for name in typed.keys() & shown.keys() - {"remove"})
    assert newest(desk, plan_id)[0].reason == "begun"


def test_day_form_that_was_overtaken_is_kept_beside_what_stands_there_now(
    desk: StaffDesk, one: Colleague, two: Colleague, plan_id: str
) -> None:
    path = f"/plans/days/{plan_id}"
    follows = {}
    for who in (one, two):
        who.get(path)
        follows[who.login] = fields(who)["follows"]
    sent = {"act": "close", "closed_venue": "", "closed_reason": "storm"}
    two.post(path, follows=follows[two.login], closed_day="2030-09-21", **sent)
    answer = one.post(path, follows=follows[one.login], closed_day="2030-09-20", **sent)
    assert answer.status_code == 422
    assert 'id="closed_reason-error"' in answer.text
    assert "2030-09-21" in answer.text, "what the other saved"
    again = fields(one)
    assert again["closed_day"] == "2030-09-20"
    answer = one.post(path, follows=again["follows"], closed_day="2030-09-20", **sent)
    assert answer.status_code == 303
    assert {"2030-09-20", "2030-09-21"} <= set(newest(desk, plan_id)[1]["holidays"])


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("weeks/{plan}/1", {"act": "burn"}),
        ("weeks/{plan}/1", {"other": "field"}),
        ("weeks/{plan}/3", {"act": "save"}),
        ("weeks/{plan}/x", {"act": "save"}),
        ("weeks/{plan}/1", {"act": "save", "follows": "0"}),
        ("weeks/nothing/1", {"act": "save"}),
        ("days/{plan}", {"act": "burn"}),
        ("days/{plan}", {"other": "field"}),
        ("days/nothing", {"act": "close"}),
    ],
)
def test_form_that_no_page_sends_is_refused(
    one: Colleague, plan_id: str, path: str, sent: dict[str, str]
) -> None:
    one.get(f"/plans/days/{plan_id}")
    follows = {"follows": fields(one)["follows"]}
    assert one.post(f"/plans/{path}".format(plan=plan_id), **follows | sent).status_code == 400
    assert one.get("/plans/weeks/nothing/1").status_code == 404
    assert one.get("/plans/days/nothing").status_code == 404


def test_text_as_large_as_the_page_says_fits_and_a_larger_one_is_told_the_limit(
    one: Colleague,
) -> None:
    line = "# 会場の準備\r\n"
    text = EXAMPLE.replace("\n", "\r\n")
    size = PLAN_TEXT_KB_MAX * 1024 - len(text.encode())
    text += line * (size // len(line.replace("\r", "").encode()))
    one.get("/plans")
    assert "At most about 60 KB" in one.seen
    checked = one.post("/plans", content=text, reason="見直し" * 160, act="check", follows="")
    assert checked.status_code == 200
    assert "見直し" in checked.text
    answer = one.post("/plans", content=text * 2, reason="x", act="check", follows="")
    assert answer.status_code == 413
    assert "at most about 60 KB here" in answer.text
    answer = one.post("/password", current="x" * BODY_BYTES_MAX)
    assert answer.status_code == 413
    assert "KB" not in answer.text


def test_what_nobody_types_is_no_fault_of_ours(one: Colleague) -> None:
    assert one.get("/plans?plan=%00").status_code == 200
    typed = {"content": EXAMPLE, "reason": "a\0b", "act": "save"}
    assert one.post("/plans", **typed).status_code == 400


def test_plan_with_half_a_character_is_not_proposed(one: Colleague) -> None:
    """It was, and then no page could list the proposals: JSON writes some characters in halves."""
    one.get("/plans")
    half = EXAMPLE.replace("names: {ja:", 'names: {ja: "\\ud842", vi:', 1)
    assert half != EXAMPLE
    answer = one.post("/plans", content=half, reason="half", act="propose")
    assert "a character that YAML does not allow" in answer.text
    assert one.get("/releases").status_code == 200
