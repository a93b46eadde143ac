r"""Derivatives of the conductance with probes by everything that it depends on.

A network of conductances K_ab in which each probe has the state that lets no current into it
conducts

.. math:: K = \sum_{a<b} (v_a - v_b)^T K_{ab} (v_a - v_b),

and these states make it stationary: K changes as if they stayed. What remains is a sum of weights
times |G_cd|^2, differentiated like T.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import BOLTZMANN_EV
from dnawire.transport._network import without_probes
from dnawire.transport.derivatives import response_of_squares
from dnawire.transport.fermi import minus_fermi_derivative
from dnawire.transport.linear_response import checked_conditions
from dnawire.transport.probes import DephasedJunctions, network_states, terminal_couplings
from dnawire.transport.quadrature import ThermalWindows, panel_edges, pieces, rule_on

Doubles = NDArray[np.float64]
ProbeKind = Literal["dephasing", "voltage", "voltage_temperature"]

_NUMBERS_AT_ONCE: Final = 2**15
"""Complex numbers of Green's functions that are computed together: they stay in the cache."""


class ProbedDerivatives(NamedTuple):
    """G / (2e^2/h) of B junctions with probes, and its derivatives in 1/eV."""

    value: Float[Doubles, " B"]
    by_energy: Float[Doubles, " B"]
    """By the Fermi energy."""
    by_gamma_left: Float[Doubles, "B N"]
    """By the coupling of each orbital to the left contact."""
    by_gamma_right: Float[Doubles, "B N"]
    """The same for the right contact."""
    by_probes: Float[Doubles, "B N"]
    """By the coupling of the probe of each orbital; NaN where there is none."""
    by_hamiltonian: Float[Doubles, "B N N"]
    """By the elements of H as if H_ij and H_ji were two numbers, see `Derivatives`."""


def probed_conductance_derivatives(
    probed: DephasedJunctions, probes: ProbeKind, *, fermi_energy: float, temperature: float
) -> ProbedDerivatives:
    """Zero-bias conductance with probes and its derivatives, every resonance resolved.

    Parameters
    ----------
    probed
        Junctions and probes; without any it is the coherent conductance.
    probes
        What the probes carry none of: current at any energy (dephasing), current in sum (voltage),
        current and heat in sum (voltage_temperature).
    fermi_energy
        In eV.
    temperature
        In K; 0 is the limit, in which all probes are alike.

    Raises
    ------
    UsageError
        If the Fermi energy or the temperature is impossible.
    NotConvergedError
        If the transmission with dephasing probes is rounding.
    """
    (level,), (kelvin,) = checked_conditions(fermi_energy, temperature)
    energies, weights, x = _rule(probed, probes, float(level), float(kelvin))
    fixed = None
    if probes != "dephasing" and kelvin > 0.0:
        fixed = network_states(probed, float(level), float(kelvin), heat=probes != "voltage")
    at_once = max(1, _NUMBERS_AT_ONCE // (len(probed) * probed.probes.shape[1] ** 2))
    parts = []
    for part in pieces(energies.shape[1], at_once):
        states = _states_at(probed, energies[:, part], x[:, part], fixed)
        found = _derivatives(probed, energies[:, part], states)
        parts.append([np.einsum("be,be...->b...", weights[:, part], one) for one in found])
    return ProbedDerivatives(*(np.sum(one, axis=0) for one in zip(*parts, strict=True)))


def _rule(
    probed: DephasedJunctions, probes: ProbeKind, level: float, kelvin: float
) -> tuple[Doubles, Doubles, Doubles]:
    """Energies in eV, their weights with -f', and (E - mu) / k_B T; (B, E) each."""
    if kelvin == 0.0:
        shape = (len(probed), 1)
        return np.full(shape, level), np.ones(shape), np.zeros(shape)
    thermal = BOLTZMANN_EV * kelvin
    windows = ThermalWindows(np.array([level]), np.array([thermal]))
    if probes == "dephasing":
        rule, _ = probed.resolved(windows, np.array(windows.bounds))
    else:
        rule = rule_on(panel_edges(probed.poles(), windows, np.array(windows.bounds)))
    x = (rule.energies - level) / thermal
    return rule.energies, rule.weights * minus_fermi_derivative(x) / thermal, x


def _states_at(
    probed: DephasedJunctions, energies: Doubles, x: Doubles, fixed: Doubles | None
) -> Doubles:
    """Occupations of all terminals at energies, 1 on the left and 0 on the right, (B, E, M)."""
    if fixed is not None:
        powers = x[..., None] ** np.arange(fixed.shape[-1])
        found: Doubles = np.einsum("bad,bed->bea", fixed, powers)
        return found
    _, states = without_probes(probed.between_terminals(energies)[..., None, None])
    contacts = np.broadcast_to([1.0, 0.0], (*energies.shape, 2))
    return np.concatenate((contacts, states[..., 0, 0]), -1)


def _derivatives(
    probed: DephasedJunctions, energies: Doubles, states: Doubles
) -> tuple[NDArray[Any], ...]:
    """Value and derivatives at energies, in the order of `ProbedDerivatives`."""
    terminals = terminal_couplings(probed)[:, None]
    greens = probed.junctions.dense().greens_function(energies, probed.probes)
    squares = np.abs(greens) ** 2
    falls = (states[..., :, None] - states[..., None, :]) ** 2
    toward = falls @ terminals
    weights = 0.5 * terminals.swapaxes(-1, -2) @ toward
    product = response_of_squares(greens, weights)
    own = np.einsum("beii->bei", product)
    explicit = toward @ squares
    by_probes = np.einsum("beii->bei", explicit[..., 2:, :]) + own.imag
    return (
        (weights * squares).sum((-1, -2)),
        -2.0 * own.real.sum(-1),
        explicit[..., 0, :] + own.imag,
        explicit[..., 1, :] + own.imag,
        np.where(probed.probes[:, None] > 0.0, by_probes, np.nan),
        2.0 * product.real,
    )
