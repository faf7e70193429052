"""What holds for every test: how Hypothesis searches, and where logs go."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.log_lines import log_to_stderr

# No limit of time, neither for an example nor for making ten: a busy machine is no fault of the
# code. CI repeats the same search each time, so that what fails there fails here; elsewhere each
# run looks somewhere new.
settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")

# As each process of ours does: a city that runs in the test's own process never writes between
# the lines of a command's answer.
log_to_stderr()
