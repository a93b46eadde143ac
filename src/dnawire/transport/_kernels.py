"""Compiled CPU kernels of the block-tridiagonal recursion for blocks of two orbitals.

One workspace row holds one real number for ``LANES`` energies, so that the compiler turns every
inner loop into vector instructions; rows of one block lie at constant distances from each other.
The mathematics is that of :mod:`dnawire.transport._recursion`, which is the readable definition.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

LANES = 32
RENORMALIZE_EVERY = 16
FLAGS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "boundscheck": False,
}
TWO_PI = 2.0 * np.pi


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


class Workspace(NamedTuple):
    """Scratch of one chunk of energies of one sample."""

    energies: NDArray[np.float64]  # (LANES,)
    inverse: NDArray[np.float64]  # (6 L, LANES)
    x: NDArray[np.float64]  # (C, 4 L, LANES): contact columns, to be multiplied by exp(scale)
    scale: NDArray[np.float64]  # (C, L, LANES)
    pairs: NDArray[np.float64]  # (C, C, LANES): ln(gamma_l gamma_r |G_lr|^2)
    log_t: NDArray[np.float64]  # (LANES,): ln T


@njit(**FLAGS)
def workspace(length, count):
    """Allocate the scratch for L blocks and C columns."""
    return Workspace(
        np.empty(LANES),
        np.empty((6 * length, LANES)),
        np.empty((count, 4 * length, LANES)),
        np.empty((count, length, LANES)),
        np.empty((count, count, LANES)),
        np.empty(LANES),
    )


@njit(**FLAGS)
def _invert_blocks(inverse, energies, ladder, b):
    """Rows ``6 n .. 6 n + 5`` of ``inverse`` become P_n^-1 as (re, im) of (00, 01, 11)."""
    no_step = np.zeros((2, 2))
    for n in range(ladder.diagonal.shape[1]):
        step = ladder.step[b, n - 1] if n > 0 else no_step
        last = 6 * (n - 1) if n > 0 else 0
        if n == 0:
            inverse[:6] = 0.0
        block = ladder.diagonal[b, n]
        _invert_block(
            inverse, 6 * n, last, energies, block, step, ladder.damping[b, n], ladder.present[b, n]
        )


@njit(**FLAGS)
def _invert_block(inverse, row, last, energies, block, step, damping, present):
    """(D_n - t^T P_(n-1)^-1 t)^-1; a missing orbital has the constant 1 on its diagonal."""
    e0, h00 = (1.0, block[0, 0]) if present[0] else (0.0, -1.0)
    e1, h11 = (1.0, block[1, 1]) if present[1] else (0.0, -1.0)
    h01 = 0.5 * (block[0, 1] + block[1, 0])
    t00, t01, t10, t11 = step[0, 0], step[0, 1], step[1, 0], step[1, 1]
    for k in range(LANES):
        a_re, a_im = inverse[last, k], inverse[last + 1, k]
        b_re, b_im = inverse[last + 2, k], inverse[last + 3, k]
        d_re, d_im = inverse[last + 4, k], inverse[last + 5, k]
        p_re = e0 * energies[k] - h00
        p_re -= t00 * t00 * a_re + 2.0 * t00 * t10 * b_re + t10 * t10 * d_re
        p_im = damping[0] - (t00 * t00 * a_im + 2.0 * t00 * t10 * b_im + t10 * t10 * d_im)
        q_re = -h01 - (t00 * t01 * a_re + (t00 * t11 + t10 * t01) * b_re + t10 * t11 * d_re)
        q_im = -(t00 * t01 * a_im + (t00 * t11 + t10 * t01) * b_im + t10 * t11 * d_im)
        s_re = e1 * energies[k] - h11
        s_re -= t01 * t01 * a_re + 2.0 * t01 * t11 * b_re + t11 * t11 * d_re
        s_im = damping[1] - (t01 * t01 * a_im + 2.0 * t01 * t11 * b_im + t11 * t11 * d_im)
        det_re = p_re * s_re - p_im * s_im - (q_re * q_re - q_im * q_im)
        det_im = p_re * s_im + p_im * s_re - 2.0 * q_re * q_im
        size = 1.0 / (det_re * det_re + det_im * det_im)
        c_re, c_im = det_re * size, -det_im * size
        inverse[row, k] = s_re * c_re - s_im * c_im
        inverse[row + 1, k] = s_re * c_im + s_im * c_re
        inverse[row + 2, k] = q_im * c_im - q_re * c_re
        inverse[row + 3, k] = -(q_re * c_im + q_im * c_re)
        inverse[row + 4, k] = p_re * c_re - p_im * c_im
        inverse[row + 5, k] = p_re * c_im + p_im * c_re


@njit(**FLAGS)
def _renormalize(x, scale, n):
    """Divide block ``n`` of ``x`` by its largest entry and add the logarithm to ``scale[n]``."""
    row = 4 * n
    for k in range(LANES):
        largest = max(
            max(abs(x[row, k]), abs(x[row + 1, k])), max(abs(x[row + 2, k]), abs(x[row + 3, k]))
        )
        if largest > 0.0:
            x[row, k] /= largest
            x[row + 1, k] /= largest
            x[row + 2, k] /= largest
            x[row + 3, k] /= largest
            scale[n, k] += np.log(largest)


@njit(**FLAGS)
def eliminate_down(inverse, step, x, scale, first, interval):
    """Turn the right-hand side rows of ``x`` into w_n = P_n^-1 (b_n + t_(n-1)^T w_(n-1))."""
    for n in range(first, inverse.shape[0] // 6):
        row = 4 * n
        if n > first:
            t00, t01 = step[n - 1, 0, 0], step[n - 1, 0, 1]
            t10, t11 = step[n - 1, 1, 0], step[n - 1, 1, 1]
            for k in range(LANES):
                x[row, k] += t00 * x[row - 4, k] + t10 * x[row - 2, k]
                x[row + 1, k] += t00 * x[row - 3, k] + t10 * x[row - 1, k]
                x[row + 2, k] += t01 * x[row - 4, k] + t11 * x[row - 2, k]
                x[row + 3, k] += t01 * x[row - 3, k] + t11 * x[row - 1, k]
                scale[n, k] = scale[n - 1, k]
            if n > 0 and n % interval == 0:
                _renormalize(x, scale, n)
        _apply_inverse(inverse, x, n)


@njit(**FLAGS)
def _apply_inverse(inverse, x, n):
    """x_n <- P_n^-1 x_n."""
    row, block = 4 * n, 6 * n
    for k in range(LANES):
        u_re, u_im, v_re, v_im = x[row, k], x[row + 1, k], x[row + 2, k], x[row + 3, k]
        a_re, a_im = inverse[block, k], inverse[block + 1, k]
        b_re, b_im = inverse[block + 2, k], inverse[block + 3, k]
        d_re, d_im = inverse[block + 4, k], inverse[block + 5, k]
        x[row, k] = a_re * u_re - a_im * u_im + b_re * v_re - b_im * v_im
        x[row + 1, k] = a_re * u_im + a_im * u_re + b_re * v_im + b_im * v_re
        x[row + 2, k] = b_re * u_re - b_im * u_im + d_re * v_re - d_im * v_im
        x[row + 3, k] = b_re * u_im + b_im * u_re + d_re * v_im + d_im * v_re


@njit(**FLAGS)
def substitute_up(inverse, step, x, scale, first, interval):
    """Turn w_n into the solution x_n = w_n + P_n^-1 t_n x_(n+1); w_n = 0 above ``first``."""
    held = np.empty((4, LANES))
    for n in range(inverse.shape[0] // 6 - 2, -1, -1):
        held[:] = x[4 * n : 4 * n + 4]
        _hop_up(step[n], x, n)
        if n < first:
            scale[n] = scale[n + 1]
            if n > 0 and n % interval == 0:
                _renormalize(x, scale, n)
        elif (n + 1) % interval == 0:
            _rescale(x, n, scale[n + 1], scale[n])
        _apply_inverse(inverse, x, n)
        if n >= first:
            for q in range(4):
                for k in range(LANES):
                    x[4 * n + q, k] += held[q, k]


@njit(**FLAGS)
def _hop_up(step, x, n):
    """x_n <- t_n x_(n+1)."""
    row = 4 * n
    t00, t01, t10, t11 = step[0, 0], step[0, 1], step[1, 0], step[1, 1]
    for k in range(LANES):
        x[row, k] = t00 * x[row + 4, k] + t01 * x[row + 6, k]
        x[row + 1, k] = t00 * x[row + 5, k] + t01 * x[row + 7, k]
        x[row + 2, k] = t10 * x[row + 4, k] + t11 * x[row + 6, k]
        x[row + 3, k] = t10 * x[row + 5, k] + t11 * x[row + 7, k]


@njit(**FLAGS)
def _rescale(x, n, source, target):
    """Bring block ``n`` from one logarithmic scale to another."""
    for k in range(LANES):
        factor = np.exp(source[k] - target[k])
        for q in range(4):
            x[4 * n + q, k] *= factor


@njit(**FLAGS)
def _solve_columns(inverse, step, columns, x, scale):
    """Contact columns of the Green's function, ``x * exp(scale)``."""
    for c in range(columns.shape[0]):
        first = columns[c] // 2
        x[c] = 0.0
        scale[c] = 0.0
        x[c, 2 * columns[c]] = 1.0
        eliminate_down(inverse, step, x[c], scale[c], first, RENORMALIZE_EVERY)
        substitute_up(inverse, step, x[c], scale[c], first, RENORMALIZE_EVERY)


@njit(**FLAGS)
def _load_energies(energies, start, lanes):
    """Copy energies to the lanes; the last one fills the lanes that are left over."""
    count = min(LANES, energies.shape[0] - start)
    for k in range(LANES):
        lanes[k] = energies[start + min(k, count - 1)]
    return count


@njit(**FLAGS)
def unscale(x, scale):
    """Multiply the scales into ``x``; what underflows becomes zero."""
    for n in range(scale.shape[0]):
        for k in range(LANES):
            factor = np.exp(scale[n, k])
            for q in range(4):
                x[4 * n + q, k] *= factor


@njit(**FLAGS)
def _log_transmission(work, columns, gamma_left, gamma_right):
    """Fill ``log_t`` and ``pairs``."""
    work.log_t[:] = -np.inf
    work.pairs[:] = -np.inf
    for r in range(columns.shape[0]):
        for left in range(columns.shape[0]):
            weight = gamma_left[left] * gamma_right[r]
            if weight > 0.0:
                _add_pair(work, columns[left], left, r, np.log(weight))


@njit(**FLAGS)
def _add_pair(work, site, left, r, log_weight):
    """Add the transmission between one pair of contact orbitals in the log domain."""
    for k in range(LANES):
        g_re, g_im = work.x[r, 2 * site, k], work.x[r, 2 * site + 1, k]
        value = log_weight + np.log(g_re * g_re + g_im * g_im) + 2.0 * work.scale[r, site // 2, k]
        work.pairs[left, r, k] = value
        high, low = max(work.log_t[k], value), min(work.log_t[k], value)
        work.log_t[k] = high + np.log1p(np.exp(low - high)) if low > -np.inf else high


@njit(**FLAGS)
def solve_chunk(work, ladder, b, start):
    """Everything up to ln T for one chunk of energies; returns the number of lanes in use."""
    used = _load_energies(ladder.energies[b], start, work.energies)
    _invert_blocks(work.inverse, work.energies, ladder, b)
    _solve_columns(work.inverse, ladder.step[b], ladder.columns[b], work.x, work.scale)
    _log_transmission(work, ladder.columns[b], ladder.gamma_left[b], ladder.gamma_right[b])
    return used


@njit(**FLAGS)
def _add_ldos(ldos, x, weight, start, used):
    """Add ``weight |x|^2`` of one unscaled column to the LDOS (L, 2, E)."""
    for n in range(ldos.shape[0]):
        for q in range(2):
            row = 4 * n + 2 * q
            for k in range(used):
                ldos[n, q, start + k] += weight * (
                    x[row, k] * x[row, k] + x[row + 1, k] * x[row + 1, k]
                )


@njit(**FLAGS)
def forward(ladder):
    """ln T (B, E) and LDOS (B, L, 2, E) of a batch."""
    batch, length = ladder.diagonal.shape[0], ladder.diagonal.shape[1]
    num_energies, count = ladder.energies.shape[1], ladder.columns.shape[1]
    log_transmission = np.empty((batch, num_energies))
    ldos = np.zeros((batch, length, 2, num_energies))
    work = workspace(length, count)
    for b in range(batch):
        for start in range(0, num_energies, LANES):
            used = solve_chunk(work, ladder, b, start)
            log_transmission[b, start : start + used] = work.log_t[:used]
            for c in range(count):
                if length > RENORMALIZE_EVERY:
                    unscale(work.x[c], work.scale[c])
                weight = ladder.broadening[b, c] / TWO_PI
                _add_ldos(ldos[b], work.x[c], weight, start, used)
    return log_transmission, ldos
