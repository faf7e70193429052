"""One stack for the tests of a module: each leaves it whole again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A running stack whose folder PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="seiriken-system-", dir="/tmp"))
    folder.chmod(0o711)
    with running_stack(folder / "home", "--people", "2000", "--seed", "7") as running:
        yield running
    shutil.rmtree(folder)
