r"""A large system between two contacts, in the eigenbasis of its Hamiltonian.

With :math:`H = V \epsilon V^T` and :math:`w = V^T \sqrt{\Gamma}` (columns of both contacts), the
effective Hamiltonian is :math:`\epsilon - \tfrac{i}{2} w w^T`. The contacts have few orbitals, so
that its resolvent costs no more than products with w (Sherman, Morrison and Woodbury).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

import numpy as np
from jaxtyping import Complex, Float, Int
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError
from dnawire.threads import threaded

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_MARGIN: Final = 1.0
"""eV beyond the interval in which poles are wanted, from where levels begin the search."""
_HEIGHT: Final = 0.4
"""eV between the contour and the middle of the strip in which poles lie, and its half height."""
_NODES: Final = 20
_ITERATIONS: Final = 12
_TOLERANCE: Final = 1e-10
"""eV; of the residuals of poles."""
_OVERLAP: Final = 1e-3
"""eV that intervals have in common, so that no pole falls between them."""
_SAME: Final = 1e-8
"""eV between poles of two searches that are one."""


@dataclass(frozen=True, eq=False)
class Eigensystem:
    """Levels of a symmetric Hamiltonian.

    Parameters
    ----------
    energies
        Ascending, eV, (N,).
    vectors
        Orthonormal columns, (N, N).
    """

    energies: Float[Doubles, " N"]
    vectors: Float[Doubles, "N N"]

    @classmethod
    def of(cls, hamiltonian: Float[Doubles, "N N"]) -> Eigensystem:
        """Diagonalize a Hamiltonian; that serves all contacts."""
        return cls(*np.linalg.eigh(hamiltonian))


class Poles(NamedTuple):
    """Poles w of the Green's function in eV, (P,), and x of its residues x x^T, (N, P)."""

    energies: Complex[Complexes, " P"]
    vectors: Complex[Complexes, "N P"]


class _Found(NamedTuple):
    """All poles between two energies."""

    low: float
    high: float
    poles: Poles

    def joined(self, other: _Found) -> _Found:
        """Those of this interval and of one that overlaps with it."""
        mine, others = self.poles, other.poles
        new = (abs(others.energies[:, None] - mine.energies) > _SAME).all(1)
        poles = Poles(
            np.concatenate((mine.energies, others.energies[new])),
            np.concatenate((mine.vectors, others.vectors[:, new]), 1),
        )
        return _Found(min(self.low, other.low), max(self.high, other.high), poles)


class Solution(NamedTuple):
    """The Green's function of a contacted system at one energy, as ``g - g w m w^T g``."""

    bare: Complex[Complexes, " N"]
    """Diagonal of g in the eigenbasis of H."""
    reduced: Complex[Complexes, "c c"]
    """m = (i/2) / (1 + (i/2) w^T g w)."""
    between: Complex[Complexes, "c c"]
    """w^T g w."""


@dataclass(frozen=True, eq=False)
class ContactedSystem:
    """H between two contacts.

    Parameters
    ----------
    system
        Levels of H.
    contacts
        w, (N, c): the columns of the left contact before those of the right one.
    num_left
        Number of columns of the left contact.
    largest_coupling
        Largest sum of both couplings at an orbital, eV; poles lie less than half of it below the
        real axis.
    """

    system: Eigensystem
    contacts: Float[Doubles, "N c"]
    num_left: int
    largest_coupling: float

    @classmethod
    def of(
        cls,
        system: Eigensystem,
        gamma_left: Float[Doubles, " N"],
        gamma_right: Float[Doubles, " N"],
    ) -> Self:
        """Attach contacts by the diagonals of their couplings in eV."""
        columns = [
            system.vectors[np.flatnonzero(gamma)].T * np.sqrt(gamma[np.flatnonzero(gamma)])
            for gamma in (gamma_left, gamma_right)
        ]
        largest = float((gamma_left + gamma_right).max())
        return cls(system, np.concatenate(columns, 1), columns[0].shape[1], largest)

    def at(self, energy: complex) -> Solution:
        """Solve at one energy, real or complex, that is no level of H."""
        w, bare = self.contacts, 1.0 / (energy - self.system.energies)
        between = real_product(w.T, bare[:, None] * w)
        return Solution(bare, 0.5j * np.linalg.inv(_closed(between)), between)

    def amplitudes(self, solution: Solution) -> Complex[Complexes, "l r"]:
        """Amplitude t from every column of the left contact to every one of the right one."""
        found: Complexes = np.linalg.solve(_closed(solution.between).T, solution.between.T).T
        return found[: self.num_left, self.num_left :]

    def applied(self, solution: Solution, vectors: Complex[Complexes, "N P"]) -> Complexes:
        """G times vectors of the eigenbasis."""
        inner = solution.bare[:, None] * vectors
        response = solution.reduced @ real_product(self.contacts.T, inner)
        found: Complexes = inner - solution.bare[:, None] * real_product(self.contacts, response)
        return found

    def traces(
        self, solution: Solution, groups: Int[NDArray[np.int64], " N"]
    ) -> Complex[Complexes, " g"]:
        """Trace over the orbitals of every group, in the basis of H, of G less g."""
        outer = real_product(self.system.vectors, solution.bare[:, None] * self.contacts)
        found: Complexes = -sums(np.einsum("ic,ic->i", outer @ solution.reduced, outer), groups)
        return found

    def trace(self, solution: Solution) -> complex:
        """Trace of G."""
        w = self.contacts
        squares = real_product(w.T, solution.bare[:, None] ** 2 * w)
        return complex(solution.bare.sum() - np.sum(solution.reduced * squares.T))

    def spectra(self, energy: complex) -> tuple[float, float]:
        """Transmission and density of states in 1/eV at one energy."""
        solution = self.at(energy)
        transmission = float((abs(self.amplitudes(solution)) ** 2).sum())
        return transmission, -self.trace(solution).imag / math.pi

    def poles(self, low: float, high: float) -> Poles:
        """Poles about an interval of the real axis, each with the square norm x^T x = 1.

        All whose real part lies between two energies, but for those of strong contacts that lie
        deeper below the interval than half its width: nothing on the axis tells them apart.

        An integral of the resolvent along an ellipse about them filters their space out of that of
        the levels of H (doi:10.1103/PhysRevB.79.115112); repeated until they do not change.

        Raises
        ------
        NotConvergedError
            If they do not converge.
        """
        energies = self.system.energies
        near = np.flatnonzero((energies > low - _MARGIN) & (energies < high + _MARGIN))
        space: Complexes = np.zeros((len(energies), len(near)), dtype=np.complex128)
        space[near, np.arange(len(near))] = 1.0
        nodes: list[tuple[complex, Solution]] = []
        if 0 < len(near) < len(energies):
            nodes = list(threaded(lambda one: (one[0], self.at(one[1])), self._contour(low, high)))
            space = self._filtered(space, nodes)
        for _ in range(1, _ITERATIONS):
            found = self._ritz(space)
            wanted = (found.energies.real > low) & (found.energies.real < high)
            wanted &= found.energies.imag > -(high - low) / 2
            error = self._residuals(found)
            if not (error[wanted] > _TOLERANCE).any():
                return _normalized(Poles(found.energies[wanted], found.vectors[:, wanted]))
            space = self._filtered(space, nodes)
        raise NotConvergedError(
            f"{int((error[wanted] > _TOLERANCE).sum())} poles between {low:.2f} and {high:.2f} eV "
            f"did not converge: {error[wanted].max():.1e} eV.",
            "choose contacts of less than a few eV; below that, report it.",
        )

    def _contour(self, low: float, high: float) -> Iterator[tuple[complex, complex]]:
        """Weights and points of the contour."""
        depth = min(self.largest_coupling / 2.0, (high - low) / 2) / 2
        middle, half = complex((low + high) / 2, -depth), (high - low + _MARGIN) / 2
        height = _HEIGHT + depth
        for angle in 2.0 * math.pi * (np.arange(_NODES) + 0.5) / _NODES:
            point = middle + complex(half * math.cos(angle), height * math.sin(angle))
            step = complex(-half * math.sin(angle), height * math.cos(angle))
            yield step / (1j * _NODES), point

    def _filtered(self, space: Complexes, nodes: list[tuple[complex, Solution]]) -> Complexes:
        """The contour integral of the resolvent, applied to a space."""
        found = np.zeros_like(space)
        for part in threaded(lambda node: node[0] * self.applied(node[1], space), nodes):
            found += part
        # Unless it is orthonormal, what lies near a node of the contour drowns the rest.
        return np.linalg.qr(found)[0]

    def _ritz(self, basis: Complexes) -> Poles:
        """Eigenvalues of the effective Hamiltonian in a space, and vectors of length 1."""
        energies, vectors = np.linalg.eig(basis.conj().T @ self._effective(basis))
        return Poles(energies, basis @ vectors)

    def _residuals(self, poles: Poles) -> Doubles:
        change = self._effective(poles.vectors) - poles.vectors * poles.energies
        found: Doubles = np.linalg.norm(change, axis=0)
        return found

    def _effective(self, vectors: Complexes) -> Complexes:
        """Effective Hamiltonian times vectors."""
        inner = real_product(self.contacts, real_product(self.contacts.T, vectors))
        found: Complexes = self.system.energies[:, None] * vectors - 0.5j * inner
        return found


@dataclass(frozen=True, eq=False)
class SearchedSystem(ContactedSystem):
    """A contacted system that keeps its poles, and looks for those of new energies alone.

    The last digits of a pole depend on the interval in which it was found.
    """

    def poles(self, low: float, high: float) -> Poles:
        """Poles about an interval; see `ContactedSystem.poles`.

        Raises
        ------
        NotConvergedError
            If they do not converge.
        """
        # Deep poles below a narrower interval are not all found.
        width = self.largest_coupling
        if high - low < width:
            return super().poles(low, high)
        if not self._found or low > self._found[-1].high or high < self._found[-1].low:
            self._found[:] = [self._searched(low, high)]
        known = self._found[-1]
        if low < known.low:
            end = known.low + _OVERLAP
            known = known.joined(self._searched(min(low, known.low - width), end))
        if high > known.high:
            start = known.high - _OVERLAP
            known = known.joined(self._searched(start, max(high, known.high + width)))
        self._found[:] = [known]
        wanted = (known.poles.energies.real > low) & (known.poles.energies.real < high)
        return Poles(known.poles.energies[wanted], known.poles.vectors[:, wanted])

    def _searched(self, low: float, high: float) -> _Found:
        return _Found(low, high, super().poles(low, high))

    @cached_property
    def _found(self) -> list[_Found]:
        """The last interval of connected ones in which poles were looked for."""
        return []


def _closed(between: Complexes) -> Complexes:
    """1 + (i/2) w^T g w."""
    return np.asarray(np.eye(len(between)) + 0.5j * between)


def _normalized(poles: Poles) -> Poles:
    squares = np.einsum("np,np->p", poles.vectors, poles.vectors)
    return poles._replace(vectors=poles.vectors / np.sqrt(squares))


def sums(values: NDArray[Any], groups: Int[NDArray[np.int64], " N"]) -> NDArray[Any]:
    """Sums over the first axis by groups, which count from 0 without a gap."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    return np.add.reduceat(values[order], starts)


def real_product(real: Doubles, complex_columns: Complexes) -> Complexes:
    """Real matrix (m, n) times complex columns (n, p), by one real product."""
    columns = np.ascontiguousarray(complex_columns)
    found: Complexes = (real @ columns.view(np.float64)).view(np.complex128)
    return found
