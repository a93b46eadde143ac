r"""Columns of S^(1/2) by a polynomial of S, without its eigenvectors.

The square root is a series of Chebyshev polynomials on an interval that holds the eigenvalues of S
(doi:10.1137/1.9780898717778, section 4.4), whose coefficients fall geometrically: some thirty
products of S with the columns that are wanted. Terms with small coefficients are computed in single
precision.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError

Doubles = NDArray[np.float64]

ROOT_ACCURACY: Final = 1e-8
"""Largest deviation of the overlaps of the columns, which are those of S."""
_TAIL: Final = 1e-9
"""Coefficients below it are left out."""
_IN_SINGLE: Final = 1e-3
"""Coefficients below it multiply numbers in single precision."""
_LARGEST_DEGREE: Final = 250
_WIDER: Final = (1.2, 2.0, 8.0)
"""By which the eigenvalues of S may be smaller or larger than those of a part of it."""


def root_columns(
    overlap: Float[Doubles, "N N"],
    columns: Int[NDArray[np.int64], " c"],
    eigenvalues: tuple[float, float],
) -> Float[Doubles, "N c"]:
    """Columns of the square root of a symmetric positive definite matrix.

    With all of them, R, the matrix is R^T R: so are its elements between the columns, which tells
    whether the polynomial holds for all eigenvalues that matter. An error of the columns that this
    does not see is orthogonal to them, and at most 1e-4.

    Parameters
    ----------
    overlap
        The matrix.
    columns
        Their numbers.
    eigenvalues
        Smallest and largest one of a part of the matrix, from which the others are not far.

    Raises
    ------
    NotConvergedError
        If there are eigenvalues far from them.
    """
    wanted = overlap[np.ix_(columns, columns)]
    for factor in _WIDER:
        # A polynomial overflows soon beyond its interval.
        with np.errstate(over="ignore", invalid="ignore"):
            found = _applied(overlap, columns, eigenvalues[0] / factor, eigenvalues[1] * factor)
        if abs(found.T @ found - wanted).max() < ROOT_ACCURACY:
            return found
    raise NotConvergedError(
        f"eigenvalues of the overlap matrix are far from {eigenvalues[0]:.2g} to "
        f"{eigenvalues[1]:.2g}, those of a base pair.",
        "solve the junction with all orbitals.",
    )


def _applied(
    matrix: Doubles, columns: NDArray[np.int64], low: float, high: float
) -> Float[Doubles, "N c"]:
    """Columns of the polynomial that is the square root between two numbers."""
    middle, half = (high + low) / 2, (high - low) / 2
    series = Chebyshev.interpolate(np.sqrt, _LARGEST_DEGREE, (low, high)).coef
    series = series[: np.flatnonzero(abs(series) > _TAIL)[-1] + 1]
    twice: NDArray[np.floating[Any]] = matrix * (2.0 / half)
    twice[np.diag_indices_from(twice)] -= 2.0 * middle / half
    before: NDArray[np.floating[Any]] = np.eye(len(matrix))[:, columns]
    now = twice[:, columns] / 2.0
    found: Doubles = series[0] * before + series[1] * now
    for coefficient in series[2:].tolist():
        if now.dtype == np.float64 and abs(coefficient) < _IN_SINGLE:
            twice, before, now = (part.astype(np.float32) for part in (twice, before, now))
        before, now = now, twice @ now - before
        found += coefficient * now
    return found
