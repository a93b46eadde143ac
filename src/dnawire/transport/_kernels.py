"""Compiled CPU kernels of the block-tridiagonal recursion for blocks of two orbitals.

The mathematics is that of :mod:`dnawire.transport._recursion`, which is the readable definition.
All that one chunk of energies of one junction needs lies in one array, ``work``, at the positions
of a `Layout`. A row holds one number for ``LANES`` energies: an inverse block takes six rows (real
and imaginary part of 00, 01, 11), a vector of two complex components four, a scale one. In long
chains a column is kept as ``x 2^s``, so that nothing underflows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.transport._double import (
    LANES,
    absolute,
    exponent_of,
    fma,
    load,
    maximum,
    power_of_two,
    splat,
    spread,
    store,
    where_positive,
)
from dnawire.transport.compilation import compiled, inlined

RENORMALIZE_EVERY = 16
CACHE_LINE = 8
"""Numbers in a cache line; rows start with one, which a register can then read at once."""
NEGLIGIBLE_EXPONENT = -500.0
"""A column that is smaller by this power of two adds nothing to the LDOS: its square underflows."""
BLOCK = 20
"""Numbers of a block: 0-3 energy factor and -H of either orbital, 4 -H between them, 5-6 damping,
7-15 products of the step above, 16-19 the step below."""
CONTACT = 4
"""Numbers of a contact column: block, orbital, weight in the LDOS, left coupling."""


class Ladder(NamedTuple):
    """One batch as arrays; see `dnawire.transport._recursion.Ladder` for shapes and meaning."""

    diagonal: NDArray[np.float64]
    step: NDArray[np.float64]
    damping: NDArray[np.float64]
    present: NDArray[np.bool_]
    columns: NDArray[np.int64]
    gamma_left: NDArray[np.float64]
    gamma_right: NDArray[np.float64]
    broadening: NDArray[np.float64]
    energies: NDArray[np.float64]


class Layout(NamedTuple):
    """Sizes, and positions in ``work``."""

    length: int
    count: int
    is_long: bool
    blocks: int
    contacts: int
    weights: int  # gamma_left gamma_right of every pair of columns, by right and left
    row: int  # 1 row
    inverse: int  # 6 rows a block
    x: int  # 4 rows a block, column after column
    scale: int  # 1 row a block, column after column
    u: int  # 4 rows a block, column after column; this and what follows: for the adjoint
    density: int  # 2 rows a block
    sums: int  # 7 rows a block
    pairs: int  # 2 rows a pair of columns
    size: int


@inlined
def layout(ladder):
    """Lay out the scratch of a batch."""
    length, count = ladder.diagonal.shape[1], ladder.columns.shape[1]
    contacts = BLOCK * length
    weights = contacts + CONTACT * count
    row = (weights + count * count + CACHE_LINE) // CACHE_LINE * CACHE_LINE
    inverse = row + LANES
    x = inverse + 6 * length * LANES
    scale = x + 4 * count * length * LANES
    u = scale + count * length * LANES
    density = u + 4 * count * length * LANES
    sums = density + 2 * length * LANES
    pairs = sums + 7 * length * LANES
    size = pairs + 2 * count * count * LANES
    is_long = length > RENORMALIZE_EVERY
    return Layout(
        length, count, is_long, 0, contacts, weights, row, inverse, x, scale, u, density, sums,
        pairs, size,
    )  # fmt: skip


@inlined
def allocate(size):
    """Zeros that start with a cache line."""
    numbers = np.zeros(size + CACHE_LINE)
    behind = int(numbers.ctypes.data) // numbers.itemsize % CACHE_LINE
    start = (CACHE_LINE - behind) % CACHE_LINE
    return numbers[start : start + size]


@compiled
def prepare(work, at, ladder, b):
    """Write what does not depend on the energy."""
    for n in range(at.length):
        here, h, t = at.blocks + BLOCK * n, ladder.diagonal[b, n], ladder.step[b]
        for i in range(2):
            is_present = ladder.present[b, n, i]
            work[here + 2 * i] = 1.0 if is_present else 0.0
            work[here + 2 * i + 1] = -h[i, i] if is_present else 1.0
            work[here + 5 + i] = ladder.damping[b, n, i]
        work[here + 4] = -0.5 * (h[0, 1] + h[1, 0])
        for i in range(2):
            for j in range(2):
                work[here + 16 + 2 * i + j] = t[n, i, j] if n < at.length - 1 else 0.0
        for k, (i, j) in enumerate(((0, 0), (0, 1), (1, 1))):
            first = here + 7 + 3 * k
            work[first] = -t[n - 1, 0, i] * t[n - 1, 0, j] if n > 0 else 0.0
            work[first + 1] = (
                -(t[n - 1, 0, i] * t[n - 1, 1, j] + t[n - 1, 1, i] * t[n - 1, 0, j])
                if n > 0
                else 0.0
            )
            work[first + 2] = -t[n - 1, 1, i] * t[n - 1, 1, j] if n > 0 else 0.0
    for c in range(at.count):
        here, site = at.contacts + CONTACT * c, ladder.columns[b, c]
        work[here] = site // 2
        work[here + 1] = site % 2
        work[here + 2] = ladder.broadening[b, c] / (2.0 * np.pi)
        for left in range(at.count):
            product = ladder.gamma_left[b, left] * ladder.gamma_right[b, c]
            work[at.weights + c * at.count + left] = product


@inlined
def get_vector(work, position):
    """Read two complex components."""
    return (
        load(work, position),
        load(work, position + LANES),
        load(work, position + 2 * LANES),
        load(work, position + 3 * LANES),
    )


@inlined
def put_vector(work, position, v):
    """Write two complex components."""
    store(work, position, v[0])
    store(work, position + LANES, v[1])
    store(work, position + 2 * LANES, v[2])
    store(work, position + 3 * LANES, v[3])


@inlined
def get_inverse(work, at, n):
    """Read P_n^-1."""
    position = at.inverse + 6 * n * LANES
    return (
        load(work, position),
        load(work, position + LANES),
        load(work, position + 2 * LANES),
        load(work, position + 3 * LANES),
        load(work, position + 4 * LANES),
        load(work, position + 5 * LANES),
    )


@inlined
def _put_inverse(work, at, n, p):
    position = at.inverse + 6 * n * LANES
    store(work, position, p[0])
    store(work, position + LANES, p[1])
    store(work, position + 2 * LANES, p[2])
    store(work, position + 3 * LANES, p[3])
    store(work, position + 4 * LANES, p[4])
    store(work, position + 5 * LANES, p[5])


@inlined
def get_step(work, at, n):
    """Read the real block t_n."""
    position = at.blocks + BLOCK * n + 16
    return (
        spread(work, position),
        spread(work, position + 1),
        spread(work, position + 2),
        spread(work, position + 3),
    )


@inlined
def column(at, c, n):
    """Position of block ``n`` of column ``c`` of ``x``."""
    return at.x + 4 * (c * at.length + n) * LANES


@inlined
def get_scale(work, at, c, n):
    """Exponent of two of a column at block ``n``."""
    return load(work, at.scale + (c * at.length + n) * LANES)


@inlined
def _put_scale(work, at, c, n, scale):
    store(work, at.scale + (c * at.length + n) * LANES, scale)


@inlined
def block_of(work, at, c):
    """Block of a contact column."""
    return int(work[at.contacts + CONTACT * c])


@inlined
def is_second(work, at, c):
    """Whether a contact column belongs to the second orbital of its block."""
    return work[at.contacts + CONTACT * c + 1] > 0.0


@inlined
def pair_weight(work, at, left, r):
    """Product of the couplings of two columns; zero if they are no pair of left and right."""
    return work[at.weights + r * at.count + left]


@inlined
def times(t, v):
    """t v."""
    return (
        fma(t[0], v[0], t[1] * v[2]),
        fma(t[0], v[1], t[1] * v[3]),
        fma(t[2], v[0], t[3] * v[2]),
        fma(t[2], v[1], t[3] * v[3]),
    )


@inlined
def transposed_times(t, v):
    """t^T v."""
    return times((t[0], t[2], t[1], t[3]), v)


@inlined
def add(v, w):
    """v + w."""
    return v[0] + w[0], v[1] + w[1], v[2] + w[2], v[3] + w[3]


@inlined
def multiply(v, factor):
    """Real factor times v."""
    return v[0] * factor, v[1] * factor, v[2] * factor, v[3] * factor


@inlined
def apply_inverse(p, v):
    """P^-1 v of a complex symmetric inverse block."""
    return (
        fma(p[0], v[0], fma(-p[1], v[1], fma(p[2], v[2], -(p[3] * v[3])))),
        fma(p[0], v[1], fma(p[1], v[0], fma(p[2], v[3], p[3] * v[2]))),
        fma(p[2], v[0], fma(-p[3], v[1], fma(p[4], v[2], -(p[5] * v[3])))),
        fma(p[2], v[1], fma(p[3], v[0], fma(p[4], v[3], p[5] * v[2]))),
    )


@inlined
def square(re, im):
    """|re + i im|^2."""
    return fma(re, re, im * im)


@inlined
def _inverse_block(work, at, n, energy, above):
    """(D_n - t^T P_above^-1 t)^-1; a missing orbital has the constant 1 on its diagonal."""
    here = at.blocks + BLOCK * n
    p_re = fma(spread(work, here), energy, spread(work, here + 1))
    s_re = fma(spread(work, here + 2), energy, spread(work, here + 3))
    p_re, p_im = _add_products(work, here + 7, above, p_re, spread(work, here + 5))
    q_re, q_im = _add_products(work, here + 10, above, spread(work, here + 4), splat(0.0))
    s_re, s_im = _add_products(work, here + 13, above, s_re, spread(work, here + 6))
    det_re = fma(p_re, s_re, fma(-p_im, s_im, fma(q_im, q_im, -(q_re * q_re))))
    det_im = fma(p_re, s_im, fma(p_im, s_re, splat(-2.0) * (q_re * q_im)))
    size = splat(1.0) / square(det_re, det_im)
    c_re, c_im = det_re * size, -(det_im * size)
    return (
        fma(s_re, c_re, -(s_im * c_im)),
        fma(s_re, c_im, s_im * c_re),
        fma(q_im, c_im, -(q_re * c_re)),
        -fma(q_re, c_im, q_im * c_re),
        fma(p_re, c_re, -(p_im * c_im)),
        fma(p_re, c_im, p_im * c_re),
    )


@inlined
def _add_products(work, position, p, re, im):
    first, second = spread(work, position), spread(work, position + 1)
    third = spread(work, position + 2)
    return (
        fma(first, p[0], fma(second, p[2], fma(third, p[4], re))),
        fma(first, p[1], fma(second, p[3], fma(third, p[5], im))),
    )


@inlined
def renormalized(v, scale):
    """Divide by the power of two that is nearest below the largest part; add it to the scale."""
    largest = maximum(
        maximum(absolute(v[0]), absolute(v[1])), maximum(absolute(v[2]), absolute(v[3]))
    )
    exponent = where_positive(largest, exponent_of(largest), splat(0.0))
    return multiply(v, power_of_two(-exponent)), scale + exponent


@inlined
def _eliminate(work, at, energy):
    """Fill ``inverse``, and every column of ``x`` with P_n^-1 (e_n + t^T x_(n-1))."""
    zero = splat(0.0)
    p = zero, zero, zero, zero, zero, zero
    t = zero, zero, zero, zero
    for n in range(at.length):
        p = _inverse_block(work, at, n, energy, p)
        _put_inverse(work, at, n, p)
        for c in range(at.count):
            first, here = block_of(work, at, c), column(at, c, n)
            if n < first:
                continue
            w, scale = (p[0], p[1], p[2], p[3]), zero
            if n > first:
                w = transposed_times(t, get_vector(work, here - 4 * LANES))
                if at.is_long:
                    scale = get_scale(work, at, c, n - 1)
                    if n % RENORMALIZE_EVERY == 0:
                        w, scale = renormalized(w, scale)
                w = apply_inverse(p, w)
            elif is_second(work, at, c):
                w = p[2], p[3], p[4], p[5]
            put_vector(work, here, w)
            if at.is_long:
                _put_scale(work, at, c, n, scale)
        t = get_step(work, at, n)


@inlined
def _substitute(work, at):
    """x_n <- x_n + P_n^-1 t_n x_(n+1) in every column, from below."""
    for n in range(at.length - 2, -1, -1):
        t, p = get_step(work, at, n), get_inverse(work, at, n)
        for c in range(at.count):
            first, here = block_of(work, at, c), column(at, c, n)
            v = times(t, get_vector(work, here + 4 * LANES))
            if at.is_long and n >= first:
                rise = get_scale(work, at, c, n + 1) - get_scale(work, at, c, n)
                v = multiply(v, power_of_two(rise))
            v = apply_inverse(p, v)
            if n >= first:
                v = add(get_vector(work, here), v)
            elif at.is_long:
                scale = get_scale(work, at, c, n + 1)
                if n > 0 and n % RENORMALIZE_EVERY == 0:
                    v, scale = renormalized(v, scale)
                _put_scale(work, at, c, n, scale)
            put_vector(work, here, v)


@inlined
def solve_columns(work, at, energies, start):
    """Fill ``x`` with the contact columns of G for one chunk."""
    _eliminate(work, at, load(energies, start))
    _substitute(work, at)


@inlined
def element(work, at, left, r):
    """G at the orbitals of two contact columns: real part, imaginary part, scale."""
    n = block_of(work, at, left)
    position = column(at, r, n)
    if is_second(work, at, left):
        position += 2 * LANES
    scale = splat(0.0)
    if at.is_long:
        scale = get_scale(work, at, r, n)
    return load(work, position), load(work, position + LANES), scale


@inlined
def transmission(work, at):
    """Return T as mantissa and exponent of two."""
    exponent, mantissa = splat(0.0), splat(0.0)
    if at.is_long:
        exponent = _largest_exponent(work, at)
    for r in range(at.count):
        for left in range(at.count):
            weight = pair_weight(work, at, left, r)
            if weight > 0.0:
                re, im, scale = element(work, at, left, r)
                part = splat(weight) * square(re, im)
                if at.is_long:
                    part = part * power_of_two(scale + scale - exponent)
                mantissa = mantissa + part
    return mantissa, exponent


@inlined
def _largest_exponent(work, at):
    largest = splat(-1e9)
    for r in range(at.count):
        for left in range(at.count):
            if pair_weight(work, at, left, r) > 0.0:
                _, _, scale = element(work, at, left, r)
                largest = maximum(largest, scale + scale)
    return largest


@inlined
def unscale(work, at):
    """Multiply the scales of long chains into the columns."""
    if at.is_long:
        for c in range(at.count):
            for n in range(at.length):
                scale, here = get_scale(work, at, c, n), column(at, c, n)
                kept = where_positive(scale - splat(NEGLIGIBLE_EXPONENT), scale, splat(-2000.0))
                put_vector(work, here, multiply(get_vector(work, here), power_of_two(kept)))


@inlined
def density(work, at, site):
    """LDOS of an orbital, from unscaled columns."""
    found = splat(0.0)
    for c in range(at.count):
        position = at.x + (4 * c * at.length + 2 * site) * LANES
        weight = spread(work, at.contacts + CONTACT * c + 2)
        found = fma(weight, square(load(work, position), load(work, position + LANES)), found)
    return found


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


@compiled
def padded_energies(energies):
    """Every grid, filled up to whole chunks with its last energy; flat, and their length."""
    grids, num = energies.shape
    length = (num + LANES - 1) // LANES * LANES
    padded = np.empty(grids * length)
    for g in range(grids):
        for k in range(length):
            padded[g * length + k] = energies[g, min(k, num - 1)]
    return padded, (length if grids > 1 else 0)


@compiled
def forward(ladder, with_ldos):
    """T as mantissa and exponent of two, DOS (B, E), LDOS (B, L, 2, E) of a batch; all flat.

    The LDOS is empty if it is not asked for.
    """
    batch, num = ladder.diagonal.shape[0], ladder.energies.shape[1]
    energies, stride = padded_energies(ladder.energies)
    mantissa, exponent, dos = np.empty(batch * num), np.empty(batch * num), np.empty(batch * num)
    at = layout(ladder)
    ldos = np.empty(batch * at.length * 2 * num if with_ldos else 0)
    work = allocate(at.u)
    for b in range(batch):
        prepare(work, at, ladder, b)
        for start in range(0, num, LANES):
            used = used_lanes(num, start)
            solve_columns(work, at, energies, b * stride + start)
            m, e = transmission(work, at)
            put_part(mantissa, b * num + start, m, used, work, at)
            put_part(exponent, b * num + start, e, used, work, at)
            unscale(work, at)
            whole = splat(0.0)
            for site in range(2 * at.length):
                found = density(work, at, site)
                whole = whole + found
                if with_ldos:
                    position = (2 * b * at.length + site) * num + start
                    put_part(ldos, position, found, used, work, at)
            put_part(dos, b * num + start, whole, used, work, at)
    return mantissa, exponent, dos, ldos
