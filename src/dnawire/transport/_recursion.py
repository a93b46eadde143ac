"""The block-tridiagonal recursion in plain torch: any device, any number of orbitals per block.

With ``A(E) = (E + i eta) - H + i Gamma / 2`` in blocks ``D_n`` and ``-t_n``::

    P_0 = D_0,    P_(n+1) = D_(n+1) - t_n^T P_n^-1 t_n
    w_n = P_n^-1 (b_n + t_(n-1)^T w_(n-1)),    x_n = w_n + P_n^-1 t_n x_(n+1)

solves ``A x = b`` in O(L). Columns are kept as ``x * exp(scale)`` so that nothing underflows in
long chains. This module is the readable definition; ``_column_kernels`` and
``_adjoint_kernels`` hold the same for blocks of two orbitals on the CPU.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

RENORMALIZE_EVERY = 16


class Ladder(NamedTuple):
    """Prepared input of the recursion; float64, B junctions, L blocks of m orbitals, C columns."""

    diagonal: Tensor  # (B, L, m, m)
    step: Tensor  # (B, L-1, m, m)
    damping: Tensor  # (B, L, m): eta + (Gamma_L + Gamma_R) / 2
    present: Tensor  # (B, L, m) bool
    columns: Tensor  # (B, C) int64: flat site index n * m + orbital of each contact column
    gamma_left: Tensor  # (B, C)
    gamma_right: Tensor  # (B, C)
    broadening: Tensor  # (B, C): Gamma_L + Gamma_R + 2 eta
    energies: Tensor  # (B, E) or (1, E)


def _inverse_blocks(ladder: Ladder) -> list[Tensor]:
    """P_n^-1, complex (B, E, m, m) for every block."""
    symmetric = 0.5 * (ladder.diagonal + ladder.diagonal.mT)
    inverse: list[Tensor] = []
    for n in range(symmetric.shape[1]):
        present = ladder.present[:, n]
        onsite = torch.where(
            present[:, None],
            ladder.energies[..., None] + 0j,
            torch.ones((), dtype=torch.complex128),
        )
        block = torch.diag_embed(onsite + 1j * ladder.damping[:, None, n]) - symmetric[:, None, n]
        if n > 0:
            step = ladder.step[:, None, n - 1] + 0j
            block = block - step.mT @ inverse[-1] @ step
        inverse.append(torch.linalg.inv(block))
    return inverse


def _renormalized(x: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    largest = x.abs().amax(dim=-2)
    largest = torch.where(largest > 0, largest, torch.ones_like(largest))
    return x / largest[..., None, :], scale + largest.log()


def _solve(
    ladder: Ladder, inverse: list[Tensor], source: list[Tensor], first: Tensor, interval: int
) -> tuple[Tensor, Tensor]:
    """Solve for right-hand sides (B, E, m, C) that vanish above block ``first`` (B, C).

    Returns the solution (L, B, E, m, C) and the logarithms of its scales (L, B, E, C).
    """
    length = len(inverse)
    solution: list[Tensor] = []
    scales: list[Tensor] = []
    scale = torch.zeros_like(source[0].real[..., 0, :])
    x = source[0]
    for n in range(length):
        if n > 0:
            x = source[n] + (ladder.step[:, None, n - 1] + 0j).mT @ solution[-1]
            if n % interval == 0:
                x, scale = _renormalized(x, scale)
        solution.append(inverse[n] @ x)
        scales.append(scale)
    for n in range(length - 2, -1, -1):
        below = (n < first)[:, None].expand_as(scale)
        factor = torch.where(below, 0.0, scales[n + 1] - scales[n]).exp()
        x = (ladder.step[:, None, n] + 0j) @ solution[n + 1] * factor[..., None, :]
        scale = scales[n + 1]
        if n > 0 and n % interval == 0:
            rescaled, rescale = _renormalized(x, scale)
            x = torch.where(below[..., None, :], rescaled, x)
            scale = torch.where(below, rescale, scale)
        scales[n] = torch.where(below, scale, scales[n])
        solution[n] = solution[n] + inverse[n] @ x
    return torch.stack(solution), torch.stack(scales)


class _Columns(NamedTuple):
    inverse: list[Tensor]
    x: Tensor  # (L, B, E, m, C), to be multiplied by exp(scale)
    scale: Tensor  # (L, B, E, C)
    element: Tensor  # (B, E, C, C): G_lr without its scale
    element_scale: Tensor  # (B, E, C, C)
    log_pairs: Tensor  # (B, E, C, C): ln(gamma_l gamma_r |G_lr|^2)


def _columns(ladder: Ladder) -> _Columns:
    batch, length, m = ladder.present.shape
    inverse = _inverse_blocks(ladder)
    identity = torch.nn.functional.one_hot(ladder.columns, length * m).to(torch.complex128)
    source = identity.mT.reshape(batch, length, 1, m, -1).expand(
        -1, -1, ladder.energies.shape[1], -1, -1
    )
    block = ladder.columns // m
    x, scale = _solve(ladder, inverse, list(source.unbind(1)), block, RENORMALIZE_EVERY)
    rows = x.permute(1, 2, 0, 3, 4).flatten(2, 3)
    index = ladder.columns[:, None, :, None].expand(-1, rows.shape[1], -1, rows.shape[-1])
    element = rows.gather(2, index)
    scales = scale.permute(1, 2, 0, 3)
    element_scale = scales.gather(2, block[:, None, :, None].expand_as(index))
    weight = ladder.gamma_left[:, :, None] * ladder.gamma_right[:, None, :]
    log_pairs = weight.log()[:, None] + 2.0 * (element.abs().log() + element_scale)
    return _Columns(inverse, x, scale, element, element_scale, log_pairs)


def forward(ladder: Ladder) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """T as mantissa and exponent of two (B, E), DOS (B, E) and LDOS (B, L, m, E)."""
    columns = _columns(ladder)
    log2_transmission = columns.log_pairs.flatten(-2).logsumexp(-1) / math.log(2.0)
    exponent = log2_transmission.floor().nan_to_num(neginf=0.0)
    ldos = _ldos(ladder, columns)
    return torch.exp2(log2_transmission - exponent), exponent, ldos.sum((1, 2)), ldos


def _ldos(ladder: Ladder, columns: _Columns) -> Tensor:
    plain = columns.x.abs() * columns.scale.exp()[..., None, :]
    weight = ladder.broadening / (2.0 * math.pi)
    return torch.einsum("lbemc,bc->blme", plain.square(), weight)


def _share(cotangent: Tensor, density: Tensor) -> Tensor:
    """Derivative by a density from that by its logarithm; none where it vanishes."""
    vanishes = density <= torch.finfo(density.dtype).tiny
    return torch.where(vanishes, 0.0, cotangent / torch.where(vanishes, 1.0, density))


def backward(
    ladder: Ladder, cotangent_t: Tensor, cotangent_dos: Tensor, cotangent_ldos: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradient of a scalar by diagonal and step, from those by ln T, ln DOS and ln LDOS (or none).

    With ``dG = G dH G``: ``d ln T = 2 Re[x_l^T dH x_r / G_lr]`` for one pair of contact orbitals,
    and the LDOS part needs one more solve per column with the same factorization.
    """
    columns = _columns(ladder)
    total = columns.log_pairs.flatten(-2).logsumexp(-1)[..., None, None]
    connected = columns.log_pairs > -math.inf
    part = cotangent_t[..., None, None] * (columns.log_pairs - total).exp()
    ratio = torch.where(connected, part / columns.element, 0.0)
    x, scale, base = columns.x, columns.scale, columns.element_scale

    def pair_sum(first: Tensor, s1: Tensor, second: Tensor, s2: Tensor) -> Tensor:
        weight = ratio * (s1[..., :, None] + s2[..., None, :] - base).exp()
        return torch.einsum("lbeic,lbecd,lbejd->blij", first, weight, second).real

    plain = x * scale.exp()[..., None, :]
    ldos = _ldos(ladder, columns)
    share = _share(cotangent_dos, ldos.sum((1, 2)))[:, None, None].expand_as(ldos)
    if cotangent_ldos.numel() > 0:
        share = share + _share(cotangent_ldos, ldos)
    weight = ladder.broadening / (2.0 * math.pi)
    source = torch.einsum("blme,lbemc,bc->lbemc", share + 0j, plain.conj(), weight + 0j)
    none_above = torch.zeros_like(ladder.columns)
    u, _ = _solve(ladder, columns.inverse, list(source), none_above, len(source) + 1)

    def outer(first: Tensor, second: Tensor) -> Tensor:
        return torch.einsum("lbeic,lbejc->blij", first, second).real

    diagonal = 2.0 * (pair_sum(x, scale, x, scale) + outer(u, plain))
    step = 2.0 * (
        pair_sum(x[:-1], scale[:-1], x[1:], scale[1:])
        + pair_sum(x[1:], scale[1:], x[:-1], scale[:-1]).mT
        + outer(u[:-1], plain[1:])
        + outer(u[1:], plain[:-1]).mT
    )
    return 0.5 * (diagonal + diagonal.mT), step
