"""Compiled layers of `dnawire.operators.message_passing`: rows (rows, F) in single precision.

``value`` (rows, F) or (rows, 4 F) holds one or four rows of F channels for each row of ``x``.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined, internal
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, where_positive
from dnawire.operators._row_kernels import linear, linear_adjoint, normalize, normalize_adjoint

RELATIONS = 4


@inlined
def _by_channel(mix, width):
    """``mix`` (4, heads) of every channel (4 F), flat."""
    heads = mix.shape[1]
    size = width // heads
    spread = np.empty(RELATIONS * width, np.float32)
    for k in range(RELATIONS):
        for c in range(width):
            spread[k * width + c] = mix[k, c // size]
    return spread


@inlined
def _value_at(table, s, k, width, kinds):
    """Position of the value that row ``s`` receives by relation ``k``; negative for none."""
    row = table[s, k]
    return (row * kinds + (k if kinds > 1 else 0)) * width if row >= 0 else -1


@inlined
def _received(value, mix, table, s, c, kinds):
    """Sum of what row ``s`` receives in a part of the channels."""
    width, found = len(mix) // RELATIONS, splat(np.float32(0.0))
    for k in range(RELATIONS):
        there = _value_at(table, s, k, width, kinds)
        if there >= 0:
            found = fma(load(mix, k * width + c), load(value, there + c), found)
    return found


@inlined
def _factor(mask, duplex, c, width):
    """Factor of dropout."""
    if len(mask) == 0:
        return splat(np.float32(1.0))
    return load(mask, duplex * width + c)


@internal
def _aggregate(x, value, mix, table, mask):
    """Rows of the output; ``mask`` (B F,) is empty without dropout."""
    width, none = x.shape[1], splat(np.float32(0.0))
    kinds, rows = value.shape[1] // width, len(table)
    per_duplex = max(1, rows * width // max(1, len(mask)))
    output = np.empty((rows, width), np.float32)
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            found = _received(value, mix, table, s, c, kinds)
            found = where_positive(found, found, none) * _factor(mask, s // per_duplex, c, width)
            store(output, s * width + c, load(x, table[s, 0] * width + c) + found)
    return output


@internal
def _aggregate_adjoint(gradient, value, mix, table, mask, grad_x):
    """Gradients by value and mix; that by x is added to the last array."""
    width, none = grad_x.shape[1], splat(np.float32(0.0))
    grad_value, grad_mix = np.zeros_like(value), np.zeros_like(mix)
    kinds, rows = value.shape[1] // width, len(table)
    per_duplex = max(1, rows * width // max(1, len(mask)))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            arriving = load(gradient, s * width + c)
            own = table[s, 0] * width + c
            store(grad_x, own, load(grad_x, own) + arriving)
            found = _received(value, mix, table, s, c, kinds)
            arriving = arriving * _factor(mask, s // per_duplex, c, width)
            arriving = where_positive(found, arriving, none)
            for k in range(RELATIONS):
                there, part = _value_at(table, s, k, width, kinds), k * width + c
                if there >= 0:
                    change = fma(load(mix, part), arriving, load(grad_value, there + c))
                    store(grad_value, there + c, change)
                    change = fma(load(value, there + c), arriving, load(grad_mix, part))
                    store(grad_mix, part, change)
    return grad_value, grad_mix


@compiled
def layer(x, weights, table, mask):
    """Rows of the output, and what the adjoint needs: normalized rows and values."""
    scale, shift, weight, bias, mix = weights
    normal = normalize(x, scale, shift)
    value = np.empty((len(x), len(weight)), np.float32)
    linear(normal, weight, bias, value)
    return _aggregate(x, value, _by_channel(mix, x.shape[1]), table, mask), normal, value


@compiled
def layer_adjoint(gradient, x, weights, table, mask, inner):
    """Gradients by x and the weights; ``inner``: normalized rows and values."""
    scale, _, weight, _, mix = weights
    normal, value = inner
    width, heads = x.shape[1], mix.shape[1]
    grad_x, grad_mix = np.zeros_like(x), np.zeros_like(mix)
    by_channel = _by_channel(mix, width)
    grad_value, spread = _aggregate_adjoint(gradient, value, by_channel, table, mask, grad_x)
    for part in range(RELATIONS * width):
        grad_mix[part // width, part % width // (width // heads)] += spread[part]
    grad_weight, grad_bias = np.empty_like(weight), np.empty(len(weight), np.float32)
    grad_normal = np.empty_like(normal)
    linear_adjoint(grad_value, normal, weight, grad_normal, grad_weight, grad_bias)
    grad_scale, grad_shift = normalize_adjoint(grad_normal, x, scale, grad_x)
    return grad_x, grad_scale, grad_shift, grad_weight, grad_bias, grad_mix
