"""Transmission, DOS and LDOS of a block-tridiagonal Hamiltonian in O(L), differentiable."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dnawire.transport import _adjoint_kernels, _column_kernels, _layout_kernels, _recursion
from dnawire.transport._recursion import Ladder
from dnawire.transport._shapes import check_energies, check_shapes, check_size
from dnawire.transport.contacts import checked_contacts

_LN_10: Final = math.log(10.0)
_LOG10_2: Final = math.log10(2.0)
_SMALLEST: Final = torch.finfo(torch.float64).tiny


class Spectra(NamedTuple):
    """Spectra of B junctions at E energies, float64, one spin channel.

    The LDOS is (B, L, m, E) for L blocks of m orbitals and (B, N, E) for a dense Hamiltonian.
    """

    log10_transmission: Float[Tensor, "B E"]
    """log10 T, finite even where T itself underflows; -inf where the contacts are disconnected."""
    log10_dos: Float[Tensor, "B E"]
    """log10 of the density of states in 1/eV."""
    log10_ldos: Float[Tensor, "B *orbitals E"]
    """log10 of the LDOS in 1/eV; that of the smallest number where it vanishes."""

    @property
    def transmission(self) -> Float[Tensor, "B E"]:
        """T(E), dimensionless."""
        return torch.pow(10.0, self.log10_transmission)

    @property
    def dos(self) -> Float[Tensor, "B E"]:
        """Density of states in 1/eV: the LDOS summed over all orbitals."""
        return torch.pow(10.0, self.log10_dos)

    @property
    def ldos(self) -> Float[Tensor, "B *orbitals E"]:
        """Local density of states in 1/eV."""
        return torch.pow(10.0, self.log10_ldos)


class Totals(NamedTuple):
    """Spectra without the LDOS; see `Spectra`."""

    log10_transmission: Float[Tensor, "B E"]
    log10_dos: Float[Tensor, "B E"]


class Densities(NamedTuple):
    """The same spectra as plain numbers, without gradients."""

    transmission: Float[Tensor, "B E"]
    """T(E), dimensionless; zero where it underflows."""
    dos: Float[Tensor, "B E"]
    """Density of states in 1/eV."""
    ldos: Float[Tensor, "orbitals E"]
    """Local density of states in 1/eV of the orbitals that exist, junction after junction."""


def block_spectra(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    gamma_left: Float[Tensor, "B L m"],
    gamma_right: Float[Tensor, "B L m"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    mask: Bool[Tensor, "B L m"] | None = None,
    eta: float = 0.0,
) -> Spectra:
    r"""Landauer transmission and LDOS of two-terminal junctions in the wide-band limit.

    With :math:`A = E + i\eta - H + \tfrac{i}{2}(\Gamma_L + \Gamma_R)` and :math:`G = A^{-1}`,

    .. math::
        T = \mathrm{Tr}[\Gamma_L G \Gamma_R G^\dagger], \qquad
        \mathrm{LDOS}_i = \tfrac{1}{2\pi}[G(\Gamma_L + \Gamma_R + 2\eta)G^\dagger]_{ii},

    which is :math:`-\mathrm{Im}\,G_{ii}/\pi`, written as a sum of squares: positive by
    construction, with full relative accuracy (Datta, *Electronic Transport in Mesoscopic Systems*,
    doi:10.1017/CBO9780511805776). Only the columns of G at orbitals with a contact are computed,
    so that the cost is O(L) for ``eta = 0`` and O(L^2) otherwise.

    Parameters
    ----------
    diagonal
        Diagonal blocks of H in eV; the symmetric part is used.
    step
        ``step[n]`` is the block H[n, n+1] in eV; H[n+1, n] is its transpose.
    gamma_left, gamma_right
        Diagonals of the contact couplings in eV, non-negative.
    energies
        Energies in eV, one grid for all junctions or one for each.
    mask
        Which orbitals exist; couplings of missing ones must be zero. All by default.
    eta
        Imaginary part of the energy in eV; it absorbs carriers and is not dephasing.

    Returns
    -------
    Spectra
        In float64 whatever the input; gradients flow to ``diagonal`` and ``step`` alone.

    Raises
    ------
    ValueError
        If shapes do not fit together, a coupling or ``eta`` is negative or not finite, an energy is
        not finite, both contacts are missing, or a gradient by couplings or energies is asked for.
        A Hamiltonian that is not finite has spectra that are not.
    """
    ladder = _ladder(diagonal, step, gamma_left, gamma_right, energies, mask, eta)
    return Spectra(*_LogSpectra.apply(True, *ladder))  # type: ignore[no-untyped-call]


def block_totals(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    gamma_left: Float[Tensor, "B L m"],
    gamma_right: Float[Tensor, "B L m"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    mask: Bool[Tensor, "B L m"] | None = None,
    eta: float = 0.0,
) -> Totals:
    """Like `block_spectra`, without the LDOS: less memory and time where nobody asks for it."""
    ladder = _ladder(diagonal, step, gamma_left, gamma_right, energies, mask, eta)
    return Totals(*_LogSpectra.apply(False, *ladder)[:2])  # type: ignore[no-untyped-call]


def block_densities(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    gamma_left: Float[Tensor, "B L m"],
    gamma_right: Float[Tensor, "B L m"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    mask: Bool[Tensor, "B L m"] | None = None,
    eta: float = 0.0,
) -> Densities:
    """Like `block_spectra`, as plain numbers and without gradients: for large numbers of them."""
    ladder = _ladder(diagonal, step, gamma_left, gamma_right, energies, mask, eta)
    present = ladder.present.flatten()
    rows = torch.where(present, present.cumsum(0) - 1, -1).view(ladder.present.shape)
    with torch.no_grad():
        mantissa, exponent, dos, ldos = _solve(ladder, rows)
    return Densities(torch.ldexp(mantissa, exponent), dos, ldos)


class _Context(Protocol):
    """What autograd hands from the forward to the backward pass."""

    ladder: Ladder
    with_ldos: bool


class _LogSpectra(torch.autograd.Function):
    """Logarithms with the analytic adjoint; only the input of the forward pass is kept."""

    @staticmethod
    def forward(ctx: _Context, with_ldos: bool, *ladder: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        ctx.ladder, ctx.with_ldos = Ladder(*ladder), with_ldos
        rows = _every_orbital(ctx.ladder) if with_ldos else _no_orbital(ctx.ladder)
        mantissa, exponent, dos, ldos = _solve(ctx.ladder, rows)
        if with_ldos:
            ldos = ldos.view(*ctx.ladder.present.shape, -1)
        log10_transmission = mantissa.log10_().add_(exponent, alpha=_LOG10_2)
        return log10_transmission, _log10(dos), _log10(ldos)

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        transmission, dos, ldos = cotangents
        if not ctx.with_ldos:
            ldos = dos.new_empty(0)
        gradients = _backward(ctx.ladder, transmission, dos, ldos)
        diagonal, step = (gradient.div_(_LN_10) for gradient in gradients)
        return None, diagonal, step, *(None for _ in ctx.ladder[2:])


def _log10(density: Tensor) -> Tensor:
    return density.clamp_min_(_SMALLEST).log10_()


def _every_orbital(ladder: Ladder) -> Tensor:
    return torch.arange(ladder.present.numel()).view(ladder.present.shape)


def _no_orbital(ladder: Ladder) -> Tensor:
    return torch.full(ladder.present.shape, -1)


def _solve(ladder: Ladder, rows: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """T as mantissa and exponent of two (B, E), DOS (B, E), LDOS (rows, E).

    ``rows`` (B, L, m) says which row of the LDOS belongs to which orbital, in increasing order; it
    is negative where nobody asks.
    """
    if not _is_compiled_case(ladder):
        mantissa, exponent, dos, ldos = _recursion.forward(ladder)
        return mantissa, exponent, dos, ldos[(rows >= 0).to(ldos.device)]
    num_energies = ladder.energies.shape[1]
    densities = np.empty((int(rows.max()) + 1, num_energies))
    found = _column_kernels.forward(_arrays(ladder), rows.numpy(), densities.reshape(-1))
    shape = len(ladder.diagonal), num_energies
    mantissa, exponent, dos = (torch.from_numpy(one).view(shape) for one in found)
    return mantissa, exponent, dos, torch.from_numpy(densities)


def _backward(ladder: Ladder, *cotangents: Tensor) -> tuple[Tensor, Tensor]:
    if not _is_compiled_case(ladder):
        return _recursion.backward(ladder, *cotangents)
    flat = (one.reshape(-1).contiguous().numpy() for one in cotangents)
    diagonal, step = _adjoint_kernels.backward(_arrays(ladder), _adjoint_kernels.Cotangents(*flat))
    return torch.from_numpy(diagonal), torch.from_numpy(step)


def _is_compiled_case(ladder: Ladder) -> bool:
    return ladder.diagonal.shape[-1] == 2 and ladder.diagonal.device.type == "cpu"


def _arrays(ladder: Ladder) -> _layout_kernels.Ladder:
    arrays = [tensor.detach().numpy() for tensor in ladder]
    return _layout_kernels.Ladder._make(arrays)


def _ladder(
    diagonal: Tensor,
    step: Tensor,
    gamma_left: Tensor,
    gamma_right: Tensor,
    energies: Tensor,
    mask: Tensor | None,
    eta: float,
) -> Ladder:
    """Check and prepare the input of the recursion."""
    check_size("diagonal", diagonal, 4)
    batch, length, size = diagonal.shape[:3]
    orbitals = batch, length, size
    check_shapes(
        {
            "step": (step, (batch, length - 1, size, size)),
            "gamma_left": (gamma_left, orbitals),
            "gamma_right": (gamma_right, orbitals),
            **({} if mask is None else {"mask": (mask, orbitals)}),
        }
    )
    check_energies(energies, batch)
    present = torch.ones_like(gamma_left, dtype=torch.bool) if mask is None else mask.contiguous()
    damping, columns, left, right, broadening = checked_contacts(
        gamma_left, gamma_right, energies, present, eta
    )
    grids = energies.double().reshape(-1, energies.shape[-1]).contiguous()
    return Ladder(
        diagonal.double().contiguous(),
        step.double().contiguous(),
        damping,
        present,
        columns,
        left,
        right,
        broadening,
        grids,
    )
