"""A writer's client of the simulated Redis: what the real intake and publisher call.

The order of commands in a pipeline, and of members in a command, may follow the order
of a Python set, which differs from run to run: both are put in order here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

from redis.exceptions import ResponseError

from tests.simulation.boundary import Boundary
from tests.simulation.redis_server import Entry, RedisServer

_ANSWERED_ARGUMENTS = 3


class RedisClient:
    """One process's connection."""

    def __init__(self, server: RedisServer, boundary: Boundary) -> None:
        self.server = server
        self._boundary = boundary

    def call(self, what: str, work: Callable[[], Any], describe: Callable[[Any], object]) -> Any:
        """Pass the boundary."""
        return self._boundary.call("redis", what, work, describe)

    def get(self, name: str) -> bytes | None:
        """GET."""
        result: bytes | None = self.call(
            f"GET {name}", lambda: self.server.strings.get(name), lambda value: value
        )
        return result

    def pipeline(self, *, transaction: bool) -> Pipeline:
        """Collect commands."""
        return Pipeline(self, transaction=transaction)

    def xgroup_create(self, name: str, group: str, *, id: str, mkstream: bool) -> None:  # noqa: A002
        """XGROUP CREATE."""
        assert id == "0", "only from the beginning"
        assert mkstream, "only as we call it"
        self._do((f"XGROUP CREATE {name}", lambda: self.server.create_group(name, group)))

    def xautoclaim(
        self, name: str, group: str, consumer: str, idle: int, cursor: bytes, *, count: int
    ) -> list[Any]:
        """XAUTOCLAIM; the entries are left out, since nobody looks at them."""
        assert idle == 0, "only as we call it"

        def work() -> bytes:
            return self.server.claim(name, group, consumer, cursor, count)

        return [self.call(f"XAUTOCLAIM {name} {consumer}", work, bytes), [], []]

    def xpending(self, name: str, group: str) -> dict[str, int]:
        """XPENDING."""

        def work() -> dict[str, int]:
            return {"pending": len(self.server.group(name, group)[1].pending)}

        result: dict[str, int] = self.call(f"XPENDING {name}", work, str)
        return result

    def xreadgroup(
        self,
        group: str,
        consumer: str,
        streams: Mapping[str, bytes],
        *,
        count: int,
        block: int | None,
    ) -> list[Any]:
        """XREADGROUP of one stream; who waits for something waits after the call."""
        ((name, after),) = streams.items()

        def work() -> list[Entry]:
            if after != b">":
                return self.server.give_again(name, group, consumer, after, count)
            entries = self.server.give_new(name, group, consumer, count)
            if not entries and block is not None:
                self._boundary.wait(self._boundary.rng.random() * block / 1_000)
            return entries

        entries = self.call(f"XREADGROUP {name} {after!r}", work, _handles)
        return [[name.encode(), entries]] if entries else []

    def register_script(self, text: str) -> Callable[..., None]:
        """Know the one script that the allocator runs: `answered.lua`."""
        assert "XACK" in text, "no other script is known"

        def run(*, keys: Sequence[str], args: Sequence[Any]) -> None:
            answers = _answers(args)
            what = f"answered {[(handle, crc32(outcome)) for _, handle, outcome, _ in answers]}"
            self._do((what, lambda: self._answered(keys, args, answers)))

        return run

    def _answered(
        self, keys: Sequence[str], args: Sequence[Any], answers: list[tuple[int, bytes, bytes, Any]]
    ) -> None:
        for number, handle, outcome, _ in answers:
            self.server.answer_sent(handle, outcome)
            self.server.append(keys[number - 1], {b"h": handle, b"o": outcome})
        for key in keys[1:]:
            stream = self.server.streams[key]
            stream.expires_at_s = self._boundary.clock.seconds + args[2]
        self.server.acknowledge(keys[0], args[0], [entry_id for *_, entry_id in answers])

    def run_all(
        self, commands: Sequence[Command], *, transaction: bool, raise_on_error: bool
    ) -> list[Any]:
        """Run a pipeline: as one call if it is a transaction, else one by one, without answers."""
        if transaction:
            what = " + ".join(what for what, _ in commands)
            answers: list[Any] = self.call(
                what, lambda: [_answer_of(work) for _, work in commands], _nothing
            )
            for answer in answers:
                if raise_on_error and isinstance(answer, ResponseError):
                    raise answer
            return answers
        for command in sorted(commands, key=lambda command: command[0]):
            self._do(command)
        return []

    def _do(self, command: Command) -> None:
        what, work = command
        self.call(what, work, lambda _: "")

    def _set(self, name: str, value: bytes | str) -> Command:
        stored = value if isinstance(value, bytes) else str(value).encode()

        def work() -> None:
            self.server.strings[name] = stored

        return f"SET {name} {crc32(stored)}", work

    def _members(self, verb: str, name: str, members: Sequence[bytes]) -> Command:
        change = self.server.add_members if verb == "SADD" else self.server.remove_members
        numbers = sorted(int.from_bytes(member) for member in members)
        return f"{verb} {name} {numbers}", lambda: change(name, members)


Command = tuple[str, Callable[[], object]]


class Pipeline:
    """Commands that are sent together."""

    def __init__(self, client: RedisClient, *, transaction: bool) -> None:
        self._client = client
        self._transaction = transaction
        self._commands: list[Command] = []

    def get(self, name: str) -> None:
        """GET."""
        strings = self._client.server.strings
        self._commands.append((f"GET {name}", lambda: strings.get(name)))

    def set(self, name: str, value: bytes | str | int) -> None:
        """SET."""
        stored = str(value) if isinstance(value, int) else value
        self._commands.append(self._client._set(name, stored))

    def sadd(self, name: str, *members: bytes) -> None:
        """SADD."""
        self._commands.append(self._client._members("SADD", name, members))

    def srem(self, name: str, *members: bytes) -> None:
        """SREM."""
        self._commands.append(self._client._members("SREM", name, members))

    def hset(self, name: str, mapping: Mapping[bytes, bytes]) -> None:
        """HSET."""

        def work() -> None:
            self._client.server.hashes.setdefault(name, {}).update(mapping)

        self._commands.append((f"HSET {name} {len(mapping)}", work))

    def delete(self, *names: str) -> None:
        """DEL."""
        server = self._client.server
        self._commands.append((f"DEL {names}", lambda: server.delete(names)))

    def rename(self, old: str, new: str) -> None:
        """RENAME."""
        server = self._client.server
        self._commands.append((f"RENAME {old} {new}", lambda: server.rename(old, new)))

    def xack(self, name: str, group: str, *entry_ids: bytes) -> None:
        """XACK, and XDEL, which always follows."""

        def work() -> None:
            self._client.server.acknowledge(name, group, entry_ids)

        self._commands.append((f"XACK {entry_ids}", work))

    def xdel(self, name: str, *entry_ids: bytes) -> None:
        """XDEL: done by XACK."""

    def execute(self, *, raise_on_error: bool = True) -> list[Any]:
        """Send them; return the answers of a transaction."""
        return self._client.run_all(
            self._commands, transaction=self._transaction, raise_on_error=raise_on_error
        )


def _answer_of(work: Callable[[], object]) -> object:
    try:
        return work()
    except ResponseError as error:
        return error


def _nothing(_: object) -> str:
    return ""


def _answers(args: Sequence[Any]) -> list[tuple[int, bytes, bytes, Any]]:
    rest = args[_ANSWERED_ARGUMENTS:]
    return [(rest[i], rest[i + 1], rest[i + 2], rest[i + 3]) for i in range(0, len(rest), 4)]


def _handles(entries: list[Entry]) -> list[tuple[bytes, bytes | None]]:
    return [(entry_id, fields.get(b"h")) for entry_id, fields in entries]
