"""Transport of tensors: the spectra of `dnawire.transport`, with gradients by the Hamiltonian.

The adjoints are analytic and store nothing of the forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from dnawire.operators.operator import operator
from dnawire.transport import Spectra, Totals, _recursion
from dnawire.transport.block import LOG10_2, SMALLEST, Solution, gradient, logarithms, solve
from dnawire.transport.dense import dense_gradient, solve_dense
from dnawire.transport.system import (
    Array,
    BlockSystem,
    ContactTables,
    DenseSystem,
    block_system,
    dense_system,
)

_Logarithms = tuple[Tensor, Tensor, Tensor]


def block_spectra(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    gamma_left: Float[Tensor, "B L m"],
    gamma_right: Float[Tensor, "B L m"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    mask: Bool[Tensor, "B L m"] | None = None,
    eta: float = 0.0,
) -> Spectra[Tensor]:
    """`dnawire.transport.block_spectra` of tensors.

    Returns
    -------
    Spectra
        In float64 whatever the input; gradients flow to ``diagonal`` and ``step`` alone.

    Raises
    ------
    ValueError
        Also if a gradient by couplings or energies is asked for.
    """
    given = diagonal, step, gamma_left, gamma_right, energies
    return Spectra(*_block_logarithms(given, mask, eta, with_ldos=True))


def block_totals(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    gamma_left: Float[Tensor, "B L m"],
    gamma_right: Float[Tensor, "B L m"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    mask: Bool[Tensor, "B L m"] | None = None,
    eta: float = 0.0,
) -> Totals[Tensor]:
    """Like `block_spectra`, without the LDOS: less memory and time where nobody asks for it."""
    given = diagonal, step, gamma_left, gamma_right, energies
    return Totals(*_block_logarithms(given, mask, eta, with_ldos=False)[:2])


def dense_spectra(
    hamiltonian: Float[Tensor, "B N N"],
    gamma_left: Float[Tensor, "B N"],
    gamma_right: Float[Tensor, "B N"],
    energies: Float[Tensor, " E"] | Float[Tensor, "B E"],
    *,
    eta: float = 0.0,
) -> Spectra[Tensor]:
    """`dnawire.transport.dense_spectra` of tensors; gradients flow to ``hamiltonian`` alone.

    Raises
    ------
    ValueError
        Also if a gradient by couplings or energies is asked for.
    """
    _check_constant(gamma_left, gamma_right, energies)
    given = hamiltonian, gamma_left, gamma_right, energies
    matrix, left, right, grids = (one.detach().cpu().numpy() for one in given)
    system = dense_system(matrix, left, right, grids, eta)
    tables = contact_tensors(system.contacts, hamiltonian.device)
    energies = torch.from_numpy(system.energies).to(hamiltonian.device)
    return Spectra(*dense_transport(hamiltonian.double(), energies, *tables, eta))


def _block_logarithms(
    given: Sequence[Tensor], mask: Tensor | None, eta: float, *, with_ldos: bool
) -> _Logarithms:
    diagonal, step, *others = given
    _check_constant(*others)
    blocks, steps, left, right, grids = (one.detach().cpu().numpy() for one in given)
    present = None if mask is None else mask.cpu().numpy()
    system = block_system(blocks, steps, left, right, grids, present, eta)
    device = diagonal.device
    tables = contact_tensors(system.contacts, device)
    energies = torch.from_numpy(system.energies).to(device)
    hamiltonian = diagonal.double().contiguous(), step.double().contiguous()
    return block_transport(*hamiltonian, energies, *tables, eta, with_ldos)


def _check_constant(*tensors: Tensor) -> None:
    if any(tensor.requires_grad for tensor in tensors):
        raise ValueError("gradients by couplings or energies are not offered: detach them")


def _arrays(*tensors: Tensor) -> list[NDArray[Any]]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def contact_tensors(
    contacts: ContactTables[NDArray[Any]], device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Damping, columns, and how these couple to the left, to the right and in all, (3, B, C)."""
    damping, columns, *couplings = contacts
    tables = damping, columns, np.stack(couplings)
    return tuple(torch.from_numpy(one).to(device) for one in tables)  # type: ignore[return-value]


def _block_kernel(
    *arguments: Any,  # noqa: ANN401
) -> tuple[_Logarithms, Callable[..., tuple[Tensor, Tensor]]]:
    *tensors, eta, with_ldos = arguments
    system = _block_system(_arrays(*tensors), eta)
    wanted = np.full_like(system.present, with_ldos)
    found = (torch.from_numpy(one) for one in solve(system, wanted, np))
    spectra = logarithms(system, Solution(*found), torch)

    def adjoint(*cotangents: Tensor) -> tuple[Tensor, Tensor]:
        known = cotangents if with_ldos else cotangents[:2]
        by_diagonal, by_step = gradient(system, _arrays(*known), np)
        return torch.from_numpy(by_diagonal), torch.from_numpy(by_step)

    return (spectra.log10_transmission, spectra.log10_dos, spectra.log10_ldos), adjoint


@operator(_block_kernel, by=("diagonal", "step"), fits=lambda *_: True)
def block_transport(
    diagonal: Float[Tensor, "B L m m"],
    step: Float[Tensor, "B L-1 m m"],
    energies: Float[Tensor, "B E"] | Float[Tensor, "1 E"],
    damping: Float[Tensor, "B L m"],
    columns: Int[Tensor, "B C"],
    couplings: Float[Tensor, "3 B C"],
    eta: float,
    with_ldos: bool,
) -> _Logarithms:
    """Spectra of block-tridiagonal Hamiltonians, by the recursion over their blocks.

    Parameters
    ----------
    diagonal, step, energies, eta
        Fields of `dnawire.transport.system.BlockSystem`.
    damping, columns, couplings
        Fields of `dnawire.transport.system.ContactTables`; left, right and whole broadening.
    with_ldos
        Whether the LDOS is wanted.

    Returns
    -------
    tuple of Tensor
        log10 T (B, E), log10 DOS (B, E), and log10 LDOS (B, L, m, E) or (0, E).
    """
    system = _block_system((diagonal, step, energies, damping, columns, couplings), eta)
    mantissa, exponent, dos, ldos = _recursion.forward(system, torch)
    ldos = ldos if with_ldos else ldos.new_empty(0, ldos.shape[-1])
    log10_dos, log10_ldos = (one.clamp_min(SMALLEST).log10().contiguous() for one in (dos, ldos))
    return mantissa.log10() + LOG10_2 * exponent, log10_dos, log10_ldos


def _dense_kernel(
    *arguments: Any,  # noqa: ANN401
) -> tuple[_Logarithms, Callable[..., Tensor]]:
    *tensors, eta = arguments
    system = _dense_system(_arrays(*tensors), eta)
    log10_transmission, log10_dos, log10_ldos = map(torch.from_numpy, solve_dense(system))

    def adjoint(*cotangents: Tensor) -> Tensor:
        return torch.from_numpy(dense_gradient(system, _arrays(*cotangents)))

    return (log10_transmission, log10_dos, log10_ldos), adjoint


@operator(_dense_kernel, by=("hamiltonian",), fits=lambda *_: True)
def dense_transport(
    hamiltonian: Float[Tensor, "B N N"],
    energies: Float[Tensor, "B E"],
    damping: Float[Tensor, "B N"],
    columns: Int[Tensor, "B C"],
    couplings: Float[Tensor, "3 B C"],
    eta: float,
) -> _Logarithms:
    """Spectra of dense Hamiltonians, by inverting a matrix for every energy.

    Parameters
    ----------
    hamiltonian, energies, eta
        Fields of `dnawire.transport.system.DenseSystem`.
    damping, columns, couplings
        As for `block_transport`.

    Returns
    -------
    tuple of Tensor
        log10 T (B, E), log10 DOS (B, E), and log10 LDOS (B, N, E).
    """
    del eta  # it is a part of the damping, and every orbital has a column
    step = hamiltonian.new_empty(len(hamiltonian), 0, *hamiltonian.shape[1:])
    blocks = hamiltonian[:, None], step, energies, damping[:, None], columns, couplings
    log10_transmission, log10_dos, log10_ldos = block_transport.definition(*blocks, 0.0, True)
    return log10_transmission, log10_dos, log10_ldos[:, 0].contiguous()


def _block_system(fields: Sequence[Array], eta: float) -> BlockSystem[Array]:
    diagonal, step, energies, damping, columns, couplings = fields
    contacts = ContactTables(damping, columns, *couplings)
    return BlockSystem(diagonal, step, damping > 0.0, energies, contacts, eta)


def _dense_system(fields: Sequence[NDArray[Any]], eta: float) -> DenseSystem:
    hamiltonian, energies, damping, columns, couplings = fields
    return DenseSystem(hamiltonian, energies, ContactTables(damping, columns, *couplings), eta)
