"""Rotations that bring atoms onto others."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Vectors = Float[NDArray[np.float64], "N 3"]


def kabsch(vectors: Vectors, onto: Vectors) -> Float[NDArray[np.float64], "3 3"]:
    """Rotation that brings vectors nearest to others (doi:10.1107/S0567739478001680)."""
    left, _, right = np.linalg.svd(vectors.T @ onto)
    handedness = np.sign(np.linalg.det(left @ right))
    found: Float[NDArray[np.float64], "3 3"] = right.T @ np.diag([1.0, 1.0, handedness]) @ left.T
    return found


def directions(vectors: Vectors) -> Vectors:
    """Vectors of length 1."""
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found
