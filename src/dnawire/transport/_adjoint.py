"""Compiled adjoint of the block-tridiagonal recursion: gradients of ln T and LDOS in O(L).

``dG = G dH G`` turns the gradient into products of contact columns and, for the LDOS, of one more
solution per column with the same factorization; no eigenvector is ever differentiated.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dnawire.transport._kernels import (
    FLAGS,
    LANES,
    RENORMALIZE_EVERY,
    TWO_PI,
    eliminate_down,
    solve_chunk,
    substitute_up,
    unscale,
    workspace,
)


@njit(**FLAGS)
def _add_diagonal(u, x, weight, gradient):
    """Add ``Re sum_k weight_k (u_n x_n^T + x_n u_n^T)`` to the gradient of the diagonal blocks."""
    for n in range(gradient.shape[0]):
        row = 4 * n
        s00 = s01 = s11 = 0.0
        for k in range(LANES):
            w = weight[n, k]
            s00 += w * (u[row, k] * x[row, k] - u[row + 1, k] * x[row + 1, k])
            s11 += w * (u[row + 2, k] * x[row + 2, k] - u[row + 3, k] * x[row + 3, k])
            s01 += w * (u[row, k] * x[row + 2, k] - u[row + 1, k] * x[row + 3, k])
            s01 += w * (u[row + 2, k] * x[row, k] - u[row + 3, k] * x[row + 1, k])
        gradient[n, 0, 0] += 2.0 * s00
        gradient[n, 1, 1] += 2.0 * s11
        gradient[n, 0, 1] += s01
        gradient[n, 1, 0] += s01


@njit(**FLAGS)
def _add_step(u, x, weight, gradient):
    """Add ``2 Re sum_k weight_k u_n x_(n+1)^T`` to the gradient of the step blocks."""
    for n in range(gradient.shape[0]):
        row = 4 * n
        s00 = s01 = s10 = s11 = 0.0
        for k in range(LANES):
            a_re, a_im = weight[n, k] * u[row, k], weight[n, k] * u[row + 1, k]
            b_re, b_im = weight[n, k] * u[row + 2, k], weight[n, k] * u[row + 3, k]
            c_re, c_im = x[row + 4, k], x[row + 5, k]
            d_re, d_im = x[row + 6, k], x[row + 7, k]
            s00 += a_re * c_re - a_im * c_im
            s01 += a_re * d_re - a_im * d_im
            s10 += b_re * c_re - b_im * c_im
            s11 += b_re * d_re - b_im * d_im
        gradient[n, 0, 0] += 2.0 * s00
        gradient[n, 0, 1] += 2.0 * s01
        gradient[n, 1, 0] += 2.0 * s10
        gradient[n, 1, 1] += 2.0 * s11


@njit(**FLAGS)
def _pair_cotangent(work, site, left, r, cotangent, u):
    """``u`` becomes ``share / G_lr`` times column ``left``: the adjoint of one pair's ln T."""
    for k in range(LANES):
        g_re, g_im = work.x[r, 2 * site, k], work.x[r, 2 * site + 1, k]
        connected = work.pairs[left, r, k] > -np.inf
        share = cotangent[k] * np.exp(work.pairs[left, r, k] - work.log_t[k]) if connected else 0.0
        size = share / (g_re * g_re + g_im * g_im) if connected else 0.0
        c_re, c_im = size * g_re, -size * g_im
        for row in range(0, u.shape[0], 2):
            x_re, x_im = work.x[left, row, k], work.x[left, row + 1, k]
            u[row, k] = c_re * x_re - c_im * x_im
            u[row + 1, k] = c_re * x_im + c_im * x_re


@njit(**FLAGS)
def _pair_weights(weight, first, second, base, shift_first, shift_second):
    """exp(scale_l[n] + scale_r[m] - scale of G_lr), with one of the blocks one further down."""
    for n in range(weight.shape[0] - shift_first - shift_second):
        for k in range(LANES):
            exponent = first[n + shift_first, k] + second[n + shift_second, k] - base[k]
            weight[n, k] = np.exp(exponent)


@njit(**FLAGS)
def _transmission_gradient(work, columns, cotangent, u, weight, grad_diagonal, grad_step):
    """Add the gradient of sum_k cotangent_k ln T_k; every factor is of order one."""
    for r in range(columns.shape[0]):
        for left in range(columns.shape[0]):
            if work.pairs[left, r].max() > -np.inf:
                _pair_cotangent(work, columns[left], left, r, cotangent, u)
                base = work.scale[r, columns[left] // 2]
                first, second = work.scale[left], work.scale[r]
                _pair_weights(weight, first, second, base, 0, 0)
                _add_diagonal(u, work.x[r], weight, grad_diagonal)
                _pair_weights(weight, first, second, base, 0, 1)
                _add_step(u, work.x[r], weight, grad_step)
                _pair_weights(weight, first, second, base, 1, 0)
                _add_step(work.x[r], u, weight, grad_step)


@njit(**FLAGS)
def _ldos_cotangent(cotangent, x, factor, start, used, u):
    """``u`` becomes ``factor * cotangent * conj(x)``, zero in the lanes that are not in use."""
    u[:] = 0.0
    for n in range(cotangent.shape[0]):
        for q in range(2):
            row = 4 * n + 2 * q
            for k in range(used):
                w = factor * cotangent[n, q, start + k]
                u[row, k] = w * x[row, k]
                u[row + 1, k] = -w * x[row + 1, k]


@njit(**FLAGS)
def backward(ladder, cotangent_t, cotangent_ldos):
    """Gradient of ``sum(cotangent_t * ln T + cotangent_ldos * LDOS)`` by diagonal and step."""
    length, count = ladder.diagonal.shape[1], ladder.columns.shape[1]
    grad_diagonal, grad_step = np.zeros_like(ladder.diagonal), np.zeros_like(ladder.step)
    work = workspace(length, count)
    u, weight, cotangent = np.empty((4 * length, LANES)), np.empty((length, LANES)), np.empty(LANES)
    zeros, ones = np.zeros((length, LANES)), np.ones((length, LANES))
    for b in range(ladder.diagonal.shape[0]):
        step = ladder.step[b]
        for start in range(0, ladder.energies.shape[1], LANES):
            used = solve_chunk(work, ladder, b, start)
            cotangent[:] = 0.0
            cotangent[:used] = cotangent_t[b, start : start + used]
            _transmission_gradient(
                work, ladder.columns[b], cotangent, u, weight, grad_diagonal[b], grad_step[b]
            )
            for c in range(count):
                x = work.x[c]
                if length > RENORMALIZE_EVERY:
                    unscale(x, work.scale[c])
                factor = ladder.broadening[b, c] / TWO_PI
                _ldos_cotangent(cotangent_ldos[b], x, factor, start, used, u)
                eliminate_down(work.inverse, step, u, zeros, 0, length + 1)
                substitute_up(work.inverse, step, u, zeros, 0, length + 1)
                _add_diagonal(u, x, ones, grad_diagonal[b])
                _add_step(u, x, ones, grad_step[b])
                _add_step(x, u, ones, grad_step[b])
    return grad_diagonal, grad_step
