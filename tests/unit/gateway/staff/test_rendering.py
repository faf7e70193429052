"""What the staff's pages have in common."""

from __future__ import annotations

import re

import pytest

from gateway.rendering import STATIC_DIRECTORY
from tests.unit.gateway.staff import staff_samples

SAMPLES = staff_samples.SAMPLES + staff_samples.ENROLLING
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
