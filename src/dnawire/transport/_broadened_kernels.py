"""Compiled spectra and gradients where eta is finite and every orbital is a source, in O(L) too.

The density comes from the diagonal of G, which the inverses of what lies above and below each block
give; the columns of the contacts grow out of it, for the transmission alone. The adjoint needs the
blocks of ``G v G`` with a diagonal v: minus the derivative of G by v, by the same recursions.
"""

from __future__ import annotations

import math

from dnawire.compiled.double import LANES, fma, load, maximum, splat, spread, store
from dnawire.compiled.kernel import compiled, inlined
from dnawire.transport._adjoint_kernels import get_sums, gradient_of, put_sums
from dnawire.transport._block_kernels import (
    apply,
    block_of,
    column,
    get_step,
    get_symmetric,
    get_vector,
    is_second,
    put_scale,
    put_symmetric,
    put_vector,
    times,
    transposed_times,
)
from dnawire.transport._column_kernels import renormalized, spectra_of
from dnawire.transport._inverse_kernels import attach, free_block, inverse, left_inverse
from dnawire.transport._layout_kernels import ABOVE, BELOW, BLOCK, RENORMALIZE_EVERY

INVERSE_PI = 1.0 / math.pi


@inlined
def _zeros():
    zero = splat(0.0)
    return zero, zero, zero, zero, zero, zero


@inlined
def _factor(work, at, site):
    """1 for an orbital that exists, else 0."""
    return spread(work, at.blocks + BLOCK * (site // 2) + 2 * (site % 2))


@inlined
def _set_inverses(work, at, energy):
    """Inverses of what ends and begins with each block, and the diagonal of G with its density."""
    p = _zeros()
    for n in range(at.length):
        p = left_inverse(work, at, n, energy, p)
        put_symmetric(work, at.inverse, n, p)
    q = _zeros()
    for n in range(at.length - 1, -1, -1):
        block = attach(work, at, n, BELOW, free_block(work, at, n, energy), q)
        q = inverse(block)
        put_symmetric(work, at.right, n, q)
        if n > 0:
            block = attach(work, at, n, ABOVE, block, get_symmetric(work, at.inverse, n - 1))
        greens = inverse(block)
        put_symmetric(work, at.full, n, greens)
        for i in range(2):
            found = -(splat(INVERSE_PI) * _factor(work, at, 2 * n + i) * greens[1 if i == 0 else 5])
            store(work, at.density + (2 * n + i) * LANES, maximum(found, splat(0.0)))


@inlined
def _set_column(work, at, c):
    """Column of G at a contact: outwards from the block of the contact."""
    first = block_of(work, at, c)
    greens, scale = get_symmetric(work, at.full, first), splat(0.0)
    v = greens[0], greens[1], greens[2], greens[3]
    if is_second(work, at, c):
        v = greens[2], greens[3], greens[4], greens[5]
    put_vector(work, column(at, c, first), v)
    put_scale(work, at, c, first, scale)
    for n in range(first - 1, -1, -1):
        above = get_vector(work, column(at, c, n + 1))
        v = apply(get_symmetric(work, at.inverse, n), times(get_step(work, at, n), above))
        if n % RENORMALIZE_EVERY == 0:
            v, scale = renormalized(v, scale)
        put_vector(work, column(at, c, n), v)
        put_scale(work, at, c, n, scale)
    scale = splat(0.0)
    for n in range(first + 1, at.length):
        v = transposed_times(get_step(work, at, n - 1), get_vector(work, column(at, c, n - 1)))
        v = apply(get_symmetric(work, at.right, n), v)
        if n % RENORMALIZE_EVERY == 0:
            v, scale = renormalized(v, scale)
        put_vector(work, column(at, c, n), v)
        put_scale(work, at, c, n, scale)


@inlined
def _solve(work, at, energies, start):
    """Fill the diagonal of G, the densities, and the columns of the contacts."""
    _set_inverses(work, at, load(energies, start))
    for c in range(at.num_columns):
        _set_column(work, at, c)


@inlined
def _keep_densities(work, at):
    """They are there already."""


@inlined
def _complex_product(a_re, a_im, b_re, b_im, re, im):
    """Add a b."""
    return fma(a_re, b_re, fma(-a_im, b_im, re)), fma(a_re, b_im, fma(a_im, b_re, im))


@inlined
def _pair_of_products(a, i, j, b, k, m):
    """``a_i b_k + a_j b_m`` of complex numbers that lie one after the other."""
    none = splat(0.0)
    re, im = _complex_product(a[2 * i], a[2 * i + 1], b[2 * k], b[2 * k + 1], none, none)
    return _complex_product(a[2 * j], a[2 * j + 1], b[2 * m], b[2 * m + 1], re, im)


@inlined
def _sandwich(g, block):
    """``-g block g`` of symmetric matrices."""
    x_00, x_01, x_11, y_00, y_01, y_11 = block
    m = x_00, y_00, x_01, y_01, x_11, y_11
    upper = _pair_of_products(m, 0, 1, g, 0, 1) + _pair_of_products(m, 0, 1, g, 1, 2)
    rows = upper + _pair_of_products(m, 1, 2, g, 0, 1) + _pair_of_products(m, 1, 2, g, 1, 2)
    re_00, im_00 = _pair_of_products(g, 0, 1, rows, 0, 2)
    re_01, im_01 = _pair_of_products(g, 0, 1, rows, 1, 3)
    re_11, im_11 = _pair_of_products(g, 1, 2, rows, 1, 3)
    return -re_00, -im_00, -re_01, -im_01, -re_11, -im_11


@inlined
def _source(work, at, n, common):
    """The diagonal matrix v of a block, over pi."""
    position = at.density + 2 * n * LANES
    none, share = splat(0.0), splat(INVERSE_PI)
    upper = _factor(work, at, 2 * n) * (load(work, position) + common) * share
    lower = _factor(work, at, 2 * n + 1) * (load(work, position + LANES) + common) * share
    return upper, none, lower, none, none, none


@inlined
def _step_row(s, i, t, g, row):
    """Add the imaginary part of row ``i`` of ``s t g``, s and g symmetric."""
    k = 2 * i
    a_re, a_im = fma(s[k], t[0], s[k + 2] * t[2]), fma(s[k + 1], t[0], s[k + 3] * t[2])
    b_re, b_im = fma(s[k], t[1], s[k + 2] * t[3]), fma(s[k + 1], t[1], s[k + 3] * t[3])
    return (
        fma(a_re, g[1], fma(a_im, g[0], fma(b_re, g[3], fma(b_im, g[2], row[0])))),
        fma(a_re, g[3], fma(a_im, g[2], fma(b_re, g[5], fma(b_im, g[4], row[1])))),
    )


@inlined
def _add_densities(work, at, common):
    """Add the part of DOS and LDOS to the sums: Im of the blocks of ``-G v G / pi``."""
    s = _zeros()
    for n in range(at.length):
        block = attach(work, at, n, ABOVE, _source(work, at, n, common), s)
        s = _sandwich(get_symmetric(work, at.inverse, n), block)
        put_symmetric(work, at.slopes, n, s)
    right, whole, half = _zeros(), _zeros(), splat(0.5)
    for n in range(at.length - 1, -1, -1):
        diagonal, step = get_sums(work, at, n)
        if n < at.length - 1:
            t, below = get_step(work, at, n), get_symmetric(work, at.full, n + 1)
            s, g = get_symmetric(work, at.slopes, n), get_symmetric(work, at.inverse, n)
            upper = _step_row(g, 0, t, whole, _step_row(s, 0, t, below, (step[0], step[1])))
            lower = _step_row(g, 1, t, whole, _step_row(s, 1, t, below, (step[2], step[3])))
            step = upper[0], upper[1], lower[0], lower[1]
        block = attach(work, at, n, BELOW, _source(work, at, n, common), right)
        right = _sandwich(get_symmetric(work, at.right, n), block)
        if n > 0:
            block = attach(work, at, n, ABOVE, block, get_symmetric(work, at.slopes, n - 1))
        whole = _sandwich(get_symmetric(work, at.full, n), block)
        diagonal = (
            fma(half, whole[1], diagonal[0]),
            fma(half, whole[5], diagonal[1]),
            diagonal[2] + whole[3],
        )
        put_sums(work, at, n, diagonal, step)


@compiled
def forward(system, rows, ldos):
    """Like the function of this name for eta = 0."""
    return spectra_of(system, rows, ldos, _solve, _keep_densities)


@compiled
def backward(system, cotangents):
    """Like the function of this name for eta = 0."""
    return gradient_of(system, cotangents, _solve, _keep_densities, _add_densities)
