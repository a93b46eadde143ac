r"""Buettiker probes: reservoirs on sites that carry no net current and thereby break coherence.

A probe p couples with :math:`\gamma_p` to its site, like a contact. Between all terminals
(contacts L and R, and probes) carriers cross with

.. math:: T_{ab}(E) = \mathrm{Tr}[\Gamma_a G \Gamma_b G^\dagger],

G damped by all of them (Buettiker, doi:10.1147/rd.323.0317; D'Amato and Pastawski,
doi:10.1103/PhysRevB.41.7411).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeGuard

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike, NDArray

from dnawire.compiled.double import LANES
from dnawire.compiled.switch import only_definitions
from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import NotConvergedError
from dnawire.transport import _probe_kernels
from dnawire.transport._network import without_probes
from dnawire.transport.fermi import REACH, minus_fermi_derivative
from dnawire.transport.junctions import (
    BlockJunctions,
    DenseJunctions,
    Transmission,
    flat_couplings,
    unguarded,
)
from dnawire.transport.linear_response import LinearResponse, checked_conditions
from dnawire.transport.quadrature import (
    MOST_PANELS,
    Rule,
    ThermalWindows,
    panel_edges,
    pieces,
    rule_on,
    split_where_rough,
)
from dnawire.transport.system import BlockSystem, checked_grids, contact_tables

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_NUMBERS_AT_ONCE: Final = 2**21
"""Complex numbers of Green's functions that are computed together by the definition."""
_AT_ONCE: Final = 32
"""Junctions whose integrals are computed together."""


@dataclass(frozen=True, eq=False)
class DephasedJunctions:
    r"""Junctions with dephasing probes, which carry no net current at any energy.

    With :math:`W_{ij} = \delta_{ij} \sum_{a \ne i} T_{ia} - (1 - \delta_{ij}) T_{ij}` of
    the probes i and j,

    .. math:: T_\mathrm{eff}(E) = T_{LR} + \sum_{ij} T_{Li} [W^{-1}]_{ij} T_{jR},

    the coherent and the incoherent part (doi:10.1103/PhysRevB.41.7411). They are what
    `linear_response` and `current_voltage` take, as junctions without probes are.

    Parameters
    ----------
    junctions
        The junctions.
    probes
        Couplings of the probes in eV, one of its own on every orbital where it is not zero; (B, N).
    """

    junctions: BlockJunctions | DenseJunctions
    probes: Float[Doubles, "B N"]

    @classmethod
    def of(
        cls, junctions: BlockJunctions | DenseJunctions, gamma_probe: ArrayLike
    ) -> DephasedJunctions:
        """Attach probes, with couplings in the shape of those of the contacts or of one junction.

        Raises
        ------
        ValueError
            The shape differs, or a coupling is negative or not finite.
        """
        return cls(junctions, flat_couplings(junctions, gamma_probe))

    def __len__(self) -> int:
        return len(self.junctions)

    def rows(self, part: slice) -> DephasedJunctions:
        """Some of the junctions."""
        return DephasedJunctions(self.junctions.rows(part), self.probes[part])

    def poles(self) -> Complex[Complexes, "B N"]:
        """Poles of the Green's functions in eV, with the damping of the probes."""
        return self.junctions.dense().damped_poles(self.probes)

    def transmission(self, energies: Float[Doubles, "B E"]) -> Transmission:
        """Effective T of one spin channel; it may underflow."""
        grids = checked_grids(energies, len(self))
        if _is_ladder(self.junctions):
            probed = _Probed.of(self.junctions, self.probes, grids)
            found = _probe_kernels.dephased(probed.system, probed.left, probed.right, probed.probe)
            values = found.reshape(len(self), -1)
        else:
            between = self.between_terminals(grids)
            values = without_probes(between[..., None, None])[0][..., 0, 0]
        return Transmission(values, np.zeros(len(self)))

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, and T at its energies.

        The effective T has singularities where W has, which are not those of G: panels are halved
        until it is smooth on each.

        Raises
        ------
        NotConvergedError
            If it never is: its values are rounding.
        """
        edges = panel_edges(self.poles(), windows, breaks)
        most = MOST_PANELS * edges.shape[1]
        while True:
            rule = rule_on(edges)
            transmission = self.transmission(rule.energies)
            finer = split_where_rough(edges, transmission.values)
            if finer is None:
                return rule, transmission
            if finer.shape[1] > most:
                raise NotConvergedError(
                    f"the effective transmission is not smooth on {edges.shape[1]} panels: where "
                    "paths cancel it is rounding.",
                    "couple the probes more strongly, or ask for energies one by one.",
                )
            edges = finer

    def between_terminals(self, energies: Float[Doubles, "B E"]) -> Float[Doubles, "B E M M"]:
        """T between all terminals: left and right contact, then a probe on every orbital."""
        dense, count = self.junctions.dense(), self.probes.shape[1]
        terminals = terminal_couplings(self)
        at_once = max(1, _NUMBERS_AT_ONCE // (len(self) * count**2))
        found = []
        for part in pieces(energies.shape[1], at_once):
            greens = dense.greens_function(energies[:, part], self.probes)
            found.append(_contracted(terminals, np.abs(greens) ** 2))
        return np.concatenate(found, 1)


class ProbeResponse(NamedTuple):
    """Conductance of B junctions with voltage probes, at F Fermi energies and K temperatures."""

    conductance_quanta: Float[Doubles, "B F K"]
    """In units of 2e^2/h."""
    potentials: Float[Doubles, "B F K N"]
    """Potential of the probe of each orbital: 1 is that of the left contact, 0 of the right one."""

    @property
    def conductance(self) -> Float[Doubles, "B F K"]:
        """In siemens, two spins counted."""
        return CONDUCTANCE_QUANTUM * self.conductance_quanta


def voltage_probe_response(
    probed: DephasedJunctions, fermi_energies: ArrayLike, temperatures: ArrayLike
) -> ProbeResponse:
    """Linear conductance with voltage probes, which carry no net current in sum over all energies.

    Carriers may thus change their energy in a probe, whose temperature is that of the contacts. At
    0 K they are dephasing probes.

    Parameters
    ----------
    probed
        Junctions and probes.
    fermi_energies, temperatures
        See `linear_response`.

    Returns
    -------
    ProbeResponse
        Conductance and potentials, as exact as `linear_response`.

    Raises
    ------
    UsageError
        If a Fermi energy or a temperature is impossible.
    """
    levels, kelvin = checked_conditions(fermi_energies, temperatures)
    network = _integrated(probed, levels, kelvin, 1)
    found, states = without_probes(network)
    return ProbeResponse(found[..., 0, 0], states[..., 0, 0])


def thermal_probe_response(
    probed: DephasedJunctions, fermi_energies: ArrayLike, temperatures: ArrayLike
) -> LinearResponse:
    """Linear response with voltage-temperature probes, which carry no net charge and no net heat.

    Every probe has the potential and the temperature at which both vanish: carriers exchange energy
    with each other, none is lost to the surroundings (Korol, Kilgour and Segal,
    doi:10.1063/1.4971167).

    Parameters
    ----------
    probed
        Junctions and probes.
    fermi_energies, temperatures
        See `linear_response`.

    Returns
    -------
    LinearResponse
        Where a single narrow resonance carries all, the variance loses the digits of its square.

    Raises
    ------
    UsageError
        If a Fermi energy or a temperature is impossible.
    """
    levels, kelvin = checked_conditions(fermi_energies, temperatures)
    found, _ = without_probes(_integrated(probed, levels, kelvin, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = found[..., 0, 0]
        mean = found[..., 0, 1] / whole
        variance = found[..., 1, 1] / whole - mean**2
        return LinearResponse(levels, kelvin, np.log10(whole), mean, variance)


def coherent_conductance_quanta(
    probed: DephasedJunctions, fermi_energies: ArrayLike, temperatures: ArrayLike
) -> Float[Doubles, "B F K"]:
    r"""Part of the conductance of carriers that meet no probe, whatever the probes do.

    It is :math:`\int T_{LR}(E) (-f')\, dE` in units of 2e^2/h, G damped by the probes (D'Amato and
    Pastawski, doi:10.1103/PhysRevB.41.7411).

    Parameters
    ----------
    probed
        Junctions and probes.
    fermi_energies, temperatures
        See `linear_response`.

    Raises
    ------
    UsageError
        If a Fermi energy or a temperature is impossible.
    """
    levels, kelvin = checked_conditions(fermi_energies, temperatures)
    found: Doubles = _integrated(probed, levels, kelvin, 1)[..., 0, 1, 0, 0]
    return found


def network_states(
    probed: DephasedJunctions, fermi_energy: float, temperature: float, *, heat: bool
) -> Float[Doubles, "B M d"]:
    """State of every terminal where nothing flows into probes: 1 on the left, 0 on the right.

    Parameters
    ----------
    probed
        Junctions and probes; the terminals are both contacts, then a probe on every orbital.
    fermi_energy, temperature
        In eV and K.
    heat
        Whether probes carry no heat either, and have a temperature of their own: d is 2 then.
    """
    size = 2 if heat else 1
    network = _integrated(probed, np.array([fermi_energy]), np.array([temperature]), size)
    _, states = without_probes(network[:, 0, 0])
    contacts = np.zeros((len(probed), 2, size))
    contacts[:, 0, 0] = 1.0
    return np.concatenate((contacts, states[..., 0]), 1)


def terminal_couplings(probed: DephasedJunctions) -> Float[Doubles, "B M N"]:
    """Couplings in eV of the orbitals to left and right contact, then to the probe of each."""
    dense = probed.junctions.dense()
    return _terminals(dense.gamma_left, dense.gamma_right, probed.probes)


class _Probed(NamedTuple):
    """A ladder whose contacts are all orbitals with a contact or a probe."""

    system: BlockSystem[NDArray[Any]]
    left: Doubles  # (B, C)
    right: Doubles
    probe: Doubles

    @classmethod
    def of(cls, junctions: BlockJunctions, probes: Doubles, energies: Doubles) -> _Probed:
        old = junctions.system
        left, right = junctions.gamma_left, junctions.gamma_right
        probe = probes.reshape(left.shape)
        contacts = unguarded(contact_tables(left + probe, right, old.present, 0.0, 0.0))
        open_ = contacts.broadening > 0.0
        flat = (one.reshape(len(one), -1) for one in (left, right, probe))
        columns = (
            np.where(open_, np.take_along_axis(one, contacts.columns, 1), 0.0) for one in flat
        )
        return cls(old._replace(energies=energies, contacts=contacts), *columns)


def _is_ladder(junctions: BlockJunctions | DenseJunctions) -> TypeGuard[BlockJunctions]:
    """Whether there are kernels for the junctions."""
    return (
        isinstance(junctions, BlockJunctions)
        and junctions.system.diagonal.shape[-1] == 2
        and not only_definitions()
    )


def _terminals(left: Doubles, right: Doubles, probes: Doubles) -> Doubles:
    """Couplings of the columns by terminals, (B, 2 + C, C)."""
    own = probes[:, :, None] * np.eye(probes.shape[1])
    return np.concatenate((left[:, None], right[:, None], own), 1)


def _contracted(terminals: Doubles, squares: Doubles) -> Doubles:
    """T between terminals from |G_cd|^2 (B, X, C, C)."""
    every = terminals[:, None]
    found: Doubles = every @ squares @ every.swapaxes(-1, -2)
    return found


def _integrated(probed: DephasedJunctions, levels: Doubles, kelvin: Doubles, size: int) -> Doubles:
    """Conductances of charge (and heat, for size 2) between terminals, (B, F, K, M, M, s, s)."""
    terminals = probed.probes.shape[1] + 2
    shape = len(probed), len(levels), len(kelvin), terminals, terminals, size, size
    found = np.empty(shape)
    for part in pieces(len(probed), _AT_ONCE):
        rows = probed.rows(part)
        for column, temperature in enumerate(kelvin.tolist()):
            if temperature == 0.0:
                moments = _cold_moments(rows, levels, size)
            else:
                moments = _moments(rows, levels, BOLTZMANN_EV * temperature, 2 * size - 1)
            for i in range(size):
                for j in range(size):
                    found[part, :, column, :, :, i, j] = moments[:, :, i + j]
    return found


def _cold_moments(probed: DephasedJunctions, levels: Doubles, size: int) -> Doubles:
    """Limits of the moments, (B, F, n, M, M)."""
    between = probed.between_terminals(np.tile(levels, (len(probed), 1)))
    factors = np.array((1.0, 0.0, np.pi**2 / 3.0))[: 2 * size - 1]
    found: Doubles = between[:, :, None] * factors[:, None, None]
    return found


def _moments(probed: DephasedJunctions, levels: Doubles, thermal: float, count: int) -> Doubles:
    """Integrals of x^n T_ab (-df/dx) with x = (E - mu) / k_B T, (B, F, n, M, M)."""
    windows = ThermalWindows.of(levels, np.array([thermal]))
    rule = _whole_lanes(rule_on(panel_edges(probed.poles(), windows, np.array(windows.bounds))))
    x = (rule.energies[:, None] - levels[:, None]) / thermal
    weights = rule.weights[:, None] / thermal * minus_fermi_derivative(x)
    weights[np.abs(x) > REACH] = 0.0
    powers = np.stack([weights * x**n for n in range(count)], 2)
    flat = powers.reshape(len(probed), -1, powers.shape[-1])
    found = _weighted(probed, rule.energies, flat)
    return found.reshape(*powers.shape[:3], *found.shape[-2:])


def _weighted(probed: DephasedJunctions, energies: Doubles, weights: Doubles) -> Doubles:
    """Sums of weights (B, X, E) times T between terminals, (B, X, M, M)."""
    if not _is_ladder(probed.junctions):
        between = probed.between_terminals(energies)
        found: Doubles = np.einsum("bxe,beac->bxac", weights, between)
        return found
    table = _Probed.of(probed.junctions, probed.probes, energies)
    squares = _probe_kernels.weighted_squares(table.system, np.ascontiguousarray(weights))
    columns = table.system.contacts.columns
    every = np.arange(len(columns))[:, None]
    shape = *probed.probes.shape, columns.shape[1]
    own = np.zeros(shape)
    own[every, columns, np.arange(columns.shape[1])] = table.probe
    terminals = np.concatenate((table.left[:, None], table.right[:, None], own), 1)
    return _contracted(terminals, squares)


def _whole_lanes(rule: Rule) -> Rule:
    """A rule whose nodes fill whole lanes, with the last one repeated without a weight."""
    missing = -rule.energies.shape[1] % LANES
    energies = np.pad(rule.energies, ((0, 0), (0, missing)), mode="edge")
    return Rule(energies, np.pad(rule.weights, ((0, 0), (0, missing))))
