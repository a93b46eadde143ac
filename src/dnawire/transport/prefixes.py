"""Transmission of many ladders, which share the work of common beginnings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Integer
from numpy.typing import ArrayLike, NDArray

from dnawire.compiled.double import LANES
from dnawire.compiled.switch import only_definitions
from dnawire.transport import _prefix_kernels
from dnawire.transport.block import LOG10_2, block_totals
from dnawire.transport.system import (
    ContactTables,
    as_doubles,
    check_shapes,
    checked_grids,
    contact_tables,
)

Doubles = NDArray[np.float64]


class BlockTables(NamedTuple):
    """Blocks of ladders by the kind of their base pairs, in eV."""

    diagonal: Float[Doubles, "K 2 2"]
    """Diagonal block of every kind; the symmetric part is used."""
    step: Float[Doubles, "K K 2 2"]
    """Block H[n, n+1] by the kinds of pairs n and n + 1."""
    present: Bool[NDArray[np.bool_], "K 2"]
    """Which orbitals exist; couplings of missing ones must be zero."""


def mean_log10_transmission(
    tables: BlockTables,
    kinds: Integer[NDArray[np.integer[Any]], "B L"],
    gamma_left: Float[Doubles, "L 2"],
    gamma_right: Float[Doubles, "L 2"],
    energies: ArrayLike,
    *,
    eta: float = 0.0,
) -> Float[Doubles, " B"]:
    """Mean over energies of log10 T of many ladders between the same contacts.

    The same numbers as from `block_spectra`, by a recursion from the first block on. What a ladder
    has in common with the beginning of the one before it is not computed again: of all sequences in
    alphabetical order, each costs 4/3 of a block.

    Parameters
    ----------
    tables
        Blocks by kind.
    kinds
        Kind of every base pair.
    gamma_left, gamma_right
        Diagonals of the contact couplings in eV, non-negative.
    energies
        Energies in eV, (E,).
    eta
        Imaginary part of the energy in eV; see `block_spectra`.

    Returns
    -------
    ndarray
        In decades, (B,); -inf where T vanishes at an energy.

    Raises
    ------
    ValueError
        If shapes do not fit together, there is no such kind, a coupling or ``eta`` is negative or
        not finite, an energy is not finite, a contact is at a missing orbital, or both are missing.
    """
    left, right = as_doubles(gamma_left), as_doubles(gamma_right)
    grid = checked_grids(energies, 1)[0]
    _check(tables, kinds, left, right)
    if only_definitions():
        return _by_definition(tables, kinds, (left, right), grid, eta)
    everywhere = np.ones((1, *left.shape), np.bool_)
    contacts = contact_tables(left[None], right[None], everywhere, eta, 0.0)
    ladders = _ladders(tables, contacts, grid)
    mantissas, exponents = _prefix_kernels.products(ladders, np.ascontiguousarray(kinds, np.int64))
    with np.errstate(divide="ignore"):
        found: Doubles = (np.log10(mantissas) + LOG10_2 * exponents) / len(grid)
    return found


def _check(
    tables: BlockTables, kinds: NDArray[np.integer[Any]], left: Doubles, right: Doubles
) -> None:
    number, shape = len(tables.diagonal), (kinds.shape[-1], 2)
    check_shapes(
        {
            "diagonal": (tables.diagonal, (number, 2, 2)),
            "step": (tables.step, (number, number, 2, 2)),
            "present": (tables.present, (number, 2)),
            "kinds": (kinds, (len(kinds), shape[0])),
            "gamma_left": (left, shape),
            "gamma_right": (right, shape),
        }
    )
    if not kinds.size or kinds.min() < 0 or kinds.max() >= number:
        raise ValueError(f"kinds must be numbers from 0 to {number - 1}, and at least one")
    for block in np.flatnonzero((left + right).any(1)):
        coupled = left[block] + right[block] > 0.0
        if not tables.present[np.unique(kinds[:, block])][:, coupled].all():
            raise ValueError(f"a contact at block {block} is at a missing orbital")


def _ladders(
    tables: BlockTables, contacts: ContactTables[NDArray[Any]], energies: Doubles
) -> _prefix_kernels.Ladders:
    """Tables as the kernel takes them, with the pairs of contact columns that T needs."""
    columns, left, right = contacts.columns[0], contacts.gamma_left[0], contacts.gamma_right[0]
    product = np.outer(left, right)
    both = np.triu(product + product.T - np.diag(np.diag(product)))
    pairs = np.argwhere(both > 0.0)
    padded = np.resize(energies, -(-len(energies) // LANES) * LANES)
    return _prefix_kernels.Ladders(
        diagonal=as_doubles(tables.diagonal),
        present=np.array(tables.present, np.bool_, order="C"),
        step=as_doubles(tables.step),
        damping=contacts.damping[0],
        blocks=columns // 2,
        orbitals=columns % 2,
        pairs=np.ascontiguousarray(pairs),
        weights=np.ascontiguousarray(both[tuple(pairs.T)]),
        energies=padded,
        is_asked=(np.arange(len(padded)) < len(energies)).astype(np.float64),
    )


def _by_definition(
    tables: BlockTables,
    kinds: NDArray[np.integer[Any]],
    gammas: tuple[Doubles, Doubles],
    energies: Doubles,
    eta: float,
) -> Doubles:
    present = tables.present[kinds]
    left, right = (np.broadcast_to(gamma, present.shape) for gamma in gammas)
    found = block_totals(
        tables.diagonal[kinds],
        tables.step[kinds[:, :-1], kinds[:, 1:]],
        left,
        right,
        energies,
        mask=present,
        eta=eta,
    )
    means: Doubles = found.log10_transmission.mean(axis=1)
    return means
