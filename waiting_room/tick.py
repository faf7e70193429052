"""One tick of the room: measure every line, decide purely, write what was decided.

Rule 1: a tick asks Redis for a fixed number of small answers for each release, whatever
the size of the crowd.
Rule 2: what was decided is written by one script for each release, and only while its
line is there; a line that is gone or older than remembered is restored first.

Redis away: `run` raises, nothing was decided, and the next call goes on from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from redis import Redis

from monitoring import metrics
from monitoring.bulletin.maintenance import REDIS_KEY as DOWNTIME_KEY
from monitoring.bulletin.maintenance import Plan as Downtime
from monitoring.bulletin.maintenance import running
from monitoring.logs import get_logger
from waiting_room import keys, scripts
from waiting_room.admission import (
    Admission,
    AdmissionRules,
    Measured,
    door,
    resume,
    start,
    step,
)
from waiting_room.desk_lane import CALL_KEPT_S
from waiting_room.draw import seed_of
from waiting_room.facts import LineFacts, as_fields, rebuilt
from waiting_room.gaps import people_up_to, place_after
from waiting_room.held_by import HeldBy, held_by
from waiting_room.lots import lots_of
from waiting_room.memory import MemoryFile
from waiting_room.orders import Orders, keep_orders
from waiting_room.plans import ReleasePlan, current_release, decode_plans
from waiting_room.readings import (
    READS_OF_PULSE,
    READS_PER_RELEASE,
    Pulse,
    Reading,
    ask,
    ask_pulse,
    pulse_from,
    reading_from,
)
from waiting_room.recording import Recorder
from waiting_room.showing import show
from waiting_room.states import State, during_downtime, state_of
from waiting_room.status import Moment, encode
from waiting_room.telling import Telling

CATALOGUE_EVERY_S = 1.0
TICKED_KEPT_S = 30
log = get_logger()


class Room:
    """The lines of all releases, between two ticks.

    `poll_budget_per_s` bounds what a crowd may ask of `status.json`.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        draw_key: bytes,
        rules: AdmissionRules,
        poll_budget_per_s: float,
        memory: MemoryFile,
    ) -> None:
        self._redis = redis
        self._draw_key = draw_key
        self._rules = rules
        self._memory = memory
        self._lines: dict[str, LineFacts] = memory.read()
        self._admissions: dict[str, Admission] = {}
        self._states: dict[str, State] = {}
        self._orders: dict[str, Orders] = {}
        self._plans: dict[str, ReleasePlan] = {}
        self._downtime: tuple[Downtime, ...] = ()
        self._plans_read_at_s = float("-inf")
        self._ticked_at_s: float | None = None
        self._recorder = Recorder()
        self._telling = Telling(redis, poll_budget_per_s)
        self._restore = redis.register_script(scripts.RESTORE)
        self._advance = redis.register_script(scripts.ADVANCE)
        self._desk_call = redis.register_script(scripts.DESK_CALL)

    def run(self, now: float, at_s: float) -> None:
        """Run one tick. `now` is in unix seconds, `at_s` on a clock that never jumps.

        Raises:
            RedisError: Redis does not answer; call again.
        """
        self._recorder.begin()
        self._read_plans(at_s)
        pulse, readings = self._measure(now)
        elapsed_s = 0.0 if self._ticked_at_s is None else at_s - self._ticked_at_s
        moments = []
        for plan in self._plans.values():
            reading = self._restored(plan.release_id, readings[plan.release_id])
            moments.append(self._decide(plan, reading, now, elapsed_s, pulse))
        told = self._write(moments)
        self._ticked_at_s = at_s
        self._memory.write(self._lines)
        self._publish(told, pulse, at_s, now)

    def _read_plans(self, at_s: float) -> None:
        """Read the catalogue again, at most once a second; without one, keep what is known."""
        if at_s - self._plans_read_at_s < CATALOGUE_EVERY_S:
            return
        raw = cast("bytes | None", self._redis.get(keys.CATALOGUE))
        if raw is not None:
            self._plans = decode_plans(raw)
        told = cast("bytes | None", self._redis.get(DOWNTIME_KEY))
        if told is not None:
            self._downtime = msgspec.json.decode(told, type=tuple[Downtime, ...])
        self._plans_read_at_s = at_s

    def _measure(self, now: float) -> tuple[Pulse, Mapping[str, Reading]]:
        """Return how the allocator does, and what was read of each release."""
        pipe = self._redis.pipeline(transaction=False)
        ask_pulse(pipe)
        for release_id, plan in self._plans.items():
            facts = self._lines.get(release_id, LineFacts())
            ask(pipe, plan, facts, self._admissions.get(release_id), self._rules, now)
        answers = pipe.execute()
        pulse, answers = pulse_from(answers[:READS_OF_PULSE]), answers[READS_OF_PULSE:]
        readings = {}
        for number, (release_id, plan) in enumerate(self._plans.items()):
            first = number * READS_PER_RELEASE
            readings[release_id] = reading_from(plan, answers[first : first + READS_PER_RELEASE])
        return pulse, readings

    def _restored(self, release_id: str, reading: Reading) -> Reading:
        """Compare with what is remembered; rebuild the line when Redis has lost (some of) it."""
        remembered = self._lines.get(release_id)
        facts = reading.facts
        if facts is not None and (remembered is None or not _older(facts, remembered)):
            joined_at_once = facts.next_index - (remembered or facts).next_index
            facts = msgspec.structs.replace(
                facts,
                joined_at_once=max(joined_at_once, remembered.joined_at_once if remembered else 0),
            )
            self._lines[release_id] = facts
            self._orders[release_id] = reading.orders
            return msgspec.structs.replace(reading, facts=facts)
        facts = LineFacts(limit=self._rules.inside_start)
        if remembered is not None:
            to_be_drawn = self._plans[release_id].queue == "draw"
            facts = rebuilt(remembered, to_be_drawn=to_be_drawn)
        fields = as_fields(facts)
        state = self._states.get(release_id, "scheduled")
        extra = ["state", state, "seed", "", "campaign", self._plans[release_id].campaign_id]
        extra += ["counted_to", str(facts.serving)]
        self._restore(args=[release_id, *fields, *extra])
        self._recorder.forget()
        self._lines[release_id] = facts
        self._admissions.pop(release_id, None)
        self._telling.forget(release_id)
        orders = self._orders.get(release_id, reading.orders)
        if remembered is not None:
            log.warning("line_restored", release_id=release_id, serving=facts.serving)
            keep_orders(self._redis, release_id, orders)
        return msgspec.structs.replace(reading, facts=facts, orders=orders)

    def _decide(
        self, plan: ReleasePlan, reading: Reading, now: float, elapsed_s: float, pulse: Pulse
    ) -> Moment:
        """Return what this tick makes of a release; only memory changes."""
        facts = self._lines[plan.release_id]
        moment = datetime.fromtimestamp(now, UTC)
        is_away = running(self._downtime, moment) is not None
        by_hand = during_downtime(plan.state_by_hand) if is_away else plan.state_by_hand
        state = state_of(plan.phase(moment), by_hand, opened=facts.opened)
        admission = self._admissions.get(plan.release_id)
        held: HeldBy = "not_running"
        if state in ("open", "paused"):
            measured = _measured(
                plan,
                reading,
                facts,
                pulse,
                elapsed_s=elapsed_s if admission else 0.0,
                running=state == "open",
            )
            before = admission or self._begin(facts, measured.joined)
            admission = step(before, measured, self._rules)
            held = held_by(admission, measured, self._rules)
            self._note_decrease(plan, before, admission, pulse.age_s)
            facts = msgspec.structs.replace(
                facts,
                serving=max(facts.serving, place_after(admission.serving, facts.gaps)),
                limit=admission.limit,
                claimed=admission.claimed,
            )
        return Moment(
            plan=plan,
            state=state,
            facts=facts,
            seed=seed_of(self._draw_key, plan.release_id),
            admission=admission,
            inside=reading.inside + reading.desk.inside,
            desk_waiting=reading.desk.waiting,
            pairs_left=reading.pairs_left,
            per_minute=reading.orders.per_minute,
            cap=reading.orders.cap,
            called_per_s_max=self._rules.called_per_s_max,
            now=moment,
            held_by=held,
        )

    def _begin(self, facts: LineFacts, joined: int) -> Admission:
        if not facts.opened:
            return start(self._rules)
        return resume(
            self._rules,
            serving=people_up_to(facts.serving, facts.gaps),
            joined=joined,
            limit=facts.limit,
            claimed=facts.claimed,
        )

    def _note_decrease(
        self, plan: ReleasePlan, before: Admission, after: Admission, age_s: float
    ) -> None:
        if after.limit < before.limit:
            log.warning(
                "admission_limit_decreased",
                release_id=plan.release_id,
                limit=int(after.limit),
                age_s=round(age_s, 1),
            )

    def _write(self, moments: list[Moment]) -> list[Moment]:
        """Write every release; return the moments of those whose line was there."""
        written = []
        for moment in moments:
            answer = self._advance(args=_advance_args(moment))
            if answer is None:
                continue
            lobby_count, next_index, beacon, source = answer
            facts = msgspec.structs.replace(
                moment.facts,
                lobby_count=lobby_count,
                next_index=next_index,
                beacon=beacon.decode(),
                beacon_source=source.decode(),
            )
            release_id = moment.plan.release_id
            self._lines[release_id] = facts
            if moment.admission is not None:
                self._admissions[release_id] = moment.admission
                self._call_desk(release_id, moment.admission.desk_calls, moment.now)
            self._note_state(release_id, moment.state, facts)
            written.append(msgspec.structs.replace(moment, facts=facts))
        return written

    def _call_desk(self, release_id: str, people: int, now: datetime) -> None:
        if people > 0:
            until = now.timestamp() + CALL_KEPT_S
            called = self._desk_call(args=[release_id, people, until])
            metrics.DESK_CALLED.inc(int(called))

    def _note_state(self, release_id: str, state: State, facts: LineFacts) -> None:
        before = self._states.get(release_id)
        if before != state:
            log.info(
                "release_state_changed",
                release_id=release_id,
                state=state,
                state_before=before,
                lobby_count=facts.lobby_count,
            )
        self._states[release_id] = state

    def _publish(self, moments: list[Moment], pulse: Pulse, at_s: float, now: float) -> None:
        """Write the public documents, the current release, and the metrics."""
        pipe = self._redis.pipeline(transaction=False)
        told = [(m, self._telling.status(pipe, m, at_s, self._plans)) for m in moments]
        for moment, status in told:
            pipe.set(keys.status(moment.plan.release_id), encode(status))
        current = current_release({m.plan.release_id: m.plan for m in moments}, self._states)
        if current is None:
            pipe.delete(keys.CURRENT)
        else:
            pipe.set(keys.CURRENT, current)
        pipe.set(keys.TICKED, b"1", ex=TICKED_KEPT_S)
        self._recorder.send(pipe, moments)
        pipe.execute()
        self._recorder.done()
        self._telling.done()
        show(told, current, pulse, now)


def _measured(
    plan: ReleasePlan,
    reading: Reading,
    facts: LineFacts,
    pulse: Pulse,
    *,
    elapsed_s: float,
    running: bool,
) -> Measured:
    return Measured(
        elapsed_s=elapsed_s,
        joined=people_up_to(facts.next_index, facts.gaps),
        inside=reading.inside,
        entered=reading.entered,
        age_s=pulse.age_s,
        commit_s=pulse.commit_s,
        running=running,
        per_minute=reading.orders.per_minute,
        cap=reading.orders.cap,
        desk=reading.desk,
        queue=plan.queue != "none",
        came=facts.entered,
    )


def _older(facts: LineFacts, remembered: LineFacts) -> bool:
    """Say whether Redis came back with data from before the last tick."""
    return (
        facts.next_index < remembered.next_index
        or facts.serving < remembered.serving
        or facts.lobby_count < remembered.lobby_count
    )


def _advance_args(moment: Moment) -> list[Any]:
    facts = moment.facts
    drawn = facts.opened or moment.state in ("open", "paused")
    lots = lots_of(moment.plan, facts, moment.seed) if drawn else None
    return [
        moment.plan.release_id,
        moment.state,
        moment.plan.campaign_id,
        facts.serving,
        facts.limit,
        facts.claimed,
        "1" if drawn else "0",
        lots.seed.hex() if lots else "",
        "" if lots else 0,
        lots.beacon if lots else "",
        lots.source if lots else "",
        _door(moment),
    ]


def _door(moment: Moment) -> int:
    """Return how many may be inside before others wait at the door; -1: as many as come."""
    if moment.admission is None or moment.plan.queue == "none":
        return -1
    return door(moment.admission)
