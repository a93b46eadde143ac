"""Fermi functions of reduced energies (E - mu) / k_B T, without overflow or cancellation."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

REACH = 200.0
"""Largest distance from the Fermi energy in k_B T that counts; the weight beyond is 1e-87."""

THERMAL_REACH = 40.0
"""The same where T is known in a window only; the weight beyond is 4e-18."""


def minus_fermi_derivative(x: Float[Doubles, "*shape"]) -> Float[Doubles, "*shape"]:
    """-df/dx at x = (E - mu) / k_B T."""
    decay: Doubles = np.abs(x)
    np.exp(np.negative(decay, out=decay), out=decay)
    squared = decay + 1.0
    squared *= squared
    decay /= squared
    return decay


def fermi_difference(x: Float[Doubles, "*shape"], half_bias: float) -> Float[Doubles, "*shape"]:
    """f(x - d) - f(x + d) of two contacts whose chemical potentials lie d = `half_bias` from 0.

    It is sinh d / (cosh x + cosh d): a small bias loses no digits, and a large one is no overflow.
    """
    size, bias = np.abs(x), abs(half_bias)
    largest = np.maximum(size, bias)
    rising = np.exp(bias - largest) * -np.expm1(-2.0 * bias)
    total = np.exp(size - largest) + np.exp(-size - largest)
    total += np.exp(bias - largest) + np.exp(-bias - largest)
    found: Doubles = np.copysign(rising / total, half_bias)
    return found
