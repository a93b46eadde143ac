"""Compiled `dnawire.operators.assemble`."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined, internal
from dnawire.junction.edges import EDGES, STACKING

_ELEMENTS = np.array([(one.kind, one.is_step, *one.element) for one in EDGES])
"""Kind, block, row and column of the element of each edge."""
_ENDS = np.array([one[1:] for one in EDGES])
"""Pair and strand of the start, pair and strand of the end."""


@inlined
def _exists(present, b, n, ends):
    """Whether an edge that begins at pair n joins two bases."""
    return present[b, n + ends[0], ends[1]] and present[b, n + ends[2], ends[3]]


@inlined
def _bases(base, b, n, ends):
    return base[b, n + ends[0], ends[1]], base[b, n + ends[2], ends[3]]


@compiled
def assemble(values, onsite, hopping, base, present, factor, which_site, which_edge):
    """Blocks of H: diagonal (B, L, 2, 2) and step (B, L-1, 2, 2)."""
    batch, length, _ = base.shape
    diagonal, step = np.zeros((batch, length, 2, 2)), np.zeros((batch, length - 1, 2, 2))
    for site in range(len(which_site)):
        b, n, i = site // (2 * length), site // 2 % length, site % 2
        if present[b, n, i]:
            diagonal[b, n, i, i] = onsite[base[b, n, i]] + factor[b] * values[which_site[site]]
    table, e = _symmetric(hopping), 0
    for number in range(len(_ELEMENTS)):
        kind, is_step, row, column = _ELEMENTS[number]
        for b in range(batch):
            for n in range(length - is_step):
                if _exists(present, b, n, _ENDS[number]):
                    one, other = _bases(base, b, n, _ENDS[number])
                    value = table[kind, one, other] + factor[b] * values[which_edge[e]]
                    if is_step:
                        step[b, n, row, column] = value
                    else:
                        diagonal[b, n, row, column] = diagonal[b, n, column, row] = value
                e += 1
    return diagonal, step


@internal
def _symmetric(hopping):
    """Tables of which only that of stacking tells its bases apart."""
    found = np.empty(hopping.shape)
    for kind in range(len(found)):
        for one in range(4):
            for other in range(4):
                value = hopping[kind, one, other]
                if kind != STACKING:
                    value = 0.5 * (value + hopping[kind, other, one])
                found[kind, one, other] = value
    return found


@compiled
def assemble_adjoint(diagonal, step, num_values, base, present, factor, which_site, which_edge):
    """Gradients by values and tables from those by the blocks."""
    batch, length, _ = base.shape
    values, onsite = np.zeros(num_values, np.float32), np.zeros(4)
    hopping, e = np.zeros((4, 4, 4)), 0
    for site in range(len(which_site)):
        b, n, i = site // (2 * length), site // 2 % length, site % 2
        if present[b, n, i]:
            onsite[base[b, n, i]] += diagonal[b, n, i, i]
            values[which_site[site]] += factor[b] * diagonal[b, n, i, i]
    for number in range(len(_ELEMENTS)):
        kind, is_step, row, column = _ELEMENTS[number]
        for b in range(batch):
            for n in range(length - is_step):
                if _exists(present, b, n, _ENDS[number]):
                    if is_step:
                        arriving = step[b, n, row, column]
                    else:
                        arriving = diagonal[b, n, row, column] + diagonal[b, n, column, row]
                    values[which_edge[e]] += factor[b] * arriving
                    one, other = _bases(base, b, n, _ENDS[number])
                    hopping[kind, one, other] += arriving
                e += 1
    return values, onsite, _symmetric(hopping)
