"""What the staff's pages have in common."""

from __future__ import annotations

import re

import pytest

from gateway.rendering import STATIC_DIRECTORY
from tests.unit.gateway.staff import staff_samples
from tests.unit.gateway.staff.plan_form_samples import FINDINGS

SAMPLES = staff_samples.SAMPLES + staff_samples.ENROLLING
NAMED = {sample[0]: sample for sample in SAMPLES}
PASSWORD_FIELDS = re.compile(r'<input[^>]*\bname="(?:password|password_again|current)"[^>]*>')
WITH_PASSWORDS = {"staff_sign_in.html": 1, "staff_enrol.html": 2, "staff_password.html": 3}


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_passwords_are_typed_unseen_and_may_be_pasted(sample: staff_samples.Sample) -> None:
    page = staff_samples.render(sample, "en")
    fields = PASSWORD_FIELDS.findall(page)
    assert len(fields) == WITH_PASSWORDS.get(sample[2], 0)
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(?:current|new)-password"', field)
        assert 'value=""' in field
    assert "onpaste" not in page


def test_no_script_looks_at_what_is_pasted() -> None:
    assert [one.name for one in STATIC_DIRECTORY.glob("*.js") if '"paste"' in one.read_text()] == []


@pytest.mark.parametrize("name", ["releases-waiting", "plans-one", "closing-check", "closing-done"])
def test_days_to_be_approved_or_closed_say_their_year(name: str) -> None:
    page = staff_samples.render(NAMED[name], "en")
    days = re.findall(r">[^<>]*?(?:\w+day) \d+ [A-Z][a-z]+ 2021 *<", page)
    assert days, "a year too late or too early is seen"


def test_warnings_alone_do_not_look_like_errors() -> None:
    sample = NAMED["plans-one"]
    warned = [one for one in FINDINGS if not one.is_error]
    wrong = [one for one in FINDINGS if one.is_error]
    for findings, shown in ((warned, "notice-warning"), (wrong + warned, "notice-error")):
        changed = (*sample[:3], {**sample[3], "findings": findings})
        page = staff_samples.render(changed, "en")
        assert f'<div class="notice {shown}" id="findings">' in page


def test_auditor_reads_why_a_dose_was_taken_back() -> None:
    page = staff_samples.render(NAMED["journal"], "en")
    assert "The lot number is wrong" in page
    assert "wrong_lot" not in page


def test_days_off_name_the_venue_and_an_empty_day_keeps_the_browsers_calendar() -> None:
    page = staff_samples.render(NAMED["plan-days"], "en")
    assert "2021-06-21 closed: Gymnasium" in page
    page = staff_samples.render(NAMED["plan-days-wrong"], "en")
    types = re.findall(r'name="(closed_day|extra_day)" type="(\w+)"', page)
    assert types == [("closed_day", "date"), ("extra_day", "text")]
