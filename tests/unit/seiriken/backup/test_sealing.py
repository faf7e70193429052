from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seiriken.backup.errors import BackupError, Damaged, WrongKey
from seiriken.backup.sealing import (
    CHUNK_BYTES,
    TAG_BYTES,
    Opener,
    Sealer,
    header_of,
    key_id,
    read_key,
)

KEY = bytes(range(32))
NOW = datetime(2021, 8, 20, 17, tzinfo=UTC)
SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES


def sealed(content: bytes, name: str = "a/base", key: bytes = KEY) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, key, name, NOW, NOW)
    sealer.write(content)
    sealer.finish()
    assert sealer.bytes_sealed == len(file.getvalue())
    return file.getvalue()


def opened(content: bytes, name: str = "a/base", key: bytes = KEY) -> bytes:
    return Opener(io.BytesIO(content), key, name).readall() or b""


def chunks_of(content: bytes, count: int) -> tuple[bytes, list[bytes]]:
    """Split a sealed file of `count` chunks, the last of them one byte long."""
    last = TAG_BYTES + 1
    head = len(content) - last - (count - 1) * SEALED_CHUNK
    starts = [head + number * SEALED_CHUNK for number in range(count)]
    return content[:head], [content[s : s + SEALED_CHUNK] for s in starts]


@pytest.mark.parametrize(
    "length", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES]
)
def test_what_was_sealed_is_read_again(length: int) -> None:
    content = b"x" * length
    assert opened(sealed(content)) == content


def test_nothing_of_the_content_is_there_in_plain() -> None:
    assert b"personal" not in sealed(b"personal" * 10)


def test_same_content_is_never_sealed_to_the_same_bytes() -> None:
    assert sealed(b"same")[-20:] != sealed(b"same")[-20:]


def test_flipped_bit_is_found_wherever_it_is() -> None:
    """Every bit of a small file, its header included."""
    whole = sealed(b"some content")
    for place in range(8 * len(whole)):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        with pytest.raises((Damaged, WrongKey)):
            opened(bytes(content))


@given(st.integers(1, 200))
def test_cut_file_is_found(count: int) -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"some content")[:-count])


def test_file_cut_between_two_chunks_is_found() -> None:
    head, chunks = chunks_of(sealed(b"x" * (2 * CHUNK_BYTES + 1)), 3)
    assert opened(head + b"".join(chunks)) == b"x" * (2 * CHUNK_BYTES + 1)
    with pytest.raises(Damaged, match="chunk 1"):
        opened(head + chunks[0] + chunks[1])


def test_reordered_repeated_and_lengthened_files_are_found() -> None:
    head, (first, second, last) = chunks_of(sealed(b"x" * (2 * CHUNK_BYTES + 1)), 3)
    for altered in (
        [second, first, last],
        [first, first, last],
        [first, second, second, last],
        [first, second, last, b"more"],
    ):
        with pytest.raises(Damaged):
            opened(head + b"".join(altered))


def test_file_that_was_never_finished_is_one_that_was_cut() -> None:
    file = io.BytesIO()
    Sealer(file, KEY, "a/base", NOW).write(b"x" * (CHUNK_BYTES + 1))
    with pytest.raises(Damaged):
        opened(file.getvalue())


def test_chunk_of_another_file_is_found() -> None:
    one, other = (sealed(b"x" * (CHUNK_BYTES + 1)) for _ in range(2))
    head, (_, last) = chunks_of(one, 2)
    _, (foreign, _) = chunks_of(other, 2)
    with pytest.raises(Damaged, match="chunk 0"):
        opened(head + foreign + last)


def test_wrong_key_is_said_to_be_one() -> None:
    with pytest.raises(WrongKey, match=f"a/base was sealed with another key .{key_id(KEY)}"):
        opened(sealed(b"x"), key=bytes(32))
    assert KEY.hex() not in key_id(KEY)


def test_file_under_another_name_is_found() -> None:
    with pytest.raises(Damaged, match="b/base holds a/base"):
        opened(sealed(b"x"), name="b/base")


@pytest.mark.parametrize("content", [b"", b"no sealed file at all, but long enough to be one"])
def test_something_else_is_no_sealed_file(content: bytes) -> None:
    with pytest.raises(Damaged, match="is no sealed file"):
        opened(content)


def test_header_says_what_it_is_without_the_key(tmp_path: Path) -> None:
    (tmp_path / "wal.sealed").write_bytes(sealed(b"x"))
    header = header_of(tmp_path / "wal.sealed", "wal")
    assert (header.name, header.sealed_at, header.through) == ("a/base", NOW, NOW)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), ("xyz", "not hexadecimal"), ("ab", "not 32 bytes")],
)
def test_key_that_is_none_is_said(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "backup.key"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BackupError, match=reason):
        read_key(path)


def test_key_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "backup.key").write_text(f"{KEY.hex()}\n")
    assert read_key(tmp_path / "backup.key") == KEY
