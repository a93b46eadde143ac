"""Nucleotides of a model of a file: what is DNA, what is left out, and what cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from dnawire.errors import InvalidStructureError
from dnawire.structures.names import atom_name, base_of, is_ribonucleotide
from dnawire.structures.template import Position

if TYPE_CHECKING:
    import gemmi

_NO_LABEL: Final = "\0"
_SUGAR: Final = frozenset({"C1'", "C3'", "C4'"})
_RIBOSE: Final = "O2'"


@dataclass(frozen=True, eq=False)
class Nucleotide:
    """A nucleotide as it stands in a file.

    Parameters
    ----------
    place
        How a user finds it in the file, for example ``DA A 5``.
    chain, segment
        Name of its chain, and number of the chain or of what ``TER`` left of it.
    base
        One of A, C, G, T, F, _.
    atoms
        Positions in Angstrom by name of the atom.
    """

    place: str
    chain: str
    segment: int
    base: str
    atoms: Mapping[str, Position]


@dataclass(frozen=True, eq=False)
class FoundNucleotides:
    """What a model holds.

    Parameters
    ----------
    nucleotides
        Those of DNA, in the order of the file.
    left_out
        Numbers of all other residues by their names.
    alternatives
        For each nucleotide with alternative locations a text that tells the chosen one.
    """

    nucleotides: tuple[Nucleotide, ...]
    left_out: Mapping[str, int]
    alternatives: tuple[str, ...]


def find_nucleotides(model: gemmi.Model, chains: Sequence[str] = ()) -> FoundNucleotides:
    """Find the nucleotides of a model.

    Parameters
    ----------
    model
        As `dnawire.structures.coordinates.load_models` reads it.
    chains
        Names of the chains to read; others are left out. Without names all are read.

    Raises
    ------
    InvalidStructureError
        If there is RNA, a modified nucleotide, an atom twice, a position that is not finite or no
        chain of a name; names chain and residue.
    """
    _check_chains(model, chains)
    found: list[Nucleotide] = []
    left_out: Counter[str] = Counter()
    alternatives: list[str] = []
    for segment, chain in enumerate(model):
        residues = list(chain)
        _check_one_kind(chain.name, residues)
        for residue in residues:
            base = base_of(residue.name)
            if chains and chain.name not in chains:
                left_out[residue.name] += 1
            elif base is None:
                _check_foreign(_place(chain.name, residue), residue)
                left_out[residue.name] += 1
            else:
                place = _place(chain.name, residue)
                atoms, chosen = _choose(residue)
                alternatives += [f"{place}: {chosen}"] if chosen else []
                positions = _positions(place, base, atoms)
                found.append(Nucleotide(place, chain.name, segment, base, positions))
    if not found:
        names = ", ".join(f"{number} {name}" for name, number in left_out.items())
        raise InvalidStructureError(
            f"no residue is a nucleotide of DNA; there are {names}.",
            "name the nucleotides DA, DC, DG and DT.",
        )
    return FoundNucleotides(tuple(found), left_out, tuple(alternatives))


def _place(chain: str, residue: gemmi.Residue) -> str:
    words = (residue.name, chain or residue.segment, str(residue.seqid))
    return " ".join(word for word in words if word)


def _check_chains(model: gemmi.Model, chains: Sequence[str]) -> None:
    known = dict.fromkeys(chain.name for chain in model)
    for name in chains:
        if name not in known:
            raise InvalidStructureError(
                f"there is no chain '{name}'.", f"choose of {', '.join(known)}."
            )


def _check_one_kind(chain: str, residues: Sequence[gemmi.Residue]) -> None:
    """Refuse two kinds of nucleotides in alternative locations of one residue."""
    for one, following in pairwise(residues):
        if one.seqid == following.seqid and one.name != following.name:
            both = (one, following)
            if all(atom.has_altloc() for residue in both for atom in residue):
                raise InvalidStructureError(
                    f"{_place(chain, one)} is {following.name}, too, in an alternative location.",
                    "keep one of them in the file.",
                )


def _check_foreign(place: str, residue: gemmi.Residue) -> None:
    """Refuse what is no DNA and yet seems to be a part of a strand."""
    if is_ribonucleotide(residue.name):
        raise InvalidStructureError(
            f"{place} is a nucleotide of RNA, or uracil.",
            "use a duplex of DNA with the bases A, C, G and T.",
        )
    names = {atom.name.replace("*", "'") for atom in residue}
    if names >= _SUGAR:
        raise InvalidStructureError(
            f"{place} is a modified nucleotide: it has a sugar and no name of DNA.",
            "use a duplex of A, C, G, T, 5-methylcytosine (5CM) and abasic nucleotides (3DR); take "
            "the residue out of the file if it is no part of a strand.",
        )


def _choose(residue: gemmi.Residue) -> tuple[list[gemmi.Atom], str]:
    """Atoms of the alternative location of the highest mean occupancy, and a text that tells it."""
    occupancies: dict[str, list[float]] = {}
    for atom in residue:
        if atom.altloc != _NO_LABEL:
            occupancies.setdefault(atom.altloc, []).append(atom.occ)
    if len(occupancies) < 2:
        return list(residue), ""
    means = {label: float(np.mean(values)) for label, values in occupancies.items()}
    chosen = max(means, key=lambda label: means[label])
    told = ", ".join(f"{label} {mean:.2f}" for label, mean in means.items())
    atoms = [atom for atom in residue if atom.altloc in (_NO_LABEL, chosen)]
    return atoms, f"{chosen} (occupancies {told})"


def _positions(place: str, base: str, atoms: Sequence[gemmi.Atom]) -> dict[str, Position]:
    found: dict[str, Position] = {}
    for name, atom in _named(base, atoms):
        if name == _RIBOSE:
            raise InvalidStructureError(
                f"{place} is a nucleotide of RNA: it has {_RIBOSE}.", "use a duplex of DNA."
            )
        if name in found:
            raise InvalidStructureError(
                f"{place} has {name} twice.",
                "give residues different numbers, and the strands different chains.",
            )
        position = np.array(atom.pos.tolist())
        if not np.isfinite(position).all():
            raise InvalidStructureError(
                f"{place}: the position of {name} is not finite.", "mend the file."
            )
        found[name] = position
    return found


def _named(base: str, atoms: Sequence[gemmi.Atom]) -> Iterator[tuple[str, gemmi.Atom]]:
    for atom in atoms:
        is_deuterium = atom.element.name == "D"
        yield atom_name(atom.name, base=base, is_deuterium=is_deuterium), atom
