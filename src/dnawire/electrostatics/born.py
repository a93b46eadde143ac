"""Generalized Born model: radii, kernel and size of the molecule."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from dnawire.constants import BOHR_ANGSTROM
from dnawire.electrostatics.blocks import square_blocks

Doubles = NDArray[np.float64]

_CUTOFF: Final = 35.0 / BOHR_ANGSTROM
"""Distance from where atoms do not descreen each other, bohr."""
_RESCALING: Final = (1.0, -0.8, 4.85)
"""Coefficients of the polynomial in tanh: model II of doi:10.1002/prot.20033."""
_ZETA: Final = 1.028
"""Of the kernel P16 (J. Chem. Theory Comput. 8, 1999 (2012))."""


def born_radii(
    positions: Float[Doubles, "A 3"],
    radii: Float[Doubles, " A"],
    descreening: Float[Doubles, " A"],
    scale: float,
) -> Float[Doubles, " A"]:
    """Born radii after Onufriev, Bashford and Case (doi:10.1002/prot.20033), scaled.

    Parameters
    ----------
    positions
        Bohr.
    radii
        Van der Waals radii, bohr.
    descreening
        Factors of the radii with which atoms descreen others.
    scale
        Factor of all Born radii.

    Returns
    -------
    ndarray
        Bohr; ``scale`` times the radius for a free atom.
    """
    depth = 0.5 * radii * _descreening_sums(positions, radii, descreening * radii)
    first, second, third = _RESCALING
    turned = np.tanh(depth * (first + depth * (second + depth * third)))
    found: Doubles = scale * radii / (1.0 - turned)
    return found


def _descreening_sums(positions: Doubles, radii: Doubles, reduced: Doubles) -> Doubles:
    """Sum of the integrals of all other spheres, of the radii ``reduced``, for every atom, (A,)."""
    sums = np.zeros(len(positions))
    for rows in square_blocks(len(positions)):
        distances = cdist(positions[rows], positions)
        row, column = np.nonzero((distances > 0.0) & (distances <= _CUTOFF))
        values = _integral(distances[row, column], radii[rows][row], reduced[column])
        sums[rows] = np.bincount(row, values, minlength=len(distances))
    return sums


def _integral(distance: Doubles, radius: Doubles, reduced: Doubles) -> Doubles:
    """Integral of 1 / (2 pi r^4) over a sphere, outside the atom itself (doi:10.1021/jp961710n).

    Nothing is left of a sphere that lies inside the atom.
    """
    upper = distance + reduced
    lower = np.maximum(radius, distance - reduced)
    value = (
        1.0 / lower
        - 1.0 / upper
        + (distance - reduced**2 / distance) / 4.0 * (1.0 / upper**2 - 1.0 / lower**2)
        + np.log(lower / upper) / (2.0 * distance)
    )
    return np.where(upper > radius, value, 0.0)


def born_kernel(
    distances: Float[Doubles, "A B"], radii: Float[Doubles, " A"], others: Float[Doubles, " B"]
) -> Float[Doubles, "A B"]:
    """Effective interaction 1/f of unit charges: P16 (J. Chem. Theory Comput. 8, 1999 (2012)).

    Parameters
    ----------
    distances
        Bohr.
    radii, others
        Born radii of the rows and of the columns, bohr.
    """
    mean = np.sqrt(radii)[:, None] * np.sqrt(others)
    ratio = mean / (mean + _ZETA / 16.0 * distances)
    # Four squarings are several times as fast as a power.
    for _ in range(4):
        ratio *= ratio
    return 1.0 / (distances + mean * ratio)


def electrostatic_size(positions: Float[Doubles, "A 3"], radii: Float[Doubles, " A"]) -> float:
    """Radius in bohr of the sphere that stands for the shape of the molecule.

    From the determinant of the tensor of inertia of solid spheres whose masses are their volumes
    (doi:10.1063/1.2177251); the radius itself for a single sphere.
    """
    masses = radii**3 / (radii**3).sum()
    vectors = positions - masses @ positions
    second = (vectors * masses[:, None]).T @ vectors
    own = 0.4 * masses @ radii**2
    inertia = (np.trace(second) + own) * np.eye(3) - second
    return float(np.sqrt(np.linalg.det(inertia) ** (1.0 / 3.0) / 0.4))
