"""Faults of the waiting room. Not being one's turn is no fault: that is an answer."""


class WaitingRoomError(Exception):
    """Something of the waiting room's failed; nobody was let in."""


class RoomAway(WaitingRoomError):
    """Redis does not answer, so nobody can be let in."""


class NotReady(WaitingRoomError):
    """Redis answers but does not hold the roster or the room yet; it is being filled."""
