"""Junctions between two wide-band contacts whose transmission can be asked for at any energy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Protocol, Self

import numpy as np
from jaxtyping import Bool, Complex, Float
from numpy.typing import ArrayLike, NDArray

from dnawire.transport.block import transmissions
from dnawire.transport.dense import solve_dense
from dnawire.transport.observables import poles
from dnawire.transport.quadrature import Rule, ThermalWindows, panel_edges, rule_on
from dnawire.transport.system import (
    BlockSystem,
    ContactTables,
    as_doubles,
    block_system,
    check_shapes,
    checked_grids,
    dense_system,
)

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_GUARD: Final = 1e-30
"""Least damping in eV: an energy may hit a level that no contact can reach."""

_FEW: Final = 64
"""Orbitals up to which the poles of many junctions are found together."""


class Transmission(NamedTuple):
    """T(E) of B junctions as numbers that do not underflow: ``values * 2^exponent``."""

    values: Float[Doubles, "B E"]
    exponent: Float[Doubles, " B"]

    @property
    def plain(self) -> Float[Doubles, "B E"]:
        """T itself, which may underflow."""
        return self.values * np.exp2(self.exponent)[:, None]


class Transmitting(Protocol):
    """What the observables need to know of B junctions: T at any energy, and where it varies."""

    def __len__(self) -> int:
        """Return B."""
        ...

    def rows(self, part: slice) -> Self:
        """Some of the junctions."""
        ...

    def transmission(self, energies: Float[Doubles, "B E"]) -> Transmission:
        """T of one spin channel at energies in eV, one grid for each junction."""
        ...

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, see `panel_edges`, and T at its energies."""
        ...


@dataclass(frozen=True, eq=False)
class DenseJunctions:
    """B junctions of N orbitals without a structure; see `DenseJunctions.of`.

    Parameters
    ----------
    hamiltonian
        Symmetric H in eV, (B, N, N).
    gamma_left, gamma_right
        Diagonals of the contact couplings in eV, (B, N).
    present
        Which orbitals exist, (B, N).
    """

    hamiltonian: Float[Doubles, "B N N"]
    gamma_left: Float[Doubles, "B N"]
    gamma_right: Float[Doubles, "B N"]
    present: Bool[NDArray[np.bool_], "B N"]

    @classmethod
    def of(
        cls, hamiltonian: ArrayLike, gamma_left: ArrayLike, gamma_right: ArrayLike
    ) -> DenseJunctions:
        """Check and take arrays, as `dense_spectra` does.

        Raises
        ------
        ValueError
            See `dense_spectra`.
        """
        system = dense_system(hamiltonian, gamma_left, gamma_right, [0.0], 0.0)
        symmetric = 0.5 * (system.hamiltonian + system.hamiltonian.swapaxes(1, 2))
        present = np.ones(symmetric.shape[:2], np.bool_)
        return cls(symmetric, as_doubles(gamma_left), as_doubles(gamma_right), present)

    def __len__(self) -> int:
        return len(self.hamiltonian)

    def rows(self, part: slice) -> DenseJunctions:
        """Some of the junctions."""
        return DenseJunctions(
            self.hamiltonian[part],
            self.gamma_left[part],
            self.gamma_right[part],
            self.present[part],
        )

    def dense(self) -> DenseJunctions:
        """The same."""
        return self

    def poles(self) -> Complex[Complexes, "B N"]:
        """Poles of the Green's functions in eV."""
        return self.damped_poles(np.zeros_like(self.gamma_left))

    def damped_poles(self, gamma: Float[Doubles, "B N"]) -> Complex[Complexes, "B N"]:
        """Poles with further couplings in eV beside those of the contacts."""
        broadening = self.gamma_left + self.gamma_right + gamma
        size = self.hamiltonian.shape[-1]
        if size <= _FEW and self.present.all():
            center = np.einsum("bii->b", self.hamiltonian)[:, None] / size
            identity = np.eye(size)
            effective = self.hamiltonian - (center + 0.5j * broadening)[..., None] * identity
            found: Complexes = np.linalg.eigvals(effective) + center
            return found
        found = np.full(self.present.shape, math.inf, np.complex128)
        for row, keep in enumerate(self.present):
            matrix = self.hamiltonian[row][np.ix_(keep, keep)]
            found[row, : keep.sum()] = poles(matrix, broadening[row, keep])
        return found

    def transmission(self, energies: Float[Doubles, "B E"]) -> Transmission:
        """T of one spin channel at energies in eV."""
        system = dense_system(self.hamiltonian, self.gamma_left, self.gamma_right, energies, 0.0)
        found = solve_dense(system._replace(contacts=unguarded(system.contacts)))
        return _scaled(np.ones_like(energies), found.log10_transmission * math.log2(10.0))

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, see `panel_edges`, and T at its energies."""
        rule = rule_on(panel_edges(self.poles(), windows, breaks))
        return rule, self.transmission(rule.energies)

    def greens_function(
        self, energies: Float[Doubles, "B E"], gamma: Float[Doubles, "B N"] | None = None
    ) -> Complex[Complexes, "B E N N"]:
        """Whole Green's functions in 1/eV, by inversion: O(N^3) for every energy.

        Parameters
        ----------
        energies
            In eV, one grid for each junction.
        gamma
            Further couplings in eV; none by default.
        """
        broadening = self.gamma_left + self.gamma_right
        if gamma is not None:
            broadening = broadening + gamma
        onsite = np.where(self.present[:, None], energies[..., None], 1.0)
        onsite = onsite + 0.5j * broadening[:, None]
        matrix = onsite[..., None] * np.eye(onsite.shape[-1]) - self.hamiltonian[:, None]
        found: Complexes = np.linalg.inv(matrix)
        return found


@dataclass(frozen=True, eq=False)
class BlockJunctions:
    """B block-tridiagonal junctions of L blocks of m orbitals; see `BlockJunctions.of`.

    Parameters
    ----------
    system
        Hamiltonian and contacts as the solvers take them; its energies are not used.
    gamma_left, gamma_right
        Diagonals of the contact couplings in eV, (B, L, m).
    """

    system: BlockSystem[NDArray[Any]]
    gamma_left: Float[Doubles, "B L m"]
    gamma_right: Float[Doubles, "B L m"]

    @classmethod
    def of(
        cls,
        diagonal: ArrayLike,
        step: ArrayLike,
        gamma_left: ArrayLike,
        gamma_right: ArrayLike,
        *,
        mask: ArrayLike | None = None,
    ) -> BlockJunctions:
        """Check and take arrays, as `block_spectra` does; contacts may be of one junction for all.

        Raises
        ------
        ValueError
            See `block_spectra`; and if the Hamiltonian is not finite.
        """
        blocks, steps = as_doubles(diagonal), as_doubles(step)
        orbitals = blocks.shape[:3]
        left, right = (
            as_doubles(np.broadcast_to(np.asarray(one, np.float64), orbitals))
            for one in (gamma_left, gamma_right)
        )
        present = None if mask is None else np.broadcast_to(mask, orbitals)
        system = block_system(blocks, steps, left, right, [0.0], present, 0.0)
        if not (np.isfinite(blocks).all() and np.isfinite(steps).all()):
            raise ValueError("the Hamiltonian must be finite")
        return cls(system._replace(contacts=unguarded(system.contacts)), left, right)

    def __len__(self) -> int:
        return len(self.system.diagonal)

    def rows(self, part: slice) -> BlockJunctions:
        """Some of the junctions."""
        contacts = type(self.system.contacts)(*(one[part] for one in self.system.contacts))
        system = self.system._replace(
            diagonal=self.system.diagonal[part],
            step=self.system.step[part],
            present=self.system.present[part],
            contacts=contacts,
        )
        return replace(
            self,
            system=system,
            gamma_left=self.gamma_left[part],
            gamma_right=self.gamma_right[part],
        )

    def dense(self) -> DenseJunctions:
        """The same as dense matrices over all orbitals, those that are missing included."""
        batch, length, size = self.system.present.shape
        blocks = np.zeros((batch, length, length, size, size))
        n = np.arange(length)
        symmetric = 0.5 * (self.system.diagonal + self.system.diagonal.swapaxes(-1, -2))
        blocks[:, n, n] = symmetric
        blocks[:, n[:-1], n[1:]] = self.system.step
        blocks[:, n[1:], n[:-1]] = self.system.step.swapaxes(-1, -2)
        matrix = blocks.swapaxes(2, 3).reshape(batch, length * size, length * size)
        left, right = (one.reshape(batch, -1) for one in (self.gamma_left, self.gamma_right))
        return DenseJunctions(matrix, left, right, self.system.present.reshape(batch, -1))

    def poles(self) -> Complex[Complexes, "B N"]:
        """Poles of the Green's functions in eV; those of missing orbitals at infinity."""
        return self.dense().poles()

    def transmission(self, energies: Float[Doubles, "B E"]) -> Transmission:
        """T of one spin channel at energies in eV."""
        system = self.system._replace(energies=checked_grids(energies, len(self)))
        return _scaled(*transmissions(system))

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, see `panel_edges`, and T at its energies."""
        return self.resolved_by(self.poles(), windows, breaks)

    def resolved_by(
        self,
        poles: Complex[Complexes, "B N"],
        windows: ThermalWindows,
        breaks: Float[Doubles, " Q"],
    ) -> tuple[Rule, Transmission]:
        """Like `resolved`, by poles in eV that are known already.

        A state that no contact reaches (`poles` leaves it without a width) lets nothing through:
        nothing is resolved there.
        """
        reached = np.where(poles.imag < 0.0, poles, math.inf)
        rule = rule_on(panel_edges(reached, windows, breaks))
        return rule, self.transmission(rule.energies)


def unguarded(contacts: ContactTables[NDArray[Any]]) -> ContactTables[NDArray[Any]]:
    """Contacts with no other damping than their own, which narrow resonances would feel."""
    damping = np.zeros_like(contacts.damping)
    flat = damping.reshape(len(damping), -1)
    np.put_along_axis(flat, contacts.columns, 0.5 * contacts.broadening, 1)
    return contacts._replace(
        damping=np.maximum(damping, np.where(contacts.damping > 0.0, _GUARD, 0.0))
    )


def flat_couplings(
    junctions: BlockJunctions | DenseJunctions, gamma: ArrayLike
) -> Float[Doubles, "B N"]:
    """Couplings of all orbitals in eV, given in the shape of those of the contacts or of one.

    Raises
    ------
    ValueError
        The shape differs, or a coupling is negative or not finite.
    """
    shape = junctions.gamma_left.shape
    given = np.asarray(gamma, np.float64)
    if given.shape == shape[1:]:
        given = np.broadcast_to(given, shape)
    check_shapes({"the coupling of the probes": (given, shape)})
    if not ((given >= 0.0).all() and (given < math.inf).all()):
        raise ValueError("the couplings of the probes must be finite and not negative")
    found = np.where(junctions.dense().present, given.reshape(len(given), -1), 0.0)
    return as_doubles(found)


def _scaled(values: Doubles, exponents: Doubles) -> Transmission:
    """T from numbers by powers of two: with one power for each junction, its largest."""
    if not exponents.any():
        return Transmission(values, np.zeros(len(values)))
    connected = np.where(values > 0.0, exponents, -math.inf)
    top = np.floor(connected.max(1))
    top = np.where(np.isfinite(top), top, 0.0)
    return Transmission(values * np.exp2(connected - top[:, None]), top)
