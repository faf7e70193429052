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
from redis.client import Pipeline

from monitoring import metrics
from monitoring.logs import get_logger
from waiting_room import keys, scripts
from waiting_room.admission import (
    Admission,
    AdmissionRules,
    Measured,
    awaited_from,
    resume,
    start,
    step,
)
from waiting_room.draw import seed_of
from waiting_room.facts import FIELDS, LineFacts, as_fields, facts_from, rebuilt
from waiting_room.gaps import people_up_to, place_after
from waiting_room.memory import MemoryFile
from waiting_room.orders import rate_from
from waiting_room.plans import ReleasePlan, current_release, decode_plans
from waiting_room.states import State, state_of
from waiting_room.status import Moment, encode, people_waiting, status_of

CATALOGUE_EVERY_S = 1.0
READS_PER_RELEASE = 6
TICKED_KEPT_S = 30
log = get_logger()


class Reading(msgspec.Struct, frozen=True):
    """What one tick read of one release."""

    facts: LineFacts | None
    inside: int
    entered: int
    per_minute: int | None
    pairs_left: int | None


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
        self._poll_budget_per_s = poll_budget_per_s
        self._memory = memory
        self._lines: dict[str, LineFacts] = memory.read()
        self._admissions: dict[str, Admission] = {}
        self._states: dict[str, State] = {}
        self._rates: dict[str, int | None] = {}
        self._plans: dict[str, ReleasePlan] = {}
        self._plans_read_at_s = float("-inf")
        self._ticked_at_s: float | None = None
        self._restore = redis.register_script(scripts.RESTORE)
        self._advance = redis.register_script(scripts.ADVANCE)

    def run(self, now: float, at_s: float) -> None:
        """Run one tick. `now` is in unix seconds, `at_s` on a clock that never jumps.

        Raises:
            RedisError: Redis does not answer; call again.
        """
        self._read_plans(at_s)
        age_s, readings = self._measure(now)
        elapsed_s = 0.0 if self._ticked_at_s is None else at_s - self._ticked_at_s
        moments = []
        for plan in self._plans.values():
            reading = self._restored(plan.release_id, readings[plan.release_id])
            moments.append(self._decide(plan, reading, now, elapsed_s, age_s))
        told = self._write(moments)
        self._ticked_at_s = at_s
        self._memory.write(self._lines)
        self._publish(told, age_s)

    def _read_plans(self, at_s: float) -> None:
        """Read the catalogue again, at most once a second; without one, keep what is known."""
        if at_s - self._plans_read_at_s < CATALOGUE_EVERY_S:
            return
        raw = cast("bytes | None", self._redis.get(keys.CATALOGUE))
        if raw is not None:
            self._plans = decode_plans(raw)
        self._plans_read_at_s = at_s

    def _measure(self, now: float) -> tuple[float, Mapping[str, Reading]]:
        """Return the age of the oldest undecided request, and what was read of each release."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.time()
        pipe.xrange(keys.INBOX, count=1)
        for release_id in self._plans:
            self._ask(pipe, release_id, now)
        (seconds, micros), oldest, *answers = pipe.execute()
        age_s = 0.0
        if oldest:
            age_s = max(0.0, seconds + micros / 1e6 - int(oldest[0][0].split(b"-")[0]) / 1e3)
        readings = {}
        for number, release_id in enumerate(self._plans):
            first = number * READS_PER_RELEASE
            readings[release_id] = _reading(answers[first : first + READS_PER_RELEASE])
        return age_s, readings

    def _ask(self, pipe: Pipeline, release_id: str, now: float) -> None:
        facts = self._lines.get(release_id, LineFacts())
        admission = self._admissions.get(release_id)
        awaited = awaited_from(admission, self._rules) if admission else 0
        above = place_after(awaited, facts.gaps) if admission else facts.serving
        pipe.hmget(keys.meta(release_id), list(FIELDS))
        pipe.zremrangebyscore(keys.inside(release_id), "-inf", now)
        pipe.zcard(keys.inside(release_id))
        pipe.zcount(keys.entered(release_id), f"({above}", "+inf")
        pipe.get(keys.rate(release_id))
        pipe.get(keys.stock(release_id))

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
            self._rates[release_id] = reading.per_minute
            return msgspec.structs.replace(reading, facts=facts)
        facts = rebuilt(remembered) if remembered else LineFacts(limit=self._rules.inside_start)
        fields = as_fields(facts)
        state = self._states.get(release_id, "scheduled")
        extra = ["state", state, "seed", "", "campaign", self._plans[release_id].campaign_id]
        extra += ["counted_to", str(facts.serving)]
        self._restore(args=[release_id, *fields, *extra])
        self._lines[release_id] = facts
        self._admissions.pop(release_id, None)
        per_minute = self._rates.get(release_id)
        if remembered is not None:
            log.warning("line_restored", release_id=release_id, serving=facts.serving)
            if per_minute is not None:
                self._redis.set(keys.rate(release_id), str(per_minute), nx=True)
        return msgspec.structs.replace(reading, facts=facts, per_minute=per_minute)

    def _decide(
        self, plan: ReleasePlan, reading: Reading, now: float, elapsed_s: float, age_s: float
    ) -> Moment:
        """Return what this tick makes of a release; only memory changes."""
        facts = self._lines[plan.release_id]
        moment = datetime.fromtimestamp(now, UTC)
        state = state_of(plan.phase(moment), plan.state_by_hand, opened=facts.opened)
        admission = self._admissions.get(plan.release_id)
        if state in ("open", "paused"):
            joined = people_up_to(facts.next_index, facts.gaps)
            before = admission or self._begin(facts, joined)
            measured = Measured(
                elapsed_s=elapsed_s if admission else 0.0,
                joined=joined,
                inside=reading.inside,
                entered=reading.entered,
                age_s=age_s,
                running=state == "open",
                per_minute=reading.per_minute,
            )
            admission = step(before, measured, self._rules)
            self._note_decrease(plan, before, admission, age_s)
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
            inside=reading.inside,
            pairs_left=reading.pairs_left,
            per_minute=reading.per_minute,
            called_per_s_max=self._rules.called_per_s_max,
            now=moment,
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
            lobby_count, next_index = answer
            facts = msgspec.structs.replace(
                moment.facts, lobby_count=lobby_count, next_index=next_index
            )
            release_id = moment.plan.release_id
            self._lines[release_id] = facts
            if moment.admission is not None:
                self._admissions[release_id] = moment.admission
            self._note_state(release_id, moment.state, facts)
            written.append(msgspec.structs.replace(moment, facts=facts))
        return written

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

    def _publish(self, moments: list[Moment], age_s: float) -> None:
        """Write the public documents, the current release, and the metrics."""
        pipe = self._redis.pipeline(transaction=False)
        for moment in moments:
            document = encode(status_of(moment, self._poll_budget_per_s))
            pipe.set(keys.status(moment.plan.release_id), document)
        current = current_release({m.plan.release_id: m.plan for m in moments}, self._states)
        if current is None:
            pipe.delete(keys.CURRENT)
        else:
            pipe.set(keys.CURRENT, current)
        pipe.set(keys.TICKED, b"1", ex=TICKED_KEPT_S)
        pipe.execute()
        metrics.INSIDE_PEOPLE.set(sum(m.inside for m in moments))
        metrics.WAITING_PEOPLE.set(sum(people_waiting(m.facts) for m in moments))
        metrics.INBOX_OLDEST_AGE_SECONDS.set(age_s)
        for moment in moments:
            if moment.plan.release_id == current:
                metrics.SERVING_PLACE.set(moment.facts.serving)
                metrics.ADMISSION_LIMIT_PEOPLE.set(moment.facts.limit)


def _reading(answers: list[Any]) -> Reading:
    fields, _, inside, entered, rate, stock = answers
    return Reading(
        facts=facts_from(fields),
        inside=inside,
        entered=entered,
        per_minute=rate_from(rate),
        pairs_left=None if stock is None else int(stock),
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
    return [
        moment.plan.release_id,
        moment.state,
        moment.plan.campaign_id,
        facts.serving,
        facts.limit,
        facts.claimed,
        "1" if drawn else "0",
        moment.seed.hex() if drawn else "",
    ]
