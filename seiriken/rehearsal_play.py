"""One resident's way through a release, with what people do.

They wait, waver, double-click, lose the connection, come back on another device.

Rule 1: what the contract promises is checked on the way: one place on two devices, one
answer to one request id, a booking that is in keeping with the wish and shown again.
Rule 2: faults that pass (503, a lost connection) are met as a patient resident
meets them: the same call again, a booking under the same request id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from time import monotonic
from typing import TypeVar
from uuid import UUID

from seiriken.rehearsal_cast import Character, Habit
from seiriken.rehearsal_client import Booking, Broken, Device, Offer, ProblemTold, SignedIn
from seiriken.rehearsal_http import ConnectionLost, Origin
from seiriken.rehearsal_tally import Tally
from seiriken.rehearsal_wishes import Wish, wish

TRIES_MAX = 3
"""Wishes that one resident makes when what they wished for has just gone."""

RETURNS_MAX = 5
"""Times that one resident signs in again because the session was lost."""

FAULT_WAIT_S_MAX = 60.0
"""A fault that lasts longer than this is an error."""

_GONE = ("no_first_dose", "no_second_dose")
_SESSION_LOST = ("not_inside", "not_signed_in")
_OUT_OF_LINE = ("lobby", "waiting", "your_turn")

Value = TypeVar("Value")
Answered = Booking | str
"""A booking, or the code of a refusal."""


@dataclass(frozen=True)
class Stage:
    """What all share: where to, what is counted, and when waiting people go home."""

    origin: Origin
    tally: Tally
    began_at_s: float
    patience_s: float


class Left(Exception):
    """The resident went away without a booking."""


class BookedBefore(Exception):
    """The resident holds a booking from another time."""


class Player:
    """Plays one character to the end."""

    def __init__(self, stage: Stage, character: Character) -> None:
        self._stage = stage
        self._tally = stage.tally
        self._character = character
        self._chance = Random(character.seed)  # noqa: S311 (made-up people's whims)
        self._device = Device(stage.origin, character.language)
        self._returns = 0

    async def play(self) -> None:
        """Come, wait, book or not, and count what became of it."""
        tally = self._tally
        try:
            await asyncio.sleep(self._character.arrives_at_s)
            answered = await self._act()
        except Left:
            tally.left += 1
        except BookedBefore:
            tally.booked_before += 1
        except ProblemTold as told:
            if told.status == 409 or told.code == "release_closed":
                tally.refused[told.code] += 1
            else:
                tally.errors[f"{told.status} {told.code}"] += 1
        except (Broken, ConnectionLost) as error:
            tally.errors[str(error) or "connection lost"] += 1
        else:
            if isinstance(answered, Booking):
                tally.booked.append(answered)
                tally.booked_at_s.append(monotonic())
            else:
                tally.refused[answered] += 1
        finally:
            self._device.close()

    async def _act(self) -> Answered:
        if await self._come_in() == "booked":
            raise BookedBefore
        if self._character.habit is Habit.LEAVES:
            await self._leave()
        answered: Answered = "none_on_offer"
        for _ in range(TRIES_MAX):
            offer = await self._inside(lambda device: device.offer())
            wished = await self._think(offer)
            if wished is None:
                break
            answered = await self._book(wished)
            if answered not in _GONE:
                break
        if isinstance(answered, Booking):
            await self._check_shown(answered)
        return answered

    async def _think(self, offer: Offer) -> Wish | None:
        await asyncio.sleep(self._chance.uniform(0.1, 1.0))
        return wish(offer, self._character.number, self._chance)

    async def _come_in(self) -> str:
        """Sign in, wait for one's turn, enter; return `inside` or `booked`."""
        signed_in = await self._sign_in(self._device)
        if self._character.habit is Habit.TWO_DEVICES and self._returns == 0:
            signed_in = await self._take_other_device(signed_in)
        if signed_in.state not in _OUT_OF_LINE:
            return signed_in.state
        self._tally.waiting += 1
        try:
            return await self._wait(signed_in.place)
        finally:
            self._tally.waiting -= 1

    async def _sign_in(self, device: Device) -> SignedIn:
        who = self._character.resident

        async def sign_in() -> SignedIn:
            began = monotonic()
            signed_in = await device.sign_in(
                who.municipality_code, who.ticket_number, who.birth_date
            )
            self._tally.sign_in_s.append(monotonic() - began)
            return signed_in

        return await self._persist(sign_in)

    async def _take_other_device(self, first: SignedIn) -> SignedIn:
        """Sign in on another device and go on there: the place must be the same."""
        self._tally.habits["two devices"] += 1
        self._device.close()
        self._device = Device(self._stage.origin, self._character.language)
        second = await self._sign_in(self._device)
        waits = first.state == second.state and first.state in ("lobby", "waiting")
        if waits and first.place != second.place:
            raise Broken("two devices have two places")
        return second

    async def _wait(self, place: int | None) -> str:
        """Ask as often as the poll table says until it is one's turn, then enter."""
        was_lobby = True
        while True:
            status = await self._persist(self._device.status)
            if status.state == "closed":
                raise ProblemTold("release_closed", retry_after_s=None, status=410)
            if status.state == "open" and was_lobby:
                me = await self._persist(self._device.me)
                place, was_lobby = me.place, False
                if me.state == "booked":
                    return "booked"
            is_open = status.state == "open"
            if is_open and place is not None and place <= status.serving:
                if await self._enter():
                    return "inside"
                was_lobby = True
            self._check_patience()
            if self._character.habit is Habit.LEAVES and self._chance.random() < 0.3:
                self._tally.habits["left while waiting"] += 1
                raise Left
            after_s = status.poll_after_s(place)
            await asyncio.sleep(after_s * self._chance.uniform(1.0, 1.5))

    async def _enter(self) -> bool:
        began = monotonic()
        refused = await self._persist(self._device.enter)
        self._tally.enter_s.append(monotonic() - began)
        return refused is None

    def _check_patience(self) -> None:
        if monotonic() - self._stage.began_at_s > self._stage.patience_s:
            raise Left

    async def _leave(self) -> None:
        """Look, and go: some sign out, the others close the window."""
        self._tally.habits["left from inside"] += 1
        await self._inside(lambda device: device.offer())
        if self._chance.random() < 0.5:
            await self._inside(lambda device: device.sign_out())
        raise Left

    async def _book(self, wished: Wish) -> Answered:
        """Ask for both doses in this character's manner, and time it to the decision."""
        request_id = UUID(int=self._chance.getrandbits(128), version=4)
        began = monotonic()
        match self._character.habit:
            case Habit.DOUBLE_CLICK:
                answered = await self._double_click(request_id, wished)
            case Habit.DROPPED:
                answered = await self._drop_and_retry(request_id, wished)
            case _:
                answered = await self._decided(self._device, request_id, wished)
        self._tally.booking_s.append(monotonic() - began)
        if isinstance(answered, Booking) and not wished.is_met_by(answered):
            raise Broken("a booking that was not asked for")
        return answered

    async def _double_click(self, request_id: UUID, wished: Wish) -> Answered:
        """Send the same request twice at once: the answers must be the same."""
        self._tally.habits["double click"] += 1
        window = self._device.second_window()
        try:
            one, two = await asyncio.gather(
                self._decided(self._device, request_id, wished),
                self._decided(window, request_id, wished),
            )
        finally:
            window.close()
        if one != two:
            raise Broken("two answers to a double click")
        return one

    async def _drop_and_retry(self, request_id: UUID, wished: Wish) -> Answered:
        """Lose the connection somewhere in the request, then send it again."""
        self._tally.habits["connection dropped"] += 1
        after_s = self._chance.uniform(0.0, 0.05)
        await self._inside(lambda device: device.book_and_drop(request_id, wished.body, after_s))
        return await self._decided(self._device, request_id, wished)

    async def _decided(self, device: Device, request_id: UUID, wished: Wish) -> Answered:
        """Send a request and ask on until it is decided."""

        async def book(device: Device) -> Booking | None:
            return await device.book(request_id, wished.body)

        async def outcome(device: Device) -> Booking | None:
            try:
                return await device.outcome(request_id)
            except ProblemTold as told:
                if told.code != "not_found":
                    raise
                return await device.book(request_id, wished.body)

        deadline = monotonic() + FAULT_WAIT_S_MAX
        try:
            booking = await self._inside(book, device)
            while booking is None:
                if monotonic() > deadline:
                    raise Broken("a request that stays undecided")
                await asyncio.sleep(self._chance.uniform(0.5, 1.0))
                booking = await self._inside(outcome, device)
        except ProblemTold as told:
            if told.status != 409:
                raise
            return told.code
        return booking

    async def _check_shown(self, booking: Booking) -> None:
        """Look the booking up again: it must be the one that was confirmed."""
        if await self._inside(lambda device: device.booking()) != booking:
            raise Broken("the booking shown is not the one confirmed")

    async def _inside(
        self, call: Callable[[Device], Awaitable[Value]], device: Device | None = None
    ) -> Value:
        """Make a call that needs a session; without one, sign in and come in again."""
        while True:
            try:
                return await self._persist(partial(call, device or self._device))
            except ProblemTold as told:
                if told.code not in _SESSION_LOST or self._returns >= RETURNS_MAX:
                    raise
            self._returns += 1
            await self._come_in()
            device = None

    async def _persist(self, call: Callable[[], Awaitable[Value]]) -> Value:
        """Make a call, again and again while the fault is one that passes."""
        deadline = monotonic() + FAULT_WAIT_S_MAX
        while True:
            try:
                return await call()
            except ProblemTold as told:
                if not told.passes or monotonic() > deadline:
                    raise
                pause_s = told.retry_after_s or 1.0
            except ConnectionLost:
                if monotonic() > deadline:
                    raise
                pause_s = 1.0
            self._tally.repeated_calls += 1
            await asyncio.sleep(pause_s * self._chance.uniform(0.5, 1.0))
