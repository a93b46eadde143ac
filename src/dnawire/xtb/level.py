"""The level of theory, and what a calculator of tblite is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.constants import BOHR_ANGSTROM
from dnawire.structures import AtomicStructure
from dnawire.xtb.backend import load_tblite

METHOD: Final = "GFN1-xTB"
"""The method (doi:10.1021/acs.jctc.7b00118); GFN2 has multipoles, and no potential per shell."""

ACCURACY: Final = 1e-3
"""Of the SCF, relative to the default of tblite; also decides which integrals are neglected.
Charges and potentials of one calculation then agree to 1e-7 hartree, at 0.1 to 1e-5 only."""


@dataclass(frozen=True)
class Level:
    """Level of theory.

    Parameters
    ----------
    solvent
        Solvent of the ALPB model (doi:10.1021/acs.jctc.1c00471), by the name that tblite knows.
    """

    solvent: str = "water"

    @property
    def name(self) -> str:
        """Name for records, for example ``GFN1-xTB/ALPB(water)``."""
        return f"{METHOD}/ALPB({self.solvent})"


@dataclass(frozen=True, eq=False)
class ShellBasis:
    """Which orbitals make up a shell, and which shells an atom.

    Parameters
    ----------
    orbital_shell
        Shell of every orbital, int64 (N,).
    shell_atom
        Atom of every shell, int64 (M,).
    """

    orbital_shell: NDArray[np.int64]
    shell_atom: NDArray[np.int64]

    @property
    def orbital_atom(self) -> NDArray[np.int64]:
        """Atom of every orbital, (N,)."""
        return self.shell_atom[self.orbital_shell]


def new_calculator(structure: AtomicStructure, **settings: Any) -> Any:  # noqa: ANN401
    """Calculator of tblite for a structure in vacuum; settings by name, with _ for -."""
    calculator = load_tblite().Calculator(
        METHOD,
        structure.atomic_numbers,
        structure.positions / BOHR_ANGSTROM,
        charge=float(structure.charge),
    )
    for name, value in {
        "verbosity": 0,
        "save_integrals": 1,
        "accuracy": ACCURACY,
        **settings,
    }.items():
        calculator.set(name.replace("_", "-"), value)
    return calculator


def shell_basis(calculator: Any) -> ShellBasis:  # noqa: ANN401
    """Shells and orbitals of a calculator."""
    return ShellBasis(
        orbital_shell=np.asarray(calculator.get("orbital-map"), dtype=np.int64),
        shell_atom=np.asarray(calculator.get("shell-map"), dtype=np.int64),
    )
