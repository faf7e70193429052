"""The room's Lua scripts, read once. Each begins with what they share (`lua/room.lua`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LUA = Path(__file__).parent / "lua"


def _script(name: str) -> str:
    return "\n".join((_LUA / f).read_text(encoding="utf-8") for f in ("room.lua", f"{name}.lua"))


SIGN_IN: Final = _script("sign_in")
STANDING: Final = _script("standing")
ENTER: Final = _script("enter")
TOUCH: Final = _script("touch")
BOOKED: Final = _script("booked")
LEAVE: Final = _script("leave")
RESTORE: Final = _script("restore")
ADVANCE: Final = _script("advance")
