"""Faults of the command. The text is what the operator reads: one line, and what to do."""


class CommandError(Exception):
    """Something the operator can act on; shown without a traceback, exit code 1."""


class StackFailed(CommandError):
    """A part of the stack did not start; the text names its log and its last lines."""
