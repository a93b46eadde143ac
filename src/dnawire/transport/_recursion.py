"""The block-tridiagonal recursion, readable: any device, any number of orbitals per block.

With ``A(E) = (E + i eta) - H + i Gamma / 2`` in blocks ``D_n`` and ``-t_n``::

    P_0 = D_0,    P_(n+1) = D_(n+1) - t_n^T P_n^-1 t_n
    w_n = P_n^-1 (b_n + t_(n-1)^T w_(n-1)),    x_n = w_n + P_n^-1 t_n x_(n+1)

solves ``A x = b`` in O(L). Columns are stored as ``x * exp(scale)`` so that nothing underflows in
long chains. Where eta is finite every orbital is a source, and the LDOS comes from the diagonal of
G instead of columns: see ``_diagonal``. These modules are the definition; ``_column_kernels``,
``_adjoint_kernels`` and ``_broadened_kernels`` hold the same for blocks of two orbitals on the CPU.
``xp`` is the module of the arrays: ``numpy``, or ``torch`` for tensors on any device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

from dnawire.transport._diagonal import Inverses, density, density_products, inverses_of
from dnawire.transport._pairs import by_density, log_pairs, log_transmission, pair_ratios
from dnawire.transport.system import AnyArray, BlockSystem

RENORMALIZE_EVERY = 16
_LN_2 = math.log(2.0)


def _transposed(matrix: AnyArray) -> AnyArray:
    return matrix.swapaxes(-1, -2)


def _steps(system: BlockSystem[Any]) -> list[AnyArray]:
    """t_n, complex (B, 1, m, m)."""
    return [system.step[:, None, n] + 0j for n in range(system.step.shape[1])]


def _free_blocks(system: BlockSystem[Any], xp: ModuleType) -> list[AnyArray]:
    """D_n, complex (B, E, m, m) for every block."""
    symmetric = 0.5 * (system.diagonal + _transposed(system.diagonal))
    identity = xp.eye(symmetric.shape[-1], device=symmetric.device)
    blocks = []
    for n in range(symmetric.shape[1]):
        onsite = xp.where(system.present[:, None, n], system.energies[..., None], 1.0)
        onsite = onsite + 1j * system.contacts.damping[:, None, n]
        blocks.append(onsite[..., None] * identity - symmetric[:, None, n])
    return blocks


def _inverse_blocks(system: BlockSystem[Any], xp: ModuleType) -> list[AnyArray]:
    """P_n^-1, complex (B, E, m, m) for every block."""
    inverse: list[AnyArray] = []
    for block, t in zip(_free_blocks(system, xp), (None, *_steps(system)), strict=True):
        reduced = block if t is None else block - _transposed(t) @ inverse[-1] @ t
        inverse.append(xp.linalg.inv(reduced))
    return inverse


def _renormalized(x: AnyArray, scale: AnyArray, xp: ModuleType) -> tuple[AnyArray, AnyArray]:
    largest = xp.amax(abs(x), -2)
    largest = xp.where(largest > 0, largest, 1.0)
    return x / largest[..., None, :], scale + xp.log(largest)


class _Solver(NamedTuple):
    """Solves ``A x = b`` with one factorization."""

    inverse: list[Any]
    steps: list[Any]
    xp: ModuleType

    def solve(self, source: AnyArray, first: AnyArray, interval: int) -> tuple[AnyArray, AnyArray]:
        """Solve for right-hand sides (L, B, E, m, C) that vanish above block ``first`` (B, C).

        Returns the solution (L, B, E, m, C) and the logarithms of its scales (L, B, E, C).
        """
        solution, scales = self._eliminate(source, interval)
        self._substitute(solution, scales, first, interval)
        return self.xp.stack(solution), self.xp.stack(scales)

    def _eliminate(self, source: AnyArray, interval: int) -> tuple[list[AnyArray], list[AnyArray]]:
        """w_n and its scales."""
        solution: list[AnyArray] = []
        scales: list[AnyArray] = []
        scale = self.xp.zeros_like(source[0].real[..., 0, :])
        for n, inverse in enumerate(self.inverse):
            x = source[n]
            if n > 0:
                x = x + _transposed(self.steps[n - 1]) @ solution[-1]
                if n % interval == 0:
                    x, scale = _renormalized(x, scale, self.xp)
            solution.append(inverse @ x)
            scales.append(scale)
        return solution, scales

    def _substitute(
        self, solution: list[AnyArray], scales: list[AnyArray], first: AnyArray, interval: int
    ) -> None:
        """Add P_n^-1 t_n x_(n+1), from the end."""
        xp = self.xp
        for n in range(len(solution) - 2, -1, -1):
            above = (n < first)[:, None]
            factor = xp.exp(xp.where(above, 0.0, scales[n + 1] - scales[n]))
            x = self.steps[n] @ solution[n + 1] * factor[..., None, :]
            scale = scales[n + 1]
            if n > 0 and n % interval == 0:
                rescaled, rescale = _renormalized(x, scale, xp)
                x = xp.where(above[..., None, :], rescaled, x)
                scale = xp.where(above, rescale, scale)
            scales[n] = xp.where(above, scale, scales[n])
            solution[n] = solution[n] + self.inverse[n] @ x


class _Columns(NamedTuple):
    solver: _Solver
    x: AnyArray  # (L, B, E, m, C), to be multiplied by exp(scale)
    scale: AnyArray  # (L, B, E, C)
    element: AnyArray  # (B, E, C, C): G_lr without its scale
    element_scale: AnyArray  # (B, E, C, C)
    pairs: AnyArray  # (B, E, C, C): ln(gamma_l gamma_r |G_lr|^2)


def _columns(system: BlockSystem[Any], xp: ModuleType) -> _Columns:
    contacts = system.contacts
    solver = _Solver(_inverse_blocks(system, xp), _steps(system), xp)
    block = contacts.columns // system.present.shape[-1]
    x, scale = solver.solve(_unit_sources(system, xp), block, RENORMALIZE_EVERY)
    rows = xp.moveaxis(x, 3, 1).reshape(-1, *x.shape[1:3], x.shape[-1])
    every = xp.arange(len(block), device=block.device)[:, None]
    element = xp.moveaxis(rows[contacts.columns, every], 1, 2)
    element_scale = xp.moveaxis(scale[block, every], 1, 2)
    pairs = log_pairs(contacts, element, xp) + 2.0 * element_scale
    return _Columns(solver, x, scale, element, element_scale, pairs)


def _unit_sources(system: BlockSystem[Any], xp: ModuleType) -> AnyArray:
    """One at each contact column, (L, B, E, m, C)."""
    batch, length, size = system.present.shape
    contacts = system.contacts
    count = contacts.columns.shape[1]
    device = contacts.columns.device
    unit = xp.zeros((length * size, batch, count), dtype=xp.complex128, device=device)
    rows, columns = xp.arange(batch, device=device)[:, None], xp.arange(count, device=device)
    unit[contacts.columns, rows, columns] = 1.0
    blocks = xp.moveaxis(unit.reshape(length, size, batch, count), 1, 2)[:, :, None]
    return xp.broadcast_to(blocks, (length, batch, system.energies.shape[1], size, count))


def forward(system: BlockSystem[Any], xp: ModuleType) -> tuple[AnyArray, ...]:
    """T as mantissa and exponent of two (B, E), DOS (B, E) and LDOS (B, L, m, E)."""
    columns = _columns(system, xp)
    log2_transmission = log_transmission(columns.pairs, xp) / _LN_2
    exponent = xp.nan_to_num(xp.floor(log2_transmission), neginf=0.0)
    ldos = _ldos(system, columns, xp)
    return xp.exp2(log2_transmission - exponent), exponent, ldos.sum((1, 2)), ldos


def _inverses(system: BlockSystem[Any], solver: _Solver) -> Inverses:
    blocks = _free_blocks(system, solver.xp)
    return inverses_of(blocks, solver.steps, solver.inverse, solver.xp)


def _ldos(system: BlockSystem[Any], columns: _Columns, xp: ModuleType) -> AnyArray:
    if system.eta > 0.0:
        inverses = _inverses(system, columns.solver)
        found = xp.moveaxis(density(inverses, system.contacts.damping, xp), 0, 1).swapaxes(-1, -2)
        return xp.where(system.present[..., None], found, 0.0)
    plain = abs(columns.x) * xp.exp(columns.scale)[..., None, :]
    weight = system.contacts.broadening / (2.0 * math.pi)
    return xp.einsum("lbemc,bc->blme", plain * plain, weight)


def backward(
    system: BlockSystem[Any], cotangents: Sequence[AnyArray], xp: ModuleType
) -> tuple[AnyArray, AnyArray]:
    """Gradient of a scalar by diagonal and step, from those by ln T, ln DOS and perhaps ln LDOS.

    With ``dG = G dH G``: ``d ln T = 2 Re[x_l^T dH x_r / G_lr]`` for one pair of contact orbitals,
    and the LDOS part needs one more solve per column with the same factorization.
    """
    columns = _columns(system, xp)
    x, scale = columns.x, columns.scale
    ratio = pair_ratios(columns.pairs, columns.element, cotangents[0], xp)
    by_diagonal, by_step = _density_products(system, columns, cotangents[1:])

    def pair_sum(first: AnyArray, s1: AnyArray, second: AnyArray, s2: AnyArray) -> AnyArray:
        exponent = s1[..., :, None] + s2[..., None, :] - columns.element_scale
        return _summed_product(first @ (ratio * xp.exp(exponent)), second, xp)

    diagonal = 2.0 * (pair_sum(x, scale, x, scale) + by_diagonal)
    step = 2.0 * (
        pair_sum(x[:-1], scale[:-1], x[1:], scale[1:])
        + _transposed(pair_sum(x[1:], scale[1:], x[:-1], scale[:-1]))
        + by_step
    )
    return 0.5 * (diagonal + _transposed(diagonal)), step


def _density_products(
    system: BlockSystem[Any], columns: _Columns, cotangents: Sequence[AnyArray]
) -> tuple[AnyArray, AnyArray]:
    """What the densities add to the gradients by diagonal and step, halved."""
    xp = columns.solver.xp
    ldos = _ldos(system, columns, xp)
    share = by_density(cotangents[0], ldos.sum((1, 2)), xp)[:, None, None]
    for by_ldos in cotangents[1:]:
        share = share + by_density(by_ldos, ldos, xp)
    share = xp.where(system.present[..., None], share, 0.0)
    by_ldos = xp.moveaxis(xp.moveaxis(share, 0, 1), -1, 2)
    if system.eta > 0.0:
        return density_products(_inverses(system, columns.solver), by_ldos, xp)
    plain = columns.x * xp.exp(columns.scale)[..., None, :]
    weight = system.contacts.broadening[:, None, None] / (2.0 * math.pi)
    none_above = xp.zeros_like(system.contacts.columns)
    source = by_ldos[..., None] * weight * plain.conj()
    u = columns.solver.solve(source, none_above, len(source) + 1)[0]
    step = _summed_product(u[:-1], plain[1:], xp)
    step = step + _transposed(_summed_product(u[1:], plain[:-1], xp))
    return _summed_product(u, plain, xp), step


def _summed_product(first: AnyArray, second: AnyArray, xp: ModuleType) -> AnyArray:
    """Sum over energies and columns of Re(first second^T), (B, L, m, m)."""
    return xp.moveaxis((first @ _transposed(second)).real.sum(2), 0, 1)
