"""A simulated Redis: strings, sets, hashes and streams with consumer groups, as much as we use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from redis.exceptions import ResponseError

from tests.simulation.clock import SimulatedClock

EntryId = tuple[int, int]
Fields = dict[bytes, bytes]
Entry = tuple[bytes, Fields]


@dataclass
class Group:
    """A consumer group: how far it was given, and who has what unacknowledged."""

    given_until: EntryId = (0, 0)
    pending: dict[EntryId, str] = field(default_factory=dict)


@dataclass
class Stream:
    """Entries in order of their ids."""

    entries: dict[EntryId, Fields] = field(default_factory=dict)
    last_id: EntryId = (0, 0)
    groups: dict[str, Group] = field(default_factory=dict)
    expires_at_s: float | None = None


class RedisServer:
    """All keys. `answer_sent` is called with each answer, before anybody can read it,
    and `acknowledged` with each entry that is deleted."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.strings: dict[str, bytes] = {}
        self.sets: dict[str, set[bytes]] = {}
        self.hashes: dict[str, dict[bytes, bytes]] = {}
        self.streams: dict[str, Stream] = {}
        self.answer_sent: Callable[[bytes, bytes], None] = lambda _handle, _outcome: None
        self.acknowledged: Callable[[Fields], None] = lambda _fields: None

    def wipe(self) -> None:
        """Lose everything."""
        for keys in (self.strings, self.sets, self.hashes, self.streams):
            keys.clear()

    # Plain keys

    def delete(self, names: Iterable[str]) -> None:
        """DEL."""
        for name in names:
            for keys in (self.strings, self.sets, self.hashes, self.streams):
                keys.pop(name, None)

    def rename(self, old: str, new: str) -> None:
        """RENAME."""
        if old in self.strings:
            self.strings[new] = self.strings.pop(old)
        elif old in self.sets:
            self.sets[new] = self.sets.pop(old)
        else:
            raise ResponseError("no such key")

    def add_members(self, name: str, members: Iterable[bytes]) -> None:
        """SADD."""
        self.sets.setdefault(name, set()).update(members)

    def remove_members(self, name: str, members: Iterable[bytes]) -> None:
        """SREM: an empty set is no key."""
        if name in self.sets:
            self.sets[name].difference_update(members)
            if not self.sets[name]:
                del self.sets[name]

    # Streams

    def stream(self, name: str) -> Stream | None:
        """Return a stream that has not expired."""
        stream = self.streams.get(name)
        if stream is None or stream.expires_at_s is None:
            return stream
        if stream.expires_at_s > self._clock.seconds:
            return stream
        del self.streams[name]
        return None

    def append(self, name: str, fields: Fields) -> bytes:
        """XADD."""
        stream = self.stream(name)
        if stream is None:
            stream = self.streams[name] = Stream()
        milliseconds = max(1 + int(self._clock.seconds * 1_000), stream.last_id[0])
        number = stream.last_id[1] + 1 if milliseconds == stream.last_id[0] else 0
        stream.last_id = (milliseconds, number)
        stream.entries[stream.last_id] = fields
        return encoded(stream.last_id)

    def after(self, name: str, after: bytes) -> list[Entry]:
        """XREAD."""
        stream, begin = self.stream(name), decoded(after)
        entries = stream.entries if stream is not None else {}
        return [(encoded(i), fields) for i, fields in entries.items() if i > begin]

    def create_group(self, name: str, group: str) -> None:
        """XGROUP CREATE … 0 MKSTREAM."""
        stream = self.streams.setdefault(name, Stream())
        if group in stream.groups:
            raise ResponseError("BUSYGROUP Consumer Group name already exists")
        stream.groups[group] = Group()

    def group(self, name: str, group: str) -> tuple[Stream, Group]:
        """Return a group. Raises what Redis answers if there is none."""
        stream = self.streams.get(name)
        if stream is None or group not in stream.groups:
            raise ResponseError("NOGROUP No such key or consumer group")
        return stream, stream.groups[group]

    def give_new(self, name: str, group: str, consumer: str, count: int) -> list[Entry]:
        """XREADGROUP … >."""
        stream, of_group = self.group(name, group)
        new = [i for i in stream.entries if i > of_group.given_until][:count]
        for entry_id in new:
            of_group.pending[entry_id] = consumer
            of_group.given_until = entry_id
        return [(encoded(i), stream.entries[i]) for i in new]

    def give_again(
        self, name: str, group: str, consumer: str, after: bytes, count: int
    ) -> list[Entry]:
        """XREADGROUP … id: what this consumer has not acknowledged."""
        stream, of_group = self.group(name, group)
        begin = decoded(after)
        own = sorted(i for i, c in of_group.pending.items() if c == consumer and i > begin)
        return [(encoded(i), stream.entries.get(i, {})) for i in own[:count]]

    def claim(self, name: str, group: str, consumer: str, cursor: bytes, count: int) -> bytes:
        """XAUTOCLAIM with no idle time; return where to go on."""
        stream, of_group = self.group(name, group)
        begin = decoded(cursor)
        waiting = sorted(i for i in of_group.pending if i >= begin)
        for entry_id in waiting[:count]:
            if entry_id in stream.entries:
                of_group.pending[entry_id] = consumer
            else:
                del of_group.pending[entry_id]
        return encoded(waiting[count]) if len(waiting) > count else b"0-0"

    def acknowledge(self, name: str, group: str, entry_ids: Iterable[bytes]) -> None:
        """XACK and XDEL."""
        stream = self.streams.get(name)
        if stream is None:
            return
        for entry_id in map(decoded, entry_ids):
            if group in stream.groups:
                stream.groups[group].pending.pop(entry_id, None)
            fields = stream.entries.pop(entry_id, None)
            if fields is not None:
                self.acknowledged(fields)

    def length(self, name: str) -> int:
        """XLEN."""
        stream = self.stream(name)
        return 0 if stream is None else len(stream.entries)


def encoded(entry_id: EntryId) -> bytes:
    """Write an entry's id as Redis does."""
    return b"%d-%d" % entry_id


def decoded(entry_id: bytes) -> EntryId:
    """Read an entry's id."""
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or b"0")
