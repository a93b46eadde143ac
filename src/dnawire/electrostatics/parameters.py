"""Published constants of the elements, read from the TOML files of this package."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.constants import BOHR_ANGSTROM, HARTREE_KCAL_MOL
from dnawire.errors import InvalidStructureError, UnknownParameterSetError
from dnawire.structures.atoms import ATOMIC_NUMBERS

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

ELEMENTS: Final = tuple(ATOMIC_NUMBERS)
"""Symbols of the elements that have constants; tables by element (Z,) are in this order."""

_PREFIX: Final = "alpb_"


@dataclass(frozen=True, eq=False)
class ShellParameters:
    """Electrostatics of a method, in atomic units.

    Parameters
    ----------
    hardness
        Hardness of every shell, by element.
    occupations
        Electrons of every shell of the free atom, by element.
    third_order
        Derivative of the hardness of an atom by its charge, (Z,).
    """

    hardness: tuple[Doubles, ...]
    occupations: tuple[Doubles, ...]
    third_order: Float[Doubles, " Z"]


@dataclass(frozen=True, eq=False)
class SolventParameters:
    """A solvent in the model ALPB (doi:10.1021/acs.jctc.1c00471), in atomic units.

    Parameters
    ----------
    name
        Name of the solvent.
    permittivity
        Relative to vacuum.
    born_scale
        Factor of all Born radii.
    probe_radius
        Radius of a molecule of the solvent, bohr.
    radius
        Van der Waals radii, bohr, (Z,).
    descreening
        Factors of the radii with which atoms descreen each other, (Z,).
    hydrogen_bond
        Energy of a unit charge that is wholly exposed, negative, hartree/e^2, (Z,).
    covalent_radius
        Bohr, (Z,).
    charge_exponent
        Decay of the shift of charges with distance, 1/bohr.
    charge_shift
        Shift of the charge of an atom (row) by a neighbor (column), e, antisymmetric, (Z, Z).
    """

    name: str
    permittivity: float
    born_scale: float
    probe_radius: float
    radius: Float[Doubles, " Z"]
    descreening: Float[Doubles, " Z"]
    hydrogen_bond: Float[Doubles, " Z"]
    covalent_radius: Float[Doubles, " Z"]
    charge_exponent: float
    charge_shift: Float[Doubles, "Z Z"]


@cache
def load_shells() -> ShellParameters:
    """Constants of GFN1-xTB (doi:10.1021/acs.jctc.7b00118)."""
    elements = _read("gfn1")["elements"]
    return ShellParameters(
        hardness=tuple(
            elements[symbol]["hardness"] * np.array(elements[symbol]["shells"])
            for symbol in ELEMENTS
        ),
        occupations=tuple(np.array(elements[symbol]["occupations"]) for symbol in ELEMENTS),
        third_order=_column(elements, "third_order"),
    )


@cache
def load_solvent(name: str = "water") -> SolventParameters:
    """Constants of a solvent of this package; there is ``water``.

    Raises
    ------
    UnknownParameterSetError
        If there is no such solvent.
    """
    names = _solvents()
    if name not in names:
        raise UnknownParameterSetError(
            f"there are no electrostatic constants of the solvent '{name}'.",
            f"Available: {', '.join(names)}.",
        )
    values = _read(_PREFIX + name)
    elements, charges = values["elements"], values["charge_model"]
    return SolventParameters(
        name=values["name"],
        permittivity=values["permittivity"],
        born_scale=values["born_scale"],
        probe_radius=values["probe_radius"] / BOHR_ANGSTROM,
        radius=_column(elements, "radius") / BOHR_ANGSTROM,
        descreening=_column(elements, "descreening"),
        hydrogen_bond=-(_column(elements, "hydrogen_bond") ** 2) / HARTREE_KCAL_MOL,
        covalent_radius=_column(elements, "covalent_radius") / BOHR_ANGSTROM,
        charge_exponent=charges["exponent"] * BOHR_ANGSTROM,
        charge_shift=_charge_shift(charges["elements"], charges["pairs"]),
    )


def element_rows(atomic_numbers: Sequence[int] | Integers) -> Int[Integers, " A"]:
    """Place of every atom in the tables by element.

    Raises
    ------
    InvalidStructureError
        If an element has no constants.
    """
    rows = {number: row for row, number in enumerate(ATOMIC_NUMBERS.values())}
    unknown = sorted({int(number) for number in atomic_numbers} - rows.keys())
    if unknown:
        raise InvalidStructureError(
            f"atomic numbers {unknown} have no electrostatic constants.",
            f"use structures of the elements {', '.join(ELEMENTS)} alone.",
        )
    return np.array([rows[int(number)] for number in atomic_numbers], dtype=np.int64)


def _solvents() -> list[str]:
    files = [file.name for file in resources.files(__package__).joinpath("data").iterdir()]
    return sorted(name[len(_PREFIX) : -len(".toml")] for name in files if name.startswith(_PREFIX))


def _read(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _column(elements: Mapping[str, Mapping[str, float]], key: str) -> Doubles:
    return np.array([elements[symbol][key] for symbol in ELEMENTS], dtype=np.float64)


def _charge_shift(elements: Mapping[str, float], pairs: Mapping[str, float]) -> Doubles:
    single = np.array([elements[symbol] for symbol in ELEMENTS])
    table: Doubles = single[:, None] - single
    for pair, value in pairs.items():
        row, column = (ELEMENTS.index(symbol) for symbol in pair)
        table[row, column], table[column, row] = value, -value
    return table
