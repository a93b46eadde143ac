"""Which columns of the Green's function the contacts need, and how strongly they couple."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dnawire.transport import _contact_kernels as kernels


def contact_columns(left: Tensor, right: Tensor, present: Tensor, eta: float) -> list[Tensor]:
    """Find the orbitals that carriers can leave by.

    Parameters
    ----------
    left, right
        Couplings (B, L, m) in eV.
    present
        Which orbitals exist.
    eta
        Imaginary part of the energy in eV.

    Returns
    -------
    list of Tensor
        Damping (B, L, m) of every orbital, contact columns (B, C) as flat orbital numbers, and
        their left coupling, right coupling and broadening. A junction with fewer contact orbitals
        than another one is filled up with orbitals of zero broadening, which add nothing.

    Raises
    ------
    ValueError
        If a coupling is negative or not finite, or a junction has neither contact nor ``eta``.
    """
    arrays = [tensor.detach().cpu().flatten(1).numpy() for tensor in (left, right, present)]
    if not kernels.is_possible(*arrays[:2]):
        raise ValueError("the contact couplings must be finite and not negative")
    damping, columns, *couplings = kernels.contact_columns(*arrays, eta)
    if not (couplings[-1] > 0.0).any(axis=1).all():
        raise ValueError("a junction has neither a contact nor a finite eta")
    tables = [torch.from_numpy(array).to(left.device) for array in (damping, columns, *couplings)]
    return [tables[0].view(left.shape), *tables[1:]]


def checked_contacts(
    left: Tensor, right: Tensor, energies: Tensor, present: Tensor, eta: float
) -> list[Tensor]:
    """Like `contact_columns`, after a look at ``eta`` and at what gradients are asked for.

    Raises
    ------
    ValueError
        Also if ``eta`` is negative or not finite, or a gradient by couplings or energies is asked
        for.
    """
    if not (math.isfinite(eta) and eta >= 0.0):
        raise ValueError(f"eta must be finite and not negative, got {eta}")
    if any(tensor.requires_grad for tensor in (left, right, energies)):
        raise ValueError("gradients by couplings or energies are not offered: detach them")
    return contact_columns(left.double(), right.double(), present, eta)
