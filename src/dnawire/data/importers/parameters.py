"""The file ``Parameters.txt`` of a G3NAT run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.structure import ForeignDataError, naming
from dnawire.scalars import InvalidNumberError, read_number

PARAMETERS_FILE: Final = "Parameters.txt"
_ORBITALS, _ENERGIES = "Orbitals set", "Energy Range"
_LEFT, _RIGHT = "Inject Site (atoms number)", "Extract Site (atoms number)"
_GAMMA_LEFT, _GAMMA_RIGHT = "GammaL", "GammaR"
_PROBES, _BROADENING = "Probes Site (atoms number)", "Broadening (for DOS)"
_SECTIONS: Final = (
    *(_ORBITALS, _ENERGIES, _LEFT, _RIGHT, _GAMMA_LEFT, _GAMMA_RIGHT, _PROBES, _BROADENING),
    "Probe (for Decoh)",
)


@dataclass(frozen=True, eq=False)
class RunParameters:
    """What was asked of one calculation.

    Parameters
    ----------
    name
        Name of the structure.
    num_atoms
        Number of atoms.
    energies
        Absolute energies (E,), eV.
    left_atoms, right_atoms
        Atoms with a contact, counted from 1, int64.
    gamma_left, gamma_right
        Couplings, eV.
    """

    name: str
    num_atoms: int
    energies: NDArray[np.float64]
    left_atoms: NDArray[np.int64]
    right_atoms: NDArray[np.int64]
    gamma_left: float
    gamma_right: float

    @property
    def endings(self) -> tuple[str, ...]:
        """How G3NAT ends the names of the results, up to their suffix."""
        return (f"{self.name}_gammaL_{self.gamma_left:g}_gammaR_{self.gamma_right:g}",)


def read_parameters(text: str) -> RunParameters:
    """Read the parameters of a coherent run without broadening.

    Raises
    ------
    ForeignDataError
        If a section is missing, is there twice or holds what is no number, or the run had probes or
        a broadening; names the section.
    """
    with naming(PARAMETERS_FILE):
        name, values = _sections(text)
        if values[_PROBES]:
            raise ForeignDataError("probes are set; only coherent runs can be read")
        if values[_BROADENING] != [0.0]:
            raise ForeignDataError(
                f"broadening is {values[_BROADENING]} for the DOS, but always 0 for T; only runs "
                "with 0 for both can be read"
            )
        return RunParameters(
            name=name,
            num_atoms=len(values[_ORBITALS]),
            energies=np.array(values[_ENERGIES]),
            left_atoms=_whole(values, _LEFT),
            right_atoms=_whole(values, _RIGHT),
            gamma_left=_single(values, _GAMMA_LEFT),
            gamma_right=_single(values, _GAMMA_RIGHT),
        )


def _sections(text: str) -> tuple[str, dict[str, list[float]]]:
    values: dict[str, list[float]] = {}
    name, current = "", ""
    for line in map(str.strip, text.split("\n")):
        if line in _SECTIONS:
            if line in values:
                raise ForeignDataError(f"section '{line}' is there twice")
            values[line], current = [], line
        elif line and current:
            values[current].append(_number(line, current))
        elif line and not name:
            name = line
    missing = [section for section in _SECTIONS if section not in values]
    if missing:
        raise ForeignDataError(f"there is no section '{missing[0]}'")
    return name, values


def _number(line: str, section: str) -> float:
    try:
        return read_number(line)
    except InvalidNumberError as error:
        raise ForeignDataError(f"section '{section}': {error}") from error


def _whole(values: dict[str, list[float]], section: str) -> NDArray[np.int64]:
    numbers = values[section]
    broken = [number for number in numbers if number != int(number) or not 0 < number < 2**31]
    if broken:
        raise ForeignDataError(f"section '{section}': {broken[0]:g} is not the number of an atom")
    return np.array(numbers, dtype=np.int64)


def _single(values: dict[str, list[float]], section: str) -> float:
    if len(values[section]) != 1:
        raise ForeignDataError(f"{section} is {values[section]}")
    return values[section][0]
