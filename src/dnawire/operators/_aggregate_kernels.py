"""Compiled `dnawire.operators.aggregate`: flat rows of F channels in single precision.

F is a multiple of ``CHANNELS``. ``value`` holds one or four rows for each row of ``x``.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, where_positive

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


@compiled
def aggregate(x, value, mix, table, mask, width):
    """Rows of the output, flat; ``mask`` (B F,) is empty without dropout."""
    mix, none = _by_channel(mix, width), splat(np.float32(0.0))
    kinds, rows = len(value) // len(x), len(table)
    per_duplex = max(1, rows * width // max(1, len(mask)))
    output = np.empty(rows * width, np.float32)
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            found = _received(value, mix, table, s, c, kinds)
            found = where_positive(found, found, none) * _factor(mask, s // per_duplex, c, width)
            store(output, s * width + c, load(x, table[s, 0] * width + c) + found)
    return output


@compiled
def aggregate_adjoint(gradient, value, mix, table, mask, num_inputs, width):
    """Gradients by x, value and mix."""
    heads, spread, none = mix.shape[1], _by_channel(mix, width), splat(np.float32(0.0))
    grad_x, grad_value = np.zeros(num_inputs * width, np.float32), np.zeros_like(value)
    grad_spread, grad_mix = np.zeros_like(spread), np.zeros_like(mix)
    kinds, rows = len(value) // len(grad_x), len(table)
    per_duplex = max(1, rows * width // max(1, len(mask)))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            arriving = load(gradient, s * width + c)
            own = table[s, 0] * width + c
            store(grad_x, own, load(grad_x, own) + arriving)
            found = _received(value, spread, table, s, c, kinds)
            arriving = arriving * _factor(mask, s // per_duplex, c, width)
            arriving = where_positive(found, arriving, none)
            for k in range(RELATIONS):
                there, part = _value_at(table, s, k, width, kinds), k * width + c
                if there >= 0:
                    change = fma(load(spread, part), arriving, load(grad_value, there + c))
                    store(grad_value, there + c, change)
                    change = fma(load(value, there + c), arriving, load(grad_spread, part))
                    store(grad_spread, part, change)
    for part in range(RELATIONS * width):
        grad_mix[part // width, part % width // (width // heads)] += grad_spread[part]
    return grad_x, grad_value, grad_mix
