"""A junction that is known by the poles of its Green's function, as the observables take it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.transport.junctions import Transmission
from dnawire.transport.pole_expansion import PoleExpansion
from dnawire.transport.quadrature import Rule, ThermalWindows, panel_edges, rule_on

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PoleJunctions:
    """One junction in a window of energies, beyond which its carriers do not count.

    Parameters
    ----------
    expansion
        Its poles, in that window at least.
    low, high
        Ends of the window in eV. What Fermi functions of a temperature leave beyond
        `THERMAL_REACH` is below 1e-17 of T there.
    """

    expansion: PoleExpansion
    low: float
    high: float

    def __len__(self) -> int:
        return 1

    def rows(self, part: slice) -> PoleJunctions:
        """Return the only junction."""
        del part
        return self

    def transmission(self, energies: Float[Doubles, "1 E"]) -> Transmission:
        """T of one spin channel at energies in eV.

        Raises
        ------
        ValueError
            If one lies outside the window.
        """
        if energies.min() < self.low or energies.max() > self.high:
            raise ValueError(
                f"energies from {energies.min()} to {energies.max()} eV are outside of the window "
                f"from {self.low} to {self.high} eV"
            )
        found = self.expansion.transmission(energies[0], 0.0)
        return Transmission(found[None], np.zeros(1))

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions in the window, and T at its energies."""
        poles = self.expansion.amplitudes.energies[None]
        rule = rule_on(panel_edges(poles, windows, np.clip(breaks, self.low, self.high)))
        return rule, self.transmission(np.clip(rule.energies, self.low, self.high))
