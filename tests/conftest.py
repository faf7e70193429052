"""What holds for every test: how Hypothesis searches."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a busy machine is no fault of the code. CI repeats the same search each time,
# so that what fails there fails here; elsewhere each run looks somewhere new.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")
