"""Compiled overlap integrals of contracted Gaussian shells."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dnawire.compiled.kernel import compiled, inlined

CUTOFF: Final = 36.0
"""Exponent from which a product of two Gaussians is nothing: exp(-36) = 2e-16."""

_ROOT_3: Final = math.sqrt(3.0)

POWERS: Final = np.array(
    [
        [(0, 0, 0)] * 6,
        [(1, 0, 0), (0, 1, 0), (0, 0, 1)] + [(0, 0, 0)] * 3,
        [(2, 0, 0), (0, 2, 0), (0, 0, 2), (1, 1, 0), (1, 0, 1), (0, 1, 1)],
    ]
)
"""Powers of x, y and z of the Cartesian functions, by angular momentum."""

NUM_POWERS: Final = np.array([1, 3, 6])

HARMONICS: Final = np.zeros((3, 5, 6))
"""Real spherical harmonics of ascending order m (p: y, z, x) by Cartesian functions."""
HARMONICS[0, 0, 0] = 1.0
HARMONICS[1, 0, 1] = HARMONICS[1, 1, 2] = HARMONICS[1, 2, 0] = 1.0
HARMONICS[2, 0, 3] = HARMONICS[2, 1, 5] = HARMONICS[2, 3, 4] = _ROOT_3
HARMONICS[2, 2, :3] = -0.5, -0.5, 1.0
HARMONICS[2, 4, :2] = 0.5 * _ROOT_3, -0.5 * _ROOT_3


@compiled
def overlap_block(shells, positions, kinds, rows, columns, output):
    """Overlaps of the shells ``rows`` with the shells ``columns``.

    ``shells`` are the tables of `ShellTables`; positions (M, 3) in bohr and kinds (M,) are those of
    all shells; ``output`` has a row for every orbital of ``rows`` and is zero before.
    """
    lines = np.empty((3, 3, 3))
    cartesian = np.empty((6, 6))
    first_row = 0
    for i in rows:
        first_column = 0
        size_i = 2 * shells.momenta[kinds[i]] + 1
        for j in columns:
            size_j = 2 * shells.momenta[kinds[j]] + 1
            x = positions[i, 0] - positions[j, 0]
            y = positions[i, 1] - positions[j, 1]
            z = positions[i, 2] - positions[j, 2]
            square = x * x + y * y + z * z
            if square < shells.reach[kinds[i], kinds[j]]:
                _contracted(shells, kinds[i], kinds[j], (x, y, z), square, lines, cartesian)
                _store(
                    shells.momenta[kinds[i]],
                    shells.momenta[kinds[j]],
                    cartesian,
                    output,
                    first_row,
                    first_column,
                )
            first_column += size_j
        first_row += size_i


@inlined
def _contracted(shells, a, b, vector, square, lines, cartesian):
    """Overlaps of the Cartesian functions of two kinds of shells, the second at the origin."""
    la, lb = shells.momenta[a], shells.momenta[b]
    cartesian[:] = 0.0
    for k in range(shells.starts[a], shells.starts[a + 1]):
        for q in range(shells.starts[b], shells.starts[b + 1]):
            alpha, beta = shells.exponents[k], shells.exponents[q]
            inverse = 1.0 / (alpha + beta)
            damping = alpha * beta * inverse * square
            if damping < CUTOFF:
                factor = math.exp(-damping) * (math.pi * inverse) ** 1.5
                factor *= shells.coefficients[k] * shells.coefficients[q]
                for axis in range(3):
                    from_a = -beta * inverse * vector[axis]
                    from_b = alpha * inverse * vector[axis]
                    _line(lines, axis, la, lb, from_a, from_b, 0.5 * inverse)
                _add_products(cartesian, factor, lines, la, lb)


@inlined
def _add_products(cartesian, factor, lines, la, lb):
    for m in range(NUM_POWERS[la]):
        for n in range(NUM_POWERS[lb]):
            value = factor
            for axis in range(3):
                value *= lines[axis, POWERS[la, m, axis], POWERS[lb, n, axis]]
            cartesian[m, n] += value


@inlined
def _line(lines, axis, la, lb, from_a, from_b, half):
    """Moments along an axis relative to that of power zero, by the recursion of Obara and Saika."""
    lines[axis, 0, 0] = 1.0
    for m in range(la + 1):
        if m > 0:
            lines[axis, m, 0] = from_a * lines[axis, m - 1, 0]
            if m > 1:
                lines[axis, m, 0] += half * (m - 1) * lines[axis, m - 2, 0]
        for n in range(1, lb + 1):
            value = from_b * lines[axis, m, n - 1]
            if n > 1:
                value += half * (n - 1) * lines[axis, m, n - 2]
            if m > 0:
                value += half * m * lines[axis, m - 1, n - 1]
            lines[axis, m, n] = value


@inlined
def _store(la, lb, cartesian, output, first_row, first_column):
    """Write the overlaps of the spherical functions."""
    for m in range(2 * la + 1):
        for n in range(2 * lb + 1):
            total = 0.0
            for p in range(NUM_POWERS[la]):
                for q in range(NUM_POWERS[lb]):
                    total += HARMONICS[la, m, p] * HARMONICS[lb, n, q] * cartesian[p, q]
            output[first_row + m, first_column + n] = total
