"""Fixtures of the allocator's integration tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.allocator.books import Books


@pytest.fixture
def books(database_url: str, redis_url: str, tmp_path: Path) -> Books:
    """A loaded release on an empty Redis."""
    return Books(database_url, redis_url, tmp_path)
