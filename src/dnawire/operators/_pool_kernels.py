"""Compiled `dnawire.operators.pool`: rows (rows, F) in single precision."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled
from dnawire.compiled.single import CHANNELS, fma, load, splat, store


@compiled
def weights(present, gamma_left, gamma_right):
    """Weights of every site (B, sites, 4) in sum, mean, and at either contact."""
    batch, length, _ = present.shape
    found = np.zeros((batch, 2 * length, 4), np.float32)
    for b in range(batch):
        count, left, right = 0, 0.0, 0.0
        for site in range(2 * length):
            n, i = site // 2, site % 2
            count += present[b, n, i]
            left, right = left + gamma_left[b, n, i], right + gamma_right[b, n, i]
        for site in range(2 * length):
            n, i = site // 2, site % 2
            if present[b, n, i]:
                found[b, site, 0], found[b, site, 1] = 1.0, 1.0 / count
            found[b, site, 2] = gamma_left[b, n, i] / left
            found[b, site, 3] = gamma_right[b, n, i] / right
    return found


@compiled
def pool(x, rows, weights):
    """Weighted sums over the sites of each duplex (B, P, F)."""
    batch, sites, kinds = weights.shape
    width = x.shape[1]
    pooled = np.zeros((batch, kinds, width), np.float32)
    for b in range(batch):
        for s in range(sites):
            there = rows[b * sites + s] * width
            for p in range(kinds):
                weight = weights[b, s, p]
                if weight != np.float32(0.0):
                    here = (b * kinds + p) * width
                    for c in range(0, width, CHANNELS):
                        found = fma(splat(weight), load(x, there + c), load(pooled, here + c))
                        store(pooled, here + c, found)
    return pooled


@compiled
def pool_adjoint(gradient, rows, weights, num_rows):
    """Gradient by x."""
    batch, kinds, width = gradient.shape
    sites = weights.shape[1]
    grad_x = np.zeros((num_rows, width), np.float32)
    for b in range(batch):
        for s in range(sites):
            there = rows[b * sites + s] * width
            for p in range(kinds):
                weight = weights[b, s, p]
                if weight != np.float32(0.0):
                    here = (b * kinds + p) * width
                    for c in range(0, width, CHANNELS):
                        arriving = load(gradient, here + c)
                        change = fma(splat(weight), arriving, load(grad_x, there + c))
                        store(grad_x, there + c, change)
    return grad_x


@compiled
def symmetrize(pooled):
    """Sums (B, F), and means with sum and product of both contacts (B, 3 F)."""
    batch, _, width = pooled.shape
    sums, averages = np.empty((batch, width), np.float32), np.empty((batch, 3 * width), np.float32)
    for b in range(batch):
        for c in range(width):
            sums[b, c], averages[b, c] = pooled[b, 0, c], pooled[b, 1, c]
            averages[b, width + c] = pooled[b, 2, c] + pooled[b, 3, c]
            averages[b, 2 * width + c] = pooled[b, 2, c] * pooled[b, 3, c]
    return sums, averages


@compiled
def symmetrize_adjoint(pooled, by_total, by_averages):
    """Gradient by the weighted sums."""
    batch, _, width = pooled.shape
    gradient = np.empty(pooled.shape, np.float32)
    for b in range(batch):
        for c in range(width):
            added, product = by_averages[b, width + c], by_averages[b, 2 * width + c]
            gradient[b, 0, c], gradient[b, 1, c] = by_total[b, c], by_averages[b, c]
            gradient[b, 2, c] = added + product * pooled[b, 3, c]
            gradient[b, 3, c] = added + product * pooled[b, 2, c]
    return gradient
