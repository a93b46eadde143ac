"""Columns of the Green's function of a dense Hamiltonian, to rounding, for many energies at once.

An approximate inverse from the eigenvectors of H, corrected until every row of the residual is at
the level of rounding; where that fails, a direct solution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_MAX_CORRECTIONS = 24
"""Each gains 12 digits and more, in rows where the solution is tiny one after the other."""
_CLOSEST = 1e-14
"""Smallest distance of an energy to a level, relative to the largest level."""
_SMALLEST = 1e-290
"""Residuals below this count as none; so small are solutions next to underflow."""


@dataclass(frozen=True)
class Resolvent:
    """``A(E) = E + i damping - H`` of B junctions of N orbitals, and what inverts it at any E."""

    hamiltonian: Tensor  # (B, N, N), symmetric
    damping: Tensor  # (B, N): eta + (Gamma_L + Gamma_R) / 2
    columns: Tensor  # (B, C) int64: the orbitals that are a source
    eta: float
    levels: Tensor  # (B, N): eigenvalues of H
    vectors: Tensor  # (B, N, N): eigenvectors of H, orthogonal

    @classmethod
    def of(cls, hamiltonian: Tensor, damping: Tensor, columns: Tensor, eta: float) -> Resolvent:
        """Decompose the symmetric part of H."""
        symmetric = 0.5 * (hamiltonian + hamiltonian.mT)
        return cls(symmetric, damping, columns, eta, *torch.linalg.eigh(symmetric))

    def inverse(self, energies: Tensor) -> Callable[[Tensor], Tensor]:
        """Approximate ``r -> A^-1 r`` for r (B, N, E, C), by the Woodbury identity."""
        distance = energies[:, None, :] - self.levels[:, :, None]
        closest = _CLOSEST * (1.0 + self.levels.abs().amax())
        distance = torch.where(distance.abs() < closest, closest, distance) + 1j * self.eta
        factors = distance.reciprocal()
        rows = self.vectors.gather(1, self._index())
        widths = 1j * (self.damping.gather(1, self.columns) - self.eta)
        inner = torch.einsum("bcn,bne,bdn->becd", rows + 0j, factors, rows + 0j)
        identity = torch.eye(inner.shape[-1], dtype=inner.dtype, device=inner.device)
        update = torch.linalg.solve(
            identity + widths[:, None, :, None] * inner, torch.diag_embed(widths)[:, None]
        )

        def apply(r: Tensor) -> Tensor:
            found = _real_times(self.vectors.mT, r) * factors[..., None]
            at_contacts = _real_times(rows, found)
            back = torch.einsum("becd,bdem->bcem", update, at_contacts)
            return _real_times(
                self.vectors, found - factors[..., None] * _real_times(rows.mT, back)
            )

        return apply

    def _index(self) -> Tensor:
        return self.columns[:, :, None].expand(-1, -1, self.hamiltonian.shape[-1])

    def one(self, junction: int) -> Resolvent:
        """One junction as a batch."""
        part = slice(junction, junction + 1)
        return Resolvent(
            self.hamiltonian[part], self.damping[part], self.columns[part], self.eta,
            self.levels[part], self.vectors[part],
        )  # fmt: skip

    def direct_inverse(self, energy: Tensor) -> Callable[[Tensor], Tensor]:
        """``r -> A^-1 r`` at one energy of one junction, by LU decomposition."""
        shift = torch.diag_embed(energy + 1j * self.damping)
        decomposition = torch.linalg.lu_factor(shift - self.hamiltonian)

        def apply(r: Tensor) -> Tensor:
            found: Tensor = torch.linalg.lu_solve(*decomposition, r.flatten(2))
            return found.view_as(r)

        return apply


def solve_columns(resolvent: Resolvent, energies: Tensor, source: Tensor) -> Tensor:
    """Solve ``A(E) x = source`` for energies (B, E) and sources (B, N, E, C)."""
    x, open_ = _refined(resolvent, energies, source, resolvent.inverse(energies))
    for junction, e in open_.nonzero().tolist():
        place = slice(junction, junction + 1), slice(None), slice(e, e + 1)
        here = energies[place[0], place[2]]
        alone = resolvent.one(junction)
        x[place], _ = _refined(alone, here, source[place], alone.direct_inverse(here))
    return x


def _refined(
    resolvent: Resolvent, energies: Tensor, source: Tensor, inverse: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Solution, and the energies (B, E) where a row is not at the level of rounding yet.

    Only rows above that level are corrected: where the solution has decayed, the rounding errors
    of the large rows would drown it again and again.
    """
    x = inverse(source)
    residual = _excess(resolvent, energies, source, x)
    for _ in range(_MAX_CORRECTIONS):
        if not residual.any():
            break
        x = x + inverse(residual)
        residual = _excess(resolvent, energies, source, x)
    return x, residual.any(-1).any(1)


def _excess(resolvent: Resolvent, energies: Tensor, source: Tensor, x: Tensor) -> Tensor:
    """Rows of ``source - A x`` that exceed the rounding error of their own computation."""
    hamiltonian = resolvent.hamiltonian
    onsite = hamiltonian.diagonal(dim1=-2, dim2=-1)
    hopping = hamiltonian - torch.diag_embed(onsite)
    shift = (energies[:, None] - onsite[..., None] + 1j * resolvent.damping[..., None])[..., None]
    residual = source - shift * x + _real_times(hopping, x)
    size = (hopping.abs() @ x.abs().flatten(2)).view(x.shape)
    size = size + shift.abs() * x.abs() + source.abs()
    accuracy = 4.0 * math.sqrt(len(hopping[0])) * torch.finfo(torch.float64).eps
    return torch.where(residual.abs() <= accuracy * size + _SMALLEST, 0.0, residual)


def _real_times(matrix: Tensor, x: Tensor) -> Tensor:
    """Real (B, M, N) times complex (B, N, E, C), as one real product."""
    flat = torch.view_as_real(x.resolve_conj().contiguous()).flatten(2)
    product = (matrix @ flat).view(len(matrix), -1, *x.shape[2:], 2)
    return torch.view_as_complex(product)
