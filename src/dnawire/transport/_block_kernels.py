"""Compiled arithmetic of 2x2 blocks and vectors of two complex components, in lanes."""

from __future__ import annotations

from dnawire.compiled.double import LANES, fma, load, spread, store
from dnawire.compiled.kernel import inlined
from dnawire.transport._layout_kernels import BLOCK, CONTACT


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
def get_symmetric(work, start, n):
    """Read the complex symmetric matrix of block ``n``: 00, 01, 11."""
    position = start + 6 * n * LANES
    return (
        load(work, position),
        load(work, position + LANES),
        load(work, position + 2 * LANES),
        load(work, position + 3 * LANES),
        load(work, position + 4 * LANES),
        load(work, position + 5 * LANES),
    )


@inlined
def put_symmetric(work, start, n, p):
    position = start + 6 * n * LANES
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
def put_scale(work, at, c, n, scale):
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
    return work[at.weights + r * at.num_columns + left]


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
def apply(p, v):
    """Product of a complex symmetric matrix and a vector."""
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
