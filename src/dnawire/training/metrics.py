"""Scores: mean absolute errors of the scored quantities, T and DOS in decades."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.quantities import SCORED

Scores = dict[str, float]
"""Mean absolute errors over all records and energies by name of the quantity, in its scale."""


class ScoreSum:
    """Adds absolute errors over batches, so that every value of every record counts the same."""

    def __init__(self) -> None:
        self._sums = torch.zeros(len(SCORED), dtype=torch.float64)
        self._counts = torch.zeros(len(SCORED), dtype=torch.float64)

    def add(self, predicted: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
        """Count values (B, E) of one batch by column; targets that are not finite are skipped."""
        for index, quantity in enumerate(SCORED):
            if quantity.column in predicted and quantity.column in wanted:
                errors = absolute_errors(predicted[quantity.column], wanted[quantity.column])
                self._sums[index] += errors.nansum().cpu()
                self._counts[index] += (~errors.isnan()).sum().cpu()

    def combine(self, total: Callable[[Tensor], Tensor]) -> None:
        """Replace the sums by what ``total`` makes of them: those over all processes."""
        self._sums, self._counts = total(torch.stack((self._sums, self._counts)))

    def result(self) -> Scores:
        """Mean absolute errors of all that was added; NaN where there was nothing."""
        means = (self._sums / self._counts).tolist()
        return {quantity.name: mean for quantity, mean in zip(SCORED, means, strict=True)}


def absolute_errors(
    prediction: Float[Tensor, "B E"], target: Float[Tensor, "B E"]
) -> Float[Tensor, "B E"]:
    """Absolute errors, NaN where the target is not finite."""
    return torch.where(target.isfinite(), (prediction - target).abs(), torch.nan)
