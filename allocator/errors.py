"""Faults of the allocator. Refusals are not here: they are values (`allocator.model.Refusal`)."""


class AllocatorError(Exception):
    """Something of the allocator's failed; nothing was decided."""


class InboxFull(AllocatorError):
    """As many requests wait as the inbox may hold; ask again later."""


class InboxAway(AllocatorError):
    """Redis does not answer, so nothing can be handed in."""


class StoreAway(AllocatorError):
    """PostgreSQL does not answer, so nothing can be read or decided."""


class PaceAway(AllocatorError):
    """Redis does not answer, so nobody knows whose turn at a provider it is."""


class NotYours(AllocatorError):
    """The request belongs to somebody else."""


class SealBroken(AllocatorError):
    """A sealed value was changed, or sealed for something else, or with another key."""


class KeyMissing(AllocatorError):
    """No file of the secrets opens the newest key of contact details, so nothing can be sealed."""


class Fenced(AllocatorError):
    """Another writer has a newer epoch; this one must stop and commits nothing."""


class Outdated(AllocatorError):
    """What is on offer was changed meanwhile; nothing was committed. Load it, and decide again."""


class StoreContradicts(AllocatorError):
    """A constraint of the schema fired: a bug, or a second writer. Stop, do not retry."""


class CatalogueMissing(AllocatorError):
    """The catalogue has not been published yet."""


class MigrationStopped(AllocatorError):
    """The schema or its roles could not be brought up to date; nothing of the last step was kept.

    The text names the step and PostgreSQL's error code (SQLSTATE).
    """
