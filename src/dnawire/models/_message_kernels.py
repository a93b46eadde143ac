"""Compiled CPU kernels of the message passing; :mod:`dnawire.models.message` is the definition.

One row of ``projected`` holds own, value, query and key of a site; sites are flattened as
``(b L + n) 2 + strand``. ``related`` (sites, 4) names the sites that a site hears, -1 for none.
"""

from __future__ import annotations

import numpy as np
from numba import uintp

from dnawire.transport.compilation import compiled

NEGATIVE_SLOPE = 0.2


@compiled
def related_sites(present):
    """Sites heard by each site (B L 2, 4): itself, 5' neighbor, 3' neighbor, partner."""
    batch, length, _ = present.shape
    related = np.full((batch * length * 2, 4), -1, np.int64)
    for b in range(batch):
        for n in range(length):
            for strand in range(2):
                site = (b * length + n) * 2 + strand
                related[site, 0] = site
                toward_five = -1 if strand == 0 else 1
                for slot, other in ((1, n + toward_five), (2, n - toward_five)):
                    if 0 <= other < length and present[b, other, strand]:
                        related[site, slot] = (b * length + other) * 2 + strand
                if present[b, n, 1 - strand]:
                    related[site, 3] = (b * length + n) * 2 + 1 - strand
    return related


@compiled
def _attend(projected, related, relation_logit, site, weight):
    """Softmax weights (4, heads) of one site; zero where nothing is heard."""
    heads = relation_logit.shape[1]
    query = projected.shape[1] - 2 * heads
    for h in range(heads):
        largest = np.float32(-np.inf)
        for r in range(4):
            other = related[site, r]
            if other >= 0:
                logit = projected[site, query + h] + projected[other, query + heads + h]
                logit += relation_logit[r, h]
                logit = max(logit, np.float32(NEGATIVE_SLOPE) * logit)
                weight[r, h] = logit
                largest = max(largest, logit)
        total = np.float32(0.0)
        for r in range(4):
            if related[site, r] >= 0:
                weight[r, h] = np.exp(weight[r, h] - largest)
                total += weight[r, h]
            else:
                weight[r, h] = np.float32(0.0)
        for r in range(4):
            weight[r, h] /= total


@compiled
def forward(projected, relation_scale, relation_logit, related):
    """relu(own + sum_r weight_r scale_r value_r) and the weights (sites, 4, heads)."""
    sites, width = related.shape[0], relation_scale.shape[1]
    heads = relation_logit.shape[1]
    output = np.empty((sites, width), np.float32)
    weights = np.empty((sites, 4, heads), np.float32)
    for site in range(sites):
        _attend(projected, related, relation_logit, site, weights[site])
        target = output[site]
        target[:] = projected[site, :width]
        for r in range(4):
            if related[site, r] >= 0:
                value = projected[related[site, r], width : 2 * width]
                _hear(target, relation_scale[r], value, weights[site, r])
        for c in range(width):
            target[uintp(c)] = max(target[uintp(c)], np.float32(0.0))
    return output, weights


@compiled
def _hear(target, scale, value, weight):
    """Add one neighbor's value to a site, head by head."""
    per_head = target.shape[0] // weight.shape[0]
    for h in range(weight.shape[0]):
        for c in range(uintp(h * per_head), uintp((h + 1) * per_head)):
            target[c] += weight[h] * scale[c] * value[c]


@compiled
def _hear_backward(gradient, scale, value, weight, grad_weight, grad_value, grad_scale):
    """Add to the gradients of value and scale; set that of the weights of one relation."""
    per_head = gradient.shape[0] // weight.shape[0]
    for h in range(weight.shape[0]):
        total = np.float32(0.0)
        for c in range(uintp(h * per_head), uintp((h + 1) * per_head)):
            product = gradient[c] * scale[c]
            total += product * value[c]
            grad_value[c] += weight[h] * product
            grad_scale[c] += weight[h] * gradient[c] * value[c]
        grad_weight[h] = total


@compiled
def _backward_logits(
    projected, related, relation_logit, site, weight, grad_weight, grad, grad_logit
):
    """Through softmax and leaky ReLU to query, key and relation."""
    heads = relation_logit.shape[1]
    query = projected.shape[1] - 2 * heads
    for h in range(heads):
        mean = np.float32(0.0)
        for r in range(4):
            mean += weight[r, h] * grad_weight[r, h]
        for r in range(4):
            other = related[site, r]
            if other >= 0:
                logit = projected[site, query + h] + projected[other, query + heads + h]
                logit += relation_logit[r, h]
                slope = np.float32(1.0) if logit > 0 else np.float32(NEGATIVE_SLOPE)
                change = slope * weight[r, h] * (grad_weight[r, h] - mean)
                grad[site, query + h] += change
                grad[other, query + heads + h] += change
                grad_logit[r, h] += change


@compiled
def backward(projected, relation_scale, relation_logit, related, output, weights, gradient):
    """Gradients of projected, relation_scale and relation_logit."""
    sites, width = related.shape[0], relation_scale.shape[1]
    heads = relation_logit.shape[1]
    grad = np.zeros_like(projected)
    grad_scale, grad_logit = np.zeros_like(relation_scale), np.zeros_like(relation_logit)
    grad_weight = np.zeros((4, heads), np.float32)
    for site in range(sites):
        own, arriving, heard = grad[site, :width], gradient[site], output[site]
        for c in range(uintp(width)):
            own[c] = arriving[c] if heard[c] > 0 else np.float32(0.0)
        for r in range(4):
            other = related[site, r]
            if other >= 0:
                value, grad_value = projected[other, width:], grad[other, width:]
                _hear_backward(
                    own, relation_scale[r], value, weights[site, r], grad_weight[r], grad_value,
                    grad_scale[r],
                )  # fmt: skip
        _backward_logits(
            projected, related, relation_logit, site, weights[site], grad_weight, grad, grad_logit
        )
    return grad, grad_scale, grad_logit
