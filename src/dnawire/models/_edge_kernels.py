"""Compiled kernels of the matrix elements; :mod:`dnawire.models.corrections` is the definition.

Embeddings and hidden layers are (rows, F) in single precision, flat, with F a multiple of
``CHANNELS``. ``ends`` (edges, 2) names the rows of the bases that an edge joins.
"""

from __future__ import annotations

import numpy as np

from dnawire.models._single import CHANNELS, fma, load, splat, store, total, where_positive
from dnawire.transport.compilation import compiled


@compiled
def gather_sums(x, ends, width):
    """Sum of the embeddings of both ends (edges, F)."""
    gathered = np.empty(len(ends) * width, np.float32)
    for e in range(len(ends)):
        first, second = ends[e, 0] * width, ends[e, 1] * width
        for c in range(0, width, CHANNELS):
            store(gathered, e * width + c, load(x, first + c) + load(x, second + c))
    return gathered


@compiled
def scatter_sums(gradient, ends, grad_x, width):
    """Add the gradient of `gather_sums`."""
    for e in range(len(ends)):
        for k in range(2):
            there = ends[e, k] * width
            for c in range(0, width, CHANNELS):
                arriving = load(gradient, e * width + c)
                store(grad_x, there + c, load(grad_x, there + c) + arriving)


@compiled
def gather_pairs(x, ends, width):
    """Embeddings of both ends, one after the other (edges, 2 F)."""
    gathered = np.empty(2 * len(ends) * width, np.float32)
    for e in range(len(ends)):
        for k in range(2):
            here, there = (2 * e + k) * width, ends[e, k] * width
            for c in range(0, width, CHANNELS):
                store(gathered, here + c, load(x, there + c))
    return gathered


@compiled
def scatter_pairs(gradient, ends, grad_x, width):
    """Add the gradient of `gather_pairs`."""
    for e in range(len(ends)):
        for k in range(2):
            here, there = (2 * e + k) * width, ends[e, k] * width
            for c in range(0, width, CHANNELS):
                arriving = load(gradient, here + c)
                store(grad_x, there + c, load(grad_x, there + c) + arriving)


@compiled
def read_out(hidden, weight):
    """``relu(hidden) . weight`` of every row (rows,)."""
    width = len(weight)
    values, none = np.empty(len(hidden) // width, np.float32), splat(np.float32(0.0))
    for r in range(len(values)):
        sums = none
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            sums = fma(where_positive(part, part, none), load(weight, c), sums)
        values[r] = total(sums)
    return values


@compiled
def read_out_backward(hidden, weight, gradient, grad_weight):
    """Gradient of `read_out` by the hidden layer; that by the weight is added."""
    width, none = len(weight), splat(np.float32(0.0))
    grad_hidden = np.empty_like(hidden)
    for r in range(len(gradient)):
        arriving = splat(gradient[r])
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            positive = where_positive(part, part, none)
            store(grad_weight, c, fma(arriving, positive, load(grad_weight, c)))
            change = where_positive(part, arriving * load(weight, c), none)
            store(grad_hidden, r * width + c, change)
    return grad_hidden


@compiled
def edge_rows(rows, batch, length):
    """Rows at both ends of every edge: stacking (5' end first), pairing, 5'-5' and 3'-3' diagonals.

    ``rows`` holds the row of each site in the ladder layout; edges are in the order of
    `dnawire.models.hamiltonian.edge_ends`. Ends of the last three kinds are sorted.
    """
    steps = batch * (length - 1)
    stacking, pairing = np.empty((2 * steps, 2), np.int64), np.empty((batch * length, 2), np.int64)
    five, three = np.empty((steps, 2), np.int64), np.empty((steps, 2), np.int64)
    for b in range(batch):
        for n in range(length):
            upper = rows[2 * (b * length + n)]
            lower = rows[2 * (b * length + n) + 1]
            pairing[b * length + n, 0] = min(upper, lower)
            pairing[b * length + n, 1] = max(upper, lower)
            if n < length - 1:
                e = b * (length - 1) + n
                next_upper = rows[2 * (b * length + n + 1)]
                next_lower = rows[2 * (b * length + n + 1) + 1]
                stacking[2 * e, 0], stacking[2 * e, 1] = upper, next_upper
                stacking[2 * e + 1, 0], stacking[2 * e + 1, 1] = next_lower, lower
                five[e, 0], five[e, 1] = min(upper, next_lower), max(upper, next_lower)
                three[e, 0], three[e, 1] = min(lower, next_upper), max(lower, next_upper)
    return stacking, pairing, five, three
