"""Intervals that hold a wanted share of the truth, from the errors on records held out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.errors import TooFewRecordsError, UnusableFileError
from dnawire.files.text import read_text

Doubles = NDArray[np.float64]

CALIBRATION: Final = "calibration.json"
"""File of a calibration, in the folder of the members."""

SMALLEST_SPREAD: Final = 1e-12
"""Decades; members that are closer agree up to rounding."""

_ROUNDING: Final = 1e-12


def conformal_quantile(
    scores: Float[Doubles, " n"], groups: Int[NDArray[np.int64], " n"], coverage: float
) -> float:
    """Score that a value of a new group exceeds with a probability of at most 1 - coverage.

    Every group of scores has the weight 1 / (K + 1), in equal parts; the rest is the new group's,
    whose scores may be infinite (hierarchical conformal prediction, Lee, Barber and Willett,
    doi:10.48550/arXiv.2306.06342). With one score in each group this is the score of rank
    ceil((K + 1) coverage) of K of split conformal prediction.

    Parameters
    ----------
    scores
        At least one; groups are exchangeable, their scores need not be independent.
    groups
        Number of the group of each score.
    coverage
        Between 0 and 1.

    Raises
    ------
    TooFewRecordsError
        If there are too few groups for this coverage.
    """
    _, of_group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    needed = math.ceil(coverage / (1.0 - coverage) - _ROUNDING)
    if len(sizes) < needed:
        raise TooFewRecordsError(
            f"{len(sizes)} duplexes were held out: intervals of {coverage:.0%} need {needed}.",
            "hold out more of them (--test_fraction of the training), or lower the coverage.",
        )
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(1.0 / (sizes[of_group[order]] * (len(sizes) + 1.0)))
    place = int(np.searchsorted(reached, coverage - _ROUNDING))
    return float(scores[order[min(place, len(order) - 1)]])


@dataclass(frozen=True)
class Calibration:
    """Half-widths of intervals: a factor times the spread of the members."""

    coverage: float
    """Share of the values that intervals are to hold."""
    factors: Mapping[str, float]
    """Half-width in units of the spread of the members, by column of `QUANTITIES`."""
    duplexes: int
    """Different duplexes that were held out."""
    num_records: int
    """Records of them."""
    lengths: tuple[int, int]
    """Shortest and longest duplex in base pairs."""
    records: str
    """Digest of the records."""
    members: str
    """Digest of the members."""

    def half_width(self, column: str, deviation: Float[Doubles, " E"]) -> Float[Doubles, " E"]:
        """Half of the interval in decades.

        Parameters
        ----------
        column
            Column of a quantity.
        deviation
            Standard deviation of the members in decades.
        """
        return self.factors[column] * np.maximum(deviation, SMALLEST_SPREAD)

    def to_json(self) -> str:
        """Text that `read` takes back."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises
        ------
        UnusableFileError
            If it is no calibration.
        """
        try:
            values = json.loads(read_text(path))
            shortest, longest = map(int, values.pop("lengths"))
            found = cls(**values, lengths=(shortest, longest))
            if not np.isfinite([found.coverage, *found.factors.values()]).all():
                raise ValueError("a number is not finite")
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnusableFileError(
                f"{path} is no calibration: {error}.",
                "remove it, or write it again with dnawire calibrate --overwrite.",
            ) from error
        return found
