"""Compiled Hamiltonians; :mod:`dnawire.models.hamiltonian.model` and ``corrections`` define them.

``places`` (5, 3) says where weight, bias and last layer of each correction start in the vector of
parameters: on-site, then the kinds of edges. Values are flat: one a row of the embeddings on-site,
then one a different edge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, load, store
from dnawire.models._graph_kernels import KINDS
from dnawire.models._layer_kernels import dense, dense_backward, matrix, read_out, read_out_backward


class Duplexes(NamedTuple):
    """Bases of a batch, and which value belongs to which matrix element."""

    base: NDArray[np.int64]  # (B, L, 2)
    present: NDArray[np.bool_]  # (B, L, 2)
    kept: NDArray[np.float32]  # (B,) factor of all corrections of a duplex
    rows: NDArray[np.int64]  # (sites,) row of each site
    which: NDArray[np.int64]  # (edges,) different edge that each edge is
    which_starts: NDArray[np.int64]  # (5,)


class Trace(NamedTuple):
    """What the way back needs: inputs of the networks of edges, and all hidden layers, flat."""

    features: NDArray[np.float32]
    hidden: NDArray[np.float32]


@inlined
def _feature_place(starts, kind, width):
    """Where the inputs of a kind of edges begin: two embeddings for stacking, one for others."""
    return (starts[kind] + min(starts[kind], starts[1])) * width


@inlined
def _bounds(starts, rows, kind):
    """First and last value of a network; ``kind`` -1 is on-site."""
    if kind < 0:
        return 0, rows
    return rows + starts[kind], rows + starts[kind + 1]


@compiled
def _gather(x, ends, width, features):
    """Embeddings of both ends, one after the other or added, as there is room."""
    added = len(features) == len(ends) * width
    for e in range(len(ends)):
        first, second = ends[e, 0] * width, ends[e, 1] * width
        for c in range(0, width, CHANNELS):
            one, other = load(x, first + c), load(x, second + c)
            if added:
                store(features, e * width + c, one + other)
            else:
                store(features, 2 * e * width + c, one)
                store(features, (2 * e + 1) * width + c, other)


@compiled
def _scatter(gradient, ends, width, grad_x):
    """Gradient of `_gather`, added."""
    added = len(gradient) == len(ends) * width
    for e in range(len(ends)):
        for k in range(2):
            here = (e if added else 2 * e + k) * width
            there = ends[e, k] * width
            for c in range(0, width, CHANNELS):
                store(grad_x, there + c, load(grad_x, there + c) + load(gradient, here + c))


@compiled
def correct(vector, places, x, edges, width, hidden_width):
    """Values of all rows and different edges, and the trace."""
    rows = len(x) // width
    total = rows + edges.starts[KINDS]
    values = np.empty(total, np.float32)
    features = np.empty(_feature_place(edges.starts, KINDS, width), np.float32)
    hidden = np.empty(total * hidden_width, np.float32)
    for kind in range(-1, KINDS):
        first, last = _bounds(edges.starts, rows, kind)
        inputs = x
        if kind >= 0:
            start = _feature_place(edges.starts, kind, width)
            inputs = features[start : _feature_place(edges.starts, kind + 1, width)]
            _gather(x, edges.ends[edges.starts[kind] : edges.starts[kind + 1]], width, inputs)
        size = 2 * width if kind == 0 else width
        weight, bias, read = places[kind + 1]
        own = hidden[first * hidden_width : last * hidden_width]
        dense(
            inputs.reshape(last - first, size), matrix(vector, weight, hidden_width, size),
            vector[bias : bias + hidden_width], own.reshape(last - first, hidden_width),
        )  # fmt: skip
        read_out(own, vector[read : read + hidden_width], values[first:last])
    return values, Trace(features, hidden)


@compiled
def correct_backward(vector, places, x, edges, trace, gradient, grad_vector):
    """Gradient of `correct` by x; those of the parameters are written to ``grad_vector``."""
    hidden_width = len(trace.hidden) // len(gradient)
    rows = len(gradient) - edges.starts[KINDS]
    width, grad_x = len(x) // rows, np.zeros_like(x)
    for kind in range(-1, KINDS):
        first, last = _bounds(edges.starts, rows, kind)
        inputs = x
        if kind >= 0:
            start = _feature_place(edges.starts, kind, width)
            inputs = trace.features[start : _feature_place(edges.starts, kind + 1, width)]
        size = 2 * width if kind == 0 else width
        weight, bias, read = places[kind + 1]
        own = trace.hidden[first * hidden_width : last * hidden_width]
        grad_own = np.empty_like(own)
        read_out_backward(
            own, vector[read : read + hidden_width], gradient[first:last], grad_own,
            grad_vector[read : read + hidden_width],
        )  # fmt: skip
        grad_hidden = grad_own.reshape(last - first, hidden_width)
        dense_backward(
            grad_hidden, inputs.reshape(last - first, size),
            matrix(grad_vector, weight, hidden_width, size),
            grad_vector[bias : bias + hidden_width],
        )  # fmt: skip
        grad_inputs = np.dot(grad_hidden, matrix(vector, weight, hidden_width, size)).reshape(-1)
        if kind < 0:
            grad_x += grad_inputs
        else:
            ends = edges.ends[edges.starts[kind] : edges.starts[kind + 1]]
            _scatter(grad_inputs, ends, width, grad_x)
    return grad_x


@inlined
def _place_of(b, n, length, kind, strand, starts):
    """Position in ``index`` of an edge that begins at pair ``n``."""
    step = b * (length - 1) + n
    if kind == 0:
        return starts[0] + 2 * step + strand
    if kind == 1:
        return starts[1] + b * length + n
    return starts[kind] + step


@inlined
def _ends_of(n, kind, strand):
    """Pair and strand of both ends of an edge; stacking runs from the 5' to the 3' base."""
    if kind == 0:
        return (n, 0, n + 1, 0) if strand == 0 else (n + 1, 1, n, 1)
    if kind == 1:
        return (n, 0, n, 1)
    return (n, 0, n + 1, 1) if kind == 2 else (n, 1, n + 1, 0)


@inlined
def _exists(present, b, ends):
    p, i, q, j = ends
    inside = max(p, q) < present.shape[1]
    return inside and present[b, p, i] and present[b, q, j]


@inlined
def _put_element(diagonal, step, b, ends, value):
    """Write a hopping to the blocks."""
    p, i, q, j = ends
    if p == q:
        diagonal[b, p, i, j] = diagonal[b, p, j, i] = value
    elif p < q:
        step[b, p, i, j] = value
    else:
        step[b, q, j, i] = value


@inlined
def _get_gradient(grad_diagonal, grad_step, b, ends):
    """Gradient by a hopping from those of the blocks."""
    p, i, q, j = ends
    if p == q:
        return grad_diagonal[b, p, i, j] + grad_diagonal[b, p, j, i]
    return grad_step[b, p, i, j] if p < q else grad_step[b, q, j, i]


@compiled
def assemble(duplexes, values, onsite, hopping, scale):
    """Blocks of H: diagonal (B, L, 2, 2) and step (B, L-1, 2, 2).

    ``onsite`` (4,) and ``hopping`` (4 kinds, 4, 4) are the tables of the bases.
    """
    base, present = duplexes.base, duplexes.present
    batch, length, _ = base.shape
    rows = duplexes.rows.max() + 1
    diagonal, step = np.zeros((batch, length, 2, 2)), np.zeros((batch, length - 1, 2, 2))
    for b in range(batch):
        factor = scale * duplexes.kept[b]
        for site in range(2 * length):
            n, i = site // 2, site % 2
            if present[b, n, i]:
                value = values[duplexes.rows[2 * b * length + site]]
                diagonal[b, n, i, i] = onsite[base[b, n, i]] + factor * value
        for edge in range(length * (KINDS + 1)):
            n, kind = edge // (KINDS + 1), max(edge % (KINDS + 1) - 1, 0)
            ends = _ends_of(n, kind, edge % (KINDS + 1))
            if _exists(present, b, ends):
                one, other = base[b, ends[0], ends[1]], base[b, ends[2], ends[3]]
                table = hopping[kind, one, other]
                if kind > 0:
                    table = 0.5 * (table + hopping[kind, other, one])
                place = _place_of(b, n, length, kind, edge % (KINDS + 1), duplexes.which_starts)
                value = table + factor * values[rows + duplexes.which[place]]
                _put_element(diagonal, step, b, ends, value)
    return diagonal, step


@compiled
def assemble_backward(duplexes, scale, grad_diagonal, grad_step, grad_values):
    """Gradients of the tables; those of the values are added."""
    base, present = duplexes.base, duplexes.present
    batch, length, _ = base.shape
    rows = duplexes.rows.max() + 1
    onsite, hopping = np.zeros(4), np.zeros((KINDS, 4, 4))
    for b in range(batch):
        factor = scale * duplexes.kept[b]
        for site in range(2 * length):
            n, i = site // 2, site % 2
            if present[b, n, i]:
                arriving = grad_diagonal[b, n, i, i]
                onsite[base[b, n, i]] += arriving
                grad_values[duplexes.rows[2 * b * length + site]] += factor * arriving
        for edge in range(length * (KINDS + 1)):
            n, kind = edge // (KINDS + 1), max(edge % (KINDS + 1) - 1, 0)
            ends = _ends_of(n, kind, edge % (KINDS + 1))
            if _exists(present, b, ends):
                arriving = _get_gradient(grad_diagonal, grad_step, b, ends)
                place = _place_of(b, n, length, kind, edge % (KINDS + 1), duplexes.which_starts)
                grad_values[rows + duplexes.which[place]] += factor * arriving
                one, other = base[b, ends[0], ends[1]], base[b, ends[2], ends[3]]
                share = 0.5 * arriving if kind > 0 else arriving
                hopping[kind, one, other] += share
                if kind > 0:
                    hopping[kind, other, one] += share
    return onsite, hopping
