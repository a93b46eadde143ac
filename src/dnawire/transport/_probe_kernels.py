"""Compiled kernels of ladders with a probe on any orbital: all columns of G at once.

T between the terminals is a network of conductances. Probes are taken out of it one after the
other, each replaced by direct conductances between its neighbors (star-mesh transform): sums and
products of what is positive only, so that no digit is lost however weak a probe is coupled.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.double import (
    LANES,
    fma,
    load,
    splat,
    spread,
    store,
    total,
    where_positive,
)
from dnawire.compiled.kernel import compiled, inlined
from dnawire.transport._block_kernels import square
from dnawire.transport._column_kernels import element, solve_columns, unscale
from dnawire.transport._layout_kernels import (
    allocate,
    layout,
    padded_energies,
    prepare,
    put_part,
    used_lanes,
)


@inlined
def entry(row, column):
    """Position of an element of a symmetric matrix, row >= column, in rows of lanes."""
    return (row * (row + 1) // 2 + column) * LANES


@inlined
def set_squares(work, at, squares):
    """Fill |G_cd|^2 of all pairs of columns."""
    unscale(work, at)
    for c in range(at.num_columns):
        for d in range(c + 1):
            re, im, _ = element(work, at, d, c)
            store(squares, entry(c, d), square(re, im))


@inlined
def set_network(at, squares, left, right, probe, network):
    """T between terminals: 0 left contact, 1 right contact, 2 + c the probe of column c."""
    direct = splat(0.0)
    for c in range(at.num_columns):
        to_left, to_right = splat(0.0), splat(0.0)
        for d in range(at.num_columns):
            found = load(squares, entry(max(c, d), min(c, d)))
            to_left = fma(spread(left, d), found, to_left)
            to_right = fma(spread(right, d), found, to_right)
        direct = fma(spread(right, c), to_left, direct)
        own = spread(probe, c)
        store(network, entry(2 + c, 0), own * to_left)
        store(network, entry(2 + c, 1), own * to_right)
        for d in range(c):
            found = load(squares, entry(c, d))
            store(network, entry(2 + c, 2 + d), own * spread(probe, d) * found)
    store(network, entry(1, 0), direct)


@inlined
def eliminate_probes(network, count):
    """Leave the effective T between the contacts at the entry of 1 and 0."""
    for p in range(count - 1, 1, -1):
        whole = splat(0.0)
        for a in range(p):
            whole = whole + load(network, entry(p, a))
        share = where_positive(whole, splat(1.0) / whole, splat(0.0))
        for a in range(1, p):
            part = load(network, entry(p, a)) * share
            for b in range(a):
                here = entry(a, b)
                store(network, here, fma(part, load(network, entry(p, b)), load(network, here)))


@compiled
def dephased(system, left, right, probe):
    """Effective T (B, E), flat, with probes that carry no current at any energy.

    The contacts of ``system`` are all orbitals with a contact or a probe; ``left``, ``right`` and
    ``probe`` (B, C) are the couplings of its columns.
    """
    batch, num = system.diagonal.shape[0], system.energies.shape[1]
    energies, stride = padded_energies(system.energies)
    found = np.empty(batch * num)
    at = layout(system)
    work, terminals = allocate(at.u), at.num_columns + 2
    squares, network = allocate(entry(at.num_columns, 0)), allocate(entry(terminals, 0))
    for b in range(batch):
        prepare(work, at, system, b)
        for start in range(0, num, LANES):
            solve_columns(work, at, energies, b * stride + start)
            set_squares(work, at, squares)
            set_network(at, squares, left[b], right[b], probe[b], network)
            eliminate_probes(network, terminals)
            used = used_lanes(num, start)
            put_part(found, b * num + start, load(network, entry(1, 0)), used, work, at)
    return found


@inlined
def add_weighted(sums, first, weight, squares, size):
    """Add a weight times all squares to the sums from a position on."""
    for position in range(0, size, LANES):
        here = first + position
        store(sums, here, fma(weight, load(squares, position), load(sums, here)))


@inlined
def put_totals(found, sums, first):
    """Write a symmetric matrix from the sums of its lanes."""
    for c in range(len(found)):
        for d in range(c + 1):
            value = total(load(sums, first + entry(c, d)))
            found[c, d] = value
            found[d, c] = value


@compiled
def weighted_squares(system, weights):
    """Sums of ``weights`` (B, K, E) times |G_cd|^2 over the energies, (B, K, C, C).

    E is a multiple of ``LANES``.
    """
    batch, rows, num = weights.shape
    energies, stride = padded_energies(system.energies)
    at = layout(system)
    work, size = allocate(at.u), entry(at.num_columns, 0)
    squares, sums = allocate(size), allocate(rows * size)
    found = np.empty((batch, rows, at.num_columns, at.num_columns))
    flat = weights.reshape(-1)
    for b in range(batch):
        prepare(work, at, system, b)
        for position in range(len(sums)):
            sums[position] = 0.0
        for start in range(0, num, LANES):
            solve_columns(work, at, energies, b * stride + start)
            set_squares(work, at, squares)
            for k in range(rows):
                weight = load(flat, (b * rows + k) * num + start)
                add_weighted(sums, k * size, weight, squares, size)
        for k in range(rows):
            put_totals(found[b, k], sums, k * size)
    return found
