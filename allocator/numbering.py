"""Booking numbers that a resident can read out. No I/O.

The check digit is Damm's (H. M. Damm, 2004): it catches every single wrong digit and
every swap of neighbours.
"""

from __future__ import annotations


def booking_number(sequence: int) -> str:
    """Return the number of the n-th booking: 7 digits (9 at most) and a check digit."""
    check = _AFTER_THREE[0][sequence // 1_000_000]
    check = _AFTER_THREE[check][sequence // 1_000 % 1_000]
    return f"{sequence:07d}-{_AFTER_THREE[check][sequence % 1_000]}"


_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

_AFTER_THREE = tuple(
    tuple(_DAMM[_DAMM[_DAMM[before][n // 100]][n // 10 % 10]][n % 10] for n in range(1_000))
    for before in range(10)
)
"""The check digit after three more digits: three steps at once."""
