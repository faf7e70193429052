"""Ask a process in its own container whether it is well: exit status 0 or 1.

    python -I healthy.py PATH     of the internal port: /healthz, /readyz

The address is the process's own: HEALTHY_AT (host:port), 127.0.0.1:9100 when left out.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException

WAIT_S = 4.0


def answers(address: str, path: str) -> bool:
    """Say whether the internal port answers 200."""
    connection = HTTPConnection(address, timeout=WAIT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Return the exit status."""
    match arguments:
        case [path]:
            return 0 if answers(os.environ.get("HEALTHY_AT", "127.0.0.1:9100"), path) else 1
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
