"""What the training set tells before the first step: means and scales."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.graphs import Batch
from dnawire.models import TargetStatistics
from dnawire.quantities import QUANTITIES

_SMALLEST_SPREAD = 1e-3
"""Decades; keeps a constant target from dividing by zero."""


def target_statistics(
    buckets: Sequence[Batch], energies: Float[Tensor, " E"], eta: float
) -> TargetStatistics:
    """Mean and spread of the targets per energy."""
    means, spreads = {}, {}
    for quantity in QUANTITIES:
        if not quantity.has_sites and quantity.column in buckets[0].spectra.known():
            values = torch.cat([bucket.spectra.known()[quantity.column] for bucket in buckets])
            means[quantity.column], spreads[quantity.column] = _mean_and_spread(values)
    return TargetStatistics(
        energies=energies,
        eta=eta,
        mean=means,
        std=spreads,
    )


def _mean_and_spread(values: Float[Tensor, "N E"]) -> tuple[Tensor, Tensor]:
    finite = torch.where(values.isfinite(), values, torch.nan)
    mean = finite.nanmean(0)
    spread = (finite - mean).square().nanmean(0).sqrt()
    return mean.nan_to_num(0.0), spread.nan_to_num(1.0).clamp_min(_SMALLEST_SPREAD)
