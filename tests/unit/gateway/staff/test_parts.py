from __future__ import annotations

import pytest

from allocator.errors import SealBroken
from allocator.sealing import seal, unseal
from gateway.staff.parts import StaffKeys

KEYS = StaffKeys(identity=b"i" * 32, staff=b"s" * 32)


@pytest.mark.parametrize(
    "others",
    [
        StaffKeys(identity=b"j" * 32, staff=b"s" * 32),
        StaffKeys(identity=b"i" * 32, staff=b"t" * 32),
    ],
)
def test_who_has_one_of_both_keys_opens_no_call(others: StaffKeys) -> None:
    """Residents' gateways have no `staff.key`; `seiriken retention` replaces `identity.key`."""
    sealed = seal(KEYS.session, b"a caller", b"")
    assert unseal(KEYS.session, sealed, b"") == b"a caller"
    for key in (others.session, KEYS.identity, KEYS.staff):
        with pytest.raises(SealBroken):
            unseal(key, sealed, b"")


def test_keys_are_printed_without_their_content() -> None:
    assert repr(KEYS) == "StaffKeys(…)"
