"""Compiled `dnawire.operators.composition`."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled


@compiled
def composition(base, gamma_left, gamma_right):
    """Features of `dnawire.models.composition.composition` (B, 31)."""
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
