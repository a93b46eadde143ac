"""Current and differential conductance at a finite bias, with rigid levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport.fermi import fermi_difference, minus_fermi_derivative
from dnawire.transport.junctions import Transmitting
from dnawire.transport.linear_response import checked_conditions
from dnawire.transport.quadrature import Rule, ThermalWindows, pieces

Doubles = NDArray[np.float64]

_AT_ONCE: Final = 64
"""Junctions whose integrals are computed together."""


@dataclass(frozen=True, eq=False)
class CurrentVoltage:
    """Current through B junctions at V voltages and K temperatures; two spins counted.

    Parameters
    ----------
    voltages
        In V, (V,); above zero they raise the electrons of the left contact.
    temperatures
        In K, (K,).
    current
        In A, (B, V, K); of electrons from left to right, with the sign of the voltage.
    differential_conductance
        dI/dV in S, (B, V, K).
    """

    voltages: Float[Doubles, " V"]
    temperatures: Float[Doubles, " K"]
    current: Float[Doubles, "B V K"]
    differential_conductance: Float[Doubles, "B V K"]


def current_voltage(
    junctions: Transmitting,
    voltages: ArrayLike,
    temperatures: ArrayLike,
    *,
    fermi_energy: float,
    division: float,
) -> CurrentVoltage:
    r"""Landauer current of non-interacting carriers through levels that the bias does not change.

    .. math::
        I = \frac{2e}{h} \int T(E) [f(E - \mu_L) - f(E - \mu_R)]\, dE, \qquad
        \mu_L = E_F + d\, eV, \quad \mu_R = E_F - (1 - d)\, eV

    (Meir and Wingreen, doi:10.1103/PhysRevLett.68.2512, without interaction). The levels keep their
    distance from the potential inside the molecule: the share d of the voltage drops at the left
    contact and the rest at the right one, none between the sites.

    Parameters
    ----------
    junctions
        See `linear_response`; with dephasing probes the current is that of their T.
    voltages
        In V, one or (V,).
    temperatures
        In K, one or (K,); 0 is the limit.
    fermi_energy
        Of both contacts without bias, in eV on the scale of the Hamiltonian.
    division
        d, between 0 and 1: 0.5 for equal contacts.

    Returns
    -------
    CurrentVoltage
        As exact as `linear_response`.

    Raises
    ------
    UsageError
        If a voltage, a temperature, the Fermi energy or the division is impossible.
    """
    (level,), kelvin = checked_conditions(fermi_energy, temperatures)
    volts = _checked_voltages(voltages)
    if not 0.0 <= division <= 1.0:
        raise UsageError(
            f"the share {division} of the voltage that drops at the left contact is not between "
            "0 and 1.",
            "give 0.5 if it drops at both contacts alike.",
        )
    potentials = np.stack((level + division * volts, level - (1.0 - division) * volts))
    shares = np.array((division, 1.0 - division))
    found = np.empty((2, len(junctions), len(volts), len(kelvin)))
    for part in pieces(len(junctions), _AT_ONCE):
        for column, temperature in enumerate(kelvin.tolist()):
            found[:, part, :, column] = _curve(
                junctions.rows(part), potentials, BOLTZMANN_EV * temperature, shares
            )
    return CurrentVoltage(volts, kelvin, *(CONDUCTANCE_QUANTUM * found))


def _checked_voltages(voltages: ArrayLike) -> Doubles:
    volts = np.atleast_1d(np.asarray(voltages, float))
    if volts.ndim != 1 or not volts.size or not np.isfinite(volts).all():
        raise UsageError(
            f"voltages of shape {volts.shape} must be finite numbers in one row.",
            "give them in V, one or several.",
        )
    return volts


def _curve(
    junctions: Transmitting, potentials: Doubles, thermal: float, shares: Doubles
) -> Doubles:
    """Integrals of T and their slopes by the voltage, (2, B, V), at potentials (2, V)."""
    centers = np.unique(potentials)
    if thermal == 0.0:
        return _cold_curve(junctions, centers, potentials, shares)
    windows = ThermalWindows.of(centers, np.array([thermal]))
    rule, transmission = junctions.resolved(windows, np.array(windows.bounds))
    weighted = rule.weights * transmission.plain
    left, right = potentials
    found = np.empty((2, len(junctions), len(left)))
    for v, (half, middle) in enumerate(zip((left - right) / 2, (left + right) / 2, strict=True)):
        difference = fermi_difference((rule.energies - middle) / thermal, half / thermal)
        found[0, :, v] = np.einsum("be,be->b", weighted, difference)
    slopes = {
        center: np.einsum(
            "be,be->b", weighted, minus_fermi_derivative((rule.energies - center) / thermal)
        )
        for center in centers.tolist()
    }
    by_potential = np.stack([[slopes[one] for one in row] for row in potentials.tolist()]) / thermal
    found[1] = np.einsum("s,svb->bv", shares, by_potential)
    return found


def _cold_curve(
    junctions: Transmitting, centers: Doubles, potentials: Doubles, shares: Doubles
) -> Doubles:
    """The same at 0 K: between the potentials every carrier crosses, beyond them none."""
    at_centers = junctions.transmission(np.tile(centers, (len(junctions), 1)))
    slopes = at_centers.plain
    integrals = np.zeros_like(slopes)
    if len(centers) > 1:
        none = ThermalWindows(np.empty(0), np.empty(0))
        rule, transmission = junctions.resolved(none, centers)
        weighted = rule.weights * transmission.plain
        integrals[:, 1:] = _between(rule, weighted, centers).cumsum(1)
    left, right = np.searchsorted(centers, potentials)
    current = integrals[:, left] - integrals[:, right]
    return np.stack((current, shares[0] * slopes[:, left] + shares[1] * slopes[:, right]))


def _between(rule: Rule, weighted: Doubles, centers: Doubles) -> Doubles:
    """Integrals between neighboring potentials, none of which lies within a panel."""
    found = np.empty((len(weighted), len(centers) - 1))
    for row, energies in enumerate(rule.energies):
        starts = np.searchsorted(energies, centers[:-1])
        found[row] = np.add.reduceat(weighted[row], starts)
    return found
