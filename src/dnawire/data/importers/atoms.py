"""Atoms as a source lists them, and the elements that DNA is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ATOMIC_NUMBERS: Final = {"H": 1, "C": 6, "N": 7, "O": 8, "P": 15}
"""Of the elements that DNA is made of."""

SYMBOLS: Final = {str(number): symbol for symbol, number in ATOMIC_NUMBERS.items()}
"""Elements by what stands for them in an input that writes numbers."""

_LEADING: Final = re.compile(r"\d*([A-Za-z])")


@dataclass(frozen=True)
class Atom:
    """One atom of a structure.

    Parameters
    ----------
    chain
        Name of its strand; empty if the source has none.
    segment
        How many strands the source ended before it.
    number, insertion
        Number of its residue, and the letter that tells residues of equal numbers apart.
    residue
        Name of its residue, for example ``DA``.
    name
        Its own name, for example ``C1'``; empty if unknown.
    element
        Symbol; empty if unknown.
    position
        In angstrom; None if unknown.
    """

    chain: str
    segment: int
    number: int
    insertion: str
    residue: str
    name: str
    element: str
    position: tuple[float, float, float] | None

    @property
    def place(self) -> str:
        """Residue as a user finds it in the source, for example ``DA 1`` or ``DA A 1``."""
        words = (self.residue, self.chain, f"{self.number}{self.insertion}")
        return " ".join(word for word in words if word)


def element_of(symbol: str, name: str) -> str:
    """Find an element by its symbol, or else by the name of an atom of DNA.

    Parameters
    ----------
    symbol
        What stands where the symbol should: older files have nothing or something else there.
    name
        Name of the atom; its first letter is its element.
    """
    if symbol.upper() in ATOMIC_NUMBERS:
        return symbol.upper()
    found = _LEADING.match(name)
    return found[1].upper() if found else ""
