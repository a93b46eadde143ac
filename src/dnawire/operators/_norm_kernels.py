"""Compiled layer norm: flat rows of F channels in single precision."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, total

EPSILON = np.float32(1e-5)
"""Added to the variance, as PyTorch does by default."""


@inlined
def _moments(x, start, width):
    """Mean and inverse deviation of a row."""
    share, sums = np.float32(1.0 / width), splat(np.float32(0.0))
    for c in range(0, width, CHANNELS):
        sums = sums + load(x, start + c)
    mean, squares = total(sums) * share, splat(np.float32(0.0))
    for c in range(0, width, CHANNELS):
        away = load(x, start + c) - splat(mean)
        squares = fma(away, away, squares)
    return mean, np.float32(1.0) / np.sqrt(total(squares) * share + EPSILON)


@compiled
def normalize(x, weight, bias):
    """Layer norm of every row."""
    width, normal = len(weight), np.empty_like(x)
    for start in range(0, len(x), width):
        mean, inverse = _moments(x, start, width)
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - splat(mean)) * splat(inverse)
            store(normal, start + c, fma(away, load(weight, c), load(bias, c)))
    return normal


@compiled
def normalize_adjoint(gradient, x, weight, grad_x):
    """Gradients by weight and bias; that by x is added to the last array."""
    width, share = len(weight), np.float32(1.0 / len(weight))
    none = splat(np.float32(0.0))
    grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(weight)
    for start in range(0, len(x), width):
        mean, inverse = _moments(x, start, width)
        middle, scale, sums, products = splat(mean), splat(inverse), none, none
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - middle) * scale
            arriving = load(gradient, start + c)
            store(grad_bias, c, load(grad_bias, c) + arriving)
            store(grad_weight, c, fma(arriving, away, load(grad_weight, c)))
            weighted = arriving * load(weight, c)
            sums = sums + weighted
            products = fma(weighted, away, products)
        average, product = splat(total(sums) * share), splat(total(products) * share)
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - middle) * scale
            change = load(gradient, start + c) * load(weight, c) - average - away * product
            store(grad_x, start + c, fma(scale, change, load(grad_x, start + c)))
    return grad_weight, grad_bias


@compiled
def column_sums(matrix):
    """Sum over the rows of a matrix whose width is a multiple of the channels at once."""
    rows, width = matrix.shape
    flat, sums = matrix.reshape(-1), np.zeros(width, np.float32)
    for r in range(rows):
        for c in range(0, width, CHANNELS):
            store(sums, c, load(sums, c) + load(flat, r * width + c))
    return sums
