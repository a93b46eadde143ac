"""Compiled kernels of the message passing; :mod:`dnawire.models.encoder` is the definition.

Embeddings are (rows, F) in single precision with F a multiple of ``CHANNELS``; they are passed
flat. ``table`` (rows, 4) names the rows of the layer below that each row hears, -1 for none.
"""

from __future__ import annotations

import numpy as np

from dnawire.models._single import CHANNELS, fma, load, splat, store, total, where_positive
from dnawire.transport.compilation import compiled, inlined

EPSILON = np.float32(1e-5)
"""Added to the variance, as PyTorch does by default."""


@compiled
def normalize(x, weight, bias):
    """Layer norm of every row; also mean and inverse deviation (rows, 2)."""
    width = weight.shape[0]
    rows = x.shape[0] // width
    normal, moments = np.empty_like(x), np.empty((rows, 2), np.float32)
    share = np.float32(1.0 / width)
    for r in range(rows):
        sums = splat(np.float32(0.0))
        for c in range(0, width, CHANNELS):
            sums = sums + load(x, r * width + c)
        mean = total(sums) * share
        middle, squares = splat(mean), splat(np.float32(0.0))
        for c in range(0, width, CHANNELS):
            away = load(x, r * width + c) - middle
            squares = fma(away, away, squares)
        inverse = np.float32(1.0) / np.sqrt(total(squares) * share + EPSILON)
        moments[r, 0], moments[r, 1] = mean, inverse
        scale = splat(inverse)
        for c in range(0, width, CHANNELS):
            away = (load(x, r * width + c) - middle) * scale
            store(normal, r * width + c, fma(away, load(weight, c), load(bias, c)))
    return normal, moments


@compiled
def normalize_backward(gradient, x, moments, weight, grad_x, grad_weight, grad_bias):
    """Add the gradients of `normalize` to the last three arrays."""
    width = weight.shape[0]
    share = np.float32(1.0 / width)
    for r in range(x.shape[0] // width):
        middle, scale = splat(moments[r, 0]), splat(moments[r, 1])
        sums, products = splat(np.float32(0.0)), splat(np.float32(0.0))
        for c in range(0, width, CHANNELS):
            here = r * width + c
            away = (load(x, here) - middle) * scale
            arriving = load(gradient, here)
            store(grad_bias, c, load(grad_bias, c) + arriving)
            store(grad_weight, c, fma(arriving, away, load(grad_weight, c)))
            weighted = arriving * load(weight, c)
            sums = sums + weighted
            products = fma(weighted, away, products)
        mean, product = splat(total(sums) * share), splat(total(products) * share)
        for c in range(0, width, CHANNELS):
            here = r * width + c
            away = (load(x, here) - middle) * scale
            change = load(gradient, here) * load(weight, c) - mean - away * product
            store(grad_x, here, fma(scale, change, load(grad_x, here)))


@inlined
def _hear(value, mix, table, s, c, width):
    """Sum of what row ``s`` hears in a part of the channels."""
    heard = splat(np.float32(0.0))
    for k in range(4):
        row = table[s, k]
        if row >= 0:
            heard = fma(load(mix, k * width + c), load(value, row * width + c), heard)
    return heard


@inlined
def _kept(kept, sample, c, width):
    """Factor of dropout."""
    if kept.size == 0:
        return splat(np.float32(1.0))
    return load(kept, sample * width + c)


@compiled
def aggregate(x, value, mix, table, kept):
    """x_self + kept relu(sum over relations of mix value); ``kept`` by sample, may be empty."""
    rows, width = table.shape[0], mix.shape[0] // 4
    per_sample = max(1, rows * width // max(1, kept.size))
    output, none = np.empty(rows * width, np.float32), splat(np.float32(0.0))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            heard = _hear(value, mix, table, s, c, width)
            heard = where_positive(heard, heard, none) * _kept(kept, s // per_sample, c, width)
            store(output, s * width + c, load(x, table[s, 0] * width + c) + heard)
    return output


@compiled
def aggregate_backward(value, mix, table, kept, gradient, grad_x, grad_value, grad_mix):
    """Add the gradients of `aggregate` to the last three arrays."""
    rows, width = table.shape[0], mix.shape[0] // 4
    per_sample = max(1, rows * width // max(1, kept.size))
    none = splat(np.float32(0.0))
    for s in range(rows):
        for c in range(0, width, CHANNELS):
            arriving = load(gradient, s * width + c)
            own = table[s, 0] * width + c
            store(grad_x, own, load(grad_x, own) + arriving)
            heard = _hear(value, mix, table, s, c, width)
            arriving = arriving * _kept(kept, s // per_sample, c, width)
            arriving = where_positive(heard, arriving, none)
            for k in range(4):
                row = table[s, k]
                if row >= 0:
                    there, part = row * width + c, k * width + c
                    store(grad_value, there, fma(load(mix, part), arriving, load(grad_value, there)))
                    store(grad_mix, part, fma(load(value, there), arriving, load(grad_mix, part)))
