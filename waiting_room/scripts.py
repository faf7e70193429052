"""The room's Lua scripts, read once. Each begins with what they share.

That is `lua/room.lua`, and `lua/vwr.lua` for those of the AWS-compatible line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LUA = Path(__file__).parent / "lua"


def _script(name: str, shared: str = "room") -> str:
    files = (f"{shared}.lua", f"{name}.lua")
    return "\n".join((_LUA / file).read_text(encoding="utf-8") for file in files)


SIGN_IN: Final = _script("sign_in")
STANDING: Final = _script("standing")
ENTER: Final = _script("enter")
TOUCH: Final = _script("touch")
BOOKED: Final = _script("booked")
LEAVE: Final = _script("leave")
END_SESSIONS: Final = _script("end_sessions")
RESTORE: Final = _script("restore")
ADVANCE: Final = _script("advance")
DESK_ASK: Final = _script("desk_ask")
DESK_CALL: Final = _script("desk_call")
VWR_ASSIGN: Final = _script("vwr_assign", "vwr")
VWR_POSITION: Final = _script("vwr_position", "vwr")
VWR_GRANT: Final = _script("vwr_grant", "vwr")
VWR_ADVANCE: Final = _script("vwr_advance", "vwr")
