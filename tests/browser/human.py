"""How long a person needs for what they do at a page, by published models. Nothing is waited for.

Acting: the Keystroke-Level Model (S. K. Card, T. P. Moran, A. Newell, "The keystroke-level model
for user performance time with interactive systems", Communications of the ACM 23 (7), 1980).
Reading: characters a minute of people who read aloud (S. Trauzettel-Klosinski, K. Dietz,
"Standardized assessment of reading performance: the new International Reading Speed Texts
IReST", Investigative Ophthalmology & Visual Science 53 (9), 2012), and how much faster one reads
in silence (M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language
109, 2019). These are means of adults: who is old, or reads a foreign language, needs longer.

Units: seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

THINK_S = 1.35
"""To prepare for an act (M)."""

POINT_S = 1.10
"""To bring a finger or the pointer to a target (P)."""

KEY_S = 0.28
"""A key, of what one knows by heart (K: an average typist who is no secretary)."""

COPIED_KEY_S = 0.75
"""A key, of what one reads off a paper (K: complex codes)."""

SILENT_BY_ALOUD = 238 / 183
CHARACTERS_READ_PER_S = {"ja": 357 / 60 * SILENT_BY_ALOUD, "en": 987 / 60 * SILENT_BY_ALOUD}


@dataclass
class Human:
    """Somebody who reads a language; `spent_s` grows with all they do."""

    language: str
    spent_s: float = 0.0
    _known: set[str] = field(default_factory=set)

    def reads(self, text: str) -> None:
        """Read every character of a text; a line that stood somewhere before is known at sight."""
        for line in map(str.strip, text.splitlines()):
            if line not in self._known:
                self._known.add(line)
                self.spent_s += len(line) / CHARACTERS_READ_PER_S[self.language]

    def types(self, keys: int) -> None:
        """Go to a field, and type what one knows by heart."""
        self.spent_s += THINK_S + POINT_S + keys * KEY_S

    def types_on(self, keys: int) -> None:
        """Type into the field that follows, which needs no thought of its own (rule 1 for M)."""
        self.spent_s += POINT_S + keys * KEY_S

    def copies(self, keys: int) -> None:
        """Go to a field, and type what stands on a paper."""
        self.spent_s += THINK_S + POINT_S + keys * COPIED_KEY_S

    def presses(self) -> None:
        """Decide for a button or link, go to it and press it."""
        self.spent_s += THINK_S + POINT_S + KEY_S
