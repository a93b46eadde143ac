"""Atoms as a file in the PDB format, version 3.3 (wwPDB, 2012)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from dnawire.errors import UsageError
from dnawire.junction import BASES
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.names import residue_name

_ATOMS: Final = 99_999
_NUCLEOTIDES: Final = 9_999
_MODELS: Final = 9_999
_WIDTH: Final = 8


def pdb_text(structures: AtomicStructure | Sequence[AtomicStructure]) -> str:
    """Write atoms as PDB text: chain A is the upper strand, chain B the lower one.

    Parameters
    ----------
    structures
        A structure, or several, each of which becomes a ``MODEL``.

    Raises
    ------
    UsageError
        If a number does not fit into its columns.
    """
    if isinstance(structures, AtomicStructure):
        return "\n".join([*_lines(structures), "END", ""])
    if len(structures) > _MODELS:
        raise _too_large(f"{len(structures)} models")
    return "\n".join([*_models(structures), "END", ""])


def _models(structures: Sequence[AtomicStructure]) -> Iterator[str]:
    for number, structure in enumerate(structures, start=1):
        yield f"MODEL     {number:>4}"
        yield from _lines(structure)
        yield "ENDMDL"


def _too_large(what: str) -> UsageError:
    return UsageError(
        f"{what} do not fit into the columns of the PDB format.",
        "write a file in the mmCIF format (.cif), which has none.",
    )


def _coordinates(position: Sequence[float]) -> str:
    columns = [f"{value:8.3f}" for value in position]
    if any(len(column) > _WIDTH for column in columns):
        raise _too_large(f"coordinates {', '.join(f'{value:g}' for value in position)}")
    return "".join(columns)


def _lines(structure: AtomicStructure) -> Iterator[str]:
    if len(structure) > _ATOMS or structure.duplex.length > _NUCLEOTIDES:
        raise _too_large(f"{len(structure)} atoms")
    strands = structure.nucleotides // structure.duplex.length
    letters = structure.duplex.upper + structure.duplex.lower
    elements = structure.elements
    numbers = range(len(structure))
    for atom, following in pairwise([*numbers, None]):
        nucleotide = int(structure.nucleotides[atom])
        strand, place = divmod(nucleotide, structure.duplex.length)
        name = structure.names[atom]
        padded = name if len(name) == 4 else f" {name}"
        letter = letters[nucleotide]
        record = "ATOM  " if letter in BASES else "HETATM"
        residue = f"{residue_name(letter):>3} {'AB'[strand]}{place + 1:>4}"
        yield (
            f"{record}{atom + 1:>5} {padded:<4} {residue}    "
            f"{_coordinates(structure.positions[atom].tolist())}{1.0:6.2f}{0.0:6.2f}          "
            f"{elements[atom]:>2}  "
        )
        if following is None or strands[following] != strand:
            yield "TER"
