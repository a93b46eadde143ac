"""Smooth functions of energy as series of Chebyshev polynomials on an interval.

Where all poles are real and lie beyond a margin, the polynomials are divided by a function with
poles there: fewer energies then give the same accuracy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from jaxtyping import Complex, Float, Shaped
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Complexes = NDArray[np.complexfloating[Any, Any]]

_ROUNDING: Final = 1e-9
_BEHIND: Final = 1.1
"""Distance of the poles of a series from the middle, in units of that of the margin."""


@dataclass(frozen=True, eq=False)
class SeriesWindow:
    """An interval of energies and the polynomials on it.

    Parameters
    ----------
    low, high
        Ends in eV.
    degree
        Highest degree.
    shift
        Half widths by which the line lies above the real axis that series are made on.
    margin
        eV beyond the ends where the first poles may be, which are real; infinite for polynomials.
    """

    low: float
    high: float
    degree: int
    shift: float
    margin: float

    @property
    def middle(self) -> float:
        """Middle in eV."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Half the width in eV."""
        return (self.high - self.low) / 2

    @property
    def points(self) -> Complex[Complexes, " n"]:
        """Energies that a series is made from, descending."""
        found: Complexes = self.middle + self.half * (self._unit_points + 1j * self.shift)
        return found

    @cached_property
    def _unit_points(self) -> NDArray[np.float64]:
        count = self.degree + 1
        return np.cos(math.pi * (np.arange(count) + 0.5) / count)

    @cached_property
    def transform(self) -> Float[NDArray[np.float64], "n n"]:
        """Weights that make the coefficients of a series from values at `points`."""
        found = chebyshev.chebvander(self._unit_points, self.degree).T * 2 / (self.degree + 1)
        found[0] /= 2
        return np.asarray(found * self._denominators(self._unit_points))

    def series(self, values: Shaped[NDArray[Any], "n ..."]) -> Shaped[NDArray[Any], "n ..."]:
        """Coefficients of the series that has some values at `points`."""
        found: NDArray[Any] = np.tensordot(self.transform, values, 1)
        return found

    def unit(self, energies: NDArray[Any]) -> NDArray[Any]:
        """Energies as the variable of the series.

        Raises
        ------
        ValueError
            If an energy lies outside of the window.
        """
        beyond = max(self.low - energies.real.min(), energies.real.max() - self.high)
        if beyond > _ROUNDING:
            raise ValueError(f"energies outside of {self.low:.6g} to {self.high:.6g} eV")
        found: Complexes = (energies - self.middle) / self.half - 1j * self.shift
        return found

    def polynomials(self, energies: NDArray[Any]) -> Complex[Complexes, "E n"]:
        """Values of the functions of a series."""
        unit = self.unit(energies)
        values = chebyshev.chebvander(unit, self.degree)
        found: Complexes = values / self._denominators(unit)[:, None]
        return found

    def derivatives(self, energies: NDArray[Any]) -> Complex[Complexes, "E n"]:
        """Derivatives of the functions of a series by the energy, 1/eV."""
        unit = self.unit(energies)
        lower = chebyshev.chebder(np.eye(self.degree + 1), axis=0)
        values = chebyshev.chebvander(unit, self.degree)
        rates = 2.0 * self._num_poles * unit / (self._pole**2 - unit**2)
        found = values[:, :-1] @ lower + values * rates[:, None]
        found /= self._denominators(unit)[:, None] * self.half
        return np.asarray(found, np.complex128)

    def _denominators(self, unit: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = (1.0 - (unit / self._pole) ** 2) ** self._num_poles
        return found

    @property
    def _pole(self) -> float:
        return _BEHIND * (1.0 + self.margin / self.half)

    @property
    def _num_poles(self) -> int:
        """On each side; so few that a series can grow like the energy."""
        return (self.degree - 1) // 2
