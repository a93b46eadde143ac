"""Compiled `dnawire.operators.assemble`."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined
from dnawire.junction.edges import STACKING
from dnawire.operators._ladder_kernels import EDGES


@inlined
def _symmetric(hopping, kind, one, other):
    """Table entry of two bases; only stacking tells them apart."""
    if kind == STACKING:
        return hopping[kind, one, other]
    return 0.5 * (hopping[kind, one, other] + hopping[kind, other, one])


@compiled
def assemble(values, onsite, hopping, base, present, factor, which_site, which_edge):
    """Blocks of H: diagonal (B, L, 2, 2) and step (B, L-1, 2, 2)."""
    batch, length, _ = base.shape
    diagonal, step = np.zeros((batch, length, 2, 2)), np.zeros((batch, length - 1, 2, 2))
    for site in range(len(which_site)):
        b, n, i = site // (2 * length), site // 2 % length, site % 2
        if present[b, n, i]:
            diagonal[b, n, i, i] = onsite[base[b, n, i]] + factor[b] * values[which_site[site]]
    e = 0
    for kind, start, i, end, j in EDGES:
        for b in range(batch):
            for n in range(length - abs(end - start)):
                p, q = n + start, n + end
                if present[b, p, i] and present[b, q, j]:
                    value = _symmetric(hopping, kind, base[b, p, i], base[b, q, j])
                    value += factor[b] * values[which_edge[e]]
                    if start == end:
                        diagonal[b, n, i, j] = diagonal[b, n, j, i] = value
                    elif start < end:
                        step[b, n, i, j] = value
                    else:
                        step[b, n, j, i] = value
                e += 1
    return diagonal, step


@inlined
def _gradient_of(diagonal, step, b, n, edge):
    """Gradient by a hopping from those by the blocks."""
    _, start, i, end, j = edge
    if start == end:
        return diagonal[b, n, i, j] + diagonal[b, n, j, i]
    return step[b, n, i, j] if start < end else step[b, n, j, i]


@compiled
def assemble_adjoint(diagonal, step, num_values, base, present, factor, which_site, which_edge):
    """Gradients by values and tables from those by the blocks."""
    batch, length, _ = base.shape
    values, onsite = np.zeros(num_values, np.float32), np.zeros(4)
    hopping, e = np.zeros((4, 4, 4)), 0
    for site in range(len(which_site)):
        b, n, i = site // (2 * length), site // 2 % length, site % 2
        if present[b, n, i]:
            arriving = diagonal[b, n, i, i]
            onsite[base[b, n, i]] += arriving
            values[which_site[site]] += factor[b] * arriving
    for edge in EDGES:
        kind, start, i, end, j = edge
        for b in range(batch):
            for n in range(length - abs(end - start)):
                p, q = n + start, n + end
                if present[b, p, i] and present[b, q, j]:
                    arriving = _gradient_of(diagonal, step, b, n, edge)
                    values[which_edge[e]] += factor[b] * arriving
                    hopping[kind, base[b, p, i], base[b, q, j]] += arriving
                e += 1
    for kind in range(4):
        if kind != STACKING:
            hopping[kind] = 0.5 * (hopping[kind] + hopping[kind].T)
    return values, onsite, hopping
