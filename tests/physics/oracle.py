"""Independent reference: dense matrices, NumPy's inverse, one energy at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]


class System(NamedTuple):
    """A random block-tridiagonal system of one sample."""

    diagonal: Array  # (L, m, m)
    step: Array  # (L-1, m, m)
    gamma_left: Array  # (L, m)
    gamma_right: Array  # (L, m)
    mask: NDArray[np.bool_]  # (L, m)

    def arrays(self) -> tuple[Array, Array, Array, Array, NDArray[np.bool_]]:
        """A batch of one."""
        floats = self.diagonal[None], self.step[None], self.gamma_left[None], self.gamma_right[None]
        return *floats, self.mask[None]

    def tensors(self) -> list[torch.Tensor]:
        """The same, for gradients."""
        return [torch.from_numpy(array.copy()) for array in self.arrays()]


def random_system(seed: int, length: int, orbitals: int, *, blanks: bool = False) -> System:
    """Random real symmetric H of order 1 eV; one to three orbitals anywhere for each contact."""
    rng = np.random.default_rng(seed)
    diagonal = rng.normal(size=(length, orbitals, orbitals))
    diagonal = 0.5 * (diagonal + diagonal.swapaxes(1, 2))
    step = 0.4 * rng.normal(size=(length - 1, orbitals, orbitals))
    mask = np.ones((length, orbitals), dtype=bool)
    if blanks:
        mask = rng.random((length, orbitals)) < 0.8
        mask[0, 0] = True
    pair = mask[:, :, None] & mask[:, None, :]
    across = mask[:-1, :, None] & mask[1:, None, :]
    left, right = _contact(rng, mask), _contact(rng, mask)
    return System(diagonal * pair, step * across, left, right, mask)


def _contact(rng: np.random.Generator, mask: NDArray[np.bool_]) -> Array:
    gamma = np.zeros(mask.size)
    present = np.flatnonzero(mask)
    number = min(int(rng.integers(1, 4)), len(present))
    chosen = rng.choice(present, size=number, replace=False)
    gamma[chosen] = rng.uniform(0.05, 0.5, size=len(chosen))
    return gamma.reshape(mask.shape)


def dense_hamiltonian(system: System) -> Array:
    """(N, N) over all orbitals that exist."""
    length, orbitals = system.mask.shape
    full = np.zeros((length * orbitals, length * orbitals))
    for n in range(length):
        rows = slice(n * orbitals, (n + 1) * orbitals)
        full[rows, rows] = system.diagonal[n]
        if n + 1 < length:
            below = slice((n + 1) * orbitals, (n + 2) * orbitals)
            full[rows, below] = system.step[n]
            full[below, rows] = system.step[n].T
    keep = system.mask.ravel()
    return full[np.ix_(keep, keep)]


def greens_function(system: System, energy: float, eta: float) -> NDArray[np.complex128]:
    """(N, N) by inversion."""
    hamiltonian = dense_hamiltonian(system)
    keep = system.mask.ravel()
    gamma = (system.gamma_left + system.gamma_right).ravel()[keep]
    matrix = (energy + 1j * eta) * np.eye(keep.sum()) - hamiltonian + 0.5j * np.diag(gamma)
    return np.linalg.inv(matrix).astype(np.complex128)


def spectra(system: System, energies: Array, eta: float) -> tuple[Array, Array]:
    """T (E,) = Tr[Gamma_L G Gamma_R G^dagger] and LDOS (N, E) = -Im G_ii / pi."""
    keep = system.mask.ravel()
    left, right = (
        np.diag(gamma.ravel()[keep]) for gamma in (system.gamma_left, system.gamma_right)
    )
    transmission, ldos = [], []
    for energy in energies:
        green = greens_function(system, float(energy), eta)
        transmission.append(np.trace(left @ green @ right @ green.conj().T).real)
        ldos.append(-green.diagonal().imag / np.pi)
    return np.array(transmission), np.array(ldos).T
