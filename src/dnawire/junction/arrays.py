"""Many junctions as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class JunctionArrays(NamedTuple):
    """Many junctions of one length as arrays in ladder layout."""

    codes: NDArray[np.int8]
    """Base codes, (B, L, 2)."""
    gamma_left: NDArray[np.float64]
    """Coupling to the left contact in eV, (B, L, 2)."""
    gamma_right: NDArray[np.float64]
    """Coupling to the right contact in eV, (B, L, 2)."""
