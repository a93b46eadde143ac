"""Peaks are those of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from dnawire.inference.peaks import prominent_peaks

levels = st.integers(-3, 3).map(float) | st.floats(-3.0, 3.0)


@given(st.lists(levels, min_size=1, max_size=60), st.sampled_from([0.05, 0.5, 2.0]))
def test_peaks_are_those_of_scipy(values: list[float], prominence: float) -> None:
    curve = np.array(values)
    wanted, _ = find_peaks(curve, prominence=prominence)
    np.testing.assert_array_equal(prominent_peaks(curve, prominence), wanted)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_monotonic_curve_has_none(size: int) -> None:
    assert prominent_peaks(np.arange(float(size)), 0.0).size == 0
