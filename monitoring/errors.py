"""What can go wrong in `monitoring`: one small tree, whose texts name things and never values."""

from __future__ import annotations


class MonitoringError(Exception):
    """A process cannot start as it is set up."""


class SettingsError(MonitoringError):
    """A setting is missing, misspelt, malformed or contradicts another.

    `variables` holds the names of the environment variables at fault.
    """

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        """Take (variable, what is wrong with it) pairs; no text may repeat a value."""
        self.variables = tuple(variable for variable, _ in faults)
        super().__init__("; ".join(f"{variable}: {fault}" for variable, fault in faults))


class SecretError(MonitoringError):
    """A secret's file is missing, unreadable or malformed; the text names the file."""
