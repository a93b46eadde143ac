"""Ideal helices: one nucleotide of each base, repeated by the screw and the dyad of the helix."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dnawire.junction import METHYLCYTOSINE, MISSING, STRANDS, Duplex
from dnawire.scalars import check_choice
from dnawire.structures.abasic import without_base
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.methylation import methylated

DYAD: Final = np.diag([1.0, -1.0, -1.0])
"""Half a turn about x, which exchanges the strands of a level."""

Form = Literal["a", "b"]
"""Form of an ideal helix of DNA."""

_Part = Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class Helix:
    """A helix whose levels are equal up to the letters of the bases.

    Parameters
    ----------
    name, title
        Short name, and a line that says what it is.
    doi
        Where the numbers come from.
    twist
        Degrees from one level to the next.
    rise
        Angstrom from one level to the next.
    parts
        Positions in Angstrom of the atoms of a nucleotide of level 0 of the upper strand, by part
        of the nucleotide (``five_prime_end``, ``phosphate``, ``sugar_before_base``, ``base.A`` and
        so on, ``sugar_after_base``, ``three_prime_end``) and name of the atom.
    digest
        SHA-256 of the file of the helix.
    """

    name: str
    title: str
    doi: tuple[str, ...]
    twist: float
    rise: float
    parts: Mapping[str, _Part]
    digest: str

    def frame(self, level: int, strand: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rotation (3, 3) and shift (3,) in Angstrom that bring level 0 to a level of a strand."""
        angle = np.deg2rad(self.twist * level)
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        return turn @ (DYAD if strand else np.eye(3)), np.array([0.0, 0.0, self.rise * level])

    def nucleotide(self, base: str, *, is_first: bool, is_last: bool) -> Iterator[_Part]:
        """Parts of a nucleotide; ``is_first`` and ``is_last`` count from the 5' end."""
        names = (
            "five_prime_end" if is_first else "phosphate",
            "sugar_before_base",
            f"base.{base}",
            "sugar_after_base",
            *(("three_prime_end",) if is_last else ()),
        )
        return (self.parts[name] for name in names)


@cache
def load_helix(name: str = "b_dna") -> Helix:
    """Read a helix of this package; there are ``a_dna`` and ``b_dna``."""
    text = resources.files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8")
    values = tomllib.loads(text)
    given = values.pop("base")
    given[METHYLCYTOSINE.letter] = methylated(given["C"], given["T"])
    given[MISSING] = without_base(given["A"], values["sugar_before_base"]["C1'"])
    bases = {f"base.{base}": part for base, part in given.items()}
    parts = {key: value for key, value in values.items() if isinstance(value, dict)}
    return Helix(
        name=values["name"],
        title=values["title"],
        doi=tuple(values["doi"]),
        twist=values["twist"],
        rise=values["rise"],
        parts={**parts, **bases},
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def helix_of(form: Form) -> Helix:
    """Read the helix of a form.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    check_choice("form", form, Form)
    return load_helix(f"{form}_dna")


def build_duplex(duplex: Duplex, helix: Helix | None = None) -> AtomicStructure:
    """Place all atoms of a duplex on an ideal helix; the same duplex gives the same atoms.

    Bases of mismatched pairs stand where they would in a Watson-Crick pair; see
    `dnawire.structures.check_structure` for whether they fit there.

    Parameters
    ----------
    duplex
        The molecule; where a base is missing stands an abasic nucleotide.
    helix
        The helix; None takes fiber B-DNA.

    Returns
    -------
    AtomicStructure
        With 5'-OH and 3'-OH ends, and a phosphate between neighbors.
    """
    rows = list(_atoms(duplex, helix or load_helix()))
    names, nucleotides, positions = zip(*rows, strict=True)
    return AtomicStructure(
        duplex=duplex,
        names=names,
        positions=np.array(positions),
        nucleotides=np.array(nucleotides, dtype=np.int64),
    )


def _atoms(duplex: Duplex, helix: Helix) -> Iterator[tuple[str, int, NDArray[np.float64]]]:
    last = duplex.length - 1
    for strand, _ in enumerate(STRANDS):
        letters = (duplex.upper, duplex.lower)[strand]
        for place, base in enumerate(letters):
            turn, shift = helix.frame(last - place if strand else place, strand)
            parts = helix.nucleotide(base, is_first=place == 0, is_last=place == last)
            for part in parts:
                for name, position in part.items():
                    yield name, strand * duplex.length + place, turn @ np.array(position) + shift
