"""Whether the geometry of a duplex can be that of DNA; a wrong one converges silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dnawire.errors import InvalidStructureError
from dnawire.junction import reverse_complement
from dnawire.structures.atoms import AtomicStructure

_RADII: Final = {"H": 0.31, "C": 0.76, "N": 0.71, "O": 0.66, "P": 1.07}
"""Covalent radii in Angstrom (Cordero 2008, doi:10.1039/b801115j)."""
_BOND_SCALES: Final = (0.75, 1.25)
"""Bond lengths in sums of covalent radii."""
_CLASH_HEAVY, _CLASH_HYDROGEN = 2.4, 1.6
"""Angstrom; hydrogen bonds have 2.7 to 3.0 and 1.7 to 2.1."""
_LINKAGE: Final = (1.5, 1.7)
"""Angstrom between O3' and the P of the next nucleotide."""
_PAIRING: Final = (2.6, 3.2)
"""Angstrom between donor and acceptor of a Watson-Crick hydrogen bond."""
_HYDROGEN_BONDS: Final = {
    "GC": (("O6", "N4"), ("N1", "N3"), ("N2", "O2")),
    "AT": (("N6", "O4"), ("N1", "N3")),
}


def check_structure(structure: AtomicStructure) -> None:
    """Refuse a geometry that is not one of DNA.

    Raises
    ------
    InvalidStructureError
        If `find_defect` finds something; names it.
    """
    defect = find_defect(structure)
    if defect is not None:
        raise InvalidStructureError(
            f"structure of '{structure.duplex.text}': {defect}.",
            "use a geometry without clashes and with whole nucleotides; ideal helices have no "
            "room for pairs of two purines.",
        )


def find_defect(structure: AtomicStructure) -> str | None:
    """Find the first defect: bonds, linkages, clashes and hydrogen bonds of Watson-Crick pairs.

    Returns
    -------
    str or None
        What is wrong, with atoms and distances in Angstrom; None if nothing is.
    """
    if not np.isfinite(structure.positions).all():
        return "positions are not finite"
    return next(_defects(structure), None)


def _defects(structure: AtomicStructure) -> Iterator[str]:
    pairs, distances = _near_pairs(structure)
    yield from _linkages(structure)
    yield from _clashes(structure, pairs, distances)
    yield from _bonds(structure, pairs, distances)
    yield from _hydrogen_bonds(structure)


def _near_pairs(structure: AtomicStructure) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of atoms (P, 2) that may be bonded or clash, and their distances."""
    pairs = cKDTree(structure.positions).query_pairs(_CLASH_HEAVY, output_type="ndarray")
    ends = structure.positions[pairs]
    return pairs, np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)


def _linkages(structure: AtomicStructure) -> Iterator[str]:
    for first, second in _neighbors(structure):
        yield from _outside(structure, (first, "O3'"), (second, "P"), _LINKAGE)


def _neighbors(structure: AtomicStructure) -> Iterator[tuple[int, int]]:
    length = structure.duplex.length
    return ((one, one + 1) for one in range(2 * length - 1) if one != length - 1)


def _clashes(
    structure: AtomicStructure, pairs: NDArray[np.int64], distances: NDArray[np.float64]
) -> Iterator[str]:
    """Atoms of different nucleotides that are too near; the bond of a linkage is none."""
    hydrogen = np.array([element == "H" for element in structure.elements])
    nearest = np.where(hydrogen[pairs].any(1), _CLASH_HYDROGEN, _CLASH_HEAVY)
    apart = structure.nucleotides[pairs[:, 0]] != structure.nucleotides[pairs[:, 1]]
    for row in np.flatnonzero(apart & (distances < nearest)):
        if {structure.names[atom] for atom in pairs[row]} != {"O3'", "P"}:
            yield _between(structure, pairs[row].tolist(), distances[row])


def _bonds(
    structure: AtomicStructure, pairs: NDArray[np.int64], distances: NDArray[np.float64]
) -> Iterator[str]:
    """Atoms of one nucleotide that lie in each other, and atoms without a bond."""
    radii = np.array([_RADII[element] for element in structure.elements])
    lengths = distances / radii[pairs].sum(1)
    for row in np.flatnonzero(lengths < _BOND_SCALES[0]):
        yield _between(structure, pairs[row].tolist(), distances[row])
    bonds = np.bincount(pairs[lengths < _BOND_SCALES[1]].ravel(), minlength=len(structure))
    for atom in np.flatnonzero(bonds == 0):
        yield f"{structure.label(int(atom))} has no bond"


def _hydrogen_bonds(structure: AtomicStructure) -> Iterator[str]:
    upper, lower = structure.duplex.upper, structure.duplex.lower
    last = 2 * structure.duplex.length - 1
    for place, (one, two) in enumerate(zip(upper, reversed(lower), strict=True)):
        if two != reverse_complement(one):
            continue
        purine, pyrimidine = (place, last - place) if one in "AG" else (last - place, place)
        bases = one + two if one in "AG" else two + one
        for donor, acceptor in _HYDROGEN_BONDS[bases]:
            ends = (purine, donor), (pyrimidine, acceptor)
            yield from _outside(structure, *ends, _PAIRING)


def _outside(
    structure: AtomicStructure,
    one: tuple[int, str],
    two: tuple[int, str],
    allowed: tuple[float, float],
) -> Iterator[str]:
    """Atoms, given by nucleotide and name, that are missing or not at the right distance."""
    first, second = structure.atom(*one), structure.atom(*two)
    if min(first, second) < 0:
        yield f"nucleotides {one[0]} and {two[0]} have not both {one[1]} and {two[1]}"
        return
    distance = float(np.linalg.norm(structure.positions[first] - structure.positions[second]))
    if not allowed[0] <= distance <= allowed[1]:
        yield _between(structure, (first, second), distance)


def _between(structure: AtomicStructure, atoms: Sequence[int], distance: float) -> str:
    one, two = atoms
    return f"{structure.label(one)} and {structure.label(two)} are {distance:.2f} Angstrom apart"
