"""Energies and weights with which integrals over resonances and Fermi functions are exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import NDArray

from dnawire.transport import _panel_kernels as panels
from dnawire.transport.fermi import REACH

Doubles = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_LAST_COEFFICIENTS: Final = (
    _WEIGHTS[:, None] * np.polynomial.legendre.legvander(_NODES, 11)[:, -2:] * (10.5, 11.5)
)
"""Of a function at the nodes: its coefficients of P_10 and P_11."""
_ROUGH: Final = 1e-6
_NARROWEST: Final = 1e-12
"""Half width in eV of the narrowest resonance that is resolved: a lifetime of 0.3 ms."""
_EDGES: Final = 256
"""Edges of a junction that are provided for at first."""
MOST_PANELS: Final = 64
"""Times as many panels as G has of its own, after which halving them is given up."""

PANEL_RULE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "nodes": _NODES.tolist(),
        "weights": _WEIGHTS.tolist(),
        "lastCoefficients": _LAST_COEFFICIENTS.T.tolist(),
        "rough": _ROUGH,
        "mostPanels": MOST_PANELS,
        "narrowest": _NARROWEST,
        "reach": REACH,
        "ratio": panels.RATIO,
        "smooth": panels.SMOOTH,
        "smoothTail": panels.SMOOTH_TAIL,
        "tail": panels.TAIL,
        "close": panels.CLOSE,
        "finest": panels.FINEST,
    }
)
"""Numbers of this rule, for a program in another language that integrates alike."""


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
    """Fermi functions that an integrand holds; none at 0 K."""

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


def panel_edges(
    poles: Complex[NDArray[np.complexfloating[Any, Any]], "B N"],
    windows: ThermalWindows,
    breaks: Float[Doubles, " Q"],
) -> Float[Doubles, "B M"]:
    """Edges of panels that are narrow near the poles of G and of Fermi functions.

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
    ndarray
        Edges in eV, from the first break to the last one, which is repeated where there are fewer.
    """
    width = np.maximum(np.abs(poles.imag), _NARROWEST)
    arguments = np.ascontiguousarray(poles.real), width, *windows, REACH, breaks
    edges = np.empty((len(poles), _EDGES))
    needed = panels.march(*arguments, edges)
    if needed > _EDGES:
        edges = np.empty((len(poles), needed))
        panels.march(*arguments, edges)
    return edges[:, :needed]


def rule_on(edges: Float[Doubles, "B M"]) -> Rule:
    """Gauss-Legendre rule on the panels between edges."""
    half = 0.5 * np.diff(edges)[..., None]
    center = 0.5 * (edges[:, 1:] + edges[:, :-1])[..., None]
    nodes, weights = center + half * _NODES, half * _WEIGHTS
    return Rule(nodes.reshape(len(edges), -1), weights.reshape(len(edges), -1))


def split_where_rough(
    edges: Float[Doubles, "B M"], values: Float[Doubles, "B E"]
) -> Float[Doubles, "B M2"] | None:
    """Edges with every panel halved on which a function is no polynomial; None if it is on all.

    Parameters
    ----------
    edges
        Edges of the panels in eV.
    values
        The function at the nodes of `rule_on`. Its last Legendre coefficients on a panel bound the
        share of it that the rule misses: to 1e-9 if they are below 1e-6 of the function.
    """
    panels = values.reshape(len(values), -1, len(_NODES))
    last = np.abs(panels @ _LAST_COEFFICIENTS).max(-1)
    is_wide = np.diff(edges) > 2.0 * _NARROWEST
    is_rough = is_wide & (last > _ROUGH * np.abs(panels).max(-1))
    if not is_rough.any():
        return None
    middle = 0.5 * (edges[:, 1:] + edges[:, :-1])
    added = np.where(is_rough, middle, edges[:, -1:])
    most = int(is_rough.sum(1).max())
    every = np.sort(np.concatenate((edges, np.sort(added)[:, :most]), 1))
    return every


def pieces(count: int, at_once: int) -> Iterator[slice]:
    """Cut a batch so that memory is bounded."""
    for start in range(0, count, at_once):
        yield slice(start, min(start + at_once, count))
