"""Energies and weights with which integrals over resonances and Fermi functions are exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import NDArray

from dnawire.transport._panel_kernels import march
from dnawire.transport.fermi import REACH

Doubles = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_NARROWEST: Final = 1e-12
"""Half width in eV of the narrowest resonance that is resolved: a lifetime of 0.3 ms."""
_EDGES: Final = 256
"""Edges of a junction that are provided for at first."""


class Rule(NamedTuple):
    """A quadrature rule for each of B junctions."""

    energies: Float[Doubles, "B E"]
    """Nodes in eV; rows do not decrease."""
    weights: Float[Doubles, "B E"]
    """Their weights in eV; zero where a junction has fewer nodes than another one."""

    def window(self, low: float, high: float) -> slice:
        """Columns that hold all nodes between two energies."""
        start = np.searchsorted(self.energies.max(0), low)
        stop = np.searchsorted(self.energies.min(0), high, side="right")
        return slice(int(start), int(stop))


class ThermalWindows(NamedTuple):
    """Fermi functions that an integrand holds."""

    centers: Float[Doubles, " W"]
    """Fermi energies in eV."""
    thermal_energies: Float[Doubles, " W"]
    """k_B T in eV, above 0."""

    @classmethod
    def of(cls, centers: Doubles, thermal_energies: Doubles) -> ThermalWindows:
        """Every Fermi energy at every temperature."""
        pairs = np.meshgrid(centers, thermal_energies, indexing="ij")
        return cls(*(np.ascontiguousarray(one.ravel()) for one in pairs))

    @property
    def bounds(self) -> tuple[float, float]:
        """Energies in eV beyond which no Fermi function changes."""
        span = REACH * self.thermal_energies
        return float((self.centers - span).min()), float((self.centers + span).max())


def resolving_rule(
    poles: Complex[NDArray[np.complexfloating[Any, Any]], "B N"],
    windows: ThermalWindows,
    breaks: Float[Doubles, " Q"],
) -> Rule:
    """Gauss-Legendre rule on panels that are narrow near the poles of G and of Fermi functions.

    With 12 nodes, and poles at least 1.5 half widths away from the center of each panel, the
    integral of a rational function is exact to 1e-10 of itself.

    Parameters
    ----------
    poles
        Poles of the Green's functions in eV; those at infinity are none.
    windows
        Fermi functions in the integrand.
    breaks
        Increasing energies in eV where the integrand may jump; the first and last bound it.

    Returns
    -------
    Rule
        Nodes and weights.
    """
    width = np.maximum(np.abs(poles.imag), _NARROWEST)
    arguments = np.ascontiguousarray(poles.real), width, *windows, REACH, breaks
    edges = np.empty((len(poles), _EDGES))
    needed = march(*arguments, edges)
    if needed > _EDGES:
        edges = np.empty((len(poles), needed))
        march(*arguments, edges)
    return _composite(edges[:, :needed])


def _composite(edges: Doubles) -> Rule:
    half = 0.5 * np.diff(edges)[..., None]
    center = 0.5 * (edges[:, 1:] + edges[:, :-1])[..., None]
    nodes, weights = center + half * _NODES, half * _WEIGHTS
    return Rule(nodes.reshape(len(edges), -1), weights.reshape(len(edges), -1))


def pieces(count: int, at_once: int) -> Iterator[slice]:
    """Cut a batch so that memory is bounded."""
    for start in range(0, count, at_once):
        yield slice(start, min(start + at_once, count))
