"""Spectra as they are returned: as arrays, or as tensors from the operators that torch knows."""

from __future__ import annotations

import math
from typing import Any, Final, Generic, NamedTuple

from jaxtyping import Float

from dnawire.transport.system import Array

LN_10: Final = math.log(10.0)
"""Natural logarithm of a decade."""


class Totals(NamedTuple, Generic[Array]):
    """Transmission and DOS of B junctions at E energies, (B, E), float64, one spin channel."""

    log10_transmission: Array
    """log10 T, finite even where T itself underflows; -inf where the contacts are disconnected."""
    log10_dos: Array
    """log10 of the density of states in 1/eV."""


class Spectra(NamedTuple, Generic[Array]):
    """The same with the LDOS: (B, L, m, E) for L blocks of m orbitals, (B, N, E) for a dense H."""

    log10_transmission: Array
    """See `Totals`."""
    log10_dos: Array
    """See `Totals`."""
    log10_ldos: Array
    """log10 of the LDOS in 1/eV; that of the smallest number where it vanishes."""

    @property
    def transmission(self) -> Float[Array, "B E"]:
        """T(E), dimensionless."""
        return _power(self.log10_transmission)

    @property
    def dos(self) -> Float[Array, "B E"]:
        """Density of states in 1/eV: the LDOS summed over all orbitals."""
        return _power(self.log10_dos)

    @property
    def ldos(self) -> Float[Array, "B *orbitals E"]:
        """Local density of states in 1/eV."""
        return _power(self.log10_ldos)


def _power(logarithm: Array) -> Array:
    power: Any = 10.0**logarithm
    found: Array = power
    return found
