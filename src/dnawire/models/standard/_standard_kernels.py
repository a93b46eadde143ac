"""Compiled inputs and readout of `dnawire.models.standard.model.StandardModel`, which defines them.

``places`` (8,) says where weights and biases start in the vector of parameters: linear part, sum
over sites, hidden layer, last layer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.kernel import compiled, inlined
from dnawire.compiled.single import CHANNELS, fma, load, splat, store
from dnawire.models._layer_kernels import dense, dense_backward, matrix

POOLED = 4
"""Vectors of a duplex: sum, mean, left contact, right contact."""


class Readout(NamedTuple):
    """Inputs of the readout, in single precision."""

    composition: NDArray[np.float32]  # (B, K)
    added: NDArray[np.float32]  # (B, F)
    averages: NDArray[np.float32]  # (B, 3 F)
    hidden: NDArray[np.float32]  # (B, H) before the activation
    kept: NDArray[np.float32]  # (B, H) factors of dropout


@compiled
def pool_weights(present, gamma_left, gamma_right):
    """Weights of every site (B, sites, 4) in sum, mean, and at either contact."""
    batch, length, _ = present.shape
    weights = np.zeros((batch, 2 * length, POOLED), np.float32)
    for b in range(batch):
        count = present[b].sum()
        left, right = gamma_left[b].sum(), gamma_right[b].sum()
        for n in range(length):
            for i in range(2):
                if present[b, n, i]:
                    weights[b, 2 * n + i, 0] = 1.0
                    weights[b, 2 * n + i, 1] = 1.0 / count
                weights[b, 2 * n + i, 2] = gamma_left[b, n, i] / left
                weights[b, 2 * n + i, 3] = gamma_right[b, n, i] / right
    return weights


@compiled
def pool(x, rows, weights, width):
    """Weighted sums over the sites of each duplex (B, P, F), flat."""
    batch, sites, kinds = weights.shape
    pooled = np.zeros(batch * kinds * width, np.float32)
    for b in range(batch):
        for s in range(sites):
            there = rows[b * sites + s] * width
            for p in range(kinds):
                weight = weights[b, s, p]
                if weight != np.float32(0.0):
                    here = (b * kinds + p) * width
                    for c in range(0, width, CHANNELS):
                        found = fma(splat(weight), load(x, there + c), load(pooled, here + c))
                        store(pooled, here + c, found)
    return pooled


@compiled
def pool_backward(gradient, rows, weights, num_rows):
    """Gradient of `pool` by x."""
    batch, sites, kinds = weights.shape
    width = len(gradient) // (batch * kinds)
    grad_x = np.zeros(num_rows * width, np.float32)
    for b in range(batch):
        for s in range(sites):
            there = rows[b * sites + s] * width
            for p in range(kinds):
                weight = weights[b, s, p]
                if weight != np.float32(0.0):
                    here = (b * kinds + p) * width
                    for c in range(0, width, CHANNELS):
                        arriving = load(gradient, here + c)
                        change = fma(splat(weight), arriving, load(grad_x, there + c))
                        store(grad_x, there + c, change)
    return grad_x


@compiled
def composition(base, gamma_left, gamma_right):
    """Features of `dnawire.models.standard.composition.composition` (B, 31)."""
    batch, length, _ = base.shape
    features = np.zeros((batch, 31))
    for b in range(batch):
        left, right = gamma_left[b].sum(), gamma_right[b].sum()
        same_strand, missing = 0.0, 0
        for i in range(2):
            same_strand += gamma_left[b, :, i].sum() / left * (gamma_right[b, :, i].sum() / right)
            for n in range(length):
                here = base[b, n, i]
                if here == 4:
                    missing += 1
                    continue
                features[b, here] += 1.0
                share = gamma_left[b, n, i] / left + gamma_right[b, n, i] / right
                features[b, 20 + here] += share
                after = n + 1 if i == 0 else n - 1
                if 0 <= after < length and base[b, after, i] < 4:
                    features[b, 4 + 4 * here + base[b, after, i]] += 1.0
        strength = np.log10(max(left * right, 1e-24))
        features[b, 24:] = np.array(
            [length, strength, same_strand, length * strength, length * same_strand, missing, 1.0]
        )
    return features


@inlined
def _layer(vector, places, number, outputs, inputs):
    """Weight and bias of one layer."""
    weight, bias = places[2 * number], places[2 * number + 1]
    return matrix(vector, weight, outputs, inputs), vector[bias : bias + outputs]


@compiled
def read_spectra(vector, places, pooled, features, kept, num_energies):
    """Standardized log10 T and log10 DOS (B, 2 E), and what the way back needs.

    ``pooled`` (B, 4, F); ``kept`` (B, H).
    """
    batch, _, width = pooled.shape
    added, averages = np.empty((batch, width), np.float32), np.empty((batch, 3 * width), np.float32)
    for b in range(batch):
        for c in range(width):
            left, right = pooled[b, 2, c], pooled[b, 3, c]
            added[b, c] = pooled[b, 0, c] * np.float32(1.0 / 16.0)
            averages[b, c] = pooled[b, 1, c]
            averages[b, width + c] = left + right
            averages[b, 2 * width + c] = left * right
    outputs = np.empty((batch, 2 * num_energies), np.float32)
    dense(features, *_layer(vector, places, 0, 2 * num_energies, features.shape[1]), outputs)
    part = np.empty((batch, num_energies), np.float32)
    dense(added, *_layer(vector, places, 1, num_energies, width), part)
    outputs[:, :num_energies] += part
    hidden = np.empty(kept.shape, np.float32)
    dense(averages, *_layer(vector, places, 2, kept.shape[1], 3 * width), hidden)
    active = np.maximum(hidden, np.float32(0.0)) * kept
    dense(active, *_layer(vector, places, 3, num_energies, kept.shape[1]), part)
    outputs[:, num_energies:] += part
    return outputs, Readout(features, added, averages, hidden, kept)


@compiled
def read_spectra_backward(vector, places, pooled, readout, gradient, grad_vector):
    """Gradient of `read_spectra` by ``pooled``; those of the parameters are written."""
    batch, _, width = pooled.shape
    outputs, size = gradient.shape[1], readout.hidden.shape[1]
    num = outputs // 2
    features = readout.composition
    dense_backward(gradient, features, *_layer(grad_vector, places, 0, outputs, features.shape[1]))
    by_t, by_dos = gradient[:, :num].copy(), gradient[:, num:].copy()
    dense_backward(by_t, readout.added, *_layer(grad_vector, places, 1, num, width))
    weight, _ = _layer(vector, places, 1, num, width)
    grad_added = np.dot(by_t, weight)
    active = np.maximum(readout.hidden, np.float32(0.0)) * readout.kept
    dense_backward(by_dos, active, *_layer(grad_vector, places, 3, num, size))
    weight, _ = _layer(vector, places, 3, num, size)
    grad_hidden = np.dot(by_dos, weight) * readout.kept
    grad_hidden = np.where(readout.hidden > np.float32(0.0), grad_hidden, np.float32(0.0))
    dense_backward(grad_hidden, readout.averages, *_layer(grad_vector, places, 2, size, 3 * width))
    weight, _ = _layer(vector, places, 2, size, 3 * width)
    grad_averages = np.dot(grad_hidden, weight)
    grad_pooled = np.empty_like(pooled)
    for b in range(batch):
        for c in range(width):
            total, product = grad_averages[b, width + c], grad_averages[b, 2 * width + c]
            grad_pooled[b, 0, c] = grad_added[b, c] * np.float32(1.0 / 16.0)
            grad_pooled[b, 1, c] = grad_averages[b, c]
            grad_pooled[b, 2, c] = total + product * pooled[b, 3, c]
            grad_pooled[b, 3, c] = total + product * pooled[b, 2, c]
    return grad_pooled


@compiled
def input_rows(vector, base_place, contact_place, base, contact, width):
    """Embedding of each kind of site (kinds F): base plus contact features (kinds, 2)."""
    x = np.empty(len(base) * width, np.float32)
    for r in range(len(base)):
        for c in range(width):
            value = vector[base_place + base[r] * width + c]
            for k in range(2):
                value += vector[contact_place + 2 * c + k] * contact[r, k]
            x[r * width + c] = value
    return x


@compiled
def input_rows_backward(gradient, base_place, contact_place, base, contact, grad_vector):
    """Gradients of `input_rows` by the parameters, written to ``grad_vector``."""
    width = len(gradient) // len(base)
    for r in range(len(base)):
        for c in range(width):
            arriving = gradient[r * width + c]
            grad_vector[base_place + base[r] * width + c] += arriving
            for k in range(2):
                grad_vector[contact_place + 2 * c + k] += arriving * contact[r, k]
