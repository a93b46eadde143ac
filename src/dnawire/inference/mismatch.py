"""A mismatch at a given place of every sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Int8
from numpy.typing import NDArray

from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import BASES, IUPAC

_LAST_BASE: Final = len(BASES) - 1


@dataclass(frozen=True)
class Mismatch:
    """One base pair that is none.

    Parameters
    ----------
    position
        Position of the base pair from the 5' end of the upper strand; negative positions count from
        its 3' end.
    upper
        IUPAC letter of the base of the upper strand.
    lower
        The base opposite of it, one of A, C, G and T.

    Raises
    ------
    InvalidDuplexError
        If a letter is none, or the two can only be a Watson-Crick pair.
    """

    position: int
    upper: str
    lower: str

    def __post_init__(self) -> None:
        if self.upper not in IUPAC or self.lower not in BASES or not self.bases:
            raise InvalidDuplexError(
                f"mismatch '{self.text}' is none.",
                "write POSITION:PAIR, e.g. 3:GT for G in the upper strand opposite of T, or 3:NT "
                "for any base that does not pair with T.",
            )

    @classmethod
    def parse(cls, text: str) -> Mismatch:
        """Read a mismatch, e.g. ``3:GT``.

        Raises
        ------
        InvalidDuplexError
            If it is none.
        """
        position, colon, pair = text.strip().upper().partition(":")
        number = position.removeprefix("-")
        if not (colon and number.isascii() and number.isdigit() and len(pair) == len("GT")):
            raise InvalidDuplexError(
                f"mismatch '{text}' is none.", "write POSITION:PAIR, e.g. 3:GT, or 3:NT."
            )
        return cls(int(position), *pair)

    @property
    def text(self) -> str:
        """What `parse` reads."""
        return f"{self.position}:{self.upper}{self.lower}"

    @property
    def bases(self) -> list[str]:
        """Bases of the upper strand that do not pair with the lower one."""
        partner = BASES[_LAST_BASE - BASES.index(self.lower)]
        return [base for base in IUPAC[self.upper] if base != partner]

    def narrow(self, choices: Bool[NDArray[np.bool_], "L 4"]) -> Bool[NDArray[np.bool_], "L 4"]:
        """Leave the bases that make a mismatch to its position, of choices (L, 4).

        Raises
        ------
        UsageError
            If the position lies outside.
        """
        length = len(choices)
        if not -length <= self.position < length:
            raise UsageError(
                f"mismatch {self.text} lies outside of {length} base pairs",
                f"Choose a position from 0 to {length - 1}, or from -1 to {-length}.",
            )
        narrowed = choices.copy()
        narrowed[self.position] &= [base in self.bases for base in BASES]
        return narrowed

    def put_into(self, codes: Int8[NDArray[np.int8], "B L 2"]) -> Int8[NDArray[np.int8], "B L 2"]:
        """Replace one base of the lower strands."""
        mismatched = codes.copy()
        mismatched[:, self.position, 1] = BASES.index(self.lower)
        return mismatched


def paired(upper: Int8[NDArray[np.int8], "B L"]) -> Int8[NDArray[np.int8], "B L 2"]:
    """Base codes of the Watson-Crick duplexes of some upper strands."""
    return np.stack((upper, _LAST_BASE - upper), axis=2)
