"""Compiled `dnawire.operators.gather_edges` and ``read_out``: flat rows in single precision."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, total, where_positive


@compiled
def gather_edges(x, ends, num_directed, width):
    """Embeddings of both ends: one after the other for the first edges, added for the others."""
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
def gather_edges_adjoint(joined, added, ends, num_directed, num_rows, width):
    """Gradient by x."""
    grad_x = np.zeros(num_rows * width, np.float32)
    for e in range(len(ends)):
        for k in range(2):
            there = ends[e, k] * width
            for c in range(0, width, CHANNELS):
                if e < num_directed:
                    change = load(joined, (2 * e + k) * width + c)
                else:
                    change = load(added, (e - num_directed) * width + c)
                store(grad_x, there + c, load(grad_x, there + c) + change)
    return grad_x


@compiled
def read_out(hidden, weights, kinds, width):
    """``relu(hidden) . weight`` of every row."""
    values, none = np.empty(len(kinds), np.float32), splat(np.float32(0.0))
    for r in range(len(kinds)):
        sums, own = none, kinds[r] * width
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            sums = fma(where_positive(part, part, none), load(weights, own + c), sums)
        values[r] = total(sums)
    return values


@compiled
def read_out_adjoint(gradient, hidden, weights, kinds, width):
    """Gradients by the hidden layer and the weights."""
    grad_hidden, grad_weights = np.empty_like(hidden), np.zeros_like(weights)
    none = splat(np.float32(0.0))
    for r in range(len(kinds)):
        arriving, own = splat(gradient[r]), kinds[r] * width
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            positive = where_positive(part, part, none)
            change = fma(arriving, positive, load(grad_weights, own + c))
            store(grad_weights, own + c, change)
            change = where_positive(part, arriving * load(weights, own + c), none)
            store(grad_hidden, r * width + c, change)
    return grad_hidden, grad_weights
