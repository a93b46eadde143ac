"""Junctions in sisl, an independent code with its own recursion; import after `importorskip`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sisl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sisl_toolbox import btd

Array = NDArray[np.float64]


class WideBand(btd.Electrode):  # type: ignore[misc]
    """Self-energy ``-i Gamma / 2`` on the orbitals of one contact."""

    def __init__(self, name: str, gamma: Array) -> None:
        super().__init__(name=name)
        self.gamma = gamma

    def __len__(self) -> int:
        return len(self.gamma)

    def self_energy(self, energy: complex, k: object = None, **_: object) -> NDArray[np.complex128]:
        return np.diag(-0.5j * self.gamma)

    def se2broadening(self, self_energy: NDArray[np.complex128]) -> NDArray[np.complex128]:
        return 1j * (self_energy - self_energy.conj().T)


def device_green(hamiltonian: Array, contacts: Mapping[str, Array]) -> Any:  # noqa: ANN401
    """A ladder in site order between contacts with couplings (N,) each."""
    size = len(hamiltonian)
    positions = np.column_stack((np.arange(size), np.zeros((size, 2))))
    cell = sisl.Lattice([size + 2.0, 20.0, 20.0], nsc=[1, 1, 1])
    geometry = sisl.Geometry(positions, sisl.Atom(1, R=1.5), cell)
    electrodes = [
        (WideBand(name, gamma[gamma > 0.0]), np.flatnonzero(gamma))
        for name, gamma in contacts.items()
    ]
    return btd.DeviceGreen(
        sisl.Hamiltonian.fromsp(geometry, csr_matrix(hamiltonian)),
        electrodes,
        btd.PermuteBTD(np.arange(size), np.full(size // 2, 2)),
        eta=0.0,
    )
