"""Peaks that stand out, as `scipy.signal.find_peaks` defines them, whose import takes a second."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def prominent_peaks(values: NDArray[np.float64], prominence: float) -> NDArray[np.int64]:
    """Find the peaks of a curve.

    Parameters
    ----------
    values
        The curve, (n,).
    prominence
        By how much a peak must rise above the higher of the two lowest points that lie between it
        and something higher, or the end of the curve, on either side.

    Returns
    -------
    ndarray
        Positions, increasing; the middle of a flat top.
    """
    peaks = _local_maxima(values)
    if not len(peaks):
        return peaks
    heights = values[peaks]
    valleys = np.minimum.reduceat(values, np.concatenate([[0], peaks]))
    before = _lowest_before(heights.tolist(), valleys[:-1].tolist())
    after = _lowest_before(heights[::-1].tolist(), valleys[:0:-1].tolist())[::-1]
    return peaks[heights - np.maximum(before, after) >= prominence]


def _local_maxima(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Middles of all stretches of equal values that are higher than what is next to them."""
    starts = np.flatnonzero(np.diff(values, prepend=np.nan))
    ends = np.append(starts[1:], len(values))
    level = values[starts]
    is_peak = (level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])
    middles: NDArray[np.int64] = (starts + ends - 1) // 2
    return middles[1:-1][is_peak]


def _lowest_before(heights: Iterable[float], valleys: Iterable[float]) -> NDArray[np.float64]:
    """Lowest point between each peak and the last higher one, from the valley before each."""
    open_peaks: list[tuple[float, float]] = []
    found = []
    for height, valley in zip(heights, valleys, strict=True):
        lowest = valley
        while open_peaks and open_peaks[-1][0] <= height:
            lowest = min(lowest, open_peaks.pop()[1])
        open_peaks.append((height, lowest))
        found.append(lowest)
    return np.array(found)
