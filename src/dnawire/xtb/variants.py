"""Contact variants: where the right electrode is, and how strongly both couple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from dnawire.junction import Contact, Duplex, Junction

Kind = Literal["same", "cross"]

_RIGHT: Final[dict[Kind, str]] = {"same": "upper:-1", "cross": "lower:0"}


@dataclass(frozen=True)
class Variant:
    """Contacts on all orbitals of two nucleotides.

    Parameters
    ----------
    kind
        ``same``: the two ends of the upper strand; ``cross``: the 5' ends of both strands.
    gamma
        Coupling of either contact in eV.
    """

    kind: Kind
    gamma: float

    @property
    def name(self) -> str:
        """For identifiers, for example ``same/0.1``."""
        return f"{self.kind}/{self.gamma:g}"

    def junction(self, duplex: Duplex) -> Junction:
        """The duplex between these contacts."""
        left, right = (Contact.parse(text, self.gamma) for text in ("upper:0", _RIGHT[self.kind]))
        return Junction(duplex, left, right)
