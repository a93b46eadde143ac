"""Compiled assembly of Hamiltonians; :mod:`dnawire.models.hamiltonian` is the definition."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.transport.compilation import compiled


class Duplexes(NamedTuple):
    """Bases of a batch, and which correction belongs to which element."""

    base: NDArray[np.int64]  # (B, L, 2)
    present: NDArray[np.bool_]  # (B, L, 2)
    kept: NDArray[np.float32]  # (B,) factor of all corrections of a duplex
    rows: NDArray[np.int64]  # (sites,) correction on-site
    stacking: NDArray[np.int64]  # (B (L-1) 2,)
    pairing: NDArray[np.int64]  # (B L,)
    diagonal_five: NDArray[np.int64]  # (B (L-1),)
    diagonal_three: NDArray[np.int64]  # (B (L-1),)


class Values(NamedTuple):
    """Corrections, or their gradients."""

    onsite: NDArray[np.float32]
    stacking: NDArray[np.float32]
    pairing: NDArray[np.float32]
    diagonal_five: NDArray[np.float32]
    diagonal_three: NDArray[np.float32]


@compiled
def assemble(duplexes, values, onsite, hopping, scale):
    """Blocks of H: diagonal (B, L, 2, 2) and step (B, L-1, 2, 2).

    ``onsite`` (4,) and ``hopping`` (4 kinds, 4, 4) are the tables of the bases.
    """
    base, present, kept = duplexes.base, duplexes.present, duplexes.kept
    batch, length, _ = base.shape
    diagonal, step = np.zeros((batch, length, 2, 2)), np.zeros((batch, length - 1, 2, 2))
    for b in range(batch):
        factor = scale * kept[b]
        for n in range(length):
            upper, lower = base[b, n, 0], base[b, n, 1]
            here = b * length + n
            for i in range(2):
                if present[b, n, i]:
                    correction = values.onsite[duplexes.rows[2 * here + i]]
                    diagonal[b, n, i, i] = onsite[base[b, n, i]] + factor * correction
            if present[b, n, 0] and present[b, n, 1]:
                pairing = factor * values.pairing[duplexes.pairing[here]]
                pairing += _mean(hopping, 1, upper, lower)
                diagonal[b, n, 0, 1] = diagonal[b, n, 1, 0] = pairing
            if n == length - 1:
                continue
            next_upper, next_lower, e = base[b, n + 1, 0], base[b, n + 1, 1], b * (length - 1) + n
            if present[b, n, 0] and present[b, n + 1, 0]:
                stacking = values.stacking[duplexes.stacking[2 * e]]
                step[b, n, 0, 0] = hopping[0, upper, next_upper] + factor * stacking
            if present[b, n, 1] and present[b, n + 1, 1]:
                stacking = values.stacking[duplexes.stacking[2 * e + 1]]
                step[b, n, 1, 1] = hopping[0, next_lower, lower] + factor * stacking
            if present[b, n, 0] and present[b, n + 1, 1]:
                five = values.diagonal_five[duplexes.diagonal_five[e]]
                step[b, n, 0, 1] = _mean(hopping, 2, upper, next_lower) + factor * five
            if present[b, n, 1] and present[b, n + 1, 0]:
                three = values.diagonal_three[duplexes.diagonal_three[e]]
                step[b, n, 1, 0] = _mean(hopping, 3, lower, next_upper) + factor * three
    return diagonal, step


@compiled
def assemble_backward(duplexes, gradients, scale, grad_diagonal, grad_step):
    """Gradients of the tables; those of the corrections are added to ``gradients``."""
    base, present, kept = duplexes.base, duplexes.present, duplexes.kept
    batch, length, _ = base.shape
    onsite, hopping = np.zeros(4), np.zeros((4, 4, 4))
    for b in range(batch):
        factor = scale * kept[b]
        for n in range(length):
            upper, lower = base[b, n, 0], base[b, n, 1]
            here = b * length + n
            for i in range(2):
                if present[b, n, i]:
                    arriving = grad_diagonal[b, n, i, i]
                    onsite[base[b, n, i]] += arriving
                    gradients.onsite[duplexes.rows[2 * here + i]] += factor * arriving
            if present[b, n, 0] and present[b, n, 1]:
                arriving = grad_diagonal[b, n, 0, 1] + grad_diagonal[b, n, 1, 0]
                gradients.pairing[duplexes.pairing[here]] += factor * arriving
                _add_mean(hopping, 1, upper, lower, arriving)
            if n == length - 1:
                continue
            next_upper, next_lower, e = base[b, n + 1, 0], base[b, n + 1, 1], b * (length - 1) + n
            if present[b, n, 0] and present[b, n + 1, 0]:
                arriving = grad_step[b, n, 0, 0]
                hopping[0, upper, next_upper] += arriving
                gradients.stacking[duplexes.stacking[2 * e]] += factor * arriving
            if present[b, n, 1] and present[b, n + 1, 1]:
                arriving = grad_step[b, n, 1, 1]
                hopping[0, next_lower, lower] += arriving
                gradients.stacking[duplexes.stacking[2 * e + 1]] += factor * arriving
            if present[b, n, 0] and present[b, n + 1, 1]:
                arriving = grad_step[b, n, 0, 1]
                gradients.diagonal_five[duplexes.diagonal_five[e]] += factor * arriving
                _add_mean(hopping, 2, upper, next_lower, arriving)
            if present[b, n, 1] and present[b, n + 1, 0]:
                arriving = grad_step[b, n, 1, 0]
                gradients.diagonal_three[duplexes.diagonal_three[e]] += factor * arriving
                _add_mean(hopping, 3, lower, next_upper, arriving)
    return onsite, hopping


@compiled
def _mean(table, kind, one, other):
    """Element of a symmetric table."""
    return 0.5 * (table[kind, one, other] + table[kind, other, one])


@compiled
def _add_mean(table, kind, one, other, arriving):
    """Add the gradient of `_mean`."""
    table[kind, one, other] += 0.5 * arriving
    table[kind, other, one] += 0.5 * arriving
