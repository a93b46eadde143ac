"""Compiled transmission of ladders, and nothing else: about half the work of ``_column_kernels``.

Of two contact orbitals G is read in the column of the upper one, at the block of the lower one, so
that columns are substituted up to the highest of these blocks only: not at all between the ends.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.double import LANES, load, maximum, power_of_two, splat
from dnawire.compiled.kernel import compiled, inlined
from dnawire.transport._block_kernels import block_of, pair_weight, square
from dnawire.transport._column_kernels import element, eliminate, substitute
from dnawire.transport._layout_kernels import (
    allocate,
    layout,
    padded_energies,
    prepare,
    put_part,
    used_lanes,
)


@inlined
def lower_first(work, at, c, d):
    """Two contact columns: the one with the lower block (the larger number) first."""
    if block_of(work, at, c) < block_of(work, at, d):
        return d, c
    return c, d


@inlined
def highest_block_read(work, at):
    """Block up to which columns are needed for T."""
    found = at.length - 1
    for c in range(at.num_columns):
        for d in range(at.num_columns):
            if pair_weight(work, at, c, d) > 0.0:
                found = min(found, max(block_of(work, at, c), block_of(work, at, d)))
    return found


@inlined
def largest_exponent(work, at):
    found = splat(-1e9)
    for c in range(at.num_columns):
        for d in range(at.num_columns):
            if pair_weight(work, at, c, d) > 0.0:
                low, high = lower_first(work, at, c, d)
                _, _, scale = element(work, at, low, high)
                found = maximum(found, scale + scale)
    return found


@inlined
def transmission(work, at):
    """T as mantissa and exponent of two."""
    exponent, mantissa = splat(0.0), splat(0.0)
    if at.is_long:
        exponent = largest_exponent(work, at)
    for c in range(at.num_columns):
        for d in range(at.num_columns):
            weight = pair_weight(work, at, c, d)
            if weight > 0.0:
                low, high = lower_first(work, at, c, d)
                re, im, scale = element(work, at, low, high)
                part = splat(weight) * square(re, im)
                if at.is_long:
                    part = part * power_of_two(scale + scale - exponent)
                mantissa = mantissa + part
    return mantissa, exponent


@compiled
def forward(system):
    """T of a batch as mantissa and exponent of two, (B, E), flat."""
    batch, num = system.diagonal.shape[0], system.energies.shape[1]
    energies, stride = padded_energies(system.energies)
    mantissa, exponent = np.empty(batch * num), np.empty(batch * num)
    at = layout(system)
    work = allocate(at.u)
    for b in range(batch):
        prepare(work, at, system, b)
        first = highest_block_read(work, at)
        for start in range(0, num, LANES):
            used = used_lanes(num, start)
            eliminate(work, at, load(energies, b * stride + start))
            substitute(work, at, first)
            m, e = transmission(work, at)
            put_part(mantissa, b * num + start, m, used, work, at)
            put_part(exponent, b * num + start, e, used, work, at)
    return mantissa, exponent
