"""Compiled pieces of networks: rows of F channels in single precision, flat.

F is a multiple of ``CHANNELS``. Gradients are added to what is there already.
"""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, fma, load, splat, store, total, where_positive

EPSILON = np.float32(1e-5)
"""Added to the variance, as PyTorch does by default."""


@inlined
def matrix(array, start, rows, columns):
    """Part of a flat array as a matrix."""
    return array[start : start + rows * columns].reshape(rows, columns)


@compiled
def normalize(x, weight, bias, normal, moments):
    """Layer norm of every row; ``moments`` (rows, 2) get mean and inverse deviation."""
    width, share = len(weight), np.float32(1.0 / len(weight))
    for r in range(len(x) // width):
        sums = splat(np.float32(0.0))
        for c in range(0, width, CHANNELS):
            sums = sums + load(x, r * width + c)
        mean = total(sums) * share
        middle, squares = splat(mean), splat(np.float32(0.0))
        for c in range(0, width, CHANNELS):
            away = load(x, r * width + c) - middle
            squares = fma(away, away, squares)
        inverse = np.float32(1.0) / np.sqrt(total(squares) * share + EPSILON)
        moments[2 * r], moments[2 * r + 1] = mean, inverse
        scale = splat(inverse)
        for c in range(0, width, CHANNELS):
            away = (load(x, r * width + c) - middle) * scale
            store(normal, r * width + c, fma(away, load(weight, c), load(bias, c)))


@compiled
def normalize_backward(gradient, x, moments, weight, grad_x, grad_weight, grad_bias):
    """Gradients of `normalize`."""
    width, share = len(weight), np.float32(1.0 / len(weight))
    for r in range(len(x) // width):
        middle, scale = splat(moments[2 * r]), splat(moments[2 * r + 1])
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


@compiled
def dense(x, weight, bias, output):
    """``x W^T + b`` for matrices x (rows, inputs), W (outputs, inputs) and output."""
    np.dot(x, weight.T, output)
    for r in range(output.shape[0]):
        for c in range(output.shape[1]):
            output[r, c] += bias[c]


@compiled
def dense_backward(gradient, x, grad_weight, grad_bias):
    """Gradients of `dense` by weight (replaced) and bias (added); that by x is ``gradient W``."""
    np.dot(gradient.T, x, grad_weight)
    for r in range(gradient.shape[0]):
        for c in range(gradient.shape[1]):
            grad_bias[c] += gradient[r, c]


@compiled
def read_out(hidden, weight, values):
    """``relu(hidden) . weight`` of every row."""
    width, none = len(weight), splat(np.float32(0.0))
    for r in range(len(values)):
        sums = none
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            sums = fma(where_positive(part, part, none), load(weight, c), sums)
        values[r] = total(sums)


@compiled
def read_out_backward(hidden, weight, gradient, grad_hidden, grad_weight):
    """Gradients of `read_out`; that by the hidden layer is replaced."""
    width, none = len(weight), splat(np.float32(0.0))
    for r in range(len(gradient)):
        arriving = splat(gradient[r])
        for c in range(0, width, CHANNELS):
            part = load(hidden, r * width + c)
            positive = where_positive(part, part, none)
            store(grad_weight, c, fma(arriving, positive, load(grad_weight, c)))
            change = where_positive(part, arriving * load(weight, c), none)
            store(grad_hidden, r * width + c, change)
