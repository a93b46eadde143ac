"""Compiled CPU kernels of the block-tridiagonal recursion for blocks of two orbitals.

The mathematics is that of :mod:`dnawire.transport._recursion`, which is the readable definition.
A row of a work array holds one real number for ``LANES`` energies. Rows lie in flat arrays at
constant distances and indices are unsigned, so that every loop over the lanes becomes vector
instructions. A complex two-vector takes four rows (re, im of either orbital), a symmetric inverse
block six (re, im of 00, 01, 11).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import uintp
from numpy.typing import NDArray

from dnawire.transport.compilation import compiled

LANES = 36
RENORMALIZE_EVERY = 16
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

    energies: NDArray[np.float64]  # one row
    inverse: NDArray[np.float64]  # six rows a block: P_n^-1
    x: NDArray[np.float64]  # (C, four rows a block): contact columns, times exp(scale)
    scale: NDArray[np.float64]  # (C, one row a block); stays zero in short chains
    lift: NDArray[np.float64]  # one row: factor between the scales of two blocks
    pairs: NDArray[np.float64]  # (C, C, LANES): part of each contact pair in ``mantissa``
    mantissa: NDArray[np.float64]  # one row: T = mantissa * exp(exponent)
    exponent: NDArray[np.float64]  # one row; zero in short chains


@compiled
def at(row, lane):
    """Place of one lane of one row in a flat array; unsigned, so that it never wraps around."""
    return uintp(row) * uintp(LANES) + uintp(lane)


@compiled
def workspace(length, count):
    """Allocate the scratch for L blocks and C columns."""
    return Workspace(
        np.empty(LANES),
        np.empty(6 * length * LANES),
        np.empty((count, 4 * length * LANES)),
        np.zeros((count, length * LANES)),
        np.ones(LANES),
        np.empty((count, count, LANES)),
        np.empty(LANES),
        np.zeros(LANES),
    )


@compiled
def is_renormalized(length):
    """Whether a chain is so long that its columns could underflow."""
    return length > RENORMALIZE_EVERY


@compiled
def _invert_blocks(inverse, energies, ladder, b):
    """P_n^-1 of every block."""
    no_step = np.zeros((2, 2))
    inverse[: 6 * LANES] = 0.0
    for n in range(ladder.diagonal.shape[1]):
        step = ladder.step[b, n - 1] if n > 0 else no_step
        block, damping, present = ladder.diagonal[b, n], ladder.damping[b, n], ladder.present[b, n]
        _invert_block(inverse, n, max(n - 1, 0), energies, block, step, damping, present)


@compiled
def _invert_block(inverse, n, above, energies, block, step, damping, present):
    """(D_n - t^T P_above^-1 t)^-1; a missing orbital has the constant 1 on its diagonal."""
    row, last = 6 * n, 6 * above
    e0, h00 = (1.0, block[0, 0]) if present[0] else (0.0, -1.0)
    e1, h11 = (1.0, block[1, 1]) if present[1] else (0.0, -1.0)
    h01, g0, g1 = 0.5 * (block[0, 1] + block[1, 0]), damping[0], damping[1]
    t00, t01, t10, t11 = step[0, 0], step[0, 1], step[1, 0], step[1, 1]
    cross = t00 * t11 + t10 * t01
    for k in range(LANES):
        a_re, a_im = inverse[at(last, k)], inverse[at(last + 1, k)]
        b_re, b_im = inverse[at(last + 2, k)], inverse[at(last + 3, k)]
        d_re, d_im = inverse[at(last + 4, k)], inverse[at(last + 5, k)]
        energy = energies[uintp(k)]
        p_re = e0 * energy - h00 - (t00 * t00 * a_re + 2.0 * t00 * t10 * b_re + t10 * t10 * d_re)
        p_im = g0 - (t00 * t00 * a_im + 2.0 * t00 * t10 * b_im + t10 * t10 * d_im)
        q_re = -h01 - (t00 * t01 * a_re + cross * b_re + t10 * t11 * d_re)
        q_im = -(t00 * t01 * a_im + cross * b_im + t10 * t11 * d_im)
        s_re = e1 * energy - h11 - (t01 * t01 * a_re + 2.0 * t01 * t11 * b_re + t11 * t11 * d_re)
        s_im = g1 - (t01 * t01 * a_im + 2.0 * t01 * t11 * b_im + t11 * t11 * d_im)
        det_re = p_re * s_re - p_im * s_im - (q_re * q_re - q_im * q_im)
        det_im = p_re * s_im + p_im * s_re - 2.0 * q_re * q_im
        size = 1.0 / (det_re * det_re + det_im * det_im)
        c_re, c_im = det_re * size, -det_im * size
        inverse[at(row, k)] = s_re * c_re - s_im * c_im
        inverse[at(row + 1, k)] = s_re * c_im + s_im * c_re
        inverse[at(row + 2, k)] = q_im * c_im - q_re * c_re
        inverse[at(row + 3, k)] = -(q_re * c_im + q_im * c_re)
        inverse[at(row + 4, k)] = p_re * c_re - p_im * c_im
        inverse[at(row + 5, k)] = p_re * c_im + p_im * c_re


@compiled
def _start_block(inverse, x, n):
    """x_n <- P_n^-1 x_n, in place."""
    row, block = 4 * n, 6 * n
    for k in range(LANES):
        u_re, u_im = x[at(row, k)], x[at(row + 1, k)]
        v_re, v_im = x[at(row + 2, k)], x[at(row + 3, k)]
        a_re, a_im = inverse[at(block, k)], inverse[at(block + 1, k)]
        b_re, b_im = inverse[at(block + 2, k)], inverse[at(block + 3, k)]
        d_re, d_im = inverse[at(block + 4, k)], inverse[at(block + 5, k)]
        x[at(row, k)] = a_re * u_re - a_im * u_im + b_re * v_re - b_im * v_im
        x[at(row + 1, k)] = a_re * u_im + a_im * u_re + b_re * v_im + b_im * v_re
        x[at(row + 2, k)] = b_re * u_re - b_im * u_im + d_re * v_re - d_im * v_im
        x[at(row + 3, k)] = b_re * u_im + b_im * u_re + d_re * v_im + d_im * v_re


@compiled
def _eliminate_block(inverse, step, x, n):
    """x_n <- P_n^-1 (x_n + t_(n-1)^T x_(n-1)), in place."""
    row, block = 4 * n, 6 * n
    t00, t01, t10, t11 = step[0, 0], step[0, 1], step[1, 0], step[1, 1]
    for k in range(LANES):
        up_re, up_im = x[at(row - 4, k)], x[at(row - 3, k)]
        down_re, down_im = x[at(row - 2, k)], x[at(row - 1, k)]
        u_re = x[at(row, k)] + t00 * up_re + t10 * down_re
        u_im = x[at(row + 1, k)] + t00 * up_im + t10 * down_im
        v_re = x[at(row + 2, k)] + t01 * up_re + t11 * down_re
        v_im = x[at(row + 3, k)] + t01 * up_im + t11 * down_im
        a_re, a_im = inverse[at(block, k)], inverse[at(block + 1, k)]
        b_re, b_im = inverse[at(block + 2, k)], inverse[at(block + 3, k)]
        d_re, d_im = inverse[at(block + 4, k)], inverse[at(block + 5, k)]
        x[at(row, k)] = a_re * u_re - a_im * u_im + b_re * v_re - b_im * v_im
        x[at(row + 1, k)] = a_re * u_im + a_im * u_re + b_re * v_im + b_im * v_re
        x[at(row + 2, k)] = b_re * u_re - b_im * u_im + d_re * v_re - d_im * v_im
        x[at(row + 3, k)] = b_re * u_im + b_im * u_re + d_re * v_im + d_im * v_re


@compiled
def _substitute_block(inverse, step, x, n, lift):
    """x_n <- x_n + lift P_n^-1 t_n x_(n+1), in place."""
    row, block = 4 * n, 6 * n
    t00, t01, t10, t11 = step[0, 0], step[0, 1], step[1, 0], step[1, 1]
    for k in range(LANES):
        up_re, up_im = x[at(row + 4, k)], x[at(row + 5, k)]
        down_re, down_im = x[at(row + 6, k)], x[at(row + 7, k)]
        factor = lift[uintp(k)]
        u_re, u_im = factor * (t00 * up_re + t01 * down_re), factor * (t00 * up_im + t01 * down_im)
        v_re, v_im = factor * (t10 * up_re + t11 * down_re), factor * (t10 * up_im + t11 * down_im)
        a_re, a_im = inverse[at(block, k)], inverse[at(block + 1, k)]
        b_re, b_im = inverse[at(block + 2, k)], inverse[at(block + 3, k)]
        d_re, d_im = inverse[at(block + 4, k)], inverse[at(block + 5, k)]
        x[at(row, k)] += a_re * u_re - a_im * u_im + b_re * v_re - b_im * v_im
        x[at(row + 1, k)] += a_re * u_im + a_im * u_re + b_re * v_im + b_im * v_re
        x[at(row + 2, k)] += b_re * u_re - b_im * u_im + d_re * v_re - d_im * v_im
        x[at(row + 3, k)] += b_re * u_im + b_im * u_re + d_re * v_im + d_im * v_re


@compiled
def solve(inverse, step, x):
    """Replace a right-hand side by its solution, without scales."""
    length = step.shape[0] + 1
    ones = np.ones(LANES)
    _start_block(inverse, x, 0)
    for n in range(1, length):
        _eliminate_block(inverse, step[n - 1], x, n)
    for n in range(length - 2, -1, -1):
        _substitute_block(inverse, step[n], x, n, ones)


@compiled
def _solve_column(work, step, c, site):
    """Fill column ``c`` of ``x`` with that of the Green's function; its scales stay zero."""
    x, first = work.x[c], site // 2
    x[:] = 0.0
    x[2 * site * LANES : (2 * site + 1) * LANES] = 1.0
    work.lift[:] = 1.0
    _start_block(work.inverse, x, first)
    for n in range(first + 1, step.shape[0] + 1):
        _eliminate_block(work.inverse, step[n - 1], x, n)
    for n in range(step.shape[0] - 1, -1, -1):
        _substitute_block(work.inverse, step[n], x, n, work.lift)


@compiled
def _solve_long_column(work, step, c, site):
    """Like `_solve_column`, but renormalized every few blocks so that nothing underflows."""
    x, scale, first = work.x[c], work.scale[c], site // 2
    x[:] = 0.0
    scale[:] = 0.0
    x[2 * site * LANES : (2 * site + 1) * LANES] = 1.0
    _start_block(work.inverse, x, first)
    for n in range(first + 1, step.shape[0] + 1):
        _eliminate_block(work.inverse, step[n - 1], x, n)
        _copy_row(scale, n - 1, n)
        if n % RENORMALIZE_EVERY == 0:
            _renormalize(x, scale, n)
    for n in range(step.shape[0] - 1, -1, -1):
        if n < first:
            _copy_row(scale, n + 1, n)
        _set_lift(work.lift, scale, n)
        _substitute_block(work.inverse, step[n], x, n, work.lift)
        if 0 < n < first and n % RENORMALIZE_EVERY == 0:
            _renormalize(x, scale, n)


@compiled
def _copy_row(rows, source, target):
    for k in range(LANES):
        rows[at(target, k)] = rows[at(source, k)]


@compiled
def _set_lift(lift, scale, n):
    """Factor that brings block ``n + 1`` to the scale of block ``n``."""
    for k in range(LANES):
        lift[k] = np.exp(scale[at(n + 1, k)] - scale[at(n, k)])


@compiled
def _renormalize(x, scale, n):
    """Divide block ``n`` of ``x`` by its largest entry and add the logarithm to its scale."""
    row = 4 * n
    for k in range(LANES):
        upper = max(abs(x[at(row, k)]), abs(x[at(row + 1, k)]))
        lower = max(abs(x[at(row + 2, k)]), abs(x[at(row + 3, k)]))
        largest = max(upper, lower)
        if largest > 0.0:
            for q in range(4):
                x[at(row + q, k)] /= largest
            scale[at(n, k)] += np.log(largest)


@compiled
def unscale(x, scale, length):
    """Multiply the scales into ``x``; what underflows becomes zero."""
    for n in range(length):
        for k in range(LANES):
            factor = np.exp(scale[at(n, k)])
            for q in range(4):
                x[at(4 * n + q, k)] *= factor


@compiled
def _transmission(work, columns, gamma_left, gamma_right):
    """Fill ``pairs``, ``mantissa`` and ``exponent``; zero parts where there is no pair."""
    count = columns.shape[0]
    if is_renormalized(work.scale.shape[1] // LANES):
        _set_exponent(work, columns, gamma_left, gamma_right)
    work.mantissa[:] = 0.0
    work.pairs[:] = 0.0
    for r in range(count):
        for left in range(count):
            weight = gamma_left[left] * gamma_right[r]
            if weight > 0.0:
                _add_pair(work, columns[left], left, r, weight)


@compiled
def _set_exponent(work, columns, gamma_left, gamma_right):
    """Twice the largest scale of all contact pairs."""
    work.exponent[:] = -np.inf
    for r in range(columns.shape[0]):
        for left in range(columns.shape[0]):
            if gamma_left[left] * gamma_right[r] > 0.0:
                for k in range(LANES):
                    scale = work.scale[r, at(columns[left] // 2, k)]
                    work.exponent[k] = max(work.exponent[k], 2.0 * scale)


@compiled
def _add_pair(work, site, left, r, weight):
    """Add the transmission between one pair of contact orbitals."""
    x, pair, mantissa = work.x[r], work.pairs[left, r], work.mantissa
    for k in range(LANES):
        g_re, g_im = x[at(2 * site, k)], x[at(2 * site + 1, k)]
        pair[uintp(k)] = weight * (g_re * g_re + g_im * g_im)
    if is_renormalized(work.scale.shape[1] // LANES):
        for k in range(LANES):
            pair[k] *= np.exp(2.0 * work.scale[r, at(site // 2, k)] - work.exponent[k])
    for k in range(LANES):
        mantissa[uintp(k)] += pair[uintp(k)]


@compiled
def solve_chunk(work, ladder, b, start):
    """Everything up to T for one chunk of energies; returns the number of lanes in use."""
    used = min(LANES, ladder.energies.shape[1] - start)
    for k in range(LANES):
        work.energies[k] = ladder.energies[b, start + min(k, used - 1)]
    _invert_blocks(work.inverse, work.energies, ladder, b)
    step, columns = ladder.step[b], ladder.columns[b]
    for c in range(columns.shape[0]):
        if is_renormalized(step.shape[0] + 1):
            _solve_long_column(work, step, c, columns[c])
        else:
            _solve_column(work, step, c, columns[c])
    _transmission(work, columns, ladder.gamma_left[b], ladder.gamma_right[b])
    return used


@compiled
def _add_ldos(ldos, x, weight, start, used):
    """Add ``weight |x|^2`` of one unscaled column to the LDOS (L, 2, E)."""
    for n in range(ldos.shape[0]):
        for q in range(2):
            row, target = 4 * n + 2 * q, ldos[n, q, start : start + used]
            for k in range(used):
                re, im = x[at(row, k)], x[at(row + 1, k)]
                target[uintp(k)] += weight * (re * re + im * im)


@compiled
def forward(ladder):
    """T as mantissa and natural exponent, both (B, E), and LDOS (B, L, 2, E) of a batch."""
    batch, length = ladder.diagonal.shape[0], ladder.diagonal.shape[1]
    num_energies, count = ladder.energies.shape[1], ladder.columns.shape[1]
    mantissa, exponent = np.empty((batch, num_energies)), np.empty((batch, num_energies))
    ldos = np.zeros((batch, length, 2, num_energies))
    work = workspace(length, count)
    for b in range(batch):
        for start in range(0, num_energies, LANES):
            used = solve_chunk(work, ladder, b, start)
            mantissa[b, start : start + used] = work.mantissa[:used]
            exponent[b, start : start + used] = work.exponent[:used]
            for c in range(count):
                if is_renormalized(length):
                    unscale(work.x[c], work.scale[c], length)
                weight = ladder.broadening[b, c] / TWO_PI
                _add_ldos(ldos[b], work.x[c], weight, start, used)
    return mantissa, exponent, ldos
