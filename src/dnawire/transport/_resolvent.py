"""Columns of the Green's function of a dense Hamiltonian, to rounding, for many energies at once.

An approximate inverse from the eigenvectors of H, corrected until every row of the residual is at
the level of rounding; where that fails, a direct solution. ``xp`` is the module of the arrays, as
in `dnawire.transport._recursion`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from dnawire.transport.system import AnyArray

_MAX_CORRECTIONS = 24
"""Each gains 12 digits and more, in rows where the solution is tiny one after the other."""
_CLOSEST = 1e-14
"""Smallest distance of an energy to a level, relative to the largest level."""
_SMALLEST = 1e-290
"""Residuals below this count as none; so small are solutions next to underflow."""


@dataclass(frozen=True)
class Resolvent:
    """``A(E) = E + i damping - H`` of B junctions of N orbitals, and what inverts it at any E."""

    xp: ModuleType
    hamiltonian: AnyArray  # (B, N, N), symmetric
    damping: AnyArray  # (B, N): eta + (Gamma_L + Gamma_R) / 2
    columns: AnyArray  # (B, C) int64: the orbitals that are a source
    eta: float
    levels: AnyArray  # (B, N): eigenvalues of H
    vectors: AnyArray  # (B, N, N): eigenvectors of H, orthogonal

    @classmethod
    def of(
        cls, hamiltonian: AnyArray, damping: AnyArray, columns: AnyArray, eta: float, xp: ModuleType
    ) -> Resolvent:
        """Decompose the symmetric part of H."""
        symmetric = 0.5 * (hamiltonian + transposed(hamiltonian))
        return cls(xp, symmetric, damping, columns, eta, *xp.linalg.eigh(symmetric))

    def at_columns(self, rows: AnyArray) -> AnyArray:
        """Rows (B, N, ...) at the source orbitals, (B, C, ...)."""
        every = self.xp.arange(len(self.columns), device=self.columns.device)[:, None]
        return rows[every, self.columns]

    def inverse(self, energies: AnyArray) -> Callable[[AnyArray], Any]:
        """Approximate ``r -> A^-1 r`` for r (B, N, E, C), by the Woodbury identity."""
        xp = self.xp
        distance = energies[:, None, :] - self.levels[:, :, None]
        closest = _CLOSEST * (1.0 + abs(self.levels).max())
        distance = xp.where(abs(distance) < closest, closest, distance) + 1j * self.eta
        factors = 1.0 / distance
        rows = self.at_columns(self.vectors)
        widths = 1j * (self.at_columns(self.damping) - self.eta)
        shares = rows[:, None] * transposed(factors)[:, :, None]
        inner = shares @ (transposed(rows)[:, None] + 0j)
        identity = xp.eye(inner.shape[-1], device=inner.device)
        update = xp.linalg.solve(
            identity + widths[:, None, :, None] * inner,
            xp.broadcast_to((widths[..., None] * identity)[:, None], inner.shape),
        )

        def apply(r: AnyArray) -> AnyArray:
            found = self._times(transposed(self.vectors), r) * factors[..., None]
            at_contacts = xp.moveaxis(self._times(rows, found), 1, 2)
            back = xp.moveaxis(update @ at_contacts, 1, 2)
            scattered = factors[..., None] * self._times(transposed(rows), back)
            return self._times(self.vectors, found - scattered)

        return apply

    def one(self, junction: int) -> Resolvent:
        """One junction as a batch."""
        names = "hamiltonian", "damping", "columns", "levels", "vectors"
        return replace(self, **{name: getattr(self, name)[junction, None] for name in names})

    def direct_inverse(self, energy: AnyArray) -> Callable[[AnyArray], Any]:
        """``r -> A^-1 r`` at one energy of one junction."""
        identity = self.xp.eye(self.damping.shape[1], device=self.damping.device)
        matrix = (energy + 1j * self.damping)[..., None] * identity - self.hamiltonian
        return lambda r: self.xp.linalg.solve(matrix, r[:, :, 0])[:, :, None]

    def excess(self, energies: AnyArray, source: AnyArray, x: AnyArray) -> AnyArray:
        """Rows of ``source - A x`` that exceed the rounding error of their own computation."""
        xp = self.xp
        identity = xp.eye(self.damping.shape[1], device=self.damping.device)
        hopping = xp.where(identity > 0.0, 0.0, self.hamiltonian)
        onsite = (self.hamiltonian * identity).sum(-1)
        shift = energies[:, None] - onsite[..., None] + 1j * self.damping[..., None]
        shift = shift[..., None]
        residual = source - shift * x + self._times(hopping, x)
        size = (abs(hopping) @ abs(x).reshape(*x.shape[:2], -1)).reshape(x.shape)
        size = size + abs(shift) * abs(x) + abs(source)
        accuracy = 4.0 * math.sqrt(hopping.shape[1]) * float(np.finfo(np.float64).eps)
        return xp.where(abs(residual) <= accuracy * size + _SMALLEST, 0.0, residual)

    def _times(self, matrix: AnyArray, x: AnyArray) -> AnyArray:
        """Real (B, M, N) times complex (B, N, E, C), as one real product."""
        product = matrix @ side_by_side(x, self.xp)
        half = product.shape[-1] // 2
        found = product[..., :half] + 1j * product[..., half:]
        return found.reshape(*product.shape[:2], *x.shape[2:])


def transposed(matrix: AnyArray) -> AnyArray:
    """Matrices with their last two axes exchanged."""
    return matrix.swapaxes(-1, -2)


def side_by_side(x: AnyArray, xp: ModuleType) -> AnyArray:
    """Real and imaginary parts of (B, N, ...) as one real matrix."""
    flat = x.reshape(*x.shape[:2], -1)
    return xp.concatenate((flat.real, flat.imag), -1)


def solve_columns(resolvent: Resolvent, energies: AnyArray, source: AnyArray) -> AnyArray:
    """Solve ``A(E) x = source`` for energies (B, E) and sources (B, N, E, C)."""
    x, unfinished = _refined(resolvent, energies, source, resolvent.inverse(energies))
    for junction, e in resolvent.xp.argwhere(unfinished).tolist():
        part = slice(junction, junction + 1), slice(None), slice(e, e + 1)
        energy = energies[part[0], part[2]]
        single = resolvent.one(junction)
        x[part], _ = _refined(single, energy, source[part], single.direct_inverse(energy))
    return x


def _refined(
    resolvent: Resolvent, energies: AnyArray, source: AnyArray, inverse: Callable[[AnyArray], Any]
) -> tuple[AnyArray, AnyArray]:
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
    return x, residual.any(-1).any(1)
