"""Transmission, DOS and LDOS of a block-tridiagonal Hamiltonian in O(L), differentiable."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dnawire.transport import _adjoint, _kernels, _recursion
from dnawire.transport._recursion import Ladder

_POLE_GUARD: Final = 1e-14
"""eV added to the damping, so that an energy may hit a level that no contact can reach."""


class Spectra(NamedTuple):
    """Spectra of B junctions of L blocks of m orbitals at E energies, float64, one spin channel."""

    log10_transmission: Float[Tensor, "B E"]
    """log10 T, finite even where T itself underflows; -inf where the contacts are disconnected."""
    ldos: Float[Tensor, "B L m E"]
    """Local density of states in 1/eV; zero where there is no orbital."""

    @property
    def transmission(self) -> Float[Tensor, "B E"]:
        """T(E), dimensionless."""
        return torch.pow(10.0, self.log10_transmission)

    @property
    def dos(self) -> Float[Tensor, "B E"]:
        """Density of states in 1/eV: the LDOS summed over all orbitals."""
        return self.ldos.sum(dim=(1, 2))

    @property
    def log10_dos(self) -> Float[Tensor, "B E"]:
        """log10 of the density of states in 1/eV."""
        return _log10(self.dos)

    @property
    def log10_ldos(self) -> Float[Tensor, "B L m E"]:
        """log10 of the LDOS in 1/eV; that of the smallest number where it vanishes."""
        return _log10(self.ldos)


def _log10(density: Tensor) -> Tensor:
    """log10 with a finite gradient where an orbital is missing or out of reach of the contacts."""
    return density.clamp_min(torch.finfo(density.dtype).tiny).log10()


class _Context(Protocol):
    """What autograd hands from the forward to the backward pass."""

    ladder: Ladder


class _BlockSpectra(torch.autograd.Function):
    """ln T and LDOS with the analytic adjoint; only the input of the forward pass is kept."""

    @staticmethod
    def forward(
        ctx: _Context, diagonal: Tensor, step: Tensor, rest: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        ctx.ladder = Ladder(diagonal, step, *rest)
        return _forward(ctx.ladder)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: _Context, cotangent_t: Tensor, cotangent_ldos: Tensor
    ) -> tuple[Tensor, Tensor, None]:
        return *_backward(ctx.ladder, cotangent_t.contiguous(), cotangent_ldos.contiguous()), None


def _forward(ladder: Ladder) -> tuple[Tensor, Tensor]:
    if not _is_compiled_case(ladder):
        return _recursion.forward(ladder)
    mantissa, exponent, ldos = map(torch.from_numpy, _kernels.forward(_arrays(ladder)))
    return mantissa.log_().add_(exponent), ldos


def _backward(ladder: Ladder, cotangent_t: Tensor, cotangent_ldos: Tensor) -> tuple[Tensor, Tensor]:
    if not _is_compiled_case(ladder):
        return _recursion.backward(ladder, cotangent_t, cotangent_ldos)
    arrays = _arrays(ladder), cotangent_t.numpy(), cotangent_ldos.numpy()
    diagonal, step = _adjoint.backward(*arrays)
    return torch.from_numpy(diagonal), torch.from_numpy(step)


def _is_compiled_case(ladder: Ladder) -> bool:
    return ladder.diagonal.shape[-1] == 2 and ladder.diagonal.device.type == "cpu"


def _arrays(ladder: Ladder) -> _kernels.Ladder:
    return _kernels.Ladder(*(tensor.numpy() for tensor in ladder))


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
        If a coupling or ``eta`` is negative or not finite, both contacts are missing, or a
        gradient by couplings or energies is asked for.
    """
    _refuse_what_is_not_offered(eta, gamma_left, gamma_right, energies)
    present = torch.ones_like(gamma_left, dtype=torch.bool) if mask is None else mask.contiguous()
    grids = energies.double().expand(diagonal.shape[0], -1).contiguous()
    damping, *columns = _contacts(gamma_left.double(), gamma_right.double(), present, eta)
    log_transmission, ldos = _BlockSpectra.apply(  # type: ignore[no-untyped-call]
        diagonal.double().contiguous(),
        step.double().contiguous(),
        (damping, present, *columns, grids),
    )
    return Spectra(log_transmission / math.log(10.0), ldos)


def _refuse_what_is_not_offered(eta: float, *constants: Tensor) -> None:
    if not (math.isfinite(eta) and eta >= 0.0):
        raise ValueError(f"eta must be finite and not negative, got {eta}")
    if any(tensor.requires_grad for tensor in constants):
        raise ValueError("gradients by couplings or energies are not offered: detach them")


def _contacts(left: Tensor, right: Tensor, present: Tensor, eta: float) -> tuple[Tensor, ...]:
    """Damping of every orbital, the contact columns, and their couplings and broadening."""
    broadening = torch.where(present, left + right + 2.0 * eta, 0.0)
    columns = _contact_columns(broadening.flatten(1))
    couplings = (gamma.flatten(1).gather(1, columns) for gamma in (left, right, broadening))
    return 0.5 * broadening + _POLE_GUARD, columns, *couplings


def _contact_columns(broadening: Tensor) -> Tensor:
    """Indices (B, C) of the orbitals that carriers can leave by; short rows are filled up.

    A row with fewer such orbitals is filled with orbitals of zero broadening, which add nothing.
    """
    if bool((broadening < 0).any()) or not bool(broadening.isfinite().all()):
        raise ValueError("the contact couplings must be finite and not negative")
    open_orbitals = broadening > 0
    counts = open_orbitals.sum(dim=1)
    if bool((counts == 0).any()):
        raise ValueError("a junction has neither a contact nor a finite eta")
    order = torch.argsort((~open_orbitals).to(torch.int8), dim=1, stable=True)
    return order[:, : int(counts.max())].contiguous()
