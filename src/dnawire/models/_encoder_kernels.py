"""Compiled message passing; `dnawire.models.encoder.DuplexEncoder.forward` defines it.

All parameters lie in one vector; ``places`` (layers + 1, 5) says where those of each layer start:
norm weight, norm bias, projection, its bias, mix; the last row holds the norm at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, where_positive
from dnawire.models._layer_kernels import (
    dense,
    dense_backward,
    matrix,
    normalize,
    normalize_backward,
)

RELATIONS = 4


class Graph(NamedTuple):
    """Who hears whom, layer after layer; see `dnawire.models.neighborhoods.Neighborhoods`."""

    tables: NDArray[np.int64]  # (rows of all layers, 4)
    starts: NDArray[np.int64]  # (layers + 1,) where the rows of each layer begin in ``tables``
    kept: NDArray[np.float32]  # (layers B F,) factors of dropout by duplex and channel, or empty
    batch: int


class Trace(NamedTuple):
    """What the way back needs."""

    values: NDArray[np.float32]
    starts: NDArray[np.int64]  # (layers + 1,) where each layer begins in ``values``
    rows: NDArray[np.int64]  # (layers + 1,) rows of the input of each layer, then of the output


@inlined
def kinds_of(layer):
    """Number of linear maps of a layer."""
    return RELATIONS if layer == 0 else 1


@compiled
def new_trace(num_inputs, width, graph):
    """Allocate the trace: x, moments, normal and value of each layer; x and moments at the end."""
    layers = len(graph.starts) - 1
    starts, rows = np.zeros(layers + 1, np.int64), np.empty(layers + 1, np.int64)
    rows[0] = num_inputs
    for layer in range(layers):
        rows[layer + 1] = graph.starts[layer + 1] - graph.starts[layer]
        size = rows[layer] * ((2 + kinds_of(layer)) * width + 2)
        starts[layer + 1] = starts[layer] + size
    total = starts[layers] + rows[layers] * (width + 2)
    return Trace(np.empty(total, np.float32), starts, rows)


@inlined
def _parts(trace, layer, width):
    """x, moments, normal and value of a layer, flat."""
    rows, start = trace.rows[layer], trace.starts[layer]
    moments = start + rows * width
    normal = moments + 2 * rows
    value = normal + rows * width
    end = value + rows * width * kinds_of(layer)
    return (
        trace.values[start:moments],
        trace.values[moments:normal],
        trace.values[normal:value],
        trace.values[value:end],
    )


@inlined
def _by_channel(vector, start, width, heads):
    """``mix`` (4, heads) of every channel (4 F), flat."""
    mix, size = np.empty(RELATIONS * width, np.float32), width // heads
    for k in range(RELATIONS):
        for c in range(width):
            mix[k * width + c] = vector[start + k * heads + c // size]
    return mix


@inlined
def _value_at(table, s, k, width, kinds):
    """Position of the value that row ``s`` hears by relation ``k``; negative for none."""
    row = table[s, k]
    return (row * kinds + (k if kinds > 1 else 0)) * width if row >= 0 else -1


@inlined
def _hear(value, mix, table, s, c, kinds):
    """Sum of what row ``s`` hears in a part of the channels."""
    width, heard = len(mix) // RELATIONS, splat(np.float32(0.0))
    for k in range(RELATIONS):
        there = _value_at(table, s, k, width, kinds)
        if there >= 0:
            heard = fma(load(mix, k * width + c), load(value, there + c), heard)
    return heard


@inlined
def _kept(kept, duplex, c, width):
    """Factor of dropout."""
    if len(kept) == 0:
        return splat(np.float32(1.0))
    return load(kept, duplex * width + c)


@inlined
def _kept_of(graph, layer, width):
    """Factors of dropout of one layer (B F,), or none."""
    size = graph.batch * width if len(graph.kept) > 0 else 0
    return graph.kept[layer * size : (layer + 1) * size]


@compiled
def aggregate(x, value, mix, table, kept, output):
    """x_self + kept relu(sum over relations of mix value)."""
    width, none = len(mix) // RELATIONS, splat(np.float32(0.0))
    kinds, rows = len(value) // len(x), len(table)
    per_duplex = max(1, rows * width // max(1, len(kept)))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            heard = _hear(value, mix, table, s, c, kinds)
            heard = where_positive(heard, heard, none) * _kept(kept, s // per_duplex, c, width)
            store(output, s * width + c, load(x, table[s, 0] * width + c) + heard)


@compiled
def aggregate_backward(value, mix, table, kept, gradient, grad_x, grad_value, grad_mix):
    """Gradients of `aggregate`, added to the last three arrays."""
    width, none = len(mix) // RELATIONS, splat(np.float32(0.0))
    kinds, rows = len(value) // len(grad_x), len(table)
    per_duplex = max(1, rows * width // max(1, len(kept)))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            arriving = load(gradient, s * width + c)
            own = table[s, 0] * width + c
            store(grad_x, own, load(grad_x, own) + arriving)
            heard = _hear(value, mix, table, s, c, kinds)
            arriving = arriving * _kept(kept, s // per_duplex, c, width)
            arriving = where_positive(heard, arriving, none)
            for k in range(RELATIONS):
                there, part = _value_at(table, s, k, width, kinds), k * width + c
                if there >= 0:
                    found = fma(load(mix, part), arriving, load(grad_value, there + c))
                    store(grad_value, there + c, found)
                    found = fma(load(value, there + c), arriving, load(grad_mix, part))
                    store(grad_mix, part, found)


@compiled
def encode(vector, places, heads, x, graph, width):
    """Embeddings of the rows of the last layer (rows F), and the trace."""
    trace = new_trace(len(x) // width, width, graph)
    layers = len(graph.starts) - 1
    trace.values[: len(x)] = x
    for layer in range(layers):
        x, moments, normal, value = _parts(trace, layer, width)
        rows, outputs = trace.rows[layer], kinds_of(layer) * width
        first, second, third, fourth, fifth = places[layer]
        norm, norm_bias = vector[first : first + width], vector[second : second + width]
        normalize(x, norm, norm_bias, normal, moments)
        dense(
            normal.reshape(rows, width),
            matrix(vector, third, outputs, width),
            vector[fourth : fourth + outputs],
            value.reshape(rows, outputs),
        )
        mix = _by_channel(vector, fifth, width, heads)
        table = graph.tables[graph.starts[layer] : graph.starts[layer + 1]]
        end = trace.starts[layer + 1]
        output = trace.values[end : end + trace.rows[layer + 1] * width]
        aggregate(x, value, mix, table, _kept_of(graph, layer, width), output)
    start, rows = trace.starts[layers], trace.rows[layers]
    x = trace.values[start : start + rows * width]
    first, second = places[layers, 0], places[layers, 1]
    embedding = np.empty(rows * width, np.float32)
    norm, norm_bias = vector[first : first + width], vector[second : second + width]
    normalize(x, norm, norm_bias, embedding, trace.values[start + rows * width :])
    return embedding, trace


@compiled
def encode_backward(vector, places, heads, graph, trace, gradient, grad_vector):
    """Gradient of `encode` by its input; those of the parameters are written to ``grad_vector``."""
    layers = len(graph.starts) - 1
    start, rows = trace.starts[layers], trace.rows[layers]
    width = len(gradient) // rows
    first, second = places[layers, 0], places[layers, 1]
    x = trace.values[start : start + rows * width]
    arriving = np.zeros(len(x), np.float32)
    normalize_backward(
        gradient, x, trace.values[start + rows * width :], vector[first : first + width],
        arriving, grad_vector[first : first + width], grad_vector[second : second + width],
    )  # fmt: skip
    for layer in range(layers - 1, -1, -1):
        x, moments, normal, value = _parts(trace, layer, width)
        rows, outputs = trace.rows[layer], kinds_of(layer) * width
        first, second, third, fourth, fifth = places[layer]
        mix = _by_channel(vector, fifth, width, heads)
        table = graph.tables[graph.starts[layer] : graph.starts[layer + 1]]
        kept = _kept_of(graph, layer, width)
        grad_x, grad_value = np.zeros_like(x), np.zeros_like(value)
        grad_mix = np.zeros_like(mix)
        aggregate_backward(value, mix, table, kept, arriving, grad_x, grad_value, grad_mix)
        for part in range(RELATIONS * width):
            head = part // width * heads + part % width // (width // heads)
            grad_vector[fifth + head] += grad_mix[part]
        grad_output = grad_value.reshape(rows, outputs)
        dense_backward(
            grad_output, normal.reshape(rows, width), matrix(grad_vector, third, outputs, width),
            grad_vector[fourth : fourth + outputs],
        )  # fmt: skip
        grad_normal = np.dot(grad_output, matrix(vector, third, outputs, width))
        normalize_backward(
            grad_normal.reshape(-1), x, moments, vector[first : first + width], grad_x,
            grad_vector[first : first + width], grad_vector[second : second + width],
        )  # fmt: skip
        arriving = grad_x
    return arriving
