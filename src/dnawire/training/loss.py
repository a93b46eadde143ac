"""What is minimized: Huber losses of log10 spectra, balanced by their spread in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import huber_loss

from dnawire.config import LossConfig
from dnawire.graphs.schema import SpectraBatch
from dnawire.models import TargetStatistics


class SpectralLoss(NamedTuple):
    """Weighted sum of the losses of log10 T, log10 DOS and, where both sides have it, log10 LDOS.

    Errors are standardized per energy by the spread of the training set, so that T, which varies
    over decades, does not drown the DOS. Values that are not finite in the target (T of a junction
    whose contacts are disconnected) are left out.
    """

    transmission_scale: Float[Tensor, " E"]
    dos_scale: Float[Tensor, " E"]
    weights: LossConfig

    @classmethod
    def from_statistics(cls, statistics: TargetStatistics, weights: LossConfig) -> SpectralLoss:
        """Take the scales from the training set."""
        return cls(statistics.std_log10_transmission, statistics.std_log10_dos, weights)

    def to(self, device: torch.device) -> SpectralLoss:
        """Copy the scales to a device."""
        scales = self.transmission_scale.to(device), self.dos_scale.to(device)
        return SpectralLoss(*scales, self.weights)

    def __call__(self, prediction: SpectraBatch, target: SpectraBatch) -> Float[Tensor, ""]:
        """Loss of one batch, float64, dimensionless."""
        weights = self.weights
        total = weights.transmission_weight * self._mean(
            prediction.log10_transmission, target.log10_transmission, self.transmission_scale
        )
        total = total + weights.dos_weight * self._mean(
            prediction.log10_dos, target.log10_dos, self.dos_scale
        )
        if prediction.log10_ldos is None or target.log10_ldos is None:
            return total
        return total + weights.ldos_weight * self._mean(prediction.log10_ldos, target.log10_ldos)

    def _mean(self, prediction: Tensor, target: Tensor, scale: Tensor | None = None) -> Tensor:
        known = target.isfinite()
        error = torch.where(known, prediction - target, 0.0)
        if scale is not None:
            error = error / scale
        nothing = error.new_zeros(()).expand_as(error)
        total = huber_loss(error, nothing, reduction="sum", delta=self.weights.huber_delta)
        return total / known.sum().clamp_min(1)
