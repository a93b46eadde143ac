"""From atoms to the two strands of a duplex, and LDOS in the order of their residues.

A residue is known by its strand (chain, and what ``TER`` or numbers that start again divide), its
number and its insertion code. Strands are listed 5'->3', the upper one first; where nothing
divides them, the first half of the residues is the upper one, as G3NAT writes it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.atoms import Atom
from dnawire.junction import STRANDS, Duplex, Strand

_RESIDUE_NAME: Final = re.compile(r"D?([ACGT])[35N]?|(ADE|CYT|GUA|THY)[35]?")
_LONGEST_BOND: Final = 2.5
"""Angstrom; a phosphodiester bond O3'-P has 1.6."""
_SUGAR, _RIBOSE, _FIVE_PRIME, _THREE_PRIME = "C1'", "O2'", "P", "O3'"

_Key = tuple[str, int, int, int, str]
"""Chain, segment, restarts of the numbers, number and insertion code of a residue."""


class ForeignDataError(ValueError):
    """What is wrong with a foreign calculation; the importer adds the file."""


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Add the name of the file or run to what is wrong with it."""
    try:
        yield
    except ForeignDataError as error:
        raise ForeignDataError(f"{name}: {error}") from error


@dataclass(frozen=True, eq=False)
class Structure:
    """Residues of a duplex.

    Parameters
    ----------
    residue
        Residue of every atom from 0, int64 (atoms,); the upper strand comes first, both 5'->3'.
    duplex
        The duplex that they spell.
    """

    residue: NDArray[np.int64]
    duplex: Duplex

    @property
    def num_residues(self) -> int:
        """Number of nucleotides, 2L."""
        return 2 * self.duplex.length

    def place(self, residue: int) -> tuple[Strand, int]:
        """Strand of a residue, and its position from the 5' end."""
        length = self.duplex.length
        return ("upper", residue) if residue < length else ("lower", residue - length)


def read_structure(atoms: Sequence[Atom]) -> Structure:
    """Find the duplex that a list of atoms spells.

    Parameters
    ----------
    atoms
        In the order of the source.

    Returns
    -------
    Structure
        Residues and duplex.

    Raises
    ------
    ForeignDataError
        If the residues are not two strands of equal length, one is not a whole nucleotide of DNA,
        or a strand is not written 5'->3'; names the residue.
    """
    keys = list(_keys(atoms))
    order = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    residue = np.array([order[key] for key in keys], dtype=np.int64)
    residues: list[list[Atom]] = [[] for _ in order]
    for atom, index in zip(atoms, residue, strict=True):
        residues[index].append(atom)
    letters = _letters(residues)
    for one in residues:
        _check_nucleotide(one)
    length = _length_of_strands(list(order), residues)
    for strand in (residues[:length], residues[length:]):
        _check_direction(strand)
    return Structure(residue, Duplex(letters[:length], letters[length:]))


def _keys(atoms: Sequence[Atom]) -> Iterator[_Key]:
    """Tell the residues apart: numbers that fall begin another strand."""
    restarts, last = 0, None
    for atom in atoms:
        strand = (atom.chain, atom.segment)
        if last is not None and last[:2] == strand and atom.number < last[2]:
            restarts += 1
        last = (*strand, atom.number)
        yield (*strand, restarts, atom.number, atom.insertion)


def _letters(residues: Sequence[Sequence[Atom]]) -> str:
    matches = [_RESIDUE_NAME.fullmatch(one[0].residue.strip().upper()) for one in residues]
    foreign = [one[0].place for one, match in zip(residues, matches, strict=True) if match is None]
    if foreign:
        raise ForeignDataError(
            f"{', '.join(foreign)}: no nucleotide of DNA with one of the bases A, C, G and T "
            "(take out what was not part of the calculation)"
        )
    return "".join((match[1] or match[2][0]) for match in matches if match is not None)


def _check_nucleotide(residue: Sequence[Atom]) -> None:
    """Refuse what is not one whole nucleotide of DNA, as far as its atoms have names."""
    names = Counter(atom.name for atom in residue if atom.name)
    place = residue[0].place
    if {atom.residue for atom in residue} != {residue[0].residue}:
        raise ForeignDataError(f"residue {place} has several names: is its number there twice?")
    if not names:
        return
    twice = [name for name, number in names.items() if number > 1]
    if twice:
        raise ForeignDataError(
            f"residue {place} holds {twice[0]} twice: residues of two strands have the same "
            "number, or an atom has alternate locations"
        )
    if _RIBOSE in names:
        raise ForeignDataError(f"residue {place} is RNA: it holds {_RIBOSE}")
    if _SUGAR not in names:
        raise ForeignDataError(f"residue {place} is no whole nucleotide: it has no {_SUGAR}")


def _length_of_strands(keys: Sequence[_Key], residues: Sequence[Sequence[Atom]]) -> int:
    sizes = [len(list(group)) for _, group in groupby(keys, key=lambda key: key[:3])]
    if len(sizes) == 1 and sizes[0] % 2 == 0:
        length = sizes[0] // 2
        if _bond(residues[length - 1], residues[length]) == "bonded":
            raise ForeignDataError(
                f"its {2 * length} residues are one strand: a bond joins "
                f"{residues[length - 1][0].place} and {residues[length][0].place}"
            )
        return length
    if len(sizes) != len(STRANDS) or sizes[0] != sizes[1]:
        found = " + ".join(map(str, sizes)) or "no"
        raise ForeignDataError(
            f"its {sum(map(len, residues))} atoms are {found} residues, not two equal strands "
            "(chains, TER records and numbers that start again divide strands)"
        )
    return sizes[0]


def _check_direction(strand: Sequence[Sequence[Atom]]) -> None:
    """Refuse a strand whose residues do not follow each other 5'->3' along its backbone."""
    for one, following in pairwise(strand):
        if _bond(one, following) == "apart":
            raise ForeignDataError(
                f"no bond {_THREE_PRIME}-{_FIVE_PRIME} from residue {one[0].place} to "
                f"{following[0].place}: a residue is missing, or the strand is not written 5'->3'"
            )


def _bond(one: Sequence[Atom], following: Sequence[Atom]) -> str:
    """``bonded`` or ``apart``, or ``unknown`` where the atoms or their positions are not given."""
    ends = [
        next((atom.position for atom in residue if atom.name == name), None)
        for residue, name in ((one, _THREE_PRIME), (following, _FIVE_PRIME))
    ]
    if ends[0] is None or ends[1] is None:
        return "unknown"
    return "bonded" if math.dist(ends[0], ends[1]) < _LONGEST_BOND else "apart"


def sum_over_residues(atom_ldos: NDArray[Any], structure: Structure) -> NDArray[np.float64]:
    """LDOS of residues from LDOS of atoms.

    Parameters
    ----------
    atom_ldos
        (atoms, E), 1/eV.
    structure
        Residue of every atom.

    Returns
    -------
    ndarray
        (2L, E), 1/eV.

    Raises
    ------
    ForeignDataError
        If the number of atoms differs.
    """
    if len(atom_ldos) != len(structure.residue):
        raise ForeignDataError(
            f"LDOS of {len(atom_ldos)} atoms for a structure of {len(structure.residue)}"
        )
    total = np.zeros((structure.num_residues, *atom_ldos.shape[1:]))
    np.add.at(total, structure.residue, atom_ldos)
    return total
