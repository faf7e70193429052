"""The allocator under cProfile, every thread of it: `python -m loadtests.bench.profiled FILE`.

Times are processor seconds of the thread, so that waiting does not count.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import threading
import time
from types import FrameType

from allocator.__main__ import main as run_allocator


def main(profile_file: str) -> int:
    """Run the allocator until it is told to stop, then write where its time went."""
    profiles = [cProfile.Profile(time.thread_time)]

    def begin_in_thread(_frame: FrameType, _event: str, _argument: object) -> None:
        """Called at a new thread's first event; the profile takes this function's place."""
        profiles.append(cProfile.Profile(time.thread_time))
        profiles[-1].enable()

    threading.setprofile(begin_in_thread)
    code = profiles[0].runcall(run_allocator)
    threading.setprofile(None)
    pstats.Stats(*profiles).dump_stats(profile_file)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
