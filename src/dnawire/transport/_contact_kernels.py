"""Compiled search for the columns that the contacts need."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined

POLE_GUARD = 1e-14
"""Least damping in eV beside that of the contacts, so that an energy may hit a level that no
contact can reach."""


@inlined
def _broadening(left, right, present, source, b, i):
    return left[b, i] + right[b, i] + source if present[b, i] else 0.0


@inlined
def _most_columns(left, right, present, source):
    """Largest number of sources in a junction, and at least one."""
    most = 1
    for b in range(len(left)):
        count = 0
        for i in range(left.shape[1]):
            count += _broadening(left, right, present, source, b, i) > 0.0
        most = max(most, count)
    return most


@compiled
def contact_columns(left, right, present, eta, source):
    """`dnawire.transport.system.ContactTables` of couplings (B, orbitals)."""
    batch, orbitals = left.shape
    most = _most_columns(left, right, present, source)
    damping, columns = np.empty(left.shape), np.empty((batch, most), np.int64)
    couplings = np.zeros((3, batch, most))
    for b in range(batch):
        inside, outside = 0, most - 1
        for i in range(orbitals):
            broadening = _broadening(left, right, present, source, b, i)
            damping[b, i] = 0.0
            if present[b, i]:
                damping[b, i] = 0.5 * (left[b, i] + right[b, i]) + max(eta, POLE_GUARD)
            if broadening > 0.0:
                columns[b, inside] = i
                couplings[0, b, inside] = left[b, i]
                couplings[1, b, inside] = right[b, i]
                couplings[2, b, inside] = broadening
                inside += 1
            elif outside >= inside:
                columns[b, outside] = i
                outside -= 1
    return damping, columns, couplings[0], couplings[1], couplings[2]


@compiled
def is_possible(gamma):
    """Whether all couplings (B, orbitals) are finite and not negative."""
    possible = True
    for b in range(len(gamma)):
        for i in range(gamma.shape[1]):
            possible &= 0.0 <= gamma[b, i] < np.inf
    return possible
