"""The room's rule of admission, stated again from its own words: `waiting_room/admission.py`.

Apart from the city's own code on purpose: the model knows the rule, not the program. What
it leaves out: the operator's rate, the phone desk's share, rebuilding after a wipe.

Units: people, seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

TICK_S = 0.5


@dataclass(frozen=True)
class Rules:
    """The room's usual settings (`ROOM_…`)."""

    inside_start: float = 200.0
    inside_min: float = 20.0
    inside_max: float = 2_000.0
    increase_per_s: float = 50.0
    decrease_factor: float = 0.7
    decrease_every_s: float = 2.0
    age_good_s: float = 0.5
    age_bad_s: float = 2.0
    called_per_s_max: float = 100.0
    burst_s: float = 2.0
    leaving_share: float = 0.1
    seat_idle_s: float = 180.0


class Admission:
    """How many may be inside, and how many are called: one `tick` after the other.

    `door` is the greatest limit so far: nobody comes in beyond it.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.limit = self.door = rules.inside_start
        self._saved = rules.called_per_s_max * rules.burst_s
        self._decreased_at_s = float("-inf")

    def tick(self, now_s: float, *, claimed: float, inside: float, age_s: float) -> float:
        """Return how many more are called now.

        `claimed` counts those inside and those called who are still expected; `age_s` is how
        long the oldest undecided request has waited.
        """
        rules = self.rules
        if age_s > rules.age_bad_s:
            if now_s - self._decreased_at_s >= rules.decrease_every_s:
                self._decreased_at_s = now_s
                shrunk = min(self.limit, claimed) * rules.decrease_factor
                self.limit = max(rules.inside_min, shrunk)
        elif age_s < rules.age_good_s and self._is_binding(claimed, inside):
            self.limit = min(rules.inside_max, self.limit + rules.increase_per_s * TICK_S)
        self.door = max(self.door, self.limit)
        most = rules.called_per_s_max * rules.burst_s
        self._saved = min(most, self._saved + rules.called_per_s_max * TICK_S)
        leaving = min(claimed - inside, rules.leaving_share * inside)
        return max(0.0, min(self.limit - claimed + leaving, self._saved))

    def called(self, people: float) -> None:
        """Take those who were called from the saved calls."""
        self._saved = max(0.0, self._saved - people)

    def _is_binding(self, claimed: float, inside: float) -> bool:
        """Say whether the limit holds people back, and so many are really inside."""
        return claimed >= 0.9 * self.limit and inside >= 0.25 * self.limit
