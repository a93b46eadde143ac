"""Atoms as a file in the PDB format, version 3.3 (wwPDB, 2012)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dnawire.structures.atoms import AtomicStructure


def pdb_text(structure: AtomicStructure) -> str:
    """Write atoms as PDB text: chain A is the upper strand, chain B the lower one."""
    return "\n".join([*_lines(structure), "END", ""])


def _lines(structure: AtomicStructure) -> Iterator[str]:
    strands = structure.nucleotides // structure.duplex.length
    letters = structure.duplex.upper + structure.duplex.lower
    numbers = range(len(structure))
    for atom, following in pairwise([*numbers, None]):
        nucleotide = int(structure.nucleotides[atom])
        strand, place = divmod(nucleotide, structure.duplex.length)
        x, y, z = structure.positions[atom].tolist()
        name = structure.names[atom]
        padded = name if len(name) == 4 else f" {name}"
        residue = f"D{letters[nucleotide]} {'AB'[strand]}{place + 1:>4}"
        yield (
            f"ATOM  {atom + 1:>5} {padded:<4}  {residue}    "
            f"{x:8.3f}{y:8.3f}{z:8.3f}{1.0:6.2f}{0.0:6.2f}          "
            f"{structure.elements[atom]:>2}  "
        )
        if following is None or strands[following] != strand:
            yield "TER"
