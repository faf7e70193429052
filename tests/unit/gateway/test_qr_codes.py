"""What is drawn is the code that the text has, with light all around it."""

from __future__ import annotations

import re

import pytest
import segno

from gateway.qr_codes import QUIET_MODULES, QrCode, qr_code
from tests.unit.gateway.page_samples import RECEIPT

LONGEST_ID = "x" * 64
LONGEST = RECEIPT.replace("hall", LONGEST_ID).replace("comirnaty", LONGEST_ID)


def drawn(code: QrCode) -> list[list[int]]:
    """Draw the path on paper of the code's width."""
    paper = [[0] * code.width for _ in range(code.width)]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", code.path):
        for column in range(int(x), int(x) + int(length)):
            paper[int(y)][column] += 1
    return paper


@pytest.mark.parametrize("text", ["1", RECEIPT, LONGEST], ids=["one", "receipt", "longest"])
def test_picture_is_the_code_in_its_quiet_zone(text: str) -> None:
    code = qr_code(text)
    expected = segno.make_qr(text, error="m", boost_error=False, mask=0)
    assert drawn(code) == [list(row) for row in expected.matrix_iter(border=QUIET_MODULES)]
    assert re.fullmatch(r"(M\d+ \d+\.5h\d+)+", code.path)


def test_receipts_stay_small_enough_for_a_phone() -> None:
    """At 276 px of a screen, and at 50 mm of paper, a module has 3 px and half a millimetre."""
    assert qr_code(RECEIPT).width <= 69
    assert qr_code(LONGEST).width <= 92


def test_code_withstands_damage_of_level_m() -> None:
    """Read the level from the format information beside the first finder (ISO/IEC 18004, 7.9)."""
    code = qr_code(RECEIPT)
    paper, start = drawn(code), QUIET_MODULES
    level = paper[start + 8][start : start + 2]
    unmasked = [level[0] ^ 1, level[1] ^ 0]
    assert unmasked == [0, 0]
