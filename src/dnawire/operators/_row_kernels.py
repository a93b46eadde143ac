"""Compiled operations on rows (rows, F) in single precision; F is a multiple of ``CHANNELS``."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined, internal
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
def normalize(x, scale, shift):
    """Layer norm of every row."""
    width, normal = x.shape[1], np.empty_like(x)
    for start in range(0, x.size, width):
        mean, inverse = _moments(x, start, width)
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - splat(mean)) * splat(inverse)
            store(normal, start + c, fma(away, load(scale, c), load(shift, c)))
    return normal


@compiled
def normalize_adjoint(gradient, x, scale, grad_x):
    """Gradients by scale and shift; that by x is added to the last array."""
    width, share = x.shape[1], np.float32(1.0 / x.shape[1])
    none = splat(np.float32(0.0))
    grad_scale, grad_shift = np.zeros_like(scale), np.zeros_like(scale)
    for start in range(0, x.size, width):
        mean, inverse = _moments(x, start, width)
        middle, factor, sums, products = splat(mean), splat(inverse), none, none
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - middle) * factor
            arriving = load(gradient, start + c)
            store(grad_shift, c, load(grad_shift, c) + arriving)
            store(grad_scale, c, fma(arriving, away, load(grad_scale, c)))
            weighted = arriving * load(scale, c)
            sums = sums + weighted
            products = fma(weighted, away, products)
        average, product = splat(total(sums) * share), splat(total(products) * share)
        for c in range(0, width, CHANNELS):
            away = (load(x, start + c) - middle) * factor
            change = load(gradient, start + c) * load(scale, c) - average - away * product
            store(grad_x, start + c, fma(factor, change, load(grad_x, start + c)))
    return grad_scale, grad_shift


@internal
def linear(x, weight, bias, output):
    """``x W^T + b``."""
    np.dot(x, weight.T, output)
    width = output.shape[1]
    for start in range(0, output.size, width):
        for c in range(0, width, CHANNELS):
            store(output, start + c, load(output, start + c) + load(bias, c))


@internal
def linear_adjoint(gradient, x, weight, grad_x, grad_weight, grad_bias):
    """Write the gradients by x, weight and bias to the last arrays."""
    np.dot(gradient.T, x, grad_weight)
    np.dot(gradient, weight, grad_x)
    width = gradient.shape[1]
    grad_bias[:] = 0.0
    for start in range(0, gradient.size, width):
        for c in range(0, width, CHANNELS):
            store(grad_bias, c, load(grad_bias, c) + load(gradient, start + c))
