"""Which columns of the Green's function the contacts need, and how strongly they couple."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dnawire.transport.compilation import compiled

POLE_GUARD = 1e-14
"""eV added to the damping, so that an energy may hit a level that no contact can reach."""


def contact_columns(left: Tensor, right: Tensor, present: Tensor, eta: float) -> list[Tensor]:
    """Damping (B, L, m) of every orbital, contact columns (B, C), their couplings and broadening.

    A junction with fewer contact orbitals than another one of the batch is filled up with orbitals
    of zero broadening, which add nothing.

    Raises
    ------
    ValueError
        If a coupling is negative or not finite, or a junction has neither contact nor ``eta``.
    """
    arrays = (tensor.detach().cpu().flatten(1).numpy() for tensor in (left, right, present))
    damping, *columns, fewest, smallest = _columns(*arrays, eta)
    if not smallest >= 0.0:
        raise ValueError("the contact couplings must be finite and not negative")
    if fewest == 0:
        raise ValueError("a junction has neither a contact nor a finite eta")
    device = left.device
    tables = [torch.from_numpy(array).to(device) for array in (damping, *columns)]
    return [tables[0].view(left.shape), *tables[1:]]


@compiled
def _columns(left, right, present, eta):
    """Tables of `contact_columns`, smallest number of columns, and a negative or NaN if refused."""
    batch, orbitals = left.shape
    counts = np.zeros(batch, np.int64)
    smallest = 0.0
    for b in range(batch):
        for i in range(orbitals):
            for gamma in (left[b, i], right[b, i]):
                if not 0.0 <= gamma < np.inf:
                    smallest = -1.0
            if present[b, i] and left[b, i] + right[b, i] + 2.0 * eta > 0.0:
                counts[b] += 1
    most = counts.max() if batch > 0 else 0
    damping = np.full((batch, orbitals), POLE_GUARD)
    columns = np.empty((batch, most), np.int64)
    gammas = np.zeros((3, batch, most))
    for b in range(batch):
        inside, outside = 0, counts[b]
        for i in range(orbitals):
            broadening = left[b, i] + right[b, i] + 2.0 * eta if present[b, i] else 0.0
            damping[b, i] += 0.5 * broadening
            if broadening > 0.0:
                columns[b, inside] = i
                gammas[0, b, inside] = left[b, i]
                gammas[1, b, inside] = right[b, i]
                gammas[2, b, inside] = broadening
                inside += 1
            elif outside < most:
                columns[b, outside] = i
                outside += 1
    fewest = counts.min() if batch > 0 else 1
    return damping, columns, gammas[0], gammas[1], gammas[2], fewest, smallest
