"""Orbitals and constants of GFN1-xTB, read from the file of this package."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.constants import BOHR_ANGSTROM
from dnawire.electronic._overlap_kernels import CUTOFF
from dnawire.electrostatics.parameters import ELEMENTS

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_MOMENTA: Final = "spd"
_ODD_FACTORIALS: Final = (1.0, 1.0, 3.0)


class ShellTables(NamedTuple):
    """Contracted Gaussians of K kinds of shells; those of an element follow each other.

    Parameters
    ----------
    momenta
        Angular momenta, (K,).
    starts
        First primitive of every kind, and their number, (K + 1,).
    exponents, coefficients
        Of the primitives; the coefficients contain their norm.
    reach
        Square of the distance in bohr up to which two kinds overlap, (K, K).
    """

    momenta: Int[Integers, " K"]
    starts: Int[Integers, " K1"]
    exponents: Float[Doubles, " P"]
    coefficients: Float[Doubles, " P"]
    reach: Float[Doubles, "K K"]


class Parameters(NamedTuple):
    """GFN1-xTB (doi:10.1021/acs.jctc.7b00118) in atomic units; Z elements, K kinds of shells.

    Parameters
    ----------
    shells
        Their Gaussians.
    first_kind
        First kind of shell of every element, and their number, (Z + 1,).
    levels, level_shift
        Levels, and what a unit of coordination takes from them, hartree, (K,).
    polynomial
        Factor of the root of the reduced distance, (K,).
    factors
        Scale of the matrix elements between kinds of shells of two atoms, (K, K).
    radius, covalent_radius
        In the polynomial, and in the coordination number, bohr, (Z,).
    steepness, cutoff
        Of the coordination number; bohr.
    """

    shells: ShellTables
    first_kind: Int[Integers, " Z1"]
    levels: Float[Doubles, " K"]
    level_shift: Float[Doubles, " K"]
    polynomial: Float[Doubles, " K"]
    factors: Float[Doubles, "K K"]
    radius: Float[Doubles, " Z"]
    covalent_radius: Float[Doubles, " Z"]
    steepness: float
    cutoff: float

    def num_shells(self, elements: Int[Integers, " A"]) -> Int[Integers, " A"]:
        """Number of shells of atoms, given by the rows of their elements."""
        counts: Integers = np.diff(self.first_kind)[elements]
        return counts

    def kinds(self, elements: Int[Integers, " A"]) -> Int[Integers, " M"]:
        """Kind of every shell of atoms, given by the rows of their elements."""
        ends = self.first_kind
        return np.concatenate([np.arange(ends[z], ends[z + 1]) for z in elements.tolist()])


@cache
def load_parameters() -> Parameters:
    """Read the constants of the method for the elements of nucleic acids."""
    file = resources.files(__package__).joinpath("data", "gfn1.toml")
    values = tomllib.loads(file.read_text("utf-8"))
    elements = [values["elements"][symbol] for symbol in ELEMENTS]
    shells = _shell_tables(elements, values["gaussians"])
    unit = 1.0 / values["hartree"]
    return Parameters(
        shells=shells,
        first_kind=np.cumsum([0, *(len(element["shells"]) for element in elements)]),
        levels=_joined(elements, "levels") * unit,
        level_shift=_joined(elements, "level_shift") * 0.01 * unit,
        polynomial=_joined(elements, "polynomial") * 0.01,
        factors=_factors(values, elements, shells.momenta),
        radius=_column(elements, "radius") / BOHR_ANGSTROM,
        covalent_radius=_column(elements, "covalent_radius") * 4.0 / 3.0 / BOHR_ANGSTROM,
        steepness=values["coordination_steepness"],
        cutoff=values["coordination_cutoff"],
    )


def _shell_tables(
    elements: Sequence[Mapping[str, Any]], gaussians: Mapping[str, Mapping[str, Sequence[float]]]
) -> ShellTables:
    kinds, momenta = [], []
    for element in elements:
        names = element["shells"]
        found: list[tuple[Doubles, Doubles]] = []
        for number, (name, count) in enumerate(zip(names, element["gaussians"], strict=True)):
            momentum = _MOMENTA.index(name[1])
            shell = _expanded(gaussians[f"{name}-{count}"], element["exponents"][number], momentum)
            inner = [one for one, other in zip(found, names, strict=False) if other[1] == name[1]]
            found.append(_orthogonal(shell, inner[0]) if inner else shell)
            momenta.append(momentum)
        kinds += found
    smallest = np.array([exponents.min() for exponents, _ in kinds])
    slowest = smallest[:, None] * smallest / (smallest[:, None] + smallest)
    return ShellTables(
        momenta=np.array(momenta, dtype=np.int64),
        starts=np.cumsum([0, *(len(exponents) for exponents, _ in kinds)]),
        exponents=np.concatenate([exponents for exponents, _ in kinds]),
        coefficients=np.concatenate([coefficients for _, coefficients in kinds]),
        reach=CUTOFF / slowest,
    )


def _expanded(
    expansion: Mapping[str, Sequence[float]], slater_exponent: float, momentum: int
) -> tuple[Doubles, Doubles]:
    """Gaussians of a Slater orbital, with their norms (of the function x^l) in the coefficients."""
    exponents = np.array(expansion["exponents"]) * slater_exponent**2
    norms = (2.0 * exponents / math.pi) ** 0.75 * (4.0 * exponents) ** (momentum / 2)
    norms /= math.sqrt(_ODD_FACTORIALS[momentum])
    return exponents, np.array(expansion["coefficients"]) * norms


def _orthogonal(
    shell: tuple[Doubles, Doubles], inner: tuple[Doubles, Doubles]
) -> tuple[Doubles, Doubles]:
    """Take an s shell of the same atom out of another one, and normalize it."""
    exponents = np.concatenate((shell[0], inner[0]))
    coefficients = np.concatenate((shell[1], -_s_overlap(inner, shell) * inner[1]))
    norm = _s_overlap((exponents, coefficients), (exponents, coefficients))
    return exponents, coefficients / math.sqrt(norm)


def _s_overlap(one: tuple[Doubles, Doubles], other: tuple[Doubles, Doubles]) -> float:
    spread = (math.pi / (one[0][:, None] + other[0])) ** 1.5
    return float(one[1] @ spread @ other[1])


def _factors(
    values: Mapping[str, Any], elements: Sequence[Mapping[str, Any]], momenta: Integers
) -> Doubles:
    """Scale of the elements of H0 between two kinds of shells of different atoms."""
    equal = np.array(values["equal_factor"])
    by_momentum = (equal[:, None] + equal) / 2.0
    by_momentum[0, 1] = by_momentum[1, 0] = values["sp_factor"]
    owner = np.repeat(np.arange(len(elements)), [len(one["shells"]) for one in elements])
    negativity = _column(elements, "electronegativity")[owner]
    enhanced = 1.0 + values["electronegativity_scale"] * (negativity[:, None] - negativity) ** 2
    both: Doubles = (
        by_momentum[np.ix_(momenta, momenta)] * enhanced * _pairs(values)[np.ix_(owner, owner)]
    )
    # A shell is no valence shell if one of the same atom before it has its angular momentum.
    repeats = [
        momentum in momenta[:kind][owner[:kind] == owner[kind]]
        for kind, momentum in enumerate(momenta)
    ]
    polarizing = np.array(repeats)
    own = np.where(polarizing, values["polarization_factor"], equal[momenta])
    mean: Doubles = (own[:, None] + own) / 2.0
    return np.where(polarizing[:, None] | polarizing, mean, both)


def _pairs(values: Mapping[str, Any]) -> Doubles:
    table = np.ones((len(ELEMENTS), len(ELEMENTS)))
    for pair, factor in values["pair_factor"].items():
        row, column = (ELEMENTS.index(symbol) for symbol in pair)
        table[row, column] = table[column, row] = factor
    return table


def _joined(elements: Sequence[Mapping[str, Any]], key: str) -> Doubles:
    return np.concatenate([np.array(element[key], dtype=np.float64) for element in elements])


def _column(elements: Sequence[Mapping[str, Any]], key: str) -> Doubles:
    return np.array([element[key] for element in elements], dtype=np.float64)
