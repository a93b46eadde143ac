"""Junctions as checked arrays: what every solver starts from.

Compiled code reads beyond the end of an array that is too short, so that shapes are compared first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

AnyArray: TypeAlias = Any
"""A NumPy array, or a tensor for those functions that are told the module of their arrays."""

Array = TypeVar("Array", bound=AnyArray)

_POLE_GUARD: Final = 1e-14
"""Least damping in eV beside that of the contacts: an energy may hit a level that no contact can
reach."""


class ContactTables(NamedTuple, Generic[Array]):
    """Which columns of the Green's function the contacts need, and how strongly they couple.

    A junction with fewer contact orbitals than another one of its batch is filled up with orbitals
    of zero broadening, which add nothing.
    """

    damping: Array
    """eta (1e-14 at least) + (Gamma_L + Gamma_R) / 2 of every orbital in eV, (B, *orbitals); zero
    where there is none."""
    columns: Array
    """Flat number of each contact orbital, int64 (B, C)."""
    gamma_left: Array
    """Its coupling to the left contact in eV, (B, C)."""
    gamma_right: Array
    """Its coupling to the right contact in eV, (B, C)."""
    broadening: Array
    """Gamma_L + Gamma_R, and for a dense H 2 eta, in eV, (B, C)."""


class BlockSystem(NamedTuple, Generic[Array]):
    """B junctions of L blocks of m orbitals with C contact columns, in eV; float64."""

    diagonal: Array  # (B, L, m, m)
    step: Array  # (B, L-1, m, m)
    present: Array  # (B, L, m) bool
    energies: Array  # (B, E) or (1, E)
    contacts: ContactTables[Array]  # their columns are those of orbitals with a contact
    eta: float


def block_system(
    diagonal: ArrayLike,
    step: ArrayLike,
    gamma_left: ArrayLike,
    gamma_right: ArrayLike,
    energies: ArrayLike,
    mask: ArrayLike | None,
    eta: float,
) -> BlockSystem[NDArray[Any]]:
    """Check and prepare block-tridiagonal junctions; see `block_spectra` for the arguments.

    Raises
    ------
    ValueError
        See `block_spectra`.
    """
    blocks, steps = as_doubles(diagonal), as_doubles(step)
    left, right = as_doubles(gamma_left), as_doubles(gamma_right)
    check_square("diagonal", blocks, 4)
    batch, length, size = blocks.shape[:3]
    orbitals = batch, length, size
    present = np.ones(orbitals, np.bool_) if mask is None else np.array(mask, np.bool_, order="C")
    check_shapes(
        {
            "step": (steps, (batch, length - 1, size, size)),
            "gamma_left": (left, orbitals),
            "gamma_right": (right, orbitals),
            "mask": (present, orbitals),
        }
    )
    grids = checked_grids(energies, batch)
    contacts = contact_tables(left, right, present, eta, 0.0)
    return BlockSystem(blocks, steps, present, grids, contacts, float(eta))


class DenseSystem(NamedTuple):
    """B junctions of N orbitals with C contact columns, in eV; float64."""

    hamiltonian: NDArray[np.float64]  # (B, N, N)
    energies: NDArray[np.float64]  # (B, E)
    contacts: ContactTables[NDArray[Any]]
    eta: float


def dense_system(
    hamiltonian: ArrayLike,
    gamma_left: ArrayLike,
    gamma_right: ArrayLike,
    energies: ArrayLike,
    eta: float,
) -> DenseSystem:
    """Check and prepare junctions without a structure; see `dense_spectra` for the arguments.

    Raises
    ------
    ValueError
        See `dense_spectra`.
    """
    matrix, left, right = map(as_doubles, (hamiltonian, gamma_left, gamma_right))
    check_square("hamiltonian", matrix, 3)
    orbitals = matrix.shape[:2]
    check_shapes({"gamma_left": (left, orbitals), "gamma_right": (right, orbitals)})
    grids = checked_grids(energies, len(matrix))
    if not np.isfinite(matrix).all():
        raise ValueError("the Hamiltonian must be finite")
    contacts = contact_tables(left, right, np.ones(orbitals, np.bool_), eta, 2.0 * eta)
    every = as_doubles(np.broadcast_to(grids, (len(matrix), grids.shape[1])))
    return DenseSystem(matrix, every, contacts, eta)


def contact_tables(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    present: NDArray[np.bool_],
    eta: float,
    source: float,
) -> ContactTables[NDArray[Any]]:
    """Find the orbitals whose columns of the Green's function are needed: those with a broadening.

    Parameters
    ----------
    left, right
        Couplings in eV, (B, *orbitals).
    present
        Which orbitals exist.
    eta
        Imaginary part of the energy in eV.
    source
        What counts in the broadening beside the contacts, in eV: ``2 eta``, or zero where other
        means than columns see to that.

    Raises
    ------
    ValueError
        If a coupling or ``eta`` is negative or not finite, or a junction has neither contact nor
        ``eta``.
    """
    if not (math.isfinite(eta) and eta >= 0.0):
        raise ValueError(f"eta must be finite and not negative, got {eta}")
    if not all((gamma >= 0.0).all() and (gamma < math.inf).all() for gamma in (left, right)):
        raise ValueError("the contact couplings must be finite and not negative")
    coupled = np.where(present, left + right, 0.0)
    broadening = np.where(present, coupled + source, 0.0)
    flat = [array.reshape(len(array), -1) for array in (left, right, broadening)]
    open_ = flat[2] > 0.0
    counts = open_.sum(axis=1)
    if eta == 0.0 and not counts.all():
        raise ValueError("a junction has neither a contact nor a finite eta")
    order = (~open_).argsort(axis=1, kind="stable")
    # Contiguous for any number of junctions: another layout would have all kernels compiled anew.
    columns = np.ascontiguousarray(order[:, : max(1, counts.max())])
    chosen = np.take_along_axis(open_, columns, 1)
    couplings = (np.where(chosen, np.take_along_axis(one, columns, 1), 0.0) for one in flat)
    damping = np.where(present, 0.5 * coupled + max(eta, _POLE_GUARD), 0.0)
    return ContactTables(damping, columns, *couplings)


def as_doubles(array: ArrayLike) -> NDArray[np.float64]:
    """Contiguous float64 without a copy if possible; compiled code wants it writable."""
    found = np.asarray(array, np.float64, order="C")
    return found if found.flags.writeable else found.copy()


def check_shapes(arrays: Mapping[str, tuple[NDArray[Any], tuple[int, ...]]]) -> None:
    """Compare arrays, by their names, with the shapes that they must have.

    Raises
    ------
    ValueError
        A shape differs.
    """
    for name, (array, expected) in arrays.items():
        if array.shape != expected:
            raise ValueError(f"{name} has the shape {array.shape} instead of {expected}")


def checked_grids(energies: ArrayLike, batch: int) -> NDArray[np.float64]:
    """Return the energies as (1, E) for all junctions or (B, E) for each.

    Raises
    ------
    ValueError
        There are none, they are not finite, or they are for another number of junctions.
    """
    grids = as_doubles(energies)
    if grids.ndim not in (1, 2) or grids.shape[:-1] not in ((), (1,), (batch,)):
        raise ValueError(f"energies have the shape {grids.shape} instead of (E,) or ({batch}, E)")
    if not grids.size or not np.isfinite(grids).all():
        raise ValueError("energies must be finite, and at least one")
    return grids.reshape(-1, grids.shape[-1])


def check_square(name: str, array: NDArray[Any], dimensions: int) -> None:
    """Refuse an array that is not one of square blocks, or has nothing in it.

    Raises
    ------
    ValueError
        It is so.
    """
    if array.ndim != dimensions or not array.size or array.shape[-1] != array.shape[-2]:
        raise ValueError(
            f"{name} has the shape {array.shape} instead of square blocks in "
            f"{dimensions} dimensions"
        )
