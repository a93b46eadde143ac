"""What a linear model may know of a junction: counts and contacts, the same from either strand."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import one_hot

from dnawire.graphs.schema import JunctionBatch
from dnawire.junction import NUM_BASES

NUM_FEATURES: Final = 2 * NUM_BASES + NUM_BASES**2 + 7


def composition(batch: JunctionBatch) -> Float[Tensor, "B K"]:
    """Features whose linear combinations describe a junction roughly (float64).

    Numbers of each base, of each 5'->3' step on its own strand and of missing bases; the bases at
    the contacts; length, product of the couplings, whether both contacts are on one strand, and the
    products of length with these; a constant. Spectra in decades are nearly additive in them.
    """
    hot = one_hot(batch.base, NUM_BASES + 1).double()[..., :NUM_BASES]
    upper, lower = hot.unbind(2)
    steps = torch.einsum("bnx,bny->bxy", upper[:, :-1], upper[:, 1:])
    steps = steps + torch.einsum("bnx,bny->bxy", lower[:, 1:], lower[:, :-1])
    left, right = (_share(gamma) for gamma in (batch.gamma_left, batch.gamma_right))
    contacted = ((left + right)[..., None] * hot).sum((1, 2))
    same_strand = (left.sum(1) * right.sum(1)).sum(1)
    coupling = batch.gamma_left.sum((1, 2)) * batch.gamma_right.sum((1, 2))
    strength = coupling.clamp_min(1e-24).log10()
    length = torch.full_like(strength, batch.base.shape[1])
    missing = (~batch.present).sum((1, 2)).double()
    scalars = (
        length,
        strength,
        same_strand,
        length * strength,
        length * same_strand,
        missing,
        torch.ones_like(length),
    )
    counts = hot.sum((1, 2)), steps.flatten(1), contacted
    return torch.cat((*counts, torch.stack(scalars, dim=1)), dim=1)


def ridge_weights(
    features: Float[Tensor, "N K"], targets: Float[Tensor, "N E"], penalty: float
) -> Float[Tensor, "K E"]:
    """Weights of ridge regression; records whose targets are not finite are left out."""
    known = targets.isfinite().all(1)
    x, y = features[known], targets[known]
    regular = penalty * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights: Tensor = torch.linalg.solve(x.T @ x + regular, x.T @ y)
    return weights


def _share(gamma: Tensor) -> Tensor:
    return gamma / gamma.sum((1, 2), keepdim=True).clamp_min(1e-300)
