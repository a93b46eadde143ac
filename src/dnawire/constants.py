"""Physical constants in the units of this package (eV, kelvin, siemens).

The three that they follow from define the SI since 2019 (doi:10.1088/1681-7575/ab0013).
"""

from __future__ import annotations

from typing import Final

_ELEMENTARY_CHARGE: Final = 1.602176634e-19  # C
_PLANCK: Final = 6.62607015e-34  # J s
_BOLTZMANN: Final = 1.380649e-23  # J/K

CONDUCTANCE_QUANTUM: Final = 2.0 * _ELEMENTARY_CHARGE**2 / _PLANCK
"""G0 = 2e^2/h in siemens; the factor 2 is the spin."""

BOLTZMANN_EV: Final = _BOLTZMANN / _ELEMENTARY_CHARGE
"""k_B in eV/K."""

HARTREE_EV: Final = 27.211386245988
"""Hartree energy in eV (CODATA 2018, doi:10.1103/RevModPhys.93.025010)."""

BOHR_ANGSTROM: Final = 0.529177210903
"""Bohr radius in Angstrom, of the same source."""

HARTREE_KCAL_MOL: Final = 627.5094740631
"""Hartree energy in kcal/mol, with 4.184 J in a calorie."""
