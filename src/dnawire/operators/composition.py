"""What a linear model may know of a junction: counts and contacts, the same from either strand."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from dnawire.junction import MISSING_CODE, NUM_BASES
from dnawire.operators import _composition_kernels as kernels
from dnawire.operators.operator import array, routine

NUM_FEATURES: Final = 2 * NUM_BASES + NUM_BASES**2 + 7


def _kernel(base: Tensor, gamma_left: Tensor, gamma_right: Tensor) -> Tensor:
    arrays = map(array, (base, gamma_left, gamma_right))
    return torch.from_numpy(kernels.composition(*arrays))


@routine(_kernel)
def composition(
    base: Int[Tensor, "B L 2"],
    gamma_left: Float[Tensor, "B L 2"],
    gamma_right: Float[Tensor, "B L 2"],
) -> Float[Tensor, "B K"]:
    """Features whose linear combinations describe a junction roughly (float64).

    Numbers of each base, of each 5'->3' step on its own strand and of missing bases; the bases at
    the contacts; length, product of the couplings, whether both contacts are on one strand, and the
    products of length with these; a constant. Spectra in decades are nearly additive in them.
    """
    hot = one_hot(base, NUM_BASES + 1).double()[..., :NUM_BASES]
    upper, lower = hot.unbind(2)
    steps = torch.einsum("bnx,bny->bxy", upper[:, :-1], upper[:, 1:])
    steps = steps + torch.einsum("bnx,bny->bxy", lower[:, 1:], lower[:, :-1])
    left, right = (_share(gamma) for gamma in (gamma_left, gamma_right))
    contacted = ((left + right)[..., None] * hot).sum((1, 2))
    same_strand = (left.sum(1) * right.sum(1)).sum(1)
    coupling = gamma_left.sum((1, 2)) * gamma_right.sum((1, 2))
    strength = coupling.clamp_min(1e-24).log10()
    length = torch.full_like(strength, base.shape[1])
    missing = (base == MISSING_CODE).sum((1, 2)).double()
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


def _share(gamma: Tensor) -> Tensor:
    return gamma / gamma.sum((1, 2), keepdim=True).clamp_min(1e-300)
