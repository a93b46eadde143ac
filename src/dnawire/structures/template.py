"""What a nucleotide is made of: names and order of its atoms, and which of them are bonded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.structures.atoms import BOND_SCALES, COVALENT_RADII
from dnawire.structures.helix import load_helix

Position = Float[NDArray[np.float64], " 3"]

PREVIOUS: Final = "-O3'"
"""Name of the O3' of the nucleotide before, which is bonded to P."""


@dataclass(frozen=True, eq=False)
class Template:
    """A nucleotide of the ideal helix.

    Parameters
    ----------
    names
        Names of its atoms in their order.
    positions
        Positions in Angstrom by name, at level 0 of the upper strand; with `PREVIOUS` where there
        is a nucleotide before.
    neighbors
        Names of the bonded atoms by name.
    """

    names: tuple[str, ...]
    positions: Mapping[str, Position]
    neighbors: Mapping[str, tuple[str, ...]]

    def heavy_neighbors(self, name: str) -> tuple[str, ...]:
        """Names of the bonded atoms that are no hydrogen."""
        return tuple(one for one in self.neighbors[name] if not one.startswith("H"))


@cache
def load_template(base: str, *, is_first: bool, is_last: bool) -> Template:
    """Nucleotide of a base; ``is_first`` and ``is_last`` count from the 5' end."""
    helix = load_helix()
    positions = {
        name: np.array(position)
        for part in helix.nucleotide(base, is_first=is_first, is_last=is_last)
        for name, position in part.items()
    }
    names = tuple(positions)
    if not is_first:
        turn, shift = helix.frame(-1, 0)
        positions[PREVIOUS] = turn @ positions["O3'"] + shift
    neighbors = {
        one: tuple(other for other in positions if other != one and _is_bond(one, other, positions))
        for one in positions
    }
    return Template(names, positions, neighbors)


def _is_bond(one: str, other: str, positions: Mapping[str, Position]) -> bool:
    radii = (COVALENT_RADII[name.removeprefix("-")[0]] for name in (one, other))
    return float(np.linalg.norm(positions[one] - positions[other])) < BOND_SCALES[1] * sum(radii)
