"""CODATA constants in the units of this package (eV, kelvin, siemens)."""

from __future__ import annotations

from typing import Final

from scipy import constants as codata

CONDUCTANCE_QUANTUM: Final[float] = codata.physical_constants["conductance quantum"][0]
"""G0 = 2e^2/h in siemens; the factor 2 is the spin."""

BOLTZMANN_EV: Final[float] = codata.physical_constants["Boltzmann constant in eV/K"][0]
"""k_B in eV/K."""
