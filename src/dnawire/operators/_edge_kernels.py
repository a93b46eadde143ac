"""Compiled parts of `dnawire.operators.edge_network`: flat rows in single precision."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, total, where_positive


@compiled
def gather(x, ends, num_directed, width):
    """Embeddings of both ends: one after the other for directed edges, added for the others."""
    joined = np.empty(2 * num_directed * width, np.float32)
    added = np.empty((len(ends) - num_directed) * width, np.float32)
    for e in range(len(ends)):
        for c in range(0, width, CHANNELS):
            one, other = load(x, ends[e, 0] * width + c), load(x, ends[e, 1] * width + c)
            if e < num_directed:
                store(joined, 2 * e * width + c, one)
                store(joined, (2 * e + 1) * width + c, other)
            else:
                store(added, (e - num_directed) * width + c, one + other)
    return joined, added


@compiled
def scatter(joined, added, ends, num_directed, width, grad_x):
    """Adjoint of `gather`, added to the last array."""
    for e in range(len(ends)):
        for k in range(2):
            there = ends[e, k] * width
            for c in range(0, width, CHANNELS):
                if e < num_directed:
                    change = load(joined, (2 * e + k) * width + c)
                else:
                    change = load(added, (e - num_directed) * width + c)
                store(grad_x, there + c, load(grad_x, there + c) + change)


@compiled
def read_out(hidden, last, offsets, width):
    """``relu(hidden) . last`` of every row, with the weights of its kind."""
    values, none = np.empty(offsets[-1], np.float32), splat(np.float32(0.0))
    for kind in range(len(offsets) - 1):
        for r in range(offsets[kind], offsets[kind + 1]):
            sums = none
            for c in range(0, width, CHANNELS):
                part = load(hidden, r * width + c)
                part = where_positive(part, part, none)
                sums = fma(part, load(last, kind * width + c), sums)
            values[r] = total(sums)
    return values


@compiled
def read_out_adjoint(gradient, hidden, last, offsets, width):
    """Gradients by the hidden layer and the weights."""
    grad_hidden, grad_last = np.empty_like(hidden), np.zeros_like(last)
    none = splat(np.float32(0.0))
    for kind in range(len(offsets) - 1):
        for r in range(offsets[kind], offsets[kind + 1]):
            arriving = splat(gradient[r])
            for c in range(0, width, CHANNELS):
                here, own = r * width + c, kind * width + c
                part = load(hidden, here)
                positive = where_positive(part, part, none)
                store(grad_last, own, fma(arriving, positive, load(grad_last, own)))
                store(grad_hidden, here, where_positive(part, arriving * load(last, own), none))
    return grad_hidden, grad_last
