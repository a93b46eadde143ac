"""Whether the geometry of a duplex can be that of DNA; a wrong one converges silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dnawire.errors import InvalidStructureError
from dnawire.junction import MISSING, reverse_complement
from dnawire.structures.atoms import BOND_SCALES, COVALENT_RADII, AtomicStructure
from dnawire.structures.methylation import unmodified
from dnawire.structures.template import Template, load_template

_CLASH_HEAVY, _CLASH_HYDROGEN, _CLASH_BRIDGE = 2.4, 1.6, 1.4
"""Angstrom between heavy atoms, between hydrogen and any, and between hydrogen and N or O.

Hydrogen bonds have 2.7 to 3.0 and 1.7 to 2.1 on the average, and vary by 0.15 at room temperature.
"""
_CLASH_ANGLE: Final = 2.0
"""Angstrom between atoms on two sides of O3' or P of a linkage, 2.4 to 2.7 where nothing moves."""
_ACROSS: Final = frozenset(
    frozenset(pair) for pair in (("O3'", "OP1"), ("O3'", "OP2"), ("O3'", "O5'"), ("C3'", "P"))
)
_LINKAGE: Final = (1.4, 1.8)
"""Angstrom between O3' and the P of the next nucleotide.

Crystals have 1.607 with a deviation of 0.012 (doi:10.1021/ja9528846); a bond of 230 kcal/mol/A^2,
as force fields have it (doi:10.1021/ja00124a002), adds 0.036 at 300 K: five of these are 0.2.
"""
_PAIRING: Final = (2.4, 4.0)
"""Angstrom between donor and acceptor of a Watson-Crick hydrogen bond.

Moderate hydrogen bonds have 2.5 to 3.2, weak ones 3.2 to 4.0 (Jeffrey, An Introduction to Hydrogen
Bonding, 1997). Crystals of 2 Angstrom resolution and moving pairs with propeller are in between.
"""
_HYDROGEN_BONDS: Final = {
    "GC": (("O6", "N4"), ("N1", "N3"), ("N2", "O2")),
    "AT": (("N6", "O4"), ("N1", "N3")),
}
_CENTERS: Final = {
    "C1'": ("O4'", "C2'", "N"),
    "C3'": ("C2'", "C4'", "O3'"),
    "C4'": ("C3'", "O4'", "C5'"),
}
"""Carbons of the sugar with a handedness, and three neighbors; N is that of the base."""


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
            "room for pairs of two purines and for wobble pairs (G with T, A with C).",
        )


def find_defect(structure: AtomicStructure) -> str | None:
    """Find the first defect: linkages, clashes, bonds, handedness and Watson-Crick pairs.

    The limits leave room for crystals of 2 Angstrom resolution and for molecular dynamics at room
    temperature; a pair that is open is a defect.

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
    yield from _broken(structure)
    yield from _mirrored(structure)
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
    elements = np.array(structure.elements)
    hydrogen = (elements == "H")[pairs]
    polar = np.isin(elements, ("N", "O"))[pairs]
    bridge = (hydrogen.any(1)) & polar.any(1)
    nearest = np.where(hydrogen.any(1), _CLASH_HYDROGEN, _CLASH_HEAVY)
    nearest = np.where(bridge, _CLASH_BRIDGE, nearest)
    apart = structure.nucleotides[pairs[:, 0]] != structure.nucleotides[pairs[:, 1]]
    for row in np.flatnonzero(apart & (distances < nearest)):
        if not _is_linkage(structure, pairs[row].tolist(), distances[row]):
            yield _between(structure, pairs[row].tolist(), distances[row])


def _is_linkage(structure: AtomicStructure, pair: Sequence[int], distance: float) -> bool:
    """Whether two atoms are near because a bond or two join them to neighboring nucleotides."""
    one, two = sorted(int(structure.nucleotides[atom]) for atom in pair)
    names = frozenset(structure.names[atom] for atom in pair)
    if two - one != 1 or two == structure.duplex.length:
        return False
    return names == {"O3'", "P"} or (names in _ACROSS and distance > _CLASH_ANGLE)


def _bonds(
    structure: AtomicStructure, pairs: NDArray[np.int64], distances: NDArray[np.float64]
) -> Iterator[str]:
    """Atoms of one nucleotide that lie in each other, and atoms without a bond."""
    radii = _radii(structure)
    lengths = distances / radii[pairs].sum(1)
    for row in np.flatnonzero(lengths < BOND_SCALES[0]):
        yield _between(structure, pairs[row].tolist(), distances[row])
    bonds = np.bincount(pairs[lengths < BOND_SCALES[1]].ravel(), minlength=len(structure))
    for atom in np.flatnonzero(bonds == 0):
        yield f"{structure.label(int(atom))} has no bond"


def _radii(structure: AtomicStructure) -> NDArray[np.float64]:
    return np.array([COVALENT_RADII[element] for element in structure.elements])


def _broken(structure: AtomicStructure) -> Iterator[str]:
    """Atoms of one nucleotide that are bonded by their names and too far apart."""
    radii = _radii(structure)
    for numbers, template in _nucleotides(structure):
        for name, atom in numbers.items():
            for other in template.neighbors.get(name, ()):
                partner = numbers.get(other, -1)
                if partner <= atom:
                    continue
                ends = structure.positions[[atom, partner]]
                distance = float(np.linalg.norm(ends[0] - ends[1]))
                if distance > BOND_SCALES[1] * (radii[atom] + radii[partner]):
                    yield _between(structure, (atom, partner), distance)


def _mirrored(structure: AtomicStructure) -> Iterator[str]:
    """Carbons of the sugar whose handedness is the wrong one."""
    for numbers, template in _nucleotides(structure):
        for center, others in _CENTERS.items():
            around = [_base_nitrogen(numbers) if name == "N" else name for name in others]
            if not all(name in numbers for name in (center, *around)):
                continue
            here = structure.positions[[numbers[name] for name in (center, *around)]]
            ideal = np.array([template.positions[name] for name in (center, *around)])
            if _volume(here) * _volume(ideal) <= 0.0:
                yield f"{structure.label(numbers[center])} has the wrong handedness"


def _base_nitrogen(names: Mapping[str, int]) -> str:
    return "N9" if "N9" in names else "N1"


def _volume(points: NDArray[np.float64]) -> float:
    return float(np.linalg.det(points[1:] - points[0]))


def _nucleotides(structure: AtomicStructure) -> Iterator[tuple[dict[str, int], Template]]:
    """Numbers of the atoms of each nucleotide by name, and what it is made of."""
    length = structure.duplex.length
    letters = structure.duplex.upper + structure.duplex.lower
    rows: list[dict[str, int]] = [{} for _ in letters]
    for atom, nucleotide in enumerate(structure.nucleotides.tolist()):
        rows[nucleotide][structure.names[atom]] = atom
    for nucleotide, numbers in enumerate(rows):
        place = nucleotide % length
        yield (
            numbers,
            load_template(letters[nucleotide], is_first=place == 0, is_last=place == length - 1),
        )


def _hydrogen_bonds(structure: AtomicStructure) -> Iterator[str]:
    upper, lower = unmodified(structure.duplex.upper), unmodified(structure.duplex.lower)
    last = 2 * structure.duplex.length - 1
    for place, (one, two) in enumerate(zip(upper, reversed(lower), strict=True)):
        if one == MISSING or two != reverse_complement(one):
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
