"""What a Gaussian input says of the atoms that were calculated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dnawire.data.importers.atoms import ATOMIC_NUMBERS, SYMBOLS
from dnawire.data.importers.structure import ForeignDataError

_GEOMETRY: Final = 2
"""Sections are divided by blank lines: route, title, then charge, multiplicity and geometry."""
_SEPARATORS: Final = re.compile(r"[\s,]+")
_ATOM: Final = re.compile(r"([A-Za-z]{1,2})(?![A-Za-z])|([0-9]+)$")


@dataclass(frozen=True)
class GaussianInput:
    """Charge of a molecule, and the symbols of its atoms in order."""

    charge: int
    elements: tuple[str, ...]

    @property
    def num_electrons(self) -> int | None:
        """Number of electrons; None if an element is none of DNA."""
        if not set(self.elements) <= set(ATOMIC_NUMBERS):
            return None
        return sum(ATOMIC_NUMBERS[element] for element in self.elements) - self.charge


def read_gaussian(text: str) -> GaussianInput:
    """Read the first molecule of a Gaussian 16 input.

    Elements stand as symbols (in either case, with labels, types and parameters in parentheses) or
    as atomic numbers; blanks and commas divide; ``!`` begins a comment.

    Raises
    ------
    ForeignDataError
        If there is no geometry, or a line of it names no atom.
    """
    lines = [line.partition("!")[0].strip() for line in text.split("\n")]
    sections = [part.split("\n") for part in re.split(r"\n\n+", "\n".join(lines).strip("\n"))]
    geometry = sections[_GEOMETRY] if len(sections) > _GEOMETRY else []
    head = [word for word in _SEPARATORS.split(geometry[0]) if word] if geometry else []
    if len(head) < 2 or not re.fullmatch(r"[-+]?[0-9]{1,6}", head[0]):
        raise ForeignDataError("it has no third section with charge, multiplicity and atoms")
    return GaussianInput(int(head[0]), tuple(_element(line) for line in geometry[1:]))


def _element(line: str) -> str:
    word = _SEPARATORS.split(line.partition("(")[0].strip())[0]
    found = _ATOM.match(word)
    if found is None:
        raise ForeignDataError(f"{line[:40]!r} names no atom")
    if found[2]:
        return SYMBOLS.get(found[2].lstrip("0"), found[2])
    return found[1].capitalize()
