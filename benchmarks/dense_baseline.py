"""The usual way: one complex64 matrix per energy, ``torch.linalg.solve``, autograd through it."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def dense_log_spectra(
    hamiltonian: Tensor, gamma_left: Tensor, gamma_right: Tensor, energies: Tensor
) -> tuple[Tensor, Tensor]:
    """log10 T and log10 DOS (B, E) of dense H (B, N, N), couplings (B, N) on any orbitals."""
    size = hamiltonian.shape[-1]
    identity = torch.eye(size, dtype=torch.complex64)
    sigma = torch.diag_embed(0.5j * (gamma_left + gamma_right).to(torch.complex64))
    matrix = (energies.to(torch.complex64) + 1e-12j)[None, :, None, None] * identity
    matrix = matrix - hamiltonian.to(torch.complex64)[:, None] + sigma[:, None]
    greens = torch.linalg.solve(matrix, identity.expand_as(matrix))
    dos = -greens.diagonal(dim1=-2, dim2=-1).imag.sum(-1) / math.pi
    left, right = gamma_left.to(torch.complex64), gamma_right.to(torch.complex64)
    transmission = torch.einsum("bi,beij,bj,beij->be", left, greens, right, greens.conj()).real
    return (transmission.clamp_min(0) + 1e-38).log10(), (dos.clamp_min(0) + 1e-38).log10()


def dense_hamiltonian(diagonal: Tensor, step: Tensor) -> Tensor:
    """(B, 2L, 2L) from the blocks."""
    batch, length, orbitals, _ = diagonal.shape
    full = diagonal.new_zeros(batch, length, orbitals, length, orbitals)
    for n in range(length):
        full[:, n, :, n] = diagonal[:, n]
        if n + 1 < length:
            full[:, n, :, n + 1] = step[:, n]
            full[:, n + 1, :, n] = step[:, n].mT
    return full.flatten(3, 4).flatten(1, 2)
