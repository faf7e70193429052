from __future__ import annotations

import pytest

from allocator.errors import MigrationStopped, StoreAway
from seiriken.errors import CommandError
from seiriken.output import message_of, print_table


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


def test_row_of_a_table_is_one_line_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    venue = "松山下公園総合体育館" * 5
    print_table(("day", "venue"), [("2026-12-03 Thu", venue)])
    assert f"2026-12-03 Thu  {venue}\n" in capsys.readouterr().out
