"""Where compiled kernels keep what they need for one junction: one array, and positions in it.

A row holds one number for ``LANES`` energies: an inverse block takes six rows (real and imaginary
part of 00, 01, 11), a vector of two complex components four, a scale one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dnawire.compiled.double import LANES, store
from dnawire.compiled.kernel import inlined, internal

RENORMALIZE_EVERY = 16
CACHE_LINE = 8
"""Numbers in a cache line; rows start with one, which a register can then read at once."""
ABOVE = 7
BELOW = 20
BLOCK = 29
"""Numbers of a block: 0-3 energy factor and -H of either orbital, 4 -H between them, 5-6 damping,
7-15 products of the step above, 16-19 the step below, 20-28 its products."""
CONTACT = 3
"""Numbers of a contact column: block, orbital, weight in the LDOS."""


class Layout(NamedTuple):
    """Sizes, and positions in ``work``."""

    length: int
    num_columns: int
    is_long: bool  # columns have scales
    blocks: int
    contacts: int
    weights: int  # gamma_left gamma_right of every pair of columns, by right and left
    row: int  # 1 row
    inverse: int  # 6 rows a block
    x: int  # 4 rows a block, column after column
    scale: int  # 1 row a block, column after column
    density: int  # 2 rows a block
    right: int  # 6 rows a block where eta is finite
    full: int  # 6 rows a block where eta is finite
    u: int  # 4 rows a block, column after column; this and what follows: for the adjoint
    slopes: int  # 6 rows a block where eta is finite
    sums: int  # 7 rows a block
    pairs: int  # 2 rows a pair of columns
    size: int


@inlined
def layout(system):
    """Lay out the scratch of a batch."""
    length, count = system.diagonal.shape[1], system.contacts.columns.shape[1]
    contacts = BLOCK * length
    weights = contacts + CONTACT * count
    row = (weights + count * count + CACHE_LINE) // CACHE_LINE * CACHE_LINE
    inverse = row + LANES
    x = inverse + 6 * length * LANES
    scale = x + 4 * count * length * LANES
    density = scale + count * length * LANES
    symmetric = 6 * length * LANES if system.eta > 0.0 else 0
    right = density + 2 * length * LANES
    full = right + symmetric
    u = full + symmetric
    slopes = u + 4 * count * length * LANES
    sums = slopes + symmetric
    pairs = sums + 7 * length * LANES
    size = pairs + 2 * count * count * LANES
    is_long = length > RENORMALIZE_EVERY or system.eta > 0.0
    return Layout(
        length, count, is_long, 0, contacts, weights, row, inverse, x, scale, density, right, full,
        u, slopes, sums, pairs, size,
    )  # fmt: skip


@inlined
def allocate(size):
    """Zeros that start with a cache line."""
    numbers = np.zeros(size + CACHE_LINE)
    behind = int(numbers.ctypes.data) // numbers.itemsize % CACHE_LINE
    start = (CACHE_LINE - behind) % CACHE_LINE
    return numbers[start : start + size]


@inlined
def prepare_block(work, here, h, present, damping):
    """Write the numbers of a block but for those of its neighbors."""
    for i in range(2):
        work[here + 2 * i] = 1.0 if present[i] else 0.0
        work[here + 2 * i + 1] = -h[i, i] if present[i] else 1.0
        work[here + 5 + i] = damping[i] if present[i] else 0.0
    work[here + 4] = -0.5 * (h[0, 1] + h[1, 0])


@inlined
def prepare_step(work, here, t):
    """Write a step, and what it makes of the inverse of either block for the other one."""
    for i in range(2):
        for j in range(2):
            work[here + 16 + 2 * i + j] = t[i, j]
    for k, (i, j) in enumerate(((0, 0), (0, 1), (1, 1))):
        above, below = here + BLOCK + ABOVE + 3 * k, here + BELOW + 3 * k
        work[above] = -t[0, i] * t[0, j]
        work[above + 1] = -(t[0, i] * t[1, j] + t[1, i] * t[0, j])
        work[above + 2] = -t[1, i] * t[1, j]
        work[below] = -t[i, 0] * t[j, 0]
        work[below + 1] = -(t[i, 0] * t[j, 1] + t[i, 1] * t[j, 0])
        work[below + 2] = -t[i, 1] * t[j, 1]


@internal
def prepare(work, at, system, b):
    """Write what does not depend on the energy."""
    work[at.blocks : at.contacts] = 0.0
    for n in range(at.length):
        h, present = system.diagonal[b, n], system.present[b, n]
        damping = system.contacts.damping[b, n]
        prepare_block(work, at.blocks + BLOCK * n, h, present, damping)
    for n in range(at.length - 1):
        prepare_step(work, at.blocks + BLOCK * n, system.step[b, n])
    for c in range(at.num_columns):
        here, site = at.contacts + CONTACT * c, system.contacts.columns[b, c]
        work[here] = site // 2
        work[here + 1] = site % 2
        work[here + 2] = system.contacts.broadening[b, c] / (2.0 * np.pi)
        for left in range(at.num_columns):
            product = system.contacts.gamma_left[b, left] * system.contacts.gamma_right[b, c]
            work[at.weights + c * at.num_columns + left] = product


@inlined
def used_lanes(num, start):
    """How many lanes of a chunk hold an energy that was asked for."""
    return min(LANES, num - start)


@inlined
def put_part(target, position, value, used, work, at):
    """Write the lanes that are in use."""
    if used == LANES:
        store(target, position, value)
    else:
        store(work, at.row, value)
        for k in range(used):
            target[position + k] = work[at.row + k]


@internal
def padded_energies(energies):
    """Every grid, filled up to whole chunks with its last energy; flat, and their length."""
    grids, num = energies.shape
    length = (num + LANES - 1) // LANES * LANES
    padded = np.empty(grids * length)
    for g in range(grids):
        for k in range(length):
            padded[g * length + k] = energies[g, min(k, num - 1)]
    return padded, (length if grids > 1 else 0)
