"""Compiled `dnawire.operators.edge_network`: rows (rows, F) in single precision.

Values are those of the rows, then of the edges, kind after kind; ``offsets`` says where each kind
begins. Features of edges lie one after the other, flat: 2 F for directed edges, F for others.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined, internal
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, total, where_positive
from dnawire.operators._row_kernels import linear, linear_adjoint


@internal
def _gather(x, ends, num_directed):
    """Embeddings of both ends: one after the other for directed edges, added for the others."""
    width = x.shape[1]
    features = np.empty((len(ends) + num_directed) * width, np.float32)
    for e in range(len(ends)):
        here = (e + min(e, num_directed)) * width
        for c in range(0, width, CHANNELS):
            one, other = load(x, ends[e, 0] * width + c), load(x, ends[e, 1] * width + c)
            if e < num_directed:
                store(features, here + c, one)
                store(features, here + width + c, other)
            else:
                store(features, here + c, one + other)
    return features


@internal
def _scatter(gradient, ends, num_directed, grad_x):
    """Adjoint of `_gather`, added to the last array."""
    width = grad_x.shape[1]
    for e in range(len(ends)):
        here = (e + min(e, num_directed)) * width
        for k in range(2):
            there, own = ends[e, k] * width, here + (k * width if e < num_directed else 0)
            for c in range(0, width, CHANNELS):
                store(grad_x, there + c, load(grad_x, there + c) + load(gradient, own + c))


@internal
def _read_out(hidden, last, values):
    """``relu(hidden) . last`` of every row."""
    width, none = len(last), splat(np.float32(0.0))
    for r in range(len(values)):
        sums = none
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            sums = fma(where_positive(part, part, none), load(last, c), sums)
        values[r] = total(sums)


@internal
def _read_out_adjoint(gradient, hidden, last, grad_last):
    """Gradient by the hidden layer; that by the weights is added to the last array."""
    width, none, grad_hidden = len(last), splat(np.float32(0.0)), np.empty_like(hidden)
    for r in range(len(gradient)):
        arriving = splat(gradient[r])
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            positive = where_positive(part, part, none)
            store(grad_last, c, fma(arriving, positive, load(grad_last, c)))
            change = where_positive(part, arriving * load(last, c), none)
            store(grad_hidden, r * width + c, change)
    return grad_hidden


@inlined
def _inputs(x, features, offsets, kind):
    """Input of the network of one kind as a matrix; kind 0 are the rows themselves."""
    if kind == 0:
        return x
    width, rows, directed = x.shape[1], offsets[1], offsets[2] - offsets[1]
    start = offsets[kind] - rows + (directed if kind > 1 else 0)
    end = offsets[kind + 1] - rows + directed
    part = features[start * width : end * width]
    return part.reshape(offsets[kind + 1] - offsets[kind], width * (2 if kind == 1 else 1))


@inlined
def _matrix(joined, added, kind):
    """Weights of one kind; kind 1 are the directed edges."""
    return joined if kind == 1 else added[max(0, kind - 1)]


@compiled
def edge_network(x, ends, offsets, joined, added, bias, last):
    """Values, and what the adjoint needs: features of the edges and hidden layers."""
    features = _gather(x, ends, offsets[2] - offsets[1])
    hidden = np.empty((offsets[-1], bias.shape[1]), np.float32)
    values = np.empty(offsets[-1], np.float32)
    for kind in range(len(bias)):
        start, end = offsets[kind], offsets[kind + 1]
        inputs = _inputs(x, features, offsets, kind)
        linear(inputs, _matrix(joined, added, kind), bias[kind], hidden[start:end])
        _read_out(hidden[start:end], last[kind], values[start:end])
    return values, features, hidden


@compiled
def edge_network_adjoint(gradient, x, ends, offsets, weights, inner):
    """Gradients by x and the weights; ``inner``: features of the edges and hidden layers."""
    joined, added, last = weights
    features, hidden = inner
    grad_x, grad_features = np.empty_like(x), np.empty_like(features)
    grad_joined, grad_added = np.empty_like(joined), np.empty_like(added)
    grad_bias, grad_last = np.empty_like(last), np.zeros_like(last)
    for kind in range(len(last)):
        start, end = offsets[kind], offsets[kind + 1]
        arriving = _read_out_adjoint(
            gradient[start:end], hidden[start:end], last[kind], grad_last[kind]
        )
        linear_adjoint(
            arriving,
            _inputs(x, features, offsets, kind),
            _matrix(joined, added, kind),
            _inputs(grad_x, grad_features, offsets, kind),
            _matrix(grad_joined, grad_added, kind),
            grad_bias[kind],
        )
    _scatter(grad_features, ends, offsets[2] - offsets[1], grad_x)
    return grad_x, grad_joined, grad_added, grad_bias, grad_last
