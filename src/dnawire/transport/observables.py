"""What is measured: the zero-bias conductance, and the energies that it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport.fermi import REACH, minus_fermi_derivative

_SMALLEST_SHARE: Final = 0.999
"""Share of the thermal weight that the energies must hold."""

_PANEL_WIDTH: Final = 0.25
"""Width of an integration panel in k_B T."""

_RESONANCE_STEP: Final = 0.2
"""Spacing of energies around a resonance in units of its width, in asinh: 12 per decade."""

_UNREACHED_STEP: Final = 1.0
"""The same around a state that no contact reaches, which the density of states alone shows."""

_LEVEL_REACH: Final = 10.0
"""Distance from a level in half widths up to which what passes is counted as its own."""

_NARROWEST: Final = 1e-13
"""Width in eV below which resonances are not resolved: a lifetime of 7 ms."""

_UNCOUPLED: Final = 0.01 * _NARROWEST
"""Coupling in eV of a state to the contacts that moves its pole by less than can be seen."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True)
class Conductance:
    """Conductance of a junction at zero bias, with the two spins counted."""

    log10_conductance_quanta: float
    """log10 in units of G0 = 2e^2/h, which does not underflow; -inf where nothing conducts."""
    unseen_quanta: float
    """What one open channel at the energies outside the spectrum could add at most, in G0."""

    @property
    def conductance_quanta(self) -> float:
        """In units of G0; 0 where it underflows."""
        return float(10.0**self.log10_conductance_quanta)

    @property
    def siemens(self) -> float:
        """In siemens."""
        return self.conductance_quanta * CONDUCTANCE_QUANTUM


def zero_bias_conductance(
    energies: ArrayLike, transmission: ArrayLike, *, fermi_energy: float, temperature: float
) -> Conductance:
    r"""Landauer conductance of one spectrum at zero bias.

    .. math:: G = \frac{2e^2}{h} \int T(E) \left(-\frac{\partial f}{\partial E}\right) dE

    with the Fermi function :math:`f` (Datta, *Electronic Transport in Mesoscopic Systems*,
    doi:10.1017/CBO9780511805776). Between the given energies log T is linear, so that neither a
    coarse grid nor a low temperature loses the Fermi function between two points.

    Parameters
    ----------
    energies
        Increasing energies in eV, (E,).
    transmission
        T at these energies, one spin channel, (E,).
    fermi_energy
        Fermi energy in eV, on the scale of ``energies``.
    temperature
        Temperature in K; at 0 the conductance is that of T at the Fermi energy.

    Returns
    -------
    Conductance
        In siemens and in conductance quanta.

    Raises
    ------
    UsageError
        If the temperature is impossible, or the energies do not hold the thermal weight.
    """
    grid = np.asarray(energies, dtype=np.float64)
    values = np.asarray(transmission, dtype=np.float64)
    unseen = checked_thermal_window(grid, fermi_energy=fermi_energy, temperature=temperature)
    thermal_energy = BOLTZMANN_EV * temperature
    if thermal_energy == 0.0:
        at_fermi = interpolate_transmission(grid, values, np.array([fermi_energy]))
        return Conductance(_log10(float(at_fermi[0])), 0.0)
    points, weights = _quadrature(_reduced(grid, fermi_energy, thermal_energy))
    at_points = interpolate_transmission(grid, values, fermi_energy + thermal_energy * points)
    quanta = float(weights * minus_fermi_derivative(points) @ at_points)
    return Conductance(_log10(quanta), unseen)


def checked_thermal_window(
    energies: NDArray[np.float64], *, fermi_energy: float, temperature: float
) -> float:
    """Return the share of the thermal weight outside a spectrum, which must be small.

    Parameters
    ----------
    energies, fermi_energy, temperature
        See `zero_bias_conductance`.

    Raises
    ------
    UsageError
        If the temperature is impossible, or the energies do not hold the thermal weight.
    """
    if not (math.isfinite(temperature) and temperature >= 0.0):
        raise UsageError(
            f"the temperature is {temperature} K.", "give a temperature in K of at least 0."
        )
    if not energies[0] <= fermi_energy <= energies[-1]:
        raise UsageError(
            f"the Fermi energy {fermi_energy} eV lies outside the spectrum, which runs from "
            f"{energies[0]:g} to {energies[-1]:g} eV.",
            "choose a Fermi energy inside, or compute the spectrum at other energies.",
        )
    thermal_energy = BOLTZMANN_EV * temperature
    if thermal_energy == 0.0:
        return 0.0
    unseen = _weight_outside(_reduced(energies[[0, -1]], fermi_energy, thermal_energy))
    if unseen > 1.0 - _SMALLEST_SHARE:
        raise _too_narrow(energies, fermi_energy, thermal_energy, unseen)
    return unseen


def narrow_level_share(
    energies: NDArray[np.float64],
    transmission: NDArray[np.float64],
    levels: NDArray[np.complex128],
    *,
    fermi_energy: float,
    temperature: float,
    width: float,
) -> float:
    """Share of the conductance that passes through levels narrower than a width.

    Parameters
    ----------
    energies, transmission
        A spectrum that misses no resonance, see `resolving_energies` and `panel_edges`, both (E,),
        T in any unit.
    levels
        Poles of G in eV, see `poles`, (N,).
    fermi_energy, temperature
        See `zero_bias_conductance`.
    width
        Full width at half maximum in eV. A level takes what passes within 10 half widths of it:
        94 % of a Lorentzian.

    Returns
    -------
    float
        Between 0 and 1; 0 at zero temperature, where only T at the Fermi energy counts.
    """
    thermal_energy = BOLTZMANN_EV * temperature
    narrow = levels[-2.0 * levels.imag < width]
    if thermal_energy == 0.0 or not len(narrow):
        return 0.0
    weight = transmission * minus_fermi_derivative(_reduced(energies, fermi_energy, thermal_energy))
    panels = 0.5 * (weight[1:] + weight[:-1]) * np.diff(energies)
    reach = _LEVEL_REACH * np.maximum(-narrow.imag, _NARROWEST)
    starts, ends = np.sort(narrow.real - reach), np.sort(narrow.real + reach)
    middle = 0.5 * (energies[1:] + energies[:-1])
    # Inside as many intervals as have begun and not ended.
    inside = np.searchsorted(starts, middle) > np.searchsorted(ends, middle)
    total = panels.sum()
    return float(panels[inside].sum() / total) if total > 0.0 else 0.0


def resolving_energies(
    levels: NDArray[np.complex128], energies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Energies that miss no resonance: those given, and many around every pole of G between them.

    The resonances of a long or disordered chain are narrower than any regular grid, and they carry
    most of its conductance at room temperature.

    Parameters
    ----------
    levels
        Poles of G in eV, see `poles`, (N,).
    energies
        Increasing energies in eV, (E,); the first and the last bound all others.

    Returns
    -------
    ndarray
        Increasing energies in eV, up to 300 for every orbital that a contact reaches.
    """
    width = np.maximum(-levels.imag, _NARROWEST)[:, None]
    reach = np.arcsinh((energies[-1] - energies[0]) / _NARROWEST)
    is_reached = levels.imag < 0.0
    steps = np.arange(-reach, reach, _RESONANCE_STEP)
    coarse = _UNREACHED_STEP * np.arange(-(reach // _UNREACHED_STEP), reach // _UNREACHED_STEP + 1)
    found = [energies]
    for some, offsets in ((is_reached, steps), (~is_reached, coarse)):
        around = (levels.real[some, None] + width[some] * np.sinh(offsets)).ravel()
        found.append(around[(around > energies[0]) & (around < energies[-1])])
    return np.unique(np.concatenate(found))


def interpolate_transmission(
    energies: NDArray[np.float64], transmission: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate T linearly in log T, which varies over decades from one energy to the next.

    Parameters
    ----------
    energies
        Increasing energies in eV, (E,).
    transmission
        T at these energies, (E,); it may vanish.
    at
        Energies within them, (n,).

    Returns
    -------
    ndarray
        T at these energies, (n,).
    """
    floor = np.log(np.finfo(np.float64).tiny)
    with np.errstate(divide="ignore"):
        logarithm = np.maximum(np.log(transmission), floor)
    found = np.interp(at, energies, logarithm)
    return np.where(found > floor, np.exp(found), 0.0)


def poles(
    hamiltonian: NDArray[np.float64], broadening: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Levels of a junction: poles of its Green's function, eigenvalues of H - i/2 diag(broadening).

    Parameters
    ----------
    hamiltonian
        Symmetric matrix in eV, (N, N).
    broadening
        Both contact couplings and twice ``eta`` of every orbital in eV, (N,).

    Returns
    -------
    ndarray
        In eV, (N,): the energy of each level, less i times half of its width.
    """
    # In the eigenbasis of H, a state that is coupled by less than w moves its pole by about w at
    # most, whatever is near it. In a long disordered chain few are left for the general problem.
    center, common = float(np.diag(hamiltonian).mean()), broadening.min()
    levels, states = np.linalg.eigh(hamiltonian - center * np.eye(len(hamiltonian)))
    contacts = np.flatnonzero(broadening > common)
    amplitudes = np.sqrt(broadening[contacts] - common)[:, None] * states[contacts]
    coupled = (amplitudes**2).sum(axis=0) > _UNCOUPLED
    inner = amplitudes[:, coupled]
    found = levels.astype(np.complex128)
    found[coupled] = np.linalg.eigvals(np.diag(levels[coupled]) - 0.5j * inner.T @ inner)
    damped: NDArray[np.complex128] = found + (center - 0.5j * common)
    return damped


def _log10(value: float) -> float:
    return math.log10(value) if value > 0.0 else -math.inf


def _reduced(
    energies: NDArray[np.float64], fermi_energy: float, thermal_energy: float
) -> NDArray[np.float64]:
    """Distance from the Fermi energy in k_B T."""
    with np.errstate(over="ignore"):
        return (energies - fermi_energy) / thermal_energy


def _quadrature(
    reduced: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre points and weights, on panels where log T and the Fermi function are smooth.

    Energies are (E - mu)/kT throughout, so that no temperature is too low for them.
    """
    count = round(2.0 * REACH / _PANEL_WIDTH) + 1
    thermal = np.linspace(-REACH, REACH, count)
    low, high = max(reduced[0], thermal[0]), min(reduced[-1], thermal[-1])
    edges = np.union1d(reduced, thermal)
    edges = edges[(edges >= low) & (edges <= high)]
    half = 0.5 * np.diff(edges)[:, None]
    center = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (center + half * _NODES).ravel(), (half * _WEIGHTS).ravel()


def _weight_outside(reduced: NDArray[np.float64]) -> float:
    """Share of the thermal weight outside the spectrum."""
    decay = np.exp(-np.abs(reduced[[0, -1]]))
    return float((decay / (1.0 + decay)).sum())


def _too_narrow(
    grid: NDArray[np.float64], fermi_energy: float, thermal_energy: float, unseen: float
) -> UsageError:
    margin = thermal_energy * math.log(2.0 / (1.0 - _SMALLEST_SHARE))
    return UsageError(
        f"the spectrum from {grid[0]:g} to {grid[-1]:g} eV holds only {1.0 - unseen:.1%} of the "
        f"carriers at the Fermi energy {fermi_energy:g} eV; at least {_SMALLEST_SHARE:.1%} are "
        "needed.",
        f"compute it at least from {fermi_energy - margin:.3f} to {fermi_energy + margin:.3f} eV, "
        "or lower the temperature.",
    )
