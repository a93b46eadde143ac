"""Transmission, DOS and LDOS of a dense Hamiltonian: one eigendecomposition for all energies."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dnawire.transport._resolvent import Resolvent, solve_columns
from dnawire.transport._shapes import check_energies, check_shapes, check_size
from dnawire.transport.block import Spectra
from dnawire.transport.contacts import checked_contacts

_LN_10 = math.log(10.0)
_SMALLEST = torch.finfo(torch.float64).tiny
_NUMBERS_AT_ONCE = 2**21
"""Complex numbers of the columns that are computed together; the rest follows in more passes."""


def dense_spectra(
    hamiltonian: Float[Tensor, "B N N"],
    gamma_left: Float[Tensor, "B N"],
    gamma_right: Float[Tensor, "B N"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    eta: float = 0.0,
) -> Spectra:
    r"""Like `block_spectra`, for Hamiltonians without a structure.

    With :math:`H = Q \Lambda Q^T` and the orbitals c that have a contact, the Green's function of
    the effective Hamiltonian :math:`H - \tfrac{i}{2}(\Gamma_L + \Gamma_R)` is, at every energy,

    .. math::
        G = R - R_{:c} (1 + K R_{cc})^{-1} K R_{c:}, \qquad R = Q (E + i\eta - \Lambda)^{-1} Q^T,
        \qquad K = \tfrac{i}{2} (\Gamma_L + \Gamma_R)_{cc}

    (Woodbury). Q is orthogonal: exceptional points, where the eigenvectors of the effective
    Hamiltonian itself coalesce, do no harm. Every column is then refined until the residual of
    every row is at the level of rounding (Skeel, doi:10.1090/S0025-5718-1980-0572859-4), which
    restores what cancellation took from small transmissions; a column that does not get there is
    solved directly at its energy. The gradient comes from the analytic adjoint, as for
    `block_spectra`; nothing is differentiated through the decomposition.

    Parameters
    ----------
    hamiltonian
        H in eV, in an orthogonal basis; the symmetric part is used.
    gamma_left, gamma_right
        Diagonals of the contact couplings in eV, non-negative.
    energies
        Energies in eV, one grid for all junctions or one for each.
    eta
        Imaginary part of the energy in eV; every orbital is then a source, at a cost of O(N^3) for
        every energy.

    Returns
    -------
    Spectra
        In float64 whatever the input, with the LDOS (B, N, E); gradients flow to ``hamiltonian``
        alone.

    Raises
    ------
    ValueError
        If shapes do not fit together, the Hamiltonian or an energy is not finite, a coupling or
        ``eta`` is negative or not finite, both contacts are missing, or a gradient by couplings or
        energies is asked for.
    """
    check_size("hamiltonian", hamiltonian, 3)
    orbitals = tuple(hamiltonian.shape[:2])
    check_shapes({"gamma_left": (gamma_left, orbitals), "gamma_right": (gamma_right, orbitals)})
    check_energies(energies, len(hamiltonian))
    if not bool(hamiltonian.isfinite().all()):
        raise ValueError("the Hamiltonian must be finite")
    present = torch.ones_like(gamma_left, dtype=torch.bool)
    contacts = checked_contacts(gamma_left, gamma_right, energies, present, eta)
    grids = energies.double().reshape(-1, energies.shape[-1]).expand(len(hamiltonian), -1)
    found = _DenseSpectra.apply(hamiltonian.double(), grids, eta, *contacts)  # type: ignore[no-untyped-call]
    return Spectra(*found)


class _Context(Protocol):
    """What autograd hands from the forward to the backward pass."""

    resolvent: Resolvent
    energies: Tensor
    couplings: tuple[Tensor, Tensor, Tensor]


class _DenseSpectra(torch.autograd.Function):
    """Logarithms with the analytic adjoint; the eigendecomposition is kept, the columns are not."""

    @staticmethod
    def forward(
        ctx: _Context, hamiltonian: Tensor, energies: Tensor, eta: float, *contacts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        damping, columns, left, right, width = contacts
        ctx.resolvent = Resolvent.of(hamiltonian, damping, columns, eta)
        ctx.energies, ctx.couplings = energies, (left, right, width)
        parts = [_forward(ctx, part) for part in _parts(ctx)]
        transmission, ldos = (torch.cat(one, dim=-1) for one in zip(*parts, strict=True))
        logarithm = ldos.clamp_min(_SMALLEST).log10()
        return transmission / _LN_10, ldos.sum(1).clamp_min(_SMALLEST).log10(), logarithm

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        resolvent = ctx.resolvent
        gradient = torch.zeros_like(resolvent.hamiltonian)
        for part in _parts(ctx):
            gradient += _backward(ctx, part, *(one[..., part] / _LN_10 for one in cotangents))
        return gradient + gradient.mT, None, None, *(None for _ in range(5))


def _parts(ctx: _Context) -> list[slice]:
    """Cut the energies so that memory is bounded."""
    batch, size = ctx.resolvent.damping.shape
    count = ctx.resolvent.columns.shape[1]
    step = max(1, _NUMBERS_AT_ONCE // (batch * size * count))
    return [slice(start, start + step) for start in range(0, ctx.energies.shape[-1], step)]


def _contact_columns(ctx: _Context, part: slice) -> Tensor:
    """Columns of G at the contact orbitals, (B, N, E, C)."""
    resolvent, energies = ctx.resolvent, ctx.energies[:, part]
    size = resolvent.damping.shape[1]
    unit = torch.nn.functional.one_hot(resolvent.columns, size).mT.to(torch.complex128)
    source = unit[:, :, None].expand(-1, -1, energies.shape[1], -1)
    return solve_columns(resolvent, energies, source)


def _pairs(ctx: _Context, x: Tensor) -> tuple[Tensor, Tensor]:
    """G (B, E, C, C) between contact orbitals, and ln(gamma_l gamma_r |G_lr|^2)."""
    left, right, _ = ctx.couplings
    index = ctx.resolvent.columns[:, :, None, None].expand(-1, -1, *x.shape[2:])
    element = x.gather(1, index).transpose(1, 2)
    weight = left[:, :, None] * right[:, None, :]
    return element, weight.log()[:, None] + 2.0 * element.abs().log()


def _ldos(ctx: _Context, x: Tensor) -> Tensor:
    weight = ctx.couplings[2] / (2.0 * math.pi)
    return torch.einsum("bnec,bc->bne", x.abs().square(), weight)


def _forward(ctx: _Context, part: slice) -> tuple[Tensor, Tensor]:
    """ln T (B, E) and LDOS (B, N, E)."""
    x = _contact_columns(ctx, part)
    _, log_pairs = _pairs(ctx, x)
    return log_pairs.flatten(-2).logsumexp(-1), _ldos(ctx, x)


def _share(cotangent: Tensor, density: Tensor) -> Tensor:
    """Derivative by a density from that by its logarithm; none where it vanishes."""
    vanishes = density <= _SMALLEST
    return torch.where(vanishes, 0.0, cotangent / torch.where(vanishes, 1.0, density))


def _backward(ctx: _Context, part: slice, by_t: Tensor, by_dos: Tensor, by_ldos: Tensor) -> Tensor:
    """Sum over c of Re(u_c x_c^T), from the derivatives by ln T, ln DOS and ln LDOS.

    ``d ln T = 2 Re[x_l^T dH x_r / G_lr]`` for one pair of contact orbitals; the LDOS part takes one
    more solution for every column.
    """
    x = _contact_columns(ctx, part)
    element, log_pairs = _pairs(ctx, x)
    total = log_pairs.flatten(-2).logsumexp(-1)[..., None, None]
    share = by_t[..., None, None] * (log_pairs - total).exp()
    ratio = torch.where(log_pairs > -math.inf, share / element, 0.0)
    ldos = _ldos(ctx, x)
    slope = _share(by_ldos, ldos) + _share(by_dos, ldos.sum(1))[:, None]
    weight = ctx.couplings[2] / (2.0 * math.pi)
    source = slope[..., None] * weight[:, None, None] * x.conj()
    u = solve_columns(ctx.resolvent, ctx.energies[:, part], source)
    u = u + torch.einsum("bner,belr->bnel", x, ratio)
    return _real_view(u) @ _real_view(x.conj()).mT


def _real_view(x: Tensor) -> Tensor:
    """Rows with real and imaginary parts side by side: ``Re(u x^T)`` is one real product."""
    return torch.view_as_real(x.resolve_conj()).flatten(2)
