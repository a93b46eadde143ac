"""The same definitions to 80 digits: banded elimination of the whole matrix, one energy at a time.

It shares nothing with the recursion: no blocks, no scales, no damping that guards poles.
"""

from __future__ import annotations

from typing import NamedTuple

import mpmath
import numpy as np
from numpy.typing import NDArray

from tests.physics.oracle import Array, System, dense_hamiltonian

exactly = mpmath.workdps(80)


class Junction(NamedTuple):
    """Dense matrices of the orbitals that exist; H has no element beyond the next block."""

    hamiltonian: Array  # (N, N)
    left: Array  # (N,)
    right: Array  # (N,)
    bandwidth: int


class Columns(NamedTuple):
    """Columns of G at the orbitals that carriers can leave by: all of them if eta is finite."""

    junction: Junction
    columns: dict[int, list[mpmath.mpc]]
    eta: float

    @exactly
    def log10_transmission(self) -> float:
        return float(mpmath.log10(mpmath.fsum(self._pairs().values())))

    @exactly
    def log10_ldos(self) -> Array:
        return np.array([float(mpmath.log10(one)) for one in self._ldos()])

    @exactly
    def log10_dos(self) -> float:
        return float(mpmath.log10(mpmath.fsum(self._ldos())))

    @exactly
    def slopes(self, elements: list[tuple[int, int]]) -> list[float]:
        """d ln T by matrix elements H[i, j] = H[j, i], from dG = G dH G."""
        pairs = self._pairs()
        total = mpmath.fsum(pairs.values())
        return [float(self._slope(i, j, pairs) / total) for i, j in elements]

    def _slope(self, i: int, j: int, pairs: dict[tuple[int, int], mpmath.mpf]) -> mpmath.mpf:
        found = mpmath.mpf(0)
        for (left, right), share in pairs.items():
            one, two = self.columns[left], self.columns[right]
            product = one[i] * two[j] + (one[j] * two[i] if i != j else 0)
            found += 2 * share * (product / two[left]).real
        return found

    def _pairs(self) -> dict[tuple[int, int], mpmath.mpf]:
        _, left, right, _ = self.junction
        return {
            (int(i), int(j)): mpmath.mpf(left[i]) * mpmath.mpf(right[j]) * _square(column[i])
            for j, column in self.columns.items()
            for i in np.flatnonzero(left)
            if right[j]
        }

    def _ldos(self) -> list[mpmath.mpf]:
        widths = self.junction.left + self.junction.right + 2.0 * self.eta
        return [
            mpmath.fsum(mpmath.mpf(widths[j]) * _square(x[i]) for j, x in self.columns.items())
            / (2 * mpmath.pi)
            for i in range(len(widths))
        ]


def junction_of(system: System) -> Junction:
    """Leave out the orbitals that are missing."""
    keep = system.mask.ravel()
    left, right = (gamma.ravel()[keep] for gamma in (system.gamma_left, system.gamma_right))
    return Junction(dense_hamiltonian(system), left, right, 2 * system.mask.shape[1] - 1)


@exactly
def greens_columns(junction: Junction, energy: float, eta: float = 0.0) -> Columns:
    """Columns of the inverse of ``E + i eta - H + i Gamma / 2``."""
    # states that no contact reaches would make the matrix singular
    beside = mpmath.mpf(energy) + mpmath.mpf("1e-40")
    size, gamma = len(junction.left), junction.left + junction.right + 2.0 * eta
    rows = [_row(junction, i) for i in range(size)]
    for i, row in enumerate(rows):
        row[i] = row.get(i, mpmath.mpf(0)) + mpmath.mpc(beside, mpmath.mpf(gamma[i]) / 2)
    sources = {
        int(c): [mpmath.mpc(int(i == c)) for i in range(size)] for c in np.flatnonzero(gamma)
    }
    for i in range(size):
        for j in range(i + 1, min(size, i + junction.bandwidth + 1)):
            if i in rows[j]:
                _eliminate(rows, sources, i, j)
    for column in sources.values():
        for i in reversed(range(size)):
            rest = mpmath.fsum(value * column[j] for j, value in rows[i].items() if j > i)
            column[i] = (column[i] - rest) / rows[i][i]
    return Columns(junction, sources, eta)


def _square(value: mpmath.mpc) -> mpmath.mpf:
    return value.real**2 + value.imag**2


def _row(junction: Junction, i: int) -> dict[int, mpmath.mpf]:
    elements: NDArray[np.float64] = junction.hamiltonian[i]
    return {int(j): -mpmath.mpf(elements[j]) for j in np.flatnonzero(elements)}


def _eliminate(
    rows: list[dict[int, mpmath.mpc]], sources: dict[int, list[mpmath.mpc]], i: int, j: int
) -> None:
    factor = rows[j].pop(i) / rows[i][i]
    for k, value in rows[i].items():
        if k > i:
            rows[j][k] = rows[j].get(k, mpmath.mpf(0)) - factor * value
    for column in sources.values():
        if column[i]:
            column[j] -= factor * column[i]
