"""Transmission, DOS and LDOS of a dense Hamiltonian: one eigendecomposition for all energies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.transport._pairs import by_density, log_pairs, log_transmission, pair_ratios
from dnawire.transport._resolvent import Resolvent, real_view, solve_columns
from dnawire.transport.spectra import LN_10, Spectra
from dnawire.transport.system import DenseSystem, dense_system

Doubles = NDArray[np.float64]

_SMALLEST: Final = float(np.finfo(np.float64).tiny)
_NUMBERS_AT_ONCE = 2**21
"""Complex numbers of the columns that are computed together; the rest follows in more passes."""


def dense_spectra(
    hamiltonian: Float[Doubles, "B N N"],
    gamma_left: Float[Doubles, "B N"],
    gamma_right: Float[Doubles, "B N"],
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
    *,
    eta: float = 0.0,
) -> Spectra[Doubles]:
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
    solved directly at its energy.

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
        In float64 whatever the input, with the LDOS (B, N, E).

    Raises
    ------
    ValueError
        If shapes do not fit together, the Hamiltonian or an energy is not finite, a coupling or
        ``eta`` is negative or not finite, or both contacts are missing.
    """
    system = dense_system(hamiltonian, gamma_left, gamma_right, energies, eta)
    return solve_dense(system)


@np.errstate(all="ignore")
def solve_dense(system: DenseSystem) -> Spectra[Doubles]:
    """Solve a system."""
    resolvent = Resolvent.of(system)
    parts = [_log_spectra(system, resolvent, part) for part in _parts(system)]
    transmission, ldos = (np.concatenate(one, -1) for one in zip(*parts, strict=True))
    return Spectra(
        log10_transmission=transmission / LN_10,
        log10_dos=np.log10(np.clip(ldos.sum(1), _SMALLEST, None)),
        log10_ldos=np.log10(np.clip(ldos, _SMALLEST, None)),
    )


@np.errstate(all="ignore")
def dense_gradient(system: DenseSystem, cotangents: Sequence[Doubles]) -> Doubles:
    """Gradient of a scalar by the Hamiltonian, by the analytic adjoint.

    Nothing is differentiated through the decomposition.

    Parameters
    ----------
    system
        The system; nothing of its solution is needed.
    cotangents
        Derivatives of the scalar by log10 T, log10 DOS and log10 LDOS.
    """
    resolvent = Resolvent.of(system)
    gradient = np.zeros_like(system.hamiltonian)
    for part in _parts(system):
        by_log = tuple(one[..., part] / LN_10 for one in cotangents)
        gradient = gradient + _gradient(system, resolvent, part, by_log)
    found: Doubles = gradient + gradient.swapaxes(1, 2)
    return found


def _parts(system: DenseSystem) -> Iterator[slice]:
    """Cut the energies so that memory is bounded."""
    (batch, size), count = system.contacts.damping.shape, system.contacts.columns.shape[1]
    step = max(1, _NUMBERS_AT_ONCE // (batch * size * count))
    for start in range(0, system.energies.shape[-1], step):
        yield slice(start, start + step)


def _contact_columns(system: DenseSystem, resolvent: Resolvent, part: slice) -> NDArray[Any]:
    """Columns of G at the contact orbitals, (B, N, E, C)."""
    energies = system.energies[:, part]
    identity = np.eye(system.hamiltonian.shape[1], dtype=np.complex128)
    source = np.moveaxis(identity[system.contacts.columns], 1, 2)[:, :, None]
    shape = (*source.shape[:2], energies.shape[1], source.shape[3])
    return solve_columns(resolvent, energies, np.broadcast_to(source, shape))


def _elements(resolvent: Resolvent, x: NDArray[Any]) -> NDArray[Any]:
    """G between contact orbitals, (B, E, C, C)."""
    return np.moveaxis(resolvent.at_columns(x), 1, 2)


def _ldos(system: DenseSystem, x: NDArray[Any]) -> NDArray[Any]:
    weight = system.contacts.broadening[:, None, None] / (2.0 * math.pi)
    size = abs(x)
    found: Doubles = (size * size * weight).sum(-1)
    return found


def _log_spectra(
    system: DenseSystem, resolvent: Resolvent, part: slice
) -> tuple[NDArray[Any], NDArray[Any]]:
    """ln T (B, E) and LDOS (B, N, E)."""
    x = _contact_columns(system, resolvent, part)
    pairs = log_pairs(system.contacts, _elements(resolvent, x), np)
    return log_transmission(pairs, np), _ldos(system, x)


def _gradient(
    system: DenseSystem, resolvent: Resolvent, part: slice, cotangents: tuple[Any, ...]
) -> NDArray[Any]:
    """Sum over c of Re(u_c x_c^T), from the derivatives by ln T, ln DOS and ln LDOS.

    ``d ln T = 2 Re[x_l^T dH x_r / G_lr]`` for one pair of contact orbitals; the LDOS part takes one
    more solution for every column.
    """
    by_t, by_dos, by_ldos = cotangents
    x = _contact_columns(system, resolvent, part)
    element = _elements(resolvent, x)
    ratio = pair_ratios(log_pairs(system.contacts, element, np), element, by_t, np)
    ldos = _ldos(system, x)
    slope = by_density(by_ldos, ldos, np) + by_density(by_dos, ldos.sum(1), np)[:, None]
    weight = system.contacts.broadening[:, None, None] / (2.0 * math.pi)
    u = solve_columns(resolvent, system.energies[:, part], slope[..., None] * weight * x.conj())
    by_pairs = np.moveaxis(x, 1, 2) @ ratio.swapaxes(-1, -2)
    u = u + np.moveaxis(by_pairs, 1, 2)
    found: Doubles = real_view(u) @ real_view(x.conj()).swapaxes(1, 2)
    return found
