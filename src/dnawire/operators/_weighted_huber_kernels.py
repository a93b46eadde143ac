"""Compiled `dnawire.operators.weighted_huber`, in double precision."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.double import (
    LANES,
    absolute,
    fma,
    load,
    maximum,
    splat,
    store,
    total,
    where_positive,
)
from dnawire.compiled.kernel import compiled, inlined


@inlined
def _prepare_row(values, known, target, row, size):
    """Copy a row between two more values; return how many are finite, the others are zero."""
    count = 0
    for k in range(size):
        value = target[row + k]
        is_finite = abs(value) < np.inf
        values[1 + k] = value if is_finite else 0.0
        known[1 + k] = 1.0 if is_finite else 0.0
        count += is_finite
    return count


@inlined
def _weight(values, known, k, steepness):
    """Weight of a chunk of energies, by the largest difference to a neighbor that is known."""
    here, is_here, none = load(values, k + 1), load(known, k + 1), splat(0.0)
    below = absolute(here - load(values, k))
    above = absolute(load(values, k + 2) - here)
    steepest = maximum(
        where_positive(is_here * load(known, k), below, none),
        where_positive(is_here * load(known, k + 2), above, none),
    )
    shift = splat(steepness) * steepest
    return is_here / fma(shift, shift, splat(1.0))


@inlined
def _clamped(error, delta):
    """Error between -delta and delta."""
    limit = splat(delta)
    inner = where_positive(error - limit, limit, error)
    return where_positive(-limit - inner, -limit, inner)


@compiled
def weighted_huber(prediction, target, scale, steepness, delta):
    """Weighted sum of Huber losses, and sum of the weights, over flat rows of E."""
    size = len(scale)
    padded = (size + LANES - 1) // LANES * LANES
    inverse, guess = np.zeros(padded), np.zeros(padded)
    for k in range(size):
        inverse[k] = 1.0 / scale[k]
    values, known = np.zeros(padded + 2), np.zeros(padded + 2)
    loss, weights, none = splat(0.0), splat(0.0), splat(0.0)
    for row in range(0, len(prediction), size):
        if _prepare_row(values, known, target, row, size) == 0:
            continue
        for k in range(size):
            guess[k] = prediction[row + k]
        for k in range(0, size, LANES):
            weight = _weight(values, known, k, steepness)
            error = (load(guess, k) - load(values, k + 1)) * load(inverse, k)
            inner = _clamped(error, delta)
            part = weight * inner * fma(splat(-0.5), inner, error)
            loss = loss + where_positive(weight, part, none)
            weights = weights + weight
    return total(loss), total(weights)


@compiled
def weighted_huber_adjoint(arriving, prediction, target, scale, steepness, delta):
    """Gradient by the prediction, from that by the weighted sum."""
    size = len(scale)
    padded = (size + LANES - 1) // LANES * LANES
    inverse, guess = np.zeros(padded), np.zeros(padded)
    for k in range(size):
        inverse[k] = 1.0 / scale[k]
    values, known, change = np.zeros(padded + 2), np.zeros(padded + 2), np.empty(padded)
    gradient, factor, none = np.zeros_like(prediction), splat(arriving), splat(0.0)
    for row in range(0, len(prediction), size):
        if _prepare_row(values, known, target, row, size) == 0:
            continue
        for k in range(size):
            guess[k] = prediction[row + k]
        for k in range(0, size, LANES):
            weight = _weight(values, known, k, steepness)
            slope = load(inverse, k)
            inner = _clamped((load(guess, k) - load(values, k + 1)) * slope, delta)
            found = factor * weight * inner * slope
            store(change, k, where_positive(weight, found, none))
        for k in range(size):
            gradient[row + k] = change[k]
    return gradient
