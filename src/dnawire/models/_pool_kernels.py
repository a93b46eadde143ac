"""Compiled pooling and counting; :mod:`dnawire.models.pool` and ``composition`` are the definitions.

Embeddings are (rows, F) in single precision, flat, with F a multiple of ``CHANNELS``.
"""

from __future__ import annotations

import numpy as np

from dnawire.models._single import CHANNELS, fma, load, splat, store
from dnawire.transport.compilation import compiled


@compiled
def pool(x, rows, weights, width):
    """Weighted sums over the sites of each duplex: (B, P, F) with weights (B, sites, P)."""
    batch, sites, kinds = weights.shape
    pooled = np.zeros(batch * kinds * width, np.float32)
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
def pool_backward(gradient, rows, weights, grad_x, width):
    """Add the gradient of `pool`."""
    batch, sites, kinds = weights.shape
    for b in range(batch):
        for s in range(sites):
            there = rows[b * sites + s] * width
            for p in range(kinds):
                weight = weights[b, s, p]
                if weight != np.float32(0.0):
                    here = (b * kinds + p) * width
                    for c in range(0, width, CHANNELS):
                        change = fma(splat(weight), load(gradient, here + c), load(grad_x, there + c))
                        store(grad_x, there + c, change)
