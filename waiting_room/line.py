"""The line in Redis, as a gateway sees it: sign in, stand, enter, stay, leave.

Rule 1: each step is one script, whole or not at all: one place per person, and nobody
enters before `place <= serving`, whatever runs at the same moment (I7).
Rule 2: Redis away means that nobody is let in (`RoomAway`); Redis without roster or
line, as after a wipe, means the same until they are back (`NotReady`).

Units: `now` is in unix seconds; a session digest is the SHA-256 of the session's token
(32 bytes), so that Redis does not hold what the browser shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from waiting_room import keys, scripts
from waiting_room.answers import (
    AtDesk,
    EnterAnswer,
    Entered,
    NotConfirmed,
    NotYourTurn,
    ProofNeeded,
    ReleaseClosed,
    Session,
    SignedIn,
    SignInAnswer,
    Standing,
    TooManyAttempts,
)
from waiting_room.attempts import Limits, Proof
from waiting_room.desk_lane import AT_WORK_S
from waiting_room.draw import place_of
from waiting_room.errors import NotReady, room_away
from waiting_room.joined_calls import JoinedCalls
from waiting_room.states import State
from waiting_room.tickets import PlaceToken

SIGN_INS_TOGETHER_MAX = 100
"""Sign-ins in one script call: it holds Redis for well under a millisecond."""

SESSIONS_PER_PERSON_MAX = 5
RETURNS_PER_PERSON_MAX = 50
"""So often somebody may come in again in one release, after errors or time-outs."""

NO_PIN = bytes(16)
"""The PIN check of somebody who gave none."""

_NO_INDEX = -1
_MOVED_TRIES = 3


class _SignIn(msgspec.Struct, frozen=True):
    """One sign-in on its way; `offers` are (release id, index of the person's token)."""

    checks: bytes
    network: str
    offers: tuple[tuple[str, int], ...]
    device: str
    proof: Proof
    now: float


class Line:
    """The line as a gateway sees it.

    `session_idle_s` and `session_absolute_s` limit a session; only failed sign-ins count
    against `limits`.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        session_idle_s: int,
        session_absolute_s: int,
        limits: Limits = Limits(),  # noqa: B008, it is frozen
    ) -> None:
        self._redis = redis
        self._session_idle_s = session_idle_s
        self._session_absolute_s = session_absolute_s
        self._limits = msgspec.msgpack.encode(limits)
        self._sign_in = redis.register_script(scripts.SIGN_IN)
        self._standing = redis.register_script(scripts.STANDING)
        self._enter = redis.register_script(scripts.ENTER)
        self._touch = redis.register_script(scripts.TOUCH)
        self._booked = redis.register_script(scripts.BOOKED)
        self._leave = redis.register_script(scripts.LEAVE)
        self._ask_desk = redis.register_script(scripts.DESK_ASK)
        self._standings = JoinedCalls[tuple[PlaceToken, float], list[Any]](
            self._standing_together, SIGN_INS_TOGETHER_MAX
        )
        self._sign_ins = JoinedCalls[_SignIn, SignInAnswer | NotReady](
            self._sign_in_together, SIGN_INS_TOGETHER_MAX
        )

    async def sign_in(
        self,
        person_key: bytes,
        birth_check: bytes,
        network: str,
        release_ids: Sequence[str],
        now: float,
        held: PlaceToken | None = None,
        *,
        pin_check: bytes = NO_PIN,
        device: str = "",
        proof: Proof = "",
    ) -> SignInAnswer:
        """Confirm a person and give them their place, in one round trip.

        The release is that of a booking they hold, else the first of `release_ids` that
        can be joined, else the first still to come, else the first. `network` is any
        text that stands for theirs, not an address in clear. `held` is the place token
        that the browser still has: it brings the place back after a wipe.

        Raises:
            RoomAway: Redis does not answer.
            NotReady: roster or line are not there yet.
        """
        indices = {} if held is None else {held.release_id: _index_of(held)}
        if held is not None and held.person_key != person_key:
            indices = {}
        offers = tuple(
            (release_id, indices.get(release_id, _NO_INDEX)) for release_id in release_ids
        )
        checks = person_key + birth_check + pin_check
        sign_in = _SignIn(checks, network, offers, device, proof, now)
        answer = await self._sign_ins.call(sign_in)
        if isinstance(answer, NotReady):
            raise NotReady
        return answer

    async def confirm(
        self,
        person_key: bytes,
        birth_check: bytes,
        network: str,
        now: float,
        *,
        pin_check: bytes = NO_PIN,
        device: str = "",
        proof: Proof = "",
    ) -> SignInAnswer:
        """Confirm a person as `sign_in` does, failures counted alike, without giving a place.

        The answer's standing is None. Raises as `sign_in`.
        """
        return await self.sign_in(
            *(person_key, birth_check, network, (), now),
            pin_check=pin_check,
            device=device,
            proof=proof,
        )

    async def standing(self, token: PlaceToken, now: float) -> Standing:
        """Return where the holder of a (verified) token stands.

        Puts them back at their index if Redis has forgotten it. When the answer's index is
        not the token's, the browser should get a new token. Raises as `sign_in`.
        """
        word, *fields = await self._standings.call((token, now))
        if word == "not_ready":
            raise NotReady
        return _standing_from(fields)

    async def enter(self, token: PlaceToken, session_digest: bytes, now: float) -> EnterAnswer:
        """Open a session for the holder of a (verified) token, if they may come in now.

        Whoever holds a booking gets a session of kind `booked`, whatever the state of the
        release; it takes no seat inside. Raises as `sign_in`.
        """
        answer = await self._try_to_enter(token, session_digest, now)
        tries = 1
        while answer is None and tries < _MOVED_TRIES:
            answer = await self._try_to_enter(token, session_digest, now)
            tries += 1
        if answer is None:
            raise NotReady
        return answer

    async def _try_to_enter(
        self, token: PlaceToken, session_digest: bytes, now: float
    ) -> EnterAnswer | None:
        """Look up the place and enter with it; None when the index changed in between."""
        standing = await self.standing(token, now)
        index = _NO_INDEX if standing.index is None else standing.index
        place = _NO_INDEX if standing.place is None else standing.place
        args: list[Any] = [now, token.release_id, token.person_key, index, place]
        args += [session_digest.hex(), token.identity]
        args += [self._session_idle_s, self._session_absolute_s]
        args += [SESSIONS_PER_PERSON_MAX, RETURNS_PER_PERSON_MAX]
        with room_away():
            word, *fields = await self._enter(args=args)
        match word:
            case b"not_ready":
                raise NotReady
            case b"moved" if standing.index is not None:
                return None
            case b"closed":
                return ReleaseClosed()
            case b"entered":
                return Entered(_opened_session(token, standing, fields), fields[5] == b"1")
        return NotYourTurn(standing.place, int(fields[0]), cast("State", fields[1].decode()))

    async def ask_desk(self, person_key: bytes, release_id: str, now: float) -> AtDesk:
        """Put somebody who rang the phone desk, and has signed in, into its lane.

        Their place in the line stays. Raises as `sign_in`.
        """
        with room_away():
            word, before = await self._ask_desk(args=[now, release_id, person_key, AT_WORK_S])
        if word == b"not_ready":
            raise NotReady
        return AtDesk(word == b"called", int(before))

    async def touch(self, session_digest: bytes, now: float) -> Session | None:
        """Return the live session, its idle limit begun anew; None when there is none.

        Raises:
            RoomAway: Redis does not answer.
        """
        with room_away():
            fields = await self._touch(args=[now, session_digest.hex(), self._session_idle_s])
        if fields is None:
            return None
        person, release, campaign, identity, kind, until, ends_at = fields
        return Session(
            person_key=person,
            release_id=release.decode(),
            campaign_id=campaign.decode(),
            identity=identity,
            kind=_kind(kind),
            until=float(until),
            ends_at=float(ends_at),
        )

    async def booked(self, session_digest: bytes) -> None:
        """Make the person's sessions those of a booking's holder; their seat inside is free."""
        with room_away():
            await self._booked(args=[session_digest.hex()])

    async def leave(self, session_digest: bytes) -> None:
        """End a session; the place in the line stays."""
        with room_away():
            await self._leave(args=[session_digest.hex()])

    async def keep_draft(self, digest: bytes, sealed: bytes) -> None:
        """Keep what was typed, sealed by the gateway, as long as a session can last."""
        with room_away():
            await self._redis.set(keys.draft(digest), sealed, ex=self._session_absolute_s)

    async def draft(self, digest: bytes) -> bytes | None:
        """Return what was kept, None when nothing was."""
        with room_away():
            return cast("bytes | None", await self._redis.get(keys.draft(digest)))

    async def current(self) -> str | None:
        """Return the id of the release now open, else next to open, else the last one."""
        with room_away():
            release_id = await self._redis.get(keys.CURRENT)
        return None if release_id is None else cast("bytes", release_id).decode()

    async def status(self, release_id: str | None = None) -> bytes | None:
        """Return the public document of a release (None: the current one); None if unknown."""
        release_id = release_id or await self.current()
        if release_id is None:
            return None
        with room_away():
            return cast("bytes | None", await self._redis.get(keys.status(release_id)))

    async def ready(self) -> bool:
        """Say whether Redis answers and holds the roster, and the room ticks."""
        try:
            return int(await self._redis.exists(keys.PUBLISHED, keys.TICKED)) == 2
        except RedisError:
            return False

    async def _standing_together(
        self, asked: Sequence[tuple[PlaceToken, float]]
    ) -> Sequence[list[Any]]:
        keys_of_people = b"".join([token.person_key for token, _ in asked])
        held = msgspec.msgpack.encode([(token.release_id, _index_of(token)) for token, _ in asked])
        with room_away():
            packed = await self._standing(args=[max(now for _, now in asked), keys_of_people, held])
        answers: list[list[Any]] = msgspec.msgpack.decode(packed)
        return answers

    async def _sign_in_together(
        self, sign_ins: Sequence[_SignIn]
    ) -> Sequence[SignInAnswer | NotReady]:
        asked = [(one.network, one.offers, one.device, one.proof) for one in sign_ins]
        args: list[Any] = [max(s.now for s in sign_ins), b"".join(s.checks for s in sign_ins)]
        args += [msgspec.msgpack.encode(asked), self._limits]
        with room_away():
            packed = await self._sign_in(args=args)
        return [_sign_in_answer(answer) for answer in msgspec.msgpack.decode(packed)]


def _index_of(token: PlaceToken) -> int:
    return _NO_INDEX if token.index is None else token.index


def _kind(raw: bytes) -> Literal["inside", "booked"]:
    return "booked" if raw == b"booked" else "inside"


def _opened_session(token: PlaceToken, standing: Standing, fields: list[bytes]) -> Session:
    """Build the session that `lua/enter.lua` opened."""
    return Session(
        person_key=token.person_key,
        release_id=token.release_id,
        campaign_id=standing.campaign_id,
        identity=token.identity,
        kind=_kind(fields[2]),
        until=float(fields[3]),
        ends_at=float(fields[4]),
    )


def _sign_in_answer(answer: list[Any]) -> SignInAnswer | NotReady:
    match answer:
        case ["not_ready"]:
            return NotReady()
        case ["too_many", int(retry_after_s)]:
            return TooManyAttempts(retry_after_s)
        case ["prove"]:
            return ProofNeeded()
        case ["not_confirmed"]:
            return NotConfirmed()
        case ["no_release"]:
            return SignedIn(None)
    return SignedIn(_standing_from(answer[1:]))


def _standing_from(fields: list[Any]) -> Standing:
    """Build a standing from the array of `lua/room.lua`; the place is drawn here."""
    release_id, campaign_id, state, index, serving, lobby_count, seed, *flags = fields
    drawn = index != _NO_INDEX and lobby_count >= 0
    return Standing(
        release_id=release_id,
        campaign_id=campaign_id,
        state=state,
        index=None if index == _NO_INDEX else index,
        place=place_of(index, lobby_count, bytes.fromhex(seed)) if drawn else None,
        serving=serving,
        inside=bool(flags[0]),
        booked=bool(flags[1]),
        called_by_desk=bool(flags[2]),
    )
