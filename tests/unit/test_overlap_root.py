"""Columns of the square root of an overlap matrix against its eigenvectors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from dnawire.electronic.overlap_root import ROOT_ACCURACY, root_columns
from dnawire.errors import NotConvergedError

COLUMNS = np.array([0, 3, 17])


def matrix_between(low: float, high: float) -> NDArray[np.float64]:
    """A dense matrix with such eigenvalues, most of them in the middle."""
    draws = np.random.default_rng(7)
    vectors = np.linalg.qr(draws.normal(size=(40, 40)))[0]
    values = np.sort(draws.beta(2.0, 2.0, 40)) * (high - low) + low
    values[0], values[-1] = low, high
    found: NDArray[np.float64] = (vectors * values) @ vectors.T
    return found


@pytest.mark.parametrize(
    ("low", "high"), [(0.2, 2.6), (0.18, 2.9), (0.12, 4.5), (0.03, 2.6), (0.2, 18.0)]
)
def test_columns_are_those_of_the_square_root(low: float, high: float) -> None:
    """Also where the eigenvalues are further apart than those of the part that is known."""
    overlap = matrix_between(low, high)
    found = root_columns(overlap, COLUMNS, (0.2, 2.6))
    assert found == pytest.approx(sqrtm(overlap)[:, COLUMNS], abs=ROOT_ACCURACY)


@pytest.mark.parametrize(("low", "high"), [(1e-4, 2.6), (0.2, 60.0), (-0.1, 2.6)])
def test_eigenvalues_that_are_far_away_are_noticed(low: float, high: float) -> None:
    with pytest.raises(NotConvergedError, match=r"far from 0.2 to 2.6"):
        root_columns(matrix_between(low, high), COLUMNS, (0.2, 2.6))
