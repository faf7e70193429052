"""QR codes as the path of a picture. Nothing here does I/O or reads a clock."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import segno

QUIET_MODULES = 4
"""Modules of light around a code: what ISO/IEC 18004 asks for."""

_MASK = 0
"""Any mask can be read. To weigh all eight, as an encoder may, takes five times as long, and
receipts end in 86 characters of signature: no mask leaves large areas of one colour."""


class QrCode(NamedTuple):
    """A code with its quiet zone, one unit to a module.

    `path` draws the dark modules, row by row, as horizontal lines of width 1.
    """

    width: int
    path: str


def qr_code(text: str) -> QrCode:
    """Return the QR code of a text, with error correction level M (15 % may be unreadable)."""
    code = segno.make_qr(text, error="m", boost_error=False, mask=_MASK)
    rows = enumerate(code.matrix, start=QUIET_MODULES)
    path = "".join(_row_path(row, y) for y, row in rows)
    return QrCode(len(code.matrix) + 2 * QUIET_MODULES, path)


def _row_path(row: bytes | bytearray, y: int) -> str:
    """Draw one row: `M` goes to a run of dark modules, `h` draws it."""
    drawn, x = [], QUIET_MODULES
    for is_dark, run in groupby(row):
        length = len(list(run))
        if is_dark:
            drawn.append(f"M{x} {y}.5h{length}")
        x += length
    return "".join(drawn)
