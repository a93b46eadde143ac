"""The loss: Huber losses in which steep parts of the target count less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import huber_loss

from dnawire.operators import _weighted_huber_kernels as kernels
from dnawire.operators.operator import array, operator

_SMALLEST: Final = torch.finfo(torch.float32).tiny
"""Takes the place of a sum of weights that is zero."""


def _kernel(
    prediction: Tensor, target: Tensor, scale: Tensor, *constants: float
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    arrays = [array(one).reshape(-1) for one in (prediction, target, scale)]
    loss, weights = kernels.weighted_huber(*arrays, *constants)
    share = 1.0 / max(weights, _SMALLEST)

    def adjoint(gradient: Tensor) -> Tensor:
        arriving = gradient.item() * share
        found = kernels.weighted_huber_adjoint(arriving, *arrays, *constants)
        return torch.from_numpy(found).view(prediction.shape)

    return prediction.new_tensor(loss * share), adjoint


def _fits(prediction: Tensor, target: Tensor, *_: object) -> bool:
    return prediction.dtype == target.dtype == torch.float64


@operator(_kernel, ("prediction",), _fits)
def weighted_huber(
    prediction: Float[Tensor, "... E"],
    target: Float[Tensor, "... E"],
    scale: Float[Tensor, " E"],
    steepness: float,
    delta: float,
) -> Float[Tensor, ""]:
    """Weighted mean of Huber losses.

    Parameters
    ----------
    prediction, target
        Spectra; values that are not finite in the target count nothing.
    scale
        Divides the errors.
    steepness
        See `energy_weights`.
    delta
        Scaled error from which on the loss grows linearly.
    """
    weight = energy_weights(target, steepness)
    error = torch.where(target.isfinite(), prediction - target, 0.0) / scale
    losses = huber_loss(error, torch.zeros_like(error), reduction="none", delta=delta)
    return (weight * losses).sum() / weight.sum().clamp_min(_SMALLEST)


def energy_weights(target: Float[Tensor, "... E"], steepness: float) -> Float[Tensor, "... E"]:
    """Weight ``1 / (1 + (steepness change)^2)`` of each value; 0 where the target is not finite.

    ``change`` is the larger of the differences of the target to its two neighbors on the grid;
    ``steepness`` is the width of a resonance over the spacing of the grid.
    """
    known = target.isfinite()
    change = target.diff(dim=-1).abs().nan_to_num(0.0, posinf=0.0)
    nothing = torch.zeros_like(change[..., :1])
    largest = torch.maximum(
        torch.cat((change, nothing), dim=-1), torch.cat((nothing, change), dim=-1)
    )
    return known / (1.0 + (steepness * largest).square())
