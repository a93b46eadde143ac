"""Compiled `dnawire.operators.composition`."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined


@compiled
def composition(base, gamma_left, gamma_right):
    """Features of `dnawire.operators.composition` (B, 31)."""
    batch, length, _ = base.shape
    features = np.zeros((batch, 31))
    for b in range(batch):
        left, right = _on_strand(gamma_left, b, 0), _on_strand(gamma_right, b, 0)
        left, right = left + _on_strand(gamma_left, b, 1), right + _on_strand(gamma_right, b, 1)
        same_strand, missing = 0.0, 0
        for i in range(2):
            there = _on_strand(gamma_left, b, i) / left
            same_strand += there * (_on_strand(gamma_right, b, i) / right)
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
        features[b, 24], features[b, 25], features[b, 26] = length, strength, same_strand
        features[b, 27], features[b, 28] = length * strength, length * same_strand
        features[b, 29], features[b, 30] = missing, 1.0
    return features


@inlined
def _on_strand(gamma, b, i):
    total = 0.0
    for n in range(gamma.shape[1]):
        total += gamma[b, n, i]
    return total
