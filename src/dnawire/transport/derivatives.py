r"""Derivatives of T and of the conductance by everything that they depend on.

With :math:`dG = -G\, dA\, G`, :math:`A = E - H + \tfrac{i}{2} (\Gamma_L + \Gamma_R)` and a
symmetric G, every derivative of T is a product of the contact columns of G: no difference quotient,
no derivative of an eigenvector.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import NDArray

from dnawire.constants import BOLTZMANN_EV
from dnawire.transport.fermi import minus_fermi_derivative
from dnawire.transport.junctions import BlockJunctions, DenseJunctions
from dnawire.transport.linear_response import checked_conditions
from dnawire.transport.quadrature import ThermalWindows, panel_edges, pieces, rule_on
from dnawire.transport.system import checked_grids

Doubles = NDArray[np.float64]

_NUMBERS_AT_ONCE: Final = 2**21
"""Complex numbers of Green's functions that are computed together."""


class Derivatives(NamedTuple):
    """A dimensionless T or G / (2e^2/h) of B junctions, and its derivatives in 1/eV."""

    value: Float[Doubles, " B *E"]
    by_energy: Float[Doubles, " B *E"]
    """By the energy, or by the Fermi energy for a conductance."""
    by_gamma_left: Float[Doubles, "B *E N"]
    """By the coupling of each orbital to the left contact."""
    by_gamma_right: Float[Doubles, "B *E N"]
    """The same for the right contact."""
    by_hamiltonian: Float[Doubles, "B *E N N"]
    """By the elements of H as if H_ij and H_ji were two numbers: symmetric, and one hopping that is
    both of them counts twice."""


def transmission_derivatives(
    junctions: BlockJunctions | DenseJunctions,
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
) -> Derivatives:
    """T and its derivatives at energies (E,) for all junctions or (B, E), in eV."""
    dense = junctions.dense()
    grids = checked_grids(energies, len(dense))
    return _derivatives(dense, np.broadcast_to(grids, (len(dense), grids.shape[1])))


def conductance_derivatives(
    junctions: BlockJunctions | DenseJunctions, *, fermi_energy: float, temperature: float
) -> Derivatives:
    """Zero-bias conductance in units of 2e^2/h and its derivatives, every resonance resolved.

    Parameters
    ----------
    junctions
        The junctions.
    fermi_energy
        In eV.
    temperature
        In K; 0 is the limit.

    Raises
    ------
    UsageError
        If the Fermi energy or the temperature is impossible.
    """
    (level,), (kelvin,) = checked_conditions(fermi_energy, temperature)
    dense = junctions.dense()
    if kelvin == 0.0:
        found = _derivatives(dense, np.full((len(dense), 1), level))
        return Derivatives(*(one[:, 0] for one in found))
    thermal = BOLTZMANN_EV * float(kelvin)
    windows = ThermalWindows(np.array([level]), np.array([thermal]))
    rule = rule_on(panel_edges(dense.poles(), windows, np.array(windows.bounds)))
    weights = rule.weights * minus_fermi_derivative((rule.energies - level) / thermal) / thermal
    at_once = max(1, _NUMBERS_AT_ONCE // dense.hamiltonian.size)
    parts = [
        [
            np.einsum("be,be...->b...", weights[:, part], one)
            for one in _derivatives(dense, rule.energies[:, part])
        ]
        for part in pieces(weights.shape[1], at_once)
    ]
    return Derivatives(*(np.sum(one, axis=0) for one in zip(*parts, strict=True)))


def _derivatives(dense: DenseJunctions, energies: Doubles) -> Derivatives:
    greens = dense.greens_function(energies)
    left, right = dense.gamma_left[:, None], dense.gamma_right[:, None]
    squares = np.abs(greens) ** 2
    to_right = _applied(squares, right)
    product = response_of_squares(greens, left[..., None] * right[..., None, :])
    own = np.einsum("beii->bei", product)
    return Derivatives(
        value=(left * to_right).sum(-1),
        by_energy=-2.0 * own.real.sum(-1),
        by_gamma_left=to_right + own.imag,
        by_gamma_right=_applied(squares, left) + own.imag,
        by_hamiltonian=2.0 * product.real,
    )


def response_of_squares(
    greens: Complex[NDArray[np.complexfloating[Any, Any]], "B E N N"],
    weights: Float[Doubles, "B E N N"],
) -> Complex[NDArray[Any], "B E N N"]:
    r"""Symmetric Y, by which a sum of :math:`w_{cd} |G_{cd}|^2` with symmetric G changes.

    It changes by :math:`2 \mathrm{Re}\, Y_{ij}\, dH_{ij}` and by
    :math:`\mathrm{Im}\, Y_{ii}\, d\Gamma_i` with the damping of orbital i.
    """
    product = greens.swapaxes(-1, -2) @ (weights * greens.conj()) @ greens
    found: NDArray[Any] = 0.5 * (product + product.swapaxes(-1, -2))
    return found


def _applied(matrices: NDArray[Any], vectors: Doubles) -> Doubles:
    """Matrices (B, E, N, N) times vectors (B, 1, N)."""
    found: Doubles = (matrices @ vectors[..., None])[..., 0]
    return found
