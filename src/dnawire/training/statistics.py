"""What the training set tells before the first step: means and scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.graphs import Batch, blocks, finite_mean
from dnawire.models import TargetStatistics
from dnawire.quantities import BY_COLUMN

_SMALLEST_SPREAD = 1e-3
"""Decades; keeps a constant target from dividing by zero."""


def target_statistics(
    buckets: Sequence[Batch], energies: Float[Tensor, " E"], eta: float
) -> TargetStatistics:
    """Mean and spread of the targets per energy."""
    means, spreads = {}, {}
    known = buckets[0].select(torch.zeros(1, dtype=torch.int64)).spectra.known()
    for name in known:
        if not BY_COLUMN[name].has_sites:
            means[name], spreads[name] = _mean_and_spread(buckets, name)
    return TargetStatistics(
        energies=energies,
        eta=eta,
        mean=means,
        std=spreads,
    )


def _values(buckets: Sequence[Batch], name: str) -> Iterator[Float[Tensor, "n E"]]:
    """Values of one quantity, some records at a time."""
    for part in blocks(buckets):
        yield torch.cat([batch.spectra.known()[name] for batch in part])


def _mean_and_spread(buckets: Sequence[Batch], name: str) -> tuple[Tensor, Tensor]:
    mean = finite_mean(_values(buckets, name))
    spread = finite_mean((part - mean).square() for part in _values(buckets, name)).sqrt()
    return mean.nan_to_num(0.0), spread.nan_to_num(1.0).clamp_min(_SMALLEST_SPREAD)
