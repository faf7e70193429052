"""The peers' own virtual environment: pretix pins its own Django, and ours is not to change.

It is made from `requirements/peers.txt` (versions and hashes), once for each change of it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from loadtests.bench.errors import BenchStopped
from loadtests.peers.systems.processes import ROOT

LOCK_FILE = ROOT / "requirements" / "peers.txt"
_FOLDER = ROOT / ".venv-peers"
_STAMP = _FOLDER / "installed"
_INSTALL_S_MAX = 900


def installed_python() -> Path:
    """Return the environment's Python; make the environment when it is missing or old.

    Raises:
        BenchStopped: it cannot be made.
    """
    python = _FOLDER / "bin" / "python"
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    if not _STAMP.exists() or _STAMP.read_text(encoding="utf-8") != digest:
        shutil.rmtree(_FOLDER, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(_FOLDER))
        options = ("--quiet", "--require-hashes", "--no-compile")
        _run(str(python), "-m", "pip", "install", *options, "-r", str(LOCK_FILE))
        _STAMP.write_text(digest, encoding="utf-8")
    return python


def _run(*command: str) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=_INSTALL_S_MAX
    )
    if done.returncode != 0:
        raise BenchStopped(f"the peers' environment: {done.stderr.strip()[-600:]}")
