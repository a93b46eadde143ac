"""The level of theory, and what a calculator of tblite is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

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
