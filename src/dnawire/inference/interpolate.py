"""Values at an energy between those of a grid."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray


def interpolated(
    energies: Float[NDArray[np.float64], " E"],
    values: Float[NDArray[np.float64], "B E"],
    at: float,
) -> Float[NDArray[np.float64], " B"]:
    """Rows of values, linear between the energies in eV around ``at``; they may be -inf."""
    after = max(1, int(np.searchsorted(energies, at)))
    share = (at - energies[after - 1]) / (energies[after] - energies[after - 1])
    if share in (0.0, 1.0):
        return values[:, after - 1 + int(share)]
    found: NDArray[np.float64] = (1.0 - share) * values[:, after - 1] + share * values[:, after]
    return found
