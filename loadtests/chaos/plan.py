"""Which fault strikes what, when and for how long: all of it drawn from a seed.

Rule 1: the same seed and options give the same plan; nothing here reads a clock.
Rule 2: every action comes in turn, and within it every target, in an order that is
drawn anew each round, so that a short run, too, sees nearly all of them.
Rule 3: two faults overlap, unless they would strike the same part.

Times in seconds from the moment the load began.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "kill": (
        "gateway_0",
        "gateway_1",
        "waiting_room",
        "leader",
        "standby",
        "worker",
        "beat",
        "redis",
        "postgres",
    ),
    "pause": ("gateway_0", "gateway_1", "waiting_room", "leader", "standby", "worker", "redis"),
    "restart": (
        "gateway_0",
        "gateway_1",
        "waiting_room",
        "leader",
        "standby",
        "worker",
        "beat",
        "redis",
        "postgres",
    ),
    "wipe": ("redis",),
    "fill": ("redis", "postgres"),
    "drop": ("residents", "gateway-redis", "gateway-postgres", "leader-redis", "jobs-redis"),
    "delay": ("residents", "gateway-redis", "allocator-postgres", "room-redis", "jobs-postgres"),
    "swallow": ("residents", "gateway-redis", "room-redis", "leader-redis", "leader-postgres"),
    "lose_answers": ("residents", "gateway-redis", "leader-redis", "allocator-postgres"),
    "skew": ("gateway",),
}
"""What is done, and to what. `leader` and `standby` are found out when it strikes; the
targets of the four faults of connections are links (`loadtests.chaos.links`);
a link of the `leader` is cut for that one process."""

TURNS: Mapping[str, int] = {"kill": 3, "pause": 2, "restart": 2}
"""How often an action comes in a round, where that is more than once."""

LASTING_S: Mapping[str, tuple[float, float]] = {
    "pause": (1.5, 6.0),
    "fill": (3.0, 6.0),
    "drop": (1.0, 3.0),
    "delay": (4.0, 8.0),
    "swallow": (2.0, 6.0),
    "lose_answers": (1.0, 4.0),
    "skew": (8.0, 12.0),
}
"""The shortest and the longest time that a fault lasts; what is not here is over at once."""

LEADER_PAUSED_S = (4.0, 8.0)
"""An allocator is stopped for longer than its lease of 3 s: another must lead meanwhile."""

SKEWS_S = (-3_600, -90, -20, 20, 90, 3_600)
DELAYS_S = (0.05, 0.2, 0.6)

RECOVERY_S = 4.0
"""A part that was struck is left alone for so long: what is dead cannot be struck."""

_PUT_OFF_S = 0.5

CALM_S = 8.0
"""The load runs alone for so long before the first fault."""


@dataclass(frozen=True)
class Fault:
    """One fault. `amount_s` is how far a clock is off, or how late bytes come."""

    at_s: float
    action: str
    target: str
    lasting_s: float = 0.0
    amount_s: float = 0.0

    @property
    def kind(self) -> str:
        """Return what tells one kind of fault from another."""
        return f"{self.action} {self.target}"

    @property
    def part(self) -> str:
        """Return what is struck: of faults on one part, the second waits for the first."""
        if self.target.startswith(("leader", "standby", "allocator")):
            return "allocator"
        return self.target

    def __str__(self) -> str:
        """Say it in a line."""
        lasting = f" for {self.lasting_s:.1f} s" if self.lasting_s else ""
        amount = f" by {self.amount_s:+g} s" if self.amount_s else ""
        return f"{self.action.replace('_', ' ')} {self.target}{amount}{lasting}"


def plan(
    seed: int, lasting_s: float, every_s: float, left_out: Collection[str] = ()
) -> tuple[Fault, ...]:
    """Return the faults of a run of `lasting_s`, about one every `every_s`, in order.

    `left_out` names actions that this machine cannot do. The last fault ends before the run.
    """
    chance = Random(seed)  # noqa: S311 (a plan that can be drawn again)
    decks = _Decks(chance, left_out)
    faults: list[Fault] = []
    busy_until_s: dict[str, float] = {}
    at_s = CALM_S
    while True:
        action, target = decks.draw()
        fault = _fault(chance, at_s, action, target)
        end_s = at_s + fault.lasting_s
        if end_s > lasting_s:
            return tuple(faults)
        if at_s < busy_until_s.get(fault.part, 0.0):
            decks.put_back(action, target)
            at_s = round(at_s + _PUT_OFF_S, 2)
            continue
        faults.append(fault)
        busy_until_s[fault.part] = end_s + RECOVERY_S
        at_s = round(at_s + every_s * chance.uniform(0.6, 1.4), 2)


class _Decks:
    """Deals actions in turn, and for each action its targets in turn, without end."""

    def __init__(self, chance: Random, left_out: Collection[str]) -> None:
        self._chance = chance
        self._turns = [
            action
            for action in ACTIONS
            if action not in left_out
            for _ in range(TURNS.get(action, 1))
        ]
        assert self._turns, "at least one action can be done"
        self._actions: list[str] = []
        self._targets: dict[str, list[str]] = {action: [] for action in ACTIONS}

    def draw(self) -> tuple[str, str]:
        """Return what comes next, shuffling anew what has run out."""
        if not self._actions:
            self._actions = self._chance.sample(self._turns, len(self._turns))
        action = self._actions.pop()
        targets = self._targets[action]
        if not targets:
            targets.extend(self._chance.sample(ACTIONS[action], len(ACTIONS[action])))
        return action, targets.pop()

    def put_back(self, action: str, target: str) -> None:
        """Deal a target later: its part is still busy with another fault."""
        self._targets[action].insert(0, target)


def _fault(chance: Random, at_s: float, action: str, target: str) -> Fault:
    shortest_s, longest_s = LASTING_S.get(action, (0.0, 0.0))
    if action == "pause" and target in ("leader", "standby"):
        shortest_s, longest_s = LEADER_PAUSED_S
    amount_s = 0.0
    if action == "skew":
        amount_s = float(chance.choice(SKEWS_S))
    elif action == "delay":
        amount_s = chance.choice(DELAYS_S)
    return Fault(at_s, action, target, round(chance.uniform(shortest_s, longest_s), 2), amount_s)
