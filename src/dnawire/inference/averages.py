"""Averages of the conductance over all sequences that one text stands for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Average(NamedTuple):
    """Conductance of several sequences, each counted once, in G0 = 2e^2/h."""

    number: int
    """How many sequences there are."""
    mean: float
    """Arithmetic mean: what many of them carry side by side."""
    geometric_mean: float
    """10 to the mean of log10 G: what a histogram of single molecules shows; 0 if one of them
    carries nothing."""
    lowest: float
    """Of one sequence."""
    highest: float
    """Of one sequence."""


def average(conductances: ArrayLike) -> Average:
    """Average conductances in G0, (N,); at least one."""
    quanta = np.asarray(conductances, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logarithm = np.log10(quanta).mean()
    return Average(
        number=len(quanta),
        mean=float(quanta.mean()),
        geometric_mean=float(10.0**logarithm),
        lowest=float(quanta.min()),
        highest=float(quanta.max()),
    )
