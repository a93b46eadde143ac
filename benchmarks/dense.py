"""Dense Hamiltonians: CPU time of one decomposition for all energies and of a solve for each.

100 energies, one junction, forward and backward, one thread, the methods alternated in one
process. The Hamiltonian is full, as one from xTB; each contact reaches four orbitals. Beside ours:
``torch.linalg.solve`` of the whole complex64 matrix for every energy, with autograd, and the
eigendecomposition of the effective Hamiltonian, which a method with its eigenvectors needs first.
"""

from __future__ import annotations

import torch
from dense_baseline import dense_log_spectra
from timing import alternate
from torch import Tensor

from dnawire.operators.transport import dense_spectra

ENERGIES = torch.linspace(-3.0, 3.0, 100, dtype=torch.float64)
CONTACT = 4


def random_junction(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Levels over about 8 eV; contacts on the first and the last orbitals."""
    generator = torch.Generator().manual_seed(size)
    hamiltonian = torch.randn(1, size, size, generator=generator, dtype=torch.float64)
    hamiltonian = (hamiltonian + hamiltonian.mT) * (2.0 / (2.0 * size) ** 0.5)
    left, right = torch.zeros(2, 1, size, dtype=torch.float64)
    left[:, :CONTACT] = right[:, -CONTACT:] = 0.1
    return hamiltonian, left, right


def compare(size: int, rounds: int) -> None:
    """Print the rows of one size."""
    hamiltonian, left, right = random_junction(size)
    effective = hamiltonian - 0.5j * torch.diag_embed(left + right)

    def solve() -> None:
        given = hamiltonian.float().requires_grad_()
        transmission, dos = dense_log_spectra(given, left.float(), right.float(), ENERGIES)
        (transmission.sum() + dos.sum()).backward()

    def ours() -> None:
        found = dense_spectra(hamiltonian.clone().requires_grad_(), left, right, ENERGIES)
        (found.log10_transmission.sum() + found.log10_dos.sum()).backward()

    def eigenvectors() -> None:
        torch.linalg.eig(effective)

    calls = {"dnawire": ours, "solve per energy, complex64": solve, "eig of H_eff": eigenvectors}
    timings = alternate(calls, rounds, dict.fromkeys(calls, 1))
    for name, timing in timings.items():
        ratio = timing.median / timings["dnawire"].median
        print(
            f"{size} orbitals, {name:28} {timing.median:9.1f} ms "
            f"[{timing.low:.1f}, {timing.high:.1f}]   ratio {ratio:6.1f}"
        )


if __name__ == "__main__":
    for orbitals, repeats in ((16, 9), (100, 5), (200, 3), (400, 3)):
        compare(orbitals, repeats)
