"""Compiled CPU kernels of the block-tridiagonal recursion for blocks of two orbitals.

The mathematics is that of :mod:`dnawire.transport._recursion`, which is the readable definition.
All that one chunk of energies of one junction needs lies in one array, ``work``, at the positions
of a `Layout`. In long chains a column is stored as ``x 2^s``, so that nothing underflows.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.double import (
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
from dnawire.compiled.kernel import compiled, inlined
from dnawire.transport._block_kernels import (
    add,
    apply,
    block_of,
    column,
    get_scale,
    get_step,
    get_symmetric,
    get_vector,
    is_second,
    multiply,
    pair_weight,
    put_scale,
    put_symmetric,
    put_vector,
    square,
    times,
    transposed_times,
)
from dnawire.transport._inverse_kernels import left_inverse
from dnawire.transport._layout_kernels import (
    CONTACT,
    RENORMALIZE_EVERY,
    allocate,
    layout,
    padded_energies,
    prepare,
    put_part,
    used_lanes,
)

NEGLIGIBLE_EXPONENT = -500.0
"""A column that is smaller by this power of two adds nothing to the LDOS: its square underflows."""


@inlined
def renormalized(v, scale):
    """Divide by the power of two that is nearest below the largest part; add it to the scale."""
    largest = maximum(
        maximum(absolute(v[0]), absolute(v[1])), maximum(absolute(v[2]), absolute(v[3]))
    )
    exponent = where_positive(largest, exponent_of(largest), splat(0.0))
    return multiply(v, power_of_two(-exponent)), scale + exponent


@inlined
def _eliminate_one(work, at, c, n, p, t):
    """Next block of column ``c`` at or below its contact: P_n^-1 (e_n + t^T x_(n-1))."""
    here, scale = column(at, c, n), splat(0.0)
    w = p[0], p[1], p[2], p[3]
    if n > block_of(work, at, c):
        w = transposed_times(t, get_vector(work, here - 4 * LANES))
        if at.is_long:
            scale = get_scale(work, at, c, n - 1)
            if n % RENORMALIZE_EVERY == 0:
                w, scale = renormalized(w, scale)
        w = apply(p, w)
    elif is_second(work, at, c):
        w = p[2], p[3], p[4], p[5]
    put_vector(work, here, w)
    if at.is_long:
        put_scale(work, at, c, n, scale)


@inlined
def eliminate(work, at, energy):
    """Fill ``inverse``, and every column of ``x`` from its contact on."""
    zero = splat(0.0)
    p = zero, zero, zero, zero, zero, zero
    t = zero, zero, zero, zero
    for n in range(at.length):
        p = left_inverse(work, at, n, energy, p)
        put_symmetric(work, at.inverse, n, p)
        for c in range(at.num_columns):
            if n >= block_of(work, at, c):
                _eliminate_one(work, at, c, n, p, t)
        t = get_step(work, at, n)


@inlined
def substitute(work, at, first):
    """x_n <- x_n + P_n^-1 t_n x_(n+1) in every column, from below up to block ``first``."""
    for n in range(at.length - 2, first - 1, -1):
        t, p = get_step(work, at, n), get_symmetric(work, at.inverse, n)
        for c in range(at.num_columns):
            source, here = block_of(work, at, c), column(at, c, n)
            v = times(t, get_vector(work, here + 4 * LANES))
            if at.is_long and n >= source:
                rise = get_scale(work, at, c, n + 1) - get_scale(work, at, c, n)
                v = multiply(v, power_of_two(rise))
            v = apply(p, v)
            if n >= source:
                v = add(get_vector(work, here), v)
            elif at.is_long:
                scale = get_scale(work, at, c, n + 1)
                if n > 0 and n % RENORMALIZE_EVERY == 0:
                    v, scale = renormalized(v, scale)
                put_scale(work, at, c, n, scale)
            put_vector(work, here, v)


@inlined
def solve_columns(work, at, energies, start):
    """Fill ``x`` with the contact columns of G for one chunk."""
    eliminate(work, at, load(energies, start))
    substitute(work, at, 0)


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
    for r in range(at.num_columns):
        for left in range(at.num_columns):
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
    for r in range(at.num_columns):
        for left in range(at.num_columns):
            if pair_weight(work, at, left, r) > 0.0:
                _, _, scale = element(work, at, left, r)
                largest = maximum(largest, scale + scale)
    return largest


@inlined
def unscale(work, at):
    """Multiply the scales of long chains into the columns."""
    if at.is_long:
        for c in range(at.num_columns):
            for n in range(at.length):
                scale, here = get_scale(work, at, c, n), column(at, c, n)
                power = where_positive(scale - splat(NEGLIGIBLE_EXPONENT), scale, splat(-2000.0))
                put_vector(work, here, multiply(get_vector(work, here), power_of_two(power)))


@inlined
def set_densities(work, at):
    """Fill the LDOS, and leave the columns without scales."""
    unscale(work, at)
    for site in range(2 * at.length):
        found = splat(0.0)
        for c in range(at.num_columns):
            position = at.x + (4 * c * at.length + 2 * site) * LANES
            weight = spread(work, at.contacts + CONTACT * c + 2)
            found = fma(weight, square(load(work, position), load(work, position + LANES)), found)
        store(work, at.density + site * LANES, found)


@inlined
def _put_rows(ldos, rows, site_rows, num, padded):
    """Write the LDOS of a junction at once: memory takes long rows faster than short pieces."""
    for n in range(rows.shape[0]):
        for i in range(2):
            if rows[n, i] >= 0:
                row, site = rows[n, i] * num, (2 * n + i) * padded
                for k in range(num):
                    ldos[row + k] = site_rows[site + k]


@inlined
def spectra_of(system, rows, ldos, solve, fill_densities):
    """`forward` with the solver and what sets the LDOS thereafter."""
    batch, num = system.diagonal.shape[0], system.energies.shape[1]
    energies, stride = padded_energies(system.energies)
    mantissa, exponent, dos = np.empty(batch * num), np.empty(batch * num), np.empty(batch * num)
    at = layout(system)
    work, padded = allocate(at.u), (num + LANES - 1) // LANES * LANES
    site_rows = allocate(2 * at.length * padded if len(ldos) > 0 else 0)
    for b in range(batch):
        prepare(work, at, system, b)
        for start in range(0, num, LANES):
            used = used_lanes(num, start)
            solve(work, at, energies, b * stride + start)
            m, e = transmission(work, at)
            put_part(mantissa, b * num + start, m, used, work, at)
            put_part(exponent, b * num + start, e, used, work, at)
            fill_densities(work, at)
            whole = splat(0.0)
            for site in range(2 * at.length):
                found = load(work, at.density + site * LANES)
                whole = whole + found
                if len(ldos) > 0:
                    store(site_rows, site * padded + start, found)
            put_part(dos, b * num + start, whole, used, work, at)
        if len(ldos) > 0:
            _put_rows(ldos, rows[b], site_rows, num, padded)
    return mantissa, exponent, dos


@compiled
def forward(system, rows, ldos):
    """T as mantissa and exponent of two, and DOS, (B, E) of a batch; all flat.

    The LDOS of each orbital is written to ``ldos`` (any number of rows of E energies, flat), where
    ``rows`` (B, L, 2) names its row; it goes nowhere if that is negative.
    """
    return spectra_of(system, rows, ldos, solve_columns, set_densities)
