"""When a provider that does not answer is asked again: it rests, and all others are told meanwhile.

A worker waits seconds for each answer that never comes. So a provider that kept silent twice in a
row is left alone for a while, and then asked with one message; what is for it waits in the outbox.
Each worker's process finds out for itself.

Rule 1: nothing here does I/O, reads a clock or draws a random number.
Rule 2: one silence rests nobody: it may be of that message, which would then keep all others.
Rule 3: a code asks sooner: somebody looks at a page until it comes.
Rule 4: those who wait come back one after the other, so that they take no worker from others.
Rule 5: a provider that says when it takes more (RFC 9110, section 10.2.3) is asked nothing before.

Times are seconds of any clock that never goes back.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Channel = Literal["mail", "sms"]
Lane = Literal["notices", "reminders", "codes"]

SILENCES_MIN = 2
REST_S_MIN, REST_S_MAX = 15.0, 30.0
CODES_REST_S = 5.0
ASKED_REST_S_MAX = 900.0
SPREAD_S = 0.02
"""Between two who come back: 50 a second, however many wait."""


class _Silence(msgspec.Struct):
    """Of one provider: how often in a row, until when it rests, and who asks next."""

    in_a_row: int = 0
    codes_until_s: float = 0.0
    until_s: float = 0.0
    asks_s: float = 0.0


class Rests:
    """Which providers rest, and until when."""

    def __init__(self) -> None:
        self._silences: dict[Channel, _Silence] = {}

    def wait_s(self, channel: Channel, lane: Lane, now_s: float) -> float:
        """Return how many seconds a message is to leave its provider alone; 0: it may go now."""
        silence = self._silences.get(channel)
        if silence is None or silence.in_a_row < SILENCES_MIN:
            return 0.0
        if lane == "codes":
            return max(0.0, silence.codes_until_s - now_s)
        if now_s >= silence.until_s:
            return 0.0
        at_s = max(silence.until_s, silence.asks_s)
        silence.asks_s = at_s + SPREAD_S
        return at_s - now_s

    def note_silence(self, channel: Channel, now_s: float, jitter: float) -> bool:
        """Note that no answer came; say whether the provider rests from now on.

        `jitter`, from 0 to 1, keeps workers from asking all in the same moment.
        """
        silence = self._silences.setdefault(channel, _Silence())
        silence.in_a_row += 1
        silence.codes_until_s = now_s + CODES_REST_S
        silence.until_s = now_s + REST_S_MIN + jitter * (REST_S_MAX - REST_S_MIN)
        return silence.in_a_row >= SILENCES_MIN

    def note_request(self, channel: Channel, now_s: float, rest_s: float) -> float:
        """Note that the provider asked to be left alone; return how many seconds it is.

        Codes wait, too: they would be refused like others. Nobody rests over `ASKED_REST_S_MAX`.
        """
        rest_s = min(rest_s, ASKED_REST_S_MAX)
        self._silences[channel] = _Silence(SILENCES_MIN, now_s + rest_s, now_s + rest_s)
        return rest_s

    def note_answer(self, channel: Channel) -> None:
        """Note that the provider answered, whatever it said."""
        self._silences.pop(channel, None)
