from __future__ import annotations

import pytest

from allocator.errors import MigrationStopped, StoreAway
from seiriken.errors import CommandError
from seiriken.output import message_of


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (StoreAway(), "PostgreSQL does not answer, so nothing can be read or decided."),
        (CommandError("port 1 is in use"), "port 1 is in use"),
        (PermissionError(13, "Permission denied", "/x"), "[Errno 13] Permission denied: '/x'"),
    ],
)
def test_message_is_the_text_of_an_error_or_what_its_class_says(
    error: Exception, message: str
) -> None:
    assert message_of(error) == message


def test_detail_of_an_error_stands_behind_what_its_class_says() -> None:
    assert message_of(MigrationStopped("migrations: 55P03")).endswith(" (migrations: 55P03)")
