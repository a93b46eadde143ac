"""What the training set tells before the first step: scales, means and on-site energies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.graphs import Batch, blocks, finite_mean
from dnawire.junction import NUM_BASES
from dnawire.models import TargetStatistics
from dnawire.quantities import BY_COLUMN

_SMALLEST_SPREAD = 1e-3
"""Decades; keeps a constant target from dividing by zero."""


def target_statistics(
    buckets: Sequence[Batch], energies: Float[Tensor, " E"], eta: float
) -> TargetStatistics:
    """Mean and spread of the targets per energy, and a first guess of the on-site energies."""
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
        onsite=onsite_guess(buckets, energies),
    )


def _values(buckets: Sequence[Batch], name: str) -> Iterator[Float[Tensor, "n E"]]:
    """Values of one quantity, some records at a time."""
    for part in blocks(buckets):
        yield torch.cat([batch.spectra.known()[name] for batch in part])


def _mean_and_spread(buckets: Sequence[Batch], name: str) -> tuple[Tensor, Tensor]:
    mean = finite_mean(_values(buckets, name))
    spread = finite_mean((part - mean).square() for part in _values(buckets, name)).sqrt()
    return mean.nan_to_num(0.0), spread.nan_to_num(1.0).clamp_min(_SMALLEST_SPREAD)


def onsite_guess(buckets: Sequence[Batch], energies: Float[Tensor, " E"]) -> Float[Tensor, " 4"]:
    """On-site energy of each base in eV: where its mean log10 LDOS peaks.

    Without LDOS, the DOS is split among the bases by least squares on their numbers. A base that
    does not occur gets the mean of the others.
    """
    profiles = _ldos_profiles(buckets)
    if profiles is None:
        profiles = _dos_profiles(buckets)
    guess = torch.tensor([_peak(profile, energies) for profile in profiles], dtype=torch.float64)
    return torch.where(guess.isnan(), guess.nanmean(), guess)


def _ldos_profiles(buckets: Sequence[Batch]) -> Float[Tensor, "4 E"] | None:
    profiles = []
    for base in range(NUM_BASES):
        found = []
        for bucket in buckets:
            if bucket.spectra.log10_ldos is None:
                return None
            found.append(bucket.spectra.log10_ldos[bucket.junctions.base == base])
        values = torch.cat(found)
        profiles.append(torch.where(values.isfinite(), values, torch.nan).nanmean(0))
    return torch.stack(profiles)


def _dos_profiles(buckets: Sequence[Batch]) -> Float[Tensor, "4 E"]:
    counts = torch.cat(
        [
            torch.stack([(b.junctions.base == base).sum((1, 2)) for base in range(NUM_BASES)], 1)
            for b in buckets
        ]
    )
    dos = torch.cat([10.0**bucket.spectra.log10_dos for bucket in buckets])
    solution, *_ = np.linalg.lstsq(counts.double().numpy(), dos.numpy(), rcond=None)
    profiles = torch.from_numpy(solution)
    profiles[(counts == 0).all(0)] = torch.nan
    return profiles


def _peak(profile: Float[Tensor, " E"], energies: Float[Tensor, " E"]) -> float:
    """Energy of the highest point, refined by the parabola through it and its neighbors."""
    if bool(profile.isnan().all()):
        return float("nan")
    top = int(profile.nan_to_num(-torch.inf).argmax())
    if not 0 < top < len(energies) - 1:
        return float(energies[top])
    low, middle, high = profile[top - 1 : top + 2].tolist()
    shift = 0.5 * (low - high) / (low - 2.0 * middle + high)
    return float(energies[top] + shift * (energies[top + 1] - energies[top]))
