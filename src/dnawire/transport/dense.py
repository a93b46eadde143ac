"""Transmission, DOS and LDOS of a dense Hamiltonian: one eigendecomposition for all energies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final, Generic, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from dnawire.transport._pairs import by_density, log_pairs, log_transmission, pair_ratios
from dnawire.transport._resolvent import Resolvent, side_by_side, solve_columns, transposed
from dnawire.transport.spectra import Spectra
from dnawire.transport.system import (
    AnyArray,
    Array,
    ContactTables,
    as_doubles,
    check_shapes,
    check_square,
    checked_grids,
    contact_tables,
)

Doubles = NDArray[np.float64]

_LN_10: Final = math.log(10.0)
_SMALLEST: Final = float(np.finfo(np.float64).tiny)
_NUMBERS_AT_ONCE = 2**21
"""Complex numbers of the columns that are computed together; the rest follows in more passes."""


class DenseSystem(NamedTuple, Generic[Array]):
    """B junctions of N orbitals with C contact columns, in eV; float64."""

    hamiltonian: Array
    """(B, N, N)."""
    energies: Array
    """(B, E)."""
    contacts: ContactTables[Array]


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
    return solve_dense(system, eta, np)


def dense_system(
    hamiltonian: ArrayLike,
    gamma_left: ArrayLike,
    gamma_right: ArrayLike,
    energies: ArrayLike,
    eta: float,
) -> DenseSystem[NDArray[Any]]:
    """Check and prepare the input of `dense_spectra`, which see."""
    matrix, left, right = map(as_doubles, (hamiltonian, gamma_left, gamma_right))
    check_square("hamiltonian", matrix, 3)
    orbitals = matrix.shape[:2]
    check_shapes({"gamma_left": (left, orbitals), "gamma_right": (right, orbitals)})
    grids = checked_grids(energies, len(matrix))
    if not np.isfinite(matrix).all():
        raise ValueError("the Hamiltonian must be finite")
    tables = contact_tables(left, right, np.ones(orbitals, np.bool_), eta)
    every = as_doubles(np.broadcast_to(grids, (len(matrix), grids.shape[1])))
    return DenseSystem(matrix, every, tables)


def solve_dense(system: DenseSystem[Array], eta: float, xp: ModuleType) -> Spectra[Array]:
    """Solve a system, whose arrays are those of the module ``xp``."""
    resolvent = _resolvent_of(system, eta, xp)
    parts = [_log_spectra(system, resolvent, part) for part in _parts(system)]
    transmission, ldos = (xp.concatenate(one, -1) for one in zip(*parts, strict=True))
    dos = xp.log10(xp.clip(ldos.sum(1), _SMALLEST, None))
    return Spectra(transmission / _LN_10, dos, xp.log10(xp.clip(ldos, _SMALLEST, None)))


def dense_gradient(
    system: DenseSystem[Array], eta: float, cotangents: tuple[Array, Array, Array], xp: ModuleType
) -> Array:
    """Gradient of a scalar by the Hamiltonian, by the analytic adjoint.

    Nothing is differentiated through the decomposition.

    Parameters
    ----------
    system, eta
        The system; nothing of its solution is needed.
    cotangents
        Derivatives of the scalar by log10 T, log10 DOS and log10 LDOS.
    xp
        The module of the arrays.
    """
    resolvent = _resolvent_of(system, eta, xp)
    gradient = xp.zeros_like(system.hamiltonian)
    for part in _parts(system):
        by_log = tuple(one[..., part] / _LN_10 for one in cotangents)
        gradient = gradient + _gradient(system, resolvent, part, by_log)
    found: Array = gradient + transposed(gradient)
    return found


def _resolvent_of(system: DenseSystem[Any], eta: float, xp: ModuleType) -> Resolvent:
    return Resolvent.of(
        system.hamiltonian, system.contacts.damping, system.contacts.columns, eta, xp
    )


def _parts(system: DenseSystem[Any]) -> Iterator[slice]:
    """Cut the energies so that memory is bounded."""
    (batch, size), count = system.contacts.damping.shape, system.contacts.columns.shape[1]
    step = max(1, _NUMBERS_AT_ONCE // (batch * size * count))
    for start in range(0, system.energies.shape[-1], step):
        yield slice(start, start + step)


def _contact_columns(system: DenseSystem[Any], resolvent: Resolvent, part: slice) -> AnyArray:
    """Columns of G at the contact orbitals, (B, N, E, C)."""
    xp, energies = resolvent.xp, system.energies[:, part]
    identity = xp.eye(system.hamiltonian.shape[1], dtype=xp.complex128, device=energies.device)
    source = xp.moveaxis(identity[system.contacts.columns], 1, 2)[:, :, None]
    shape = (*source.shape[:2], energies.shape[1], source.shape[3])
    return solve_columns(resolvent, energies, xp.broadcast_to(source, shape))


def _elements(resolvent: Resolvent, x: AnyArray) -> AnyArray:
    """G between contact orbitals, (B, E, C, C)."""
    return resolvent.xp.moveaxis(resolvent.at_columns(x), 1, 2)


def _ldos(system: DenseSystem[Any], x: AnyArray) -> AnyArray:
    weight = system.contacts.broadening[:, None, None] / (2.0 * math.pi)
    size = abs(x)
    return (size * size * weight).sum(-1)


def _log_spectra(
    system: DenseSystem[Any], resolvent: Resolvent, part: slice
) -> tuple[AnyArray, AnyArray]:
    """ln T (B, E) and LDOS (B, N, E)."""
    xp = resolvent.xp
    x = _contact_columns(system, resolvent, part)
    pairs = log_pairs(system.contacts, _elements(resolvent, x), xp)
    return log_transmission(pairs, xp), _ldos(system, x)


def _gradient(
    system: DenseSystem[Any], resolvent: Resolvent, part: slice, cotangents: tuple[Any, ...]
) -> AnyArray:
    """Sum over c of Re(u_c x_c^T), from the derivatives by ln T, ln DOS and ln LDOS.

    ``d ln T = 2 Re[x_l^T dH x_r / G_lr]`` for one pair of contact orbitals; the LDOS part takes one
    more solution for every column.
    """
    xp, (by_t, by_dos, by_ldos) = resolvent.xp, cotangents
    x = _contact_columns(system, resolvent, part)
    element = _elements(resolvent, x)
    ratio = pair_ratios(log_pairs(system.contacts, element, xp), element, by_t, xp)
    ldos = _ldos(system, x)
    slope = by_density(by_ldos, ldos, xp) + by_density(by_dos, ldos.sum(1), xp)[:, None]
    weight = system.contacts.broadening[:, None, None] / (2.0 * math.pi)
    u = solve_columns(resolvent, system.energies[:, part], slope[..., None] * weight * x.conj())
    by_pairs = xp.moveaxis(x, 1, 2) @ transposed(ratio)
    u = u + xp.moveaxis(by_pairs, 1, 2)
    return side_by_side(u, xp) @ transposed(side_by_side(x.conj(), xp))
