"""Faults of the benchmark."""


class BenchStopped(Exception):
    """A part of the benchmark could not be run, or did not do what it claims."""
