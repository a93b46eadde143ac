"""Compiled adjoint of the block-tridiagonal recursion: gradients of log T, DOS and LDOS in O(L).

``dG = G dH G`` turns the gradient into products of contact columns and, for the densities, of one
more solution per column with the same factorization; no eigenvector is ever differentiated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.double import (
    LANES,
    fma,
    load,
    power_of_two,
    splat,
    spread,
    store,
    total,
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
    put_vector,
    times,
    transposed_times,
)
from dnawire.transport._column_kernels import (
    element,
    set_densities,
    solve_columns,
    transmission,
)
from dnawire.transport._layout_kernels import (
    CONTACT,
    allocate,
    layout,
    padded_energies,
    prepare,
    used_lanes,
)

SMALLEST = np.finfo(np.float64).tiny
FLUSHED = 1e-290
"""Adjoint solutions below this are set to zero: denormal numbers are slow and add nothing."""


class Cotangents(NamedTuple):
    """Derivatives of a scalar by ln T, ln DOS (B, E) and ln LDOS (B, L, 2, E), all flat.

    An empty array stands for no dependence on the LDOS.
    """

    transmission: NDArray[np.float64]
    dos: NDArray[np.float64]
    ldos: NDArray[np.float64]


@inlined
def _get_part(array, position, used, work, at):
    """Read the lanes that are in use, zero in the others."""
    if used == LANES:
        return load(array, position)
    for k in range(LANES):
        work[at.row + k] = array[position + k] if k < used else 0.0
    return load(work, at.row)


@inlined
def _pair(at, left, r):
    """Position of the two rows of a pair of columns."""
    return at.pairs + 2 * (r * at.num_columns + left) * LANES


@inlined
def _set_pairs(work, at, cotangent):
    """``cotangent d ln T / d G_lr`` of every pair of columns: the share of the pair, by G_lr."""
    mantissa, exponent = transmission(work, at)
    share = where_positive(mantissa, cotangent / mantissa, splat(0.0))
    for r in range(at.num_columns):
        for left in range(at.num_columns):
            weight = pair_weight(work, at, left, r)
            if weight > 0.0:
                re, im, scale = element(work, at, left, r)
                factor = share * splat(weight)
                if at.is_long:
                    factor = factor * power_of_two(scale + scale - exponent)
                store(work, _pair(at, left, r), factor * re)
                store(work, _pair(at, left, r) + LANES, -(factor * im))


@inlined
def _set_shares(work, at, cotangents, position, num, used):
    """Turn every LDOS into the derivative by it, from those by its logarithm; return the DOS."""
    zero, whole = splat(0.0), splat(0.0)
    for site in range(2 * at.length):
        found, share = load(work, at.density + site * LANES), zero
        whole = whole + found
        if cotangents.size > 0:
            cotangent = _get_part(cotangents, position + site * num, used, work, at)
            share = where_positive(found - splat(SMALLEST), cotangent / found, zero)
        store(work, at.density + site * LANES, share)
    return whole


@inlined
def _add_pair_sources(source, work, at, n, c):
    """Add the sources at block ``n`` whose solution is the part of ln T of column ``c``."""
    for left in range(at.num_columns):
        if block_of(work, at, left) == n and pair_weight(work, at, left, c) > 0.0:
            position = _pair(at, left, c)
            re, im = load(work, position), load(work, position + LANES)
            if is_second(work, at, left):
                source = source[0], source[1], source[2] + re, source[3] + im
            else:
                source = source[0] + re, source[1] + im, source[2], source[3]
    return source


@inlined
def _eliminate_sources(work, at, common):
    """u_n <- P_n^-1 (g_n + t^T u_(n-1)) with ``g = weight (density + common) conj(x)``.

    In short chains the sources of ln T are added; in long ones they would overflow.
    """
    zero = splat(0.0)
    t = zero, zero, zero, zero
    for n in range(at.length):
        p, position = get_symmetric(work, at.inverse, n), at.density + 2 * n * LANES
        upper, lower = load(work, position) + common, load(work, position + LANES) + common
        for c in range(at.num_columns):
            factor = spread(work, at.contacts + CONTACT * c + 2)
            x, first, second = get_vector(work, column(at, c, n)), factor * upper, factor * lower
            source = first * x[0], -(first * x[1]), second * x[2], -(second * x[3])
            if not at.is_long:
                source = _add_pair_sources(source, work, at, n, c)
            here = at.u + 4 * (c * at.length + n) * LANES
            if n > 0:
                source = add(source, transposed_times(t, get_vector(work, here - 4 * LANES)))
            put_vector(work, here, apply(p, source))
        t = get_step(work, at, n)


@inlined
def _flushed(a):
    return where_positive(a * a - splat(FLUSHED * FLUSHED), a, splat(0.0))


@inlined
def _real_product(a_re, a_im, b_re, b_im, start):
    """start + Re(a b)."""
    return fma(a_re, b_re, fma(-a_im, b_im, start))


@inlined
def get_sums(work, at, n):
    position = at.sums + 7 * n * LANES
    return (
        (
            load(work, position),
            load(work, position + LANES),
            load(work, position + 2 * LANES),
        ),
        get_vector(work, position + 3 * LANES),
    )


@inlined
def put_sums(work, at, n, diagonal, step):
    position = at.sums + 7 * n * LANES
    store(work, position, diagonal[0])
    store(work, position + LANES, diagonal[1])
    store(work, position + 2 * LANES, diagonal[2])
    put_vector(work, position + 3 * LANES, step)


@inlined
def _diagonal_products(found, u, x):
    """Add Re(u x^T) of one block: 00, 11, and the sum of 01 and 10."""
    mixed = _real_product(u[0], u[1], x[2], x[3], found[2])
    return (
        _real_product(u[0], u[1], x[0], x[1], found[0]),
        _real_product(u[2], u[3], x[2], x[3], found[1]),
        _real_product(u[2], u[3], x[0], x[1], mixed),
    )


@inlined
def _step_products(found, u, x):
    """Add Re(u x^T): 00, 01, 10, 11."""
    return (
        _real_product(u[0], u[1], x[0], x[1], found[0]),
        _real_product(u[0], u[1], x[2], x[3], found[1]),
        _real_product(u[2], u[3], x[0], x[1], found[2]),
        _real_product(u[2], u[3], x[2], x[3], found[3]),
    )


@inlined
def _collect(work, at):
    """Substitute from below in every column, and take the products with ``x``."""
    for n in range(at.length - 1, -1, -1):
        diagonal, step = get_sums(work, at, n)
        t, p = get_step(work, at, n), get_symmetric(work, at.inverse, n)
        for c in range(at.num_columns):
            here = at.u + 4 * (c * at.length + n) * LANES
            u, x = get_vector(work, here), get_vector(work, column(at, c, n))
            if n < at.length - 1:
                below = get_vector(work, here + 4 * LANES)
                u = add(u, apply(p, times(t, below)))
                if at.is_long:
                    u = _flushed(u[0]), _flushed(u[1]), _flushed(u[2]), _flushed(u[3])
                put_vector(work, here, u)
                step = _step_products(step, u, get_vector(work, column(at, c, n + 1)))
                step = _step_products(step, x, below)
            diagonal = _diagonal_products(diagonal, u, x)
        put_sums(work, at, n, diagonal, step)


@inlined
def _collect_long_pair(work, at, left, r):
    """Add the part of ln T of one pair of scaled columns; every product is of order one."""
    position = _pair(at, left, r)
    re, im = load(work, position), load(work, position + LANES)
    _, _, base = element(work, at, left, r)
    zero = splat(0.0)
    v_below, x_below = (zero, zero, zero, zero), (zero, zero, zero, zero)
    for n in range(at.length - 1, -1, -1):
        other = get_scale(work, at, r, n)
        factor = power_of_two(get_scale(work, at, left, n) + other - base)
        v = _complex_times(re, im, get_vector(work, column(at, left, n)))
        v, x = multiply(v, factor), get_vector(work, column(at, r, n))
        diagonal, step = get_sums(work, at, n)
        if n < at.length - 1:
            rise = get_scale(work, at, r, n + 1) - other
            step = _step_products(step, multiply(v, power_of_two(rise)), x_below)
            step = _step_products(step, multiply(x, power_of_two(-rise)), v_below)
        put_sums(work, at, n, _diagonal_products(diagonal, v, x), step)
        v_below, x_below = v, x


@inlined
def _complex_times(re, im, x):
    return (
        fma(re, x[0], -(im * x[1])),
        fma(re, x[1], im * x[0]),
        fma(re, x[2], -(im * x[3])),
        fma(re, x[3], im * x[2]),
    )


@inlined
def _collect_long_pairs(work, at):
    for r in range(at.num_columns):
        for left in range(at.num_columns):
            if pair_weight(work, at, left, r) > 0.0:
                _collect_long_pair(work, at, left, r)


@inlined
def _reduce(work, at, grad_diagonal, grad_step, b):
    """Sum over the lanes."""
    for n in range(at.length):
        diagonal, step = get_sums(work, at, n)
        grad_diagonal[b, n, 0, 0] = 2.0 * total(diagonal[0])
        grad_diagonal[b, n, 1, 1] = 2.0 * total(diagonal[1])
        grad_diagonal[b, n, 0, 1] = total(diagonal[2])
        grad_diagonal[b, n, 1, 0] = grad_diagonal[b, n, 0, 1]
        if n < at.length - 1:
            grad_step[b, n, 0, 0] = 2.0 * total(step[0])
            grad_step[b, n, 0, 1] = 2.0 * total(step[1])
            grad_step[b, n, 1, 0] = 2.0 * total(step[2])
            grad_step[b, n, 1, 1] = 2.0 * total(step[3])


@inlined
def gradient_of(system, cotangents, solve, fill_densities, add_densities):
    """`backward` with the solver, what sets the LDOS thereafter, and what adds its part."""
    num = system.energies.shape[1]
    energies, stride = padded_energies(system.energies)
    grad_diagonal, grad_step = np.empty_like(system.diagonal), np.empty_like(system.step)
    by_t, by_dos, by_ldos = cotangents.transmission, cotangents.dos, cotangents.ldos
    at = layout(system)
    work = allocate(at.size)
    for b in range(system.diagonal.shape[0]):
        prepare(work, at, system, b)
        work[at.sums : at.pairs] = 0.0
        for start in range(0, num, LANES):
            used, here = used_lanes(num, start), b * num + start
            solve(work, at, energies, b * stride + start)
            _set_pairs(work, at, _get_part(by_t, here, used, work, at))
            if at.is_long:
                _collect_long_pairs(work, at)
            fill_densities(work, at)
            position = 2 * b * at.length * num + start
            whole = _set_shares(work, at, by_ldos, position, num, used)
            cotangent = _get_part(by_dos, here, used, work, at)
            common = where_positive(whole - splat(SMALLEST), cotangent / whole, splat(0.0))
            add_densities(work, at, common)
        _reduce(work, at, grad_diagonal, grad_step, b)
    return grad_diagonal, grad_step


@inlined
def _add_densities(work, at, common):
    """Solve for the densities, in short chains for ln T as well, and add to the sums."""
    _eliminate_sources(work, at, common)
    _collect(work, at)


@compiled
def backward(system, cotangents):
    """Gradient of ``sum(cotangents * logarithms)`` by diagonal and step."""
    return gradient_of(system, cotangents, solve_columns, set_densities, _add_densities)
