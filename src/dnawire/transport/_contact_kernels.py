"""Compiled search for the columns that the contacts need."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled

POLE_GUARD = 1e-14
"""eV added to the damping, so that an energy may hit a level that no contact can reach."""


@compiled
def contact_columns(left, right, present, eta):
    """`dnawire.transport.system.ContactTables` of couplings (B, orbitals)."""
    broadening = np.where(present, left + right + 2.0 * eta, 0.0)
    batch, orbitals = broadening.shape
    counts = np.array([(broadening[b] > 0.0).sum() for b in range(batch)])
    columns = np.empty((batch, counts.max()), np.int64)
    couplings = np.zeros((3, *columns.shape))
    for b in range(batch):
        inside, outside = 0, counts[b]
        for i in range(orbitals):
            if broadening[b, i] > 0.0:
                columns[b, inside] = i
                couplings[0, b, inside] = left[b, i]
                couplings[1, b, inside] = right[b, i]
                couplings[2, b, inside] = broadening[b, i]
                inside += 1
            elif outside < columns.shape[1]:
                columns[b, outside] = i
                outside += 1
    damping = 0.5 * broadening + POLE_GUARD
    return damping, columns, couplings[0], couplings[1], couplings[2]


@compiled
def is_possible(left, right):
    """Whether all couplings are finite and not negative."""
    for gamma in (left, right):
        for value in gamma.flat:
            if not 0.0 <= value < np.inf:
                return False
    return True
