"""Compiled adjoint of the block-tridiagonal recursion: gradients of ln T and LDOS in O(L).

``dG = G dH G`` turns the gradient into products of contact columns and, for the LDOS, of one more
solution per column with the same factorization; no eigenvector is ever differentiated.
"""

from __future__ import annotations

import numpy as np
from numba import uintp

from dnawire.transport._kernels import (
    LANES,
    TWO_PI,
    at,
    is_renormalized,
    solve,
    solve_chunk,
    unscale,
    workspace,
)
from dnawire.transport.compilation import compiled


@compiled
def _add_blocks(u, x, up, down, grad_diagonal, grad_step):
    """Add ``2 Re sum_k u x^T`` and its transpose at the positions of the blocks.

    ``up`` and ``down`` (one row a block) scale what couples a block to the next one.
    """
    for n in range(grad_diagonal.shape[0]):
        row = 4 * n
        s00 = s01 = s11 = 0.0
        for k in range(LANES):
            u0_re, u0_im, u1_re, u1_im = _vector(u, row, k)
            x0_re, x0_im, x1_re, x1_im = _vector(x, row, k)
            s00 += u0_re * x0_re - u0_im * x0_im
            s11 += u1_re * x1_re - u1_im * x1_im
            s01 += u0_re * x1_re - u0_im * x1_im + u1_re * x0_re - u1_im * x0_im
        grad_diagonal[n, 0, 0] += 2.0 * s00
        grad_diagonal[n, 1, 1] += 2.0 * s11
        grad_diagonal[n, 0, 1] += s01
        grad_diagonal[n, 1, 0] += s01
        if n + 1 < grad_diagonal.shape[0]:
            _add_step(u, x, n, up, down, grad_step[n])


@compiled
def _vector(rows, row, k):
    return rows[at(row, k)], rows[at(row + 1, k)], rows[at(row + 2, k)], rows[at(row + 3, k)]


@compiled
def _add_step(u, x, n, up, down, gradient):
    """Add ``2 Re sum_k (up u_n x_(n+1)^T + down x_n u_(n+1)^T)``."""
    row = 4 * n
    s00 = s01 = s10 = s11 = 0.0
    for k in range(LANES):
        u0_re, u0_im, u1_re, u1_im = _vector(u, row, k)
        x0_re, x0_im, x1_re, x1_im = _vector(x, row, k)
        v0_re, v0_im, v1_re, v1_im = _vector(u, row + 4, k)
        y0_re, y0_im, y1_re, y1_im = _vector(x, row + 4, k)
        a, b = up[at(n, k)], down[at(n, k)]
        s00 += a * (u0_re * y0_re - u0_im * y0_im) + b * (x0_re * v0_re - x0_im * v0_im)
        s01 += a * (u0_re * y1_re - u0_im * y1_im) + b * (x0_re * v1_re - x0_im * v1_im)
        s10 += a * (u1_re * y0_re - u1_im * y0_im) + b * (x1_re * v0_re - x1_im * v0_im)
        s11 += a * (u1_re * y1_re - u1_im * y1_im) + b * (x1_re * v1_re - x1_im * v1_im)
    gradient[0, 0] += 2.0 * s00
    gradient[0, 1] += 2.0 * s01
    gradient[1, 0] += 2.0 * s10
    gradient[1, 1] += 2.0 * s11


@compiled
def _pair_coefficient(work, site, left, r, cotangent, c_re, c_im):
    """``share / G_lr``, the derivative of one pair's part of ln T by G_lr; zero if disconnected."""
    x = work.x[r]
    for k in range(LANES):
        g_re, g_im = x[at(2 * site, k)], x[at(2 * site + 1, k)]
        part = work.pairs[left, r, k]
        size = cotangent[k] * part / (work.mantissa[k] * (g_re * g_re + g_im * g_im))
        c_re[k] = size * g_re if part > 0.0 else 0.0
        c_im[k] = -size * g_im if part > 0.0 else 0.0


@compiled
def _add_product(u, x, c_re, c_im, length):
    """u <- u + c x."""
    for row in range(0, 4 * length, 2):
        for k in range(LANES):
            x_re, x_im = x[at(row, k)], x[at(row + 1, k)]
            u[at(row, k)] += c_re[uintp(k)] * x_re - c_im[uintp(k)] * x_im
            u[at(row + 1, k)] += c_re[uintp(k)] * x_im + c_im[uintp(k)] * x_re


@compiled
def _add_short_pairs(work, columns, r, cotangent, u, length):
    """Add the adjoint of ln T that multiplies column ``r``."""
    c_re, c_im = np.empty(LANES), np.empty(LANES)
    for left in range(columns.shape[0]):
        if work.pairs[left, r].max() > 0.0:
            _pair_coefficient(work, columns[left], left, r, cotangent, c_re, c_im)
            _add_product(u, work.x[left], c_re, c_im, length)


@compiled
def _add_long_pairs(work, columns, cotangent, u, grad_diagonal, grad_step):
    """Add the gradient of ln T of scaled columns; every product is of order one."""
    length = grad_diagonal.shape[0]
    c_re, c_im = np.empty(LANES), np.empty(LANES)
    up, down = np.ones(length * LANES), np.ones(length * LANES)
    for r in range(columns.shape[0]):
        for left in range(columns.shape[0]):
            if work.pairs[left, r].max() > 0.0:
                _pair_coefficient(work, columns[left], left, r, cotangent, c_re, c_im)
                u[:] = 0.0
                _add_product(u, work.x[left], c_re, c_im, length)
                _set_weights(work, columns[left] // 2, left, r, u, up, down)
                _add_blocks(u, work.x[r], up, down, grad_diagonal, grad_step)


@compiled
def _set_weights(work, block, left, r, u, up, down):
    """Multiply ``u`` by exp(s_l + s_r - s_lr); set the factors between neighboring blocks."""
    first, second = work.scale[left], work.scale[r]
    length = first.shape[0] // LANES
    for n in range(length):
        below = min(n + 1, length - 1)
        for k in range(LANES):
            here = second[at(n, k)]
            factor = np.exp(first[at(n, k)] + here - second[at(block, k)])
            for q in range(4):
                u[at(4 * n + q, k)] *= factor
            up[at(n, k)] = np.exp(second[at(below, k)] - here)
            down[at(n, k)] = np.exp(here - second[at(below, k)])


@compiled
def _ldos_cotangent(cotangent, x, factor, start, used, u):
    """``u`` becomes ``factor * cotangent * conj(x)``, zero in the lanes that are not in use."""
    u[:] = 0.0
    for n in range(cotangent.shape[0]):
        for q in range(2):
            row, weights = 4 * n + 2 * q, cotangent[n, q, start : start + used]
            for k in range(used):
                w = factor * weights[uintp(k)]
                u[at(row, k)] = w * x[at(row, k)]
                u[at(row + 1, k)] = -w * x[at(row + 1, k)]


@compiled
def backward(ladder, cotangent_t, cotangent_ldos):
    """Gradient of ``sum(cotangent_t * ln T + cotangent_ldos * LDOS)`` by diagonal and step."""
    length, count = ladder.diagonal.shape[1], ladder.columns.shape[1]
    grad_diagonal, grad_step = np.zeros_like(ladder.diagonal), np.zeros_like(ladder.step)
    work, cotangent = workspace(length, count), np.empty(LANES)
    u, ones = np.empty(4 * length * LANES), np.ones(length * LANES)
    for b in range(ladder.diagonal.shape[0]):
        columns, step = ladder.columns[b], ladder.step[b]
        for start in range(0, ladder.energies.shape[1], LANES):
            used = solve_chunk(work, ladder, b, start)
            cotangent[:] = 0.0
            cotangent[:used] = cotangent_t[b, start : start + used]
            if is_renormalized(length):
                _add_long_pairs(work, columns, cotangent, u, grad_diagonal[b], grad_step[b])
                for c in range(count):
                    unscale(work.x[c], work.scale[c], length)
            for c in range(count):
                factor = ladder.broadening[b, c] / TWO_PI
                _ldos_cotangent(cotangent_ldos[b], work.x[c], factor, start, used, u)
                solve(work.inverse, step, u)
                if not is_renormalized(length):
                    _add_short_pairs(work, columns, c, cotangent, u, length)
                _add_blocks(u, work.x[c], ones, ones, grad_diagonal[b], grad_step[b])
    return grad_diagonal, grad_step
