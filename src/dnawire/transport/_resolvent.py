"""Columns of the Green's function of a dense Hamiltonian, to rounding, for many energies at once.

An approximate inverse from the eigenvectors of H, corrected until every row of the residual is at
the level of rounding; where that fails, a direct solution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.transport.system import DenseSystem

_Inverse = Callable[[NDArray[Any]], NDArray[Any]]

_MAX_CORRECTIONS = 24
"""Each gains 12 digits and more, in rows where the solution is tiny one after the other."""
_CLOSEST = 1e-14
"""Smallest distance of an energy to a level, relative to the largest level."""
_SMALLEST = 1e-290
"""Residuals below this count as none; so small are solutions next to underflow."""


@dataclass(frozen=True)
class Resolvent:
    """``A(E) = E + i damping - H`` of B junctions of N orbitals, and what inverts it at any E."""

    hamiltonian: NDArray[np.float64]  # (B, N, N), symmetric
    damping: NDArray[np.float64]  # (B, N): eta + (Gamma_L + Gamma_R) / 2
    columns: NDArray[np.int64]  # (B, C) int64: the orbitals that are a source
    eta: float
    levels: NDArray[np.float64]  # (B, N): eigenvalues of H
    vectors: NDArray[np.float64]  # (B, N, N): eigenvectors of H, orthogonal

    @classmethod
    def of(cls, system: DenseSystem) -> Resolvent:
        """Decompose the symmetric part of H."""
        symmetric = 0.5 * (system.hamiltonian + system.hamiltonian.swapaxes(1, 2))
        contacts = system.contacts
        levels, vectors = np.linalg.eigh(symmetric)
        return cls(symmetric, contacts.damping, contacts.columns, system.eta, levels, vectors)

    def at_columns(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows (B, N, ...) at the source orbitals, (B, C, ...)."""
        every = np.arange(len(self.columns))[:, None]
        return rows[every, self.columns]

    def inverse(self, energies: NDArray[Any]) -> _Inverse:
        """Approximate ``r -> A^-1 r`` for r (B, N, E, C), by the Woodbury identity."""
        distance = energies[:, None, :] - self.levels[:, :, None]
        closest = _CLOSEST * (1.0 + abs(self.levels).max())
        apart = np.where(abs(distance) < closest, closest, distance)
        factors = 1.0 / (apart + 1j * self.eta)
        rows = self.at_columns(self.vectors)
        widths = 1j * (self.at_columns(self.damping) - self.eta)
        shares = rows[:, None] * factors.swapaxes(1, 2)[:, :, None]
        inner = shares @ (rows.swapaxes(1, 2)[:, None] + 0j)
        identity = np.eye(inner.shape[-1])
        update = np.linalg.solve(
            identity + widths[:, None, :, None] * inner,
            np.broadcast_to((widths[..., None] * identity)[:, None], inner.shape),
        )

        def apply(r: NDArray[Any]) -> NDArray[Any]:
            found = _times(self.vectors.swapaxes(1, 2), r) * factors[..., None]
            at_contacts = np.moveaxis(_times(rows, found), 1, 2)
            back = np.moveaxis(update @ at_contacts, 1, 2)
            scattered = factors[..., None] * _times(rows.swapaxes(1, 2), back)
            return _times(self.vectors, found - scattered)

        return apply

    def one(self, junction: int) -> Resolvent:
        """One junction as a batch."""
        names = "hamiltonian", "damping", "columns", "levels", "vectors"
        return replace(self, **{name: getattr(self, name)[junction, None] for name in names})

    def direct_inverse(self, energy: NDArray[Any]) -> _Inverse:
        """``r -> A^-1 r`` at one energy of one junction."""
        identity = np.eye(self.damping.shape[1])
        matrix = (energy + 1j * self.damping)[..., None] * identity - self.hamiltonian
        return lambda r: np.linalg.solve(matrix, r[:, :, 0])[:, :, None]

    def excess(self, energies: NDArray[Any], source: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
        """Rows of ``source - A x`` that exceed the rounding error of their own computation."""
        identity = np.eye(self.damping.shape[1])
        hopping = np.where(identity > 0.0, 0.0, self.hamiltonian)
        onsite = (self.hamiltonian * identity).sum(-1)
        shift = (energies[:, None] - onsite[..., None] + 1j * self.damping[..., None])[..., None]
        residual = source - shift * x + _times(hopping, x)
        size = (abs(hopping) @ abs(x).reshape(*x.shape[:2], -1)).reshape(x.shape)
        size = size + abs(shift) * abs(x) + abs(source)
        accuracy = 4.0 * math.sqrt(hopping.shape[1]) * float(np.finfo(np.float64).eps)
        return np.where(abs(residual) <= accuracy * size + _SMALLEST, 0.0, residual)


def real_view(x: NDArray[Any]) -> NDArray[np.float64]:
    """Complex rows (B, N, ...) as real ones, real and imaginary parts in turn."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1).view(np.float64)


def _times(matrix: NDArray[np.float64], x: NDArray[Any]) -> NDArray[Any]:
    """Real (B, M, N) times complex (B, N, E, C), as one real product."""
    product: NDArray[np.float64] = matrix @ real_view(x)
    return product.view(np.complex128).reshape(*product.shape[:2], *x.shape[2:])


def solve_columns(
    resolvent: Resolvent, energies: NDArray[Any], source: NDArray[Any]
) -> NDArray[Any]:
    """Solve ``A(E) x = source`` for energies (B, E) and sources (B, N, E, C)."""
    x, unfinished = _refined(resolvent, energies, source, resolvent.inverse(energies))
    for junction, e in np.argwhere(unfinished).tolist():
        part = slice(junction, junction + 1), slice(None), slice(e, e + 1)
        energy = energies[part[0], part[2]]
        single = resolvent.one(junction)
        x[part], _ = _refined(single, energy, source[part], single.direct_inverse(energy))
    return x


def _refined(
    resolvent: Resolvent, energies: NDArray[Any], source: NDArray[Any], inverse: _Inverse
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Solution, and the energies (B, E) where a row is not at the level of rounding yet.

    Only rows above that level are corrected: where the solution has decayed, the rounding errors
    of the large rows would drown it again and again.
    """
    x = inverse(source)
    residual = resolvent.excess(energies, source, x)
    for _ in range(_MAX_CORRECTIONS):
        if not residual.any():
            break
        x = x + inverse(residual)
        residual = resolvent.excess(energies, source, x)
    return x, (residual != 0.0).any(axis=(1, 3))
