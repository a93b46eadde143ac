"""Transmission, DOS and LDOS of a block-tridiagonal Hamiltonian in O(L), and their gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final, Generic, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from dnawire.compiled.switch import only_definitions
from dnawire.transport import (
    _adjoint_kernels,
    _broadened_kernels,
    _column_kernels,
    _recursion,
    _transmission_kernels,
)
from dnawire.transport.spectra import LN_10, Spectra, Totals
from dnawire.transport.system import Array, BlockSystem, as_doubles, block_system

Doubles = NDArray[np.float64]

LOG10_2: Final = math.log10(2.0)
SMALLEST: Final = float(np.finfo(np.float64).tiny)


class Solution(NamedTuple, Generic[Array]):
    """What a solver finds."""

    mantissa: Array
    """T by a power of two, (B, E)."""
    exponent: Array
    """That power, (B, E)."""
    dos: Array
    """DOS in 1/eV, (B, E)."""
    ldos: Array
    """LDOS in 1/eV of the orbitals that were asked for, (rows, E)."""


def block_spectra(
    diagonal: Float[Doubles, "B L m m"],
    step: Float[Doubles, "B L-1 m m"],
    gamma_left: Float[Doubles, "B L m"],
    gamma_right: Float[Doubles, "B L m"],
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
    *,
    mask: Bool[NDArray[np.bool_], "B L m"] | None = None,
    eta: float = 0.0,
) -> Spectra[Doubles]:
    r"""Landauer transmission and LDOS of two-terminal junctions in the wide-band limit.

    With :math:`A = E + i\eta - H + \tfrac{i}{2}(\Gamma_L + \Gamma_R)` and :math:`G = A^{-1}`,

    .. math::
        T = \mathrm{Tr}[\Gamma_L G \Gamma_R G^\dagger], \qquad
        \mathrm{LDOS}_i = \tfrac{1}{2\pi}[G(\Gamma_L + \Gamma_R + 2\eta)G^\dagger]_{ii},

    which is :math:`-\mathrm{Im}\,G_{ii}/\pi`, written as a sum of squares: positive by
    construction, with full relative accuracy (Datta, *Electronic Transport in Mesoscopic Systems*,
    doi:10.1017/CBO9780511805776). Only the columns of G at orbitals with a contact are computed,
    so that the cost is O(L); for ``eta > 0``, where every orbital is a source, the LDOS comes from
    the diagonal of G by a recursion of its own, which is O(L) too.

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
        In float64 whatever the input.

    Raises
    ------
    ValueError
        If shapes do not fit together, a coupling or ``eta`` is negative or not finite, an energy is
        not finite, or both contacts are missing. A Hamiltonian that is not finite has spectra that
        are not.
    """
    system = block_system(diagonal, step, gamma_left, gamma_right, energies, mask, eta)
    return logarithms(system, solve(system, np.ones_like(system.present), np), np)


def block_totals(
    diagonal: Float[Doubles, "B L m m"],
    step: Float[Doubles, "B L-1 m m"],
    gamma_left: Float[Doubles, "B L m"],
    gamma_right: Float[Doubles, "B L m"],
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
    *,
    mask: Bool[NDArray[np.bool_], "B L m"] | None = None,
    eta: float = 0.0,
) -> Totals[Doubles]:
    """Like `block_spectra`, without the LDOS: less memory and time where nobody asks for it."""
    system = block_system(diagonal, step, gamma_left, gamma_right, energies, mask, eta)
    found = logarithms(system, solve(system, np.zeros_like(system.present), np), np)
    return Totals(log10_transmission=found.log10_transmission, log10_dos=found.log10_dos)


def solve(system: BlockSystem[Array], wanted: Array, xp: ModuleType) -> Solution[Array]:
    """Solve a system: by compiled code if its arrays and blocks allow it, else by the recursion.

    Parameters
    ----------
    system
        What to solve.
    wanted
        Which orbitals the LDOS is wanted of, bool (B, L, m).
    xp
        The module of the arrays: ``numpy``, or ``torch`` for tensors on any device.
    """
    if not _has_kernels(system, xp):
        mantissa, exponent, dos, ldos = _recursion.forward(system, xp)
        return Solution(mantissa, exponent, dos, ldos[wanted])
    shape = len(system.diagonal), system.energies.shape[1]
    rows = np.where(wanted, wanted.cumsum().reshape(wanted.shape) - 1, -1)
    ldos = np.empty((int(rows.max()) + 1, shape[1]))
    kernels = _broadened_kernels if system.eta > 0.0 else _column_kernels
    found = kernels.forward(system, rows, ldos.reshape(-1))
    mantissa, exponent, dos = (one.reshape(shape) for one in found)
    return Solution(mantissa, exponent, dos, ldos)


def transmissions(system: BlockSystem[Doubles]) -> tuple[Doubles, Doubles]:
    """T of a system with eta = 0 as mantissa and exponent of two, (B, E): all else left out."""
    if not _has_kernels(system, np):
        mantissa, exponent, _, _ = _recursion.forward(system, np)
        return mantissa, exponent
    shape = len(system.diagonal), system.energies.shape[1]
    mantissa, exponent = (one.reshape(shape) for one in _transmission_kernels.forward(system))
    return mantissa, exponent


@np.errstate(all="ignore")
def logarithms(system: BlockSystem[Any], found: Solution[Array], xp: ModuleType) -> Spectra[Array]:
    """log10 of a solution, whose arrays are those of the module ``xp``; in their memory."""
    transmission = xp.log10(found.mantissa, out=found.mantissa)
    transmission += LOG10_2 * found.exponent
    for density in (found.dos, found.ldos):
        xp.log10(xp.clip(density, SMALLEST, None, out=density), out=density)
    shape = tuple(system.present.shape) if len(found.ldos) else (0,)
    return Spectra(
        log10_transmission=transmission,
        log10_dos=found.dos,
        log10_ldos=found.ldos.reshape(*shape, found.ldos.shape[-1]),
    )


@np.errstate(all="ignore")
def gradient(
    system: BlockSystem[Array], cotangents: Sequence[Array], xp: ModuleType
) -> tuple[Array, Array]:
    """Gradient of a scalar by diagonal and step, by the analytic adjoint.

    Parameters
    ----------
    system
        The system; nothing of its solution is needed.
    cotangents
        Derivatives of the scalar by log10 T and log10 DOS, (B, E), and by log10 LDOS, (B, L, m, E),
        if it depends on that.
    xp
        See `solve`.
    """
    if not _has_kernels(system, xp):
        found = _recursion.backward(system, cotangents, xp)
    else:
        flat = [as_doubles(one).reshape(-1) for one in (*cotangents, np.empty(0))[:3]]
        kernels = _broadened_kernels if system.eta > 0.0 else _adjoint_kernels
        found = kernels.backward(system, _adjoint_kernels.Cotangents(*flat))
    return found[0] / LN_10, found[1] / LN_10


def _has_kernels(system: BlockSystem[Any], xp: ModuleType) -> bool:
    return xp is np and system.diagonal.shape[-1] == 2 and not only_definitions()
