"""Solvent-accessible surface with a smooth edge, on a grid of directions."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.integrate import lebedev_rule
from scipy.spatial import cKDTree

from dnawire.constants import BOHR_ANGSTROM

Doubles = NDArray[np.float64]

_HALF_WIDTH: Final = 0.3 / BOHR_ANGSTROM
"""Half of the width of the edge of a sphere, bohr."""
_DEGREE: Final = 25
"""Of the Lebedev rule: 230 directions, the grid of the published parameters."""
_SMALLEST_EXPOSURE: Final = 1e-6


def accessible_areas(
    positions: Float[Doubles, "A 3"], radii: Float[Doubles, " A"]
) -> Float[Doubles, " A"]:
    """Surface of every sphere that lies in no other one (doi:10.1002/jcc.10321).

    Directions are fixed in space, so that areas change a little when all atoms are rotated.

    Parameters
    ----------
    positions
        Centers, bohr.
    radii
        Of the atoms and the probe together, bohr.

    Returns
    -------
    ndarray
        Bohr^2; the integral over a smooth shell, for a free sphere 4 pi (R^2 + w^2 / 5).
    """
    reach = radii + radii.max() + _HALF_WIDTH
    neighbors = cKDTree(positions).query_ball_point(positions, reach)
    areas = np.empty(len(positions))
    for atom, found in enumerate(neighbors):
        others = np.array([other for other in found if other != atom], dtype=np.int64)
        vectors = positions[others] - positions[atom]
        exposed = _exposed_fraction(radii[atom], vectors, radii[others])
        areas[atom] = 4.0 * np.pi * (radii[atom] ** 2 + _HALF_WIDTH**2 / 5.0) * exposed
    return areas


def _exposed_fraction(
    radius: float, vectors: Float[Doubles, "N 3"], radii: Float[Doubles, " N"]
) -> float:
    """Part of a sphere around the origin that lies in no sphere around the ends of the vectors."""
    directions, weights = _grid()
    squares = (vectors**2).sum(1) + radius**2
    # Most directions end deep inside a neighbor; distances are computed for the others alone.
    deep = (squares - (radii - _HALF_WIDTH) ** 2) / (2.0 * radius)
    along = directions @ vectors.T
    free = (along < deep).all(1)
    distances = np.sqrt(squares - 2.0 * radius * along[free])
    depths = np.minimum((distances - radii) / _HALF_WIDTH, 1.0)
    exposure = (0.5 + 0.75 * depths - 0.25 * depths**3).prod(1)
    return float(weights[free] @ np.where(exposure > _SMALLEST_EXPOSURE, exposure, 0.0))


@cache
def _grid() -> tuple[Float[Doubles, "G 3"], Float[Doubles, " G"]]:
    """Directions, and weights whose sum is 1 (doi:10.1007/BF00966954)."""
    directions, weights = lebedev_rule(_DEGREE)
    return np.ascontiguousarray(directions.T), weights / (4.0 * np.pi)
