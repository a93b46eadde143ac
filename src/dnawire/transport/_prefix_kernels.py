"""Compiled transmission of many ladders in which a row begins like the row before it.

Growing a ladder by a block ``n`` changes what is known of the one before it by products alone::

    P_n = D_n - t^T P_(n-1)^-1 t,    x_c <- P_n^-1 t^T x_c,    G_cd <- G_cd + (t^T x_c)^T x_d

with ``x_c`` the rows of block ``n`` in the column of a contact orbital ``c``, on the right side
those of the ladder before. So T needs no way back, and where a row differs from the one before it
from block ``n`` on, it starts from what is kept of block ``n - 1``, for every chunk of energies.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.double import (
    LANES,
    exponent_of,
    fma,
    load,
    maximum,
    power_of_two,
    splat,
    store,
    total,
    where_positive,
)
from dnawire.compiled.kernel import compiled, inlined
from dnawire.transport._block_kernels import (
    apply,
    get_step,
    get_symmetric,
    get_vector,
    put_symmetric,
    put_vector,
    square,
    transposed_times,
)
from dnawire.transport._column_kernels import renormalized
from dnawire.transport._inverse_kernels import left_inverse
from dnawire.transport._layout_kernels import (
    BLOCK,
    CACHE_LINE,
    RENORMALIZE_EVERY,
    allocate,
    prepare_block,
    prepare_step,
)


class Ladders(NamedTuple):
    """What the rows are made of; energies in eV."""

    diagonal: NDArray[Any]  # (K, 2, 2), by kind of base pair
    present: NDArray[Any]  # (K, 2)
    step: NDArray[Any]  # (K, K, 2, 2)
    damping: NDArray[Any]  # (L, 2)
    blocks: NDArray[Any]  # (C,): block of each contact column, int64
    orbitals: NDArray[Any]  # (C,)
    pairs: NDArray[Any]  # (P, 2): contact columns, the one with the upper block first
    weights: NDArray[Any]  # (P,): eV^2
    energies: NDArray[Any]  # (E,), filled up to whole chunks
    is_asked: NDArray[Any]  # (E,): one where an energy was asked for, else zero


class PrefixLayout(NamedTuple):
    """Sizes, and positions in the scratch."""

    length: int
    is_long: bool  # columns and elements have scales
    blocks: int
    row: int  # 1 row
    states: int  # for every chunk and block: inverse, columns, scales; elements, scales
    columns: int  # begin of the columns in a state; 5 rows each
    elements: int  # begin of the elements in a state; 3 rows each
    stride: int  # numbers of a state
    size: int


@inlined
def _layout(ladders):
    length, count = len(ladders.damping), len(ladders.blocks)
    row = (BLOCK * length + CACHE_LINE) // CACHE_LINE * CACHE_LINE
    states = row + LANES
    columns = 6 * LANES
    elements = columns + 5 * count * LANES
    stride = elements + 3 * len(ladders.weights) * LANES
    size = states + stride * length * (len(ladders.energies) // LANES)
    is_long = length > RENORMALIZE_EVERY
    return PrefixLayout(length, is_long, 0, row, states, columns, elements, stride, size)


@inlined
def _first_difference(kinds, b):
    """Block from which on a row differs from the one before it."""
    if b == 0:
        return 0
    n = 0
    while n < kinds.shape[1] and kinds[b, n] == kinds[b - 1, n]:
        n += 1
    return n


@inlined
def _prepare(work, at, ladders, kinds, b, first):
    """Write what does not depend on the energy, from block ``first`` on."""
    for n in range(first, at.length):
        here, kind = at.blocks + BLOCK * n, kinds[b, n]
        prepare_block(work, here, ladders.diagonal[kind], ladders.present[kind], ladders.damping[n])
        if n > 0:
            prepare_step(work, here - BLOCK, ladders.step[kinds[b, n - 1], kind])


@inlined
def _advance_column(work, at, here, n, p, t, source, orbital):
    """Write a column at ``here`` at block ``n``, from that at the block above."""
    w, scale = (p[0], p[1], p[2], p[3]), splat(0.0)
    if n > source:
        w = transposed_times(t, get_vector(work, here - at.stride))
        if at.is_long:
            scale = load(work, here - at.stride + 4 * LANES)
            if n % RENORMALIZE_EVERY == 0:
                w, scale = renormalized(w, scale)
        w = apply(p, w)
    elif orbital == 1:
        w = p[2], p[3], p[4], p[5]
    put_vector(work, here, w)
    if at.is_long:
        store(work, here + 4 * LANES, scale)


@inlined
def _begin_element(work, at, here, column, orbital):
    """Read G of two contact orbitals where the ladder reaches the second one."""
    position = column + 2 * LANES * orbital
    store(work, here, load(work, position))
    store(work, here + LANES, load(work, position + LANES))
    if at.is_long:
        store(work, here + 2 * LANES, load(work, column + 4 * LANES))


@inlined
def _advance_element(work, at, here, t, first, second):
    """Add what a further block changes in G of two contact orbitals."""
    above = here - at.stride
    v, w = transposed_times(t, get_vector(work, first - at.stride)), get_vector(work, second)
    re = fma(v[0], w[0], fma(-v[1], w[1], fma(v[2], w[2], -(v[3] * w[3]))))
    im = fma(v[0], w[1], fma(v[1], w[0], fma(v[2], w[3], v[3] * w[2])))
    if at.is_long:
        scale = load(work, above + 2 * LANES)
        rise = load(work, first - at.stride + 4 * LANES) + load(work, second + 4 * LANES) - scale
        re, im = re * power_of_two(rise), im * power_of_two(rise)
        store(work, here + 2 * LANES, scale)
    store(work, here, load(work, above) + re)
    store(work, here + LANES, load(work, above + LANES) + im)


@inlined
def _advance(work, at, ladders, state, n, p, t):
    """Write all columns and elements of one state."""
    columns, elements = state + at.columns, state + at.elements
    for c in range(len(ladders.blocks)):
        if n >= ladders.blocks[c]:
            position, source = columns + 5 * c * LANES, ladders.blocks[c]
            _advance_column(work, at, position, n, p, t, source, ladders.orbitals[c])
    for k in range(len(ladders.weights)):
        c, d = ladders.pairs[k, 0], ladders.pairs[k, 1]
        element, column = elements + 3 * k * LANES, columns + 5 * c * LANES
        if n == ladders.blocks[d]:
            _begin_element(work, at, element, column, ladders.orbitals[d])
        elif n > ladders.blocks[d]:
            _advance_element(work, at, element, t, column, columns + 5 * d * LANES)


@inlined
def _grow(work, at, ladders, here, energy, first):
    """Write the states from block ``first`` on, that of block 0 at ``here``."""
    zero = splat(0.0)
    p, t = (zero, zero, zero, zero, zero, zero), (zero, zero, zero, zero)
    if first > 0:
        p = get_symmetric(work, here + (first - 1) * at.stride, 0)
    for n in range(first, at.length):
        state = here + n * at.stride
        if n > 0:
            t = get_step(work, at, n - 1)
        p = left_inverse(work, at, n, energy, p)
        put_symmetric(work, state, 0, p)
        _advance(work, at, ladders, state, n, p, t)


@inlined
def _transmission(work, at, ladders, elements):
    """T as mantissa and exponent of two."""
    exponent, mantissa = splat(0.0), splat(0.0)
    if at.is_long:
        exponent = splat(-1e9)
        for k in range(len(ladders.weights)):
            scale = load(work, elements + (3 * k + 2) * LANES)
            exponent = maximum(exponent, scale + scale)
    for k in range(len(ladders.weights)):
        here = elements + 3 * k * LANES
        part = splat(ladders.weights[k]) * square(load(work, here), load(work, here + LANES))
        if at.is_long:
            scale = load(work, here + 2 * LANES)
            part = part * power_of_two(scale + scale - exponent)
        mantissa = mantissa + part
    return mantissa, exponent


@compiled
def products(ladders, kinds):
    """Products of T over all energies as mantissa and exponent of two, (B,)."""
    batch, at = len(kinds), _layout(ladders)
    mantissas, exponents, work = np.empty(batch), np.empty(batch), allocate(at.size)
    last = (at.length - 1) * at.stride + at.elements
    for b in range(batch):
        first = _first_difference(kinds, b)
        _prepare(work, at, ladders, kinds, b, first)
        product, power, here = splat(1.0), splat(0.0), at.states
        for start in range(0, len(ladders.energies), LANES):
            _grow(work, at, ladders, here, load(ladders.energies, start), first)
            mantissa, exponent = _transmission(work, at, ladders, here + last)
            is_asked = load(ladders.is_asked, start)
            product = product * where_positive(is_asked, mantissa, splat(1.0))
            rise = where_positive(product, exponent_of(product), splat(0.0))
            product = product * power_of_two(-rise)
            power = power + where_positive(is_asked, exponent, splat(0.0)) + rise
            here += at.length * at.stride
        store(work, at.row, product)
        whole = 1.0
        for lane in range(LANES):
            whole *= work[at.row + lane]
        mantissas[b], exponents[b] = whole, total(power)
    return mantissas, exponents
