"""Conductance, thermopower and electronic heat conductance in linear response."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport.block import LOG10_2
from dnawire.transport.fermi import REACH, minus_fermi_derivative
from dnawire.transport.junctions import Transmitting
from dnawire.transport.quadrature import Rule, ThermalWindows, pieces

Doubles = NDArray[np.float64]

LOWEST_TEMPERATURE: Final = 1e-4
"""K; below it, but for 0 itself, energies near a Fermi energy have too few digits."""

_SOMMERFELD: Final = math.pi**2 / 3.0
"""Variance of (E - mu) / k_B T in the window -f'."""

_FEWEST_DIGITS: Final = 1e-280
"""Of an integral in units of the largest T, below which its parts begin to be no normal numbers."""

_AT_ONCE: Final = 32
"""Junctions whose integrals are computed together."""


@dataclass(frozen=True, eq=False)
class LinearResponse:
    r"""Response of B junctions to a small bias or difference of temperature; two spins counted.

    With :math:`K_n = \int (E - \mu)^n\, T(E) (-\partial f / \partial E)\, dE`,

    .. math::
        G = \frac{2e^2}{h} K_0, \quad S = -\frac{1}{e\theta} \frac{K_1}{K_0}, \quad
        \kappa_e = \frac{2}{h\theta} \left(K_2 - \frac{K_1^2}{K_0}\right), \quad
        L = \frac{\kappa_e}{G\theta}, \quad ZT_e = \frac{S^2}{L}

    at the temperature :math:`\theta` (Korol, Kilgour and Segal, doi:10.1063/1.4971167). What
    crosses has the mean and the variance of (E - mu) / k_B theta, of which all but G follow.

    Parameters
    ----------
    fermi_energies
        In eV, (F,).
    temperatures
        In K, (K,).
    log10_conductance_quanta
        log10 of G in units of 2e^2/h, (B, F, K); minus infinity where nothing conducts.
    mean, variance
        Of (E - mu) / k_B theta over what crosses, (B, F, K); nan where nothing conducts. At 0 K
        their limits.
    """

    fermi_energies: Float[Doubles, " F"]
    temperatures: Float[Doubles, " K"]
    log10_conductance_quanta: Float[Doubles, "B F K"]
    mean: Float[Doubles, "B F K"]
    variance: Float[Doubles, "B F K"]

    @property
    def conductance_quanta(self) -> Float[Doubles, "B F K"]:
        """G in units of 2e^2/h."""
        found: Doubles = 10.0**self.log10_conductance_quanta
        return found

    @property
    def conductance(self) -> Float[Doubles, "B F K"]:
        """G in siemens."""
        return CONDUCTANCE_QUANTUM * self.conductance_quanta

    @property
    def seebeck(self) -> Float[Doubles, "B F K"]:
        """Seebeck coefficient in V/K; above zero if what crosses lies below the Fermi energy."""
        return 0.0 - BOLTZMANN_EV * self.mean

    @property
    def lorenz_number(self) -> Float[Doubles, "B F K"]:
        """kappa_e / (G theta) in V^2/K^2."""
        return BOLTZMANN_EV**2 * self.variance

    @property
    def thermal_conductance(self) -> Float[Doubles, "B F K"]:
        """Electronic heat conductance kappa_e without current, in W/K."""
        return self.conductance * self.lorenz_number * self.temperatures

    @property
    def figure_of_merit(self) -> Float[Doubles, "B F K"]:
        """ZT with the heat that electrons carry alone; an upper bound of ZT."""
        found: Doubles = self.mean**2 / self.variance
        return found


def linear_response(
    junctions: Transmitting, fermi_energies: ArrayLike, temperatures: ArrayLike
) -> LinearResponse:
    """Linear response at many Fermi energies and temperatures, every resonance resolved.

    Parameters
    ----------
    junctions
        `BlockJunctions`, `DenseJunctions`, or either of them with probes (`DephasedJunctions`).
    fermi_energies
        In eV on the scale of the Hamiltonian, one or (F,): the scan is an input, not a guess.
    temperatures
        In K, one or (K,); 0 is the limit.

    Returns
    -------
    LinearResponse
        To 1e-8 of each value (mean and variance: of one) where resonances are wider than 1e-7 eV;
        below, the rounding of energies costs ``1e-16 |E| / width``.

    Raises
    ------
    UsageError
        If a Fermi energy or a temperature is impossible.
    """
    levels, kelvin = checked_conditions(fermi_energies, temperatures)
    found = np.empty((3, len(junctions), len(levels), len(kelvin)))
    for part in pieces(len(junctions), _AT_ONCE):
        found[:, part] = _response(junctions.rows(part), levels, kelvin)
    return LinearResponse(levels, kelvin, *found)


def checked_conditions(
    fermi_energies: ArrayLike, temperatures: ArrayLike
) -> tuple[Doubles, Doubles]:
    """Return Fermi energies in eV (F,) and temperatures in K (K,).

    Raises
    ------
    UsageError
        If one of them is impossible.
    """
    levels, kelvin = (
        np.atleast_1d(np.asarray(one, float)) for one in (fermi_energies, temperatures)
    )
    if levels.ndim != 1 or not levels.size or not np.isfinite(levels).all():
        raise UsageError(
            f"Fermi energies of shape {levels.shape} must be finite numbers in one row.",
            "give them in eV, one or several.",
        )
    is_possible = (kelvin == 0.0) | (kelvin >= LOWEST_TEMPERATURE)
    if kelvin.ndim != 1 or not kelvin.size or not (is_possible & np.isfinite(kelvin)).all():
        raise UsageError(
            f"the temperatures {kelvin.tolist()} K hold what is neither 0 nor finite and at least "
            f"{LOWEST_TEMPERATURE:g} K, or are no single row.",
            "give temperatures in K, one or several.",
        )
    return levels, kelvin


def _response(junctions: Transmitting, levels: Doubles, kelvin: Doubles) -> Doubles:
    """log10 G, mean and variance, (3, B, F, K)."""
    found = np.empty((3, len(junctions), len(levels), len(kelvin)))
    cold = kelvin == 0.0
    if cold.any():
        found[..., cold] = _zero_temperature(junctions, levels)[..., None]
    if not cold.all():
        found[..., ~cold] = _finite_temperatures(junctions, levels, BOLTZMANN_EV * kelvin[~cold])
    return found


def _zero_temperature(junctions: Transmitting, levels: Doubles) -> Doubles:
    """Limits (3, B, F)."""
    transmission = junctions.transmission(np.tile(levels, (len(junctions), 1)))
    logarithm = _log10(transmission.values, transmission.exponent)
    conducts = transmission.values.max(1, keepdims=True) > 0.0
    small = conducts & (transmission.values < _FEWEST_DIGITS)
    for row, column in np.argwhere(small).tolist() if len(levels) > 1 else ():
        alone = junctions.rows(slice(row, row + 1)).transmission(levels[None, [column]])
        logarithm[row, column] = _log10(alone.values, alone.exponent)[0, 0]
    known = np.isfinite(logarithm)
    return np.stack((logarithm, np.where(known, 0.0, np.nan), np.where(known, _SOMMERFELD, np.nan)))


def _finite_temperatures(junctions: Transmitting, levels: Doubles, thermal: Doubles) -> Doubles:
    windows = ThermalWindows.of(levels, thermal)
    rule, transmission = junctions.resolved(windows, np.array(windows.bounds))
    weighted = rule.weights * transmission.values
    conducts = transmission.values.max(1) > 0.0
    found = np.empty((3, len(junctions), len(levels), len(thermal)))
    for row, level in enumerate(levels.tolist()):
        for column, energy in enumerate(thermal.tolist()):
            moments = _moments(rule, weighted, level, energy)
            logarithm = _log10(moments[0][:, None], transmission.exponent)[:, 0]
            found[:, :, row, column] = logarithm, *moments[1:]
            # T of another Fermi energy may be so large that that of this one has no digits.
            lost = np.flatnonzero(conducts & (moments[0] * energy < _FEWEST_DIGITS))
            for junction in lost.tolist() if found[0, 0].size > 1 else ():
                one = junctions.rows(slice(junction, junction + 1))
                alone = _finite_temperatures(one, levels[[row]], thermal[[column]])
                found[:, [junction], row, column] = alone[..., 0, 0]
    return found


@np.errstate(invalid="ignore")
def _moments(
    rule: Rule, weighted: Doubles, level: float, thermal: float
) -> tuple[Doubles, Doubles, Doubles]:
    """K_0, and mean and variance of what crosses, (B,)."""
    span = REACH * thermal
    window = rule.window(level - span, level + span)
    x = (rule.energies[:, window] - level) / thermal
    share = minus_fermi_derivative(x)
    share *= weighted[:, window]
    whole = share.sum(1)
    mean = np.einsum("be,be->b", share, x) / whole
    x -= mean[:, None]
    variance = np.einsum("be,be,be->b", share, x, x) / whole
    return whole / thermal, mean, variance


@np.errstate(divide="ignore")
def _log10(values: Doubles, exponent: Doubles) -> Doubles:
    found: Doubles = np.log10(values) + LOG10_2 * exponent[:, None]
    return found
