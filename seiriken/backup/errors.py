"""Faults of backups. The text is what the operator reads: one line, and what to do."""

from __future__ import annotations

from seiriken.errors import CommandError


class BackupError(CommandError):
    """A backup could not be made, read or restored."""


class Damaged(BackupError):
    """A file of the repository is not as it was written."""


class WrongKey(BackupError):
    """A file of the repository was sealed with another key."""
