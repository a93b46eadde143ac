"""Scores in decades: mean absolute errors of log10 T and log10 DOS."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.graphs.schema import SpectraBatch


class Scores(NamedTuple):
    """Mean absolute errors over all records and energies, in decades."""

    transmission: float
    dos: float

    @property
    def total(self) -> float:
        """Sum of both."""
        return self.transmission + self.dos


class ScoreSum:
    """Adds absolute errors over batches, so that every value of every record counts the same."""

    def __init__(self) -> None:
        self._sums = torch.zeros(2, dtype=torch.float64)
        self._counts = torch.zeros(2, dtype=torch.float64)

    def add(self, prediction: SpectraBatch, target: SpectraBatch) -> None:
        """Count one batch; targets that are not finite are left out."""
        pairs = (
            (prediction.log10_transmission, target.log10_transmission),
            (prediction.log10_dos, target.log10_dos),
        )
        for index, (predicted, wanted) in enumerate(pairs):
            errors = absolute_errors(predicted, wanted)
            self._sums[index] += errors.nansum().cpu()
            self._counts[index] += (~errors.isnan()).sum().cpu()

    def combine(self, total: Callable[[Tensor], Tensor]) -> None:
        """Replace the sums by what ``total`` makes of them: those over all processes."""
        self._sums, self._counts = total(torch.stack((self._sums, self._counts)))

    def result(self) -> Scores:
        """Mean absolute errors of all that was added."""
        return Scores(*(self._sums / self._counts).tolist())


def absolute_errors(
    prediction: Float[Tensor, "B E"], target: Float[Tensor, "B E"]
) -> Float[Tensor, "B E"]:
    """Absolute errors, NaN where the target is not finite."""
    return torch.where(target.isfinite(), (prediction - target).abs(), torch.nan)
