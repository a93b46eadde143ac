"""Compiled inversion of complex symmetric 2x2 blocks whose imaginary part is positive.

A block is six numbers: the real parts of 00, 01 and 11, then the imaginary parts.
"""

from __future__ import annotations

from dnawire.compiled.double import fma, splat, spread
from dnawire.compiled.kernel import inlined
from dnawire.transport._block_kernels import square
from dnawire.transport._layout_kernels import ABOVE, BLOCK


@inlined
def free_block(work, at, n, energy):
    """Diagonal block of A; a missing orbital has the constant 1 in it."""
    here = at.blocks + BLOCK * n
    return (
        fma(spread(work, here), energy, spread(work, here + 1)),
        spread(work, here + 4),
        fma(spread(work, here + 2), energy, spread(work, here + 3)),
        spread(work, here + 5),
        splat(0.0),
        spread(work, here + 6),
    )


@inlined
def attach(work, at, n, side, block, p):
    """Block less ``t^T p t`` of the block above or ``t p t^T`` of that below, by the ``side``."""
    position = at.blocks + BLOCK * n + side
    re_00, im_00 = add_products(work, position, p, block[0], block[3])
    re_01, im_01 = add_products(work, position + 3, p, block[1], block[4])
    re_11, im_11 = add_products(work, position + 6, p, block[2], block[5])
    return re_00, re_01, re_11, im_00, im_01, im_11


@inlined
def add_products(work, position, p, re, im):
    first, second = spread(work, position), spread(work, position + 1)
    third = spread(work, position + 2)
    return (
        fma(first, p[0], fma(second, p[2], fma(third, p[4], re))),
        fma(first, p[1], fma(second, p[3], fma(third, p[5], im))),
    )


@inlined
def inverse(block):
    """Inverse of X + i Y; real and imaginary parts of 00, 01 and 11.

    Its imaginary part is a quadratic form in Y, so that a small Y keeps its digits.
    """
    x_00, x_01, x_11, y_00, y_01, y_11 = block
    det_y = fma(y_00, y_11, -(y_01 * y_01))
    det_re = fma(x_00, x_11, -fma(x_01, x_01, det_y))
    det_im = fma(x_00, y_11, fma(x_11, y_00, splat(-2.0) * (x_01 * y_01)))
    scale = splat(1.0) / square(det_re, det_im)
    # Y applied to the columns (x_11, -x_01) and (-x_01, x_00) of the adjugate of X
    v_0, v_1 = fma(x_11, y_00, -(x_01 * y_01)), fma(x_11, y_01, -(x_01 * y_11))
    w_0, w_1 = fma(x_00, y_01, -(x_01 * y_00)), fma(x_00, y_11, -(x_01 * y_01))
    return (
        scale * fma(x_11, det_re, y_11 * det_im),
        -(scale * fma(x_11, v_0, fma(-x_01, v_1, y_11 * det_y))),
        -(scale * fma(x_01, det_re, y_01 * det_im)),
        -(scale * fma(x_11, w_0, fma(-x_01, w_1, -(y_01 * det_y)))),
        scale * fma(x_00, det_re, y_00 * det_im),
        -(scale * fma(x_00, w_1, fma(-x_01, w_0, y_00 * det_y))),
    )


@inlined
def left_inverse(work, at, n, energy, above):
    """P_n^-1 from P_(n-1)^-1."""
    return inverse(attach(work, at, n, ABOVE, free_block(work, at, n, energy), above))
