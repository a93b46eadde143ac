"""Shells of nucleotides in a table of their own, whatever duplex they are a part of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from dnawire.electronic.parameters import load_parameters
from dnawire.electrostatics.parameters import element_rows
from dnawire.errors import InvalidDuplexError, InvalidStructureError
from dnawire.junction import BASES, MISSING, Duplex
from dnawire.structures import AtomicStructure, load_helix
from dnawire.structures.atoms import ATOMIC_NUMBERS
from dnawire.structures.methylation import unmodified

PLACES: Final = ("five_prime_end", "inner", "three_prime_end")
"""Where a nucleotide can stand in its strand; the ends differ in their atoms."""


@dataclass(frozen=True, eq=False)
class NucleotideShells:
    """Columns of tables over the shells of a nucleotide: those of all atoms that it can have.

    Parameters
    ----------
    columns
        By base, the first column of every atom, by its name.
    present
        Whether a nucleotide has a shell there, by base and place, (4, 3, K).
    """

    columns: tuple[dict[str, int], ...]
    present: Bool[NDArray[np.bool_], "4 3 K"]

    @property
    def width(self) -> int:
        """Number of columns, K."""
        return int(self.present.shape[2])

    def table(
        self, structure: AtomicStructure, values: Float[NDArray[np.float64], " M"]
    ) -> Float[NDArray[np.float64], "L 2 K"]:
        """Values of the shells of a duplex in ladder layout; NaN where there is no shell."""
        found = np.full((structure.duplex.length * 2, self.width), np.nan)
        found.reshape(-1)[self.rows(structure)] = values
        return found.reshape(structure.duplex.length, 2, self.width)

    def rows(self, structure: AtomicStructure) -> Int[NDArray[np.int64], " M"]:
        """Place of every shell of a duplex in a flat table (L, 2, K).

        Raises
        ------
        InvalidDuplexError
            If `check_nucleotides` refuses the duplex.
        InvalidStructureError
            If an atom is none of a nucleotide, by its name.
        """
        check_nucleotides(structure.duplex)
        letters = np.array([list(structure.duplex.upper), list(structure.duplex.lower)])
        strand, position = divmod(structure.nucleotides, structure.duplex.length)
        counts = _shells_of(structure.elements)
        rows = []
        for atom, name in enumerate(structure.names):
            base = BASES.index(letters[strand[atom], position[atom]])
            column = self.columns[base].get(name)
            if column is None:
                raise InvalidStructureError(
                    f"{structure.label(atom)} is no atom of a nucleotide.",
                    "name the atoms as PDB files do, for example C1' or N9.",
                )
            first = int(structure.sites[atom]) * self.width + column
            rows.append(np.arange(first, first + counts[atom]))
        return np.concatenate(rows)


def check_nucleotides(duplex: Duplex) -> None:
    """Refuse a duplex with nucleotides that tables over shells, and models, do not know.

    Raises
    ------
    InvalidDuplexError
        If the duplex has other bases than A, C, G and T, or abasic nucleotides.
    """
    for letter in duplex.upper + duplex.lower:
        base = duplex.alphabet.extra_letter(letter)
        if base is not None:
            raise InvalidDuplexError(
                f"duplex '{duplex.text}' has {letter} ({base.name}), and models of all atoms know "
                "A, C, G and T alone.",
                f"write one of them for {letter}, or give a structure or frames without it; for "
                "spectra of letters alone, `dnawire parameters` lists the sets that know others.",
            )
    if MISSING in duplex.upper + duplex.lower:
        raise InvalidDuplexError(
            f"duplex '{duplex.text}' has missing bases: charges are not known of abasic "
            "nucleotides.",
            "give every pair two bases, or compute it self-consistently (docs/structures.md).",
        )


@cache
def nucleotide_shells() -> NucleotideShells:
    """Columns for the atoms of nucleotides with any end."""
    helix = load_helix()
    columns, present = [], []
    for base in BASES:
        atoms = [
            {name for part in helix.nucleotide(base, is_first=first, is_last=last) for name in part}
            for first, last in ((True, False), (False, False), (False, True))
        ]
        names = list(dict.fromkeys(name for one in _all_parts(base) for name in one))
        counts = _shells_of([name[0] for name in names])
        starts = np.cumsum([0, *counts[:-1]])
        columns.append(dict(zip(names, starts.tolist(), strict=True)))
        present.append([np.repeat([name in some for name in names], counts) for some in atoms])
    width = max(len(rows[0]) for rows in present)
    padded = [[np.pad(row, (0, width - len(row))) for row in rows] for rows in present]
    return NucleotideShells(tuple(columns), np.array(padded))


def typical_charges(structure: AtomicStructure) -> Float[NDArray[np.float64], " M"]:
    """Shell charges in e to start from: means over some duplexes, by base, place and atom.

    Abasic nucleotides have those of the sugar and phosphate of adenine; atoms that are not in the
    means have none. What the sum lacks to the total charge is spread evenly.
    """
    table = _typical_charges()
    strands = structure.duplex.upper, structure.duplex.lower
    letters = [unmodified(strand).replace(MISSING, "A") for strand in strands]
    length = structure.duplex.length
    counts = _shells_of(structure.elements)
    values: list[float] = []
    for atom, name in enumerate(structure.names):
        strand, position = divmod(int(structure.nucleotides[atom]), length)
        place = 2 if position == length - 1 else min(position, 1)
        known = table.get(letters[strand][position], {}).get(PLACES[place], {})
        values += known.get(name, [0.0] * int(counts[atom]))
    charges = np.array(values)
    found: NDArray[np.float64] = charges + (structure.charge - charges.sum()) / len(charges)
    return found


@cache
def _typical_charges() -> dict[str, dict[str, dict[str, list[float]]]]:
    file = resources.files(__package__).joinpath("data", "typical_charges.json")
    found: dict[str, dict[str, dict[str, list[float]]]] = json.loads(file.read_text("utf-8"))
    return found


def _all_parts(base: str) -> list[dict[str, tuple[float, float, float]]]:
    parts = load_helix().parts
    names = ("five_prime_end", "phosphate", "sugar_before_base", f"base.{base}")
    return [dict(parts[name]) for name in (*names, "sugar_after_base", "three_prime_end")]


def _shells_of(elements: tuple[str, ...] | list[str]) -> NDArray[np.int64]:
    """Number of shells of atoms."""
    rows = element_rows([ATOMIC_NUMBERS[element] for element in elements])
    return load_parameters().num_shells(rows)
