"""What pairs of contact orbitals add to the transmission; ``xp`` is the module of the arrays."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from dnawire.transport.system import AnyArray, ContactTables


def log_pairs(contacts: ContactTables[Any], element: AnyArray, xp: ModuleType) -> AnyArray:
    """ln(gamma_l gamma_r |G_lr|^2) of elements of G between contact orbitals, (B, E, C, C)."""
    weight = contacts.gamma_left[:, :, None] * contacts.gamma_right[:, None, :]
    return _log(weight, xp)[:, None] + 2.0 * _log(abs(element), xp)


def log_transmission(pairs: AnyArray, xp: ModuleType) -> AnyArray:
    """ln of the sum of all pairs, (B, E)."""
    largest = xp.amax(pairs, (-2, -1))
    largest = xp.where(xp.isfinite(largest), largest, 0.0)
    return largest + _log(xp.exp(pairs - largest[..., None, None]).sum((-2, -1)), xp)


def _log(values: AnyArray, xp: ModuleType) -> AnyArray:
    """Logarithm of what is not negative; automatic differentiation meets no infinite slope."""
    vanishes = values == 0.0
    return xp.where(vanishes, -math.inf, xp.log(xp.where(vanishes, 1.0, values)))


def pair_ratios(
    pairs: AnyArray, element: AnyArray, by_transmission: AnyArray, xp: ModuleType
) -> AnyArray:
    """``cotangent d ln T / d G_lr``: the share of every pair in T by its element, (B, E, C, C)."""
    total = log_transmission(pairs, xp)[..., None, None]
    connected = pairs > -math.inf
    share = xp.exp(pairs - xp.where(total > -math.inf, total, 0.0))
    part = by_transmission[..., None, None] * share
    return xp.where(connected, part / xp.where(connected, element, 1.0 + 0j), 0.0)


def by_density(by_logarithm: AnyArray, density: AnyArray, xp: ModuleType) -> AnyArray:
    """Derivative by a density from that by its logarithm; none where it vanishes."""
    vanishes = density <= np.finfo(np.float64).tiny
    return xp.where(vanishes, 0.0, by_logarithm / xp.where(vanishes, 1.0, density))
