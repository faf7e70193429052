"""How large what the staff send may be, where it is more than a form (`gateway.forms`).

The edge lets a little more pass (deploy/edge/staff/locations.conf.template): the gateway refuses in
the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping

PLANS_PATH, ROSTER_PATH = "/plans", "/roster"

MEBIBYTE = 1024 * 1024
FILE_BYTES_MAX = 8 * MEBIBYTE
"""Of a file that is sent in, with its form: a quarter of a million people, which take some 110 MiB
while they are read."""
PLAN_BYTES_MAX = 256 * 1024
"""Of a plan's text in its form, where each byte of Japanese becomes three."""
PLAN_TEXT_KB_MAX = 60
"""What people are told of that: as many KB fit in any script, with a reason."""

LARGER: Mapping[str, int] = {PLANS_PATH: PLAN_BYTES_MAX, ROSTER_PATH: FILE_BYTES_MAX}
