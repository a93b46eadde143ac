"""What is minimized: robust losses of log10 spectra, balanced by their spread in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.config import LossConfig
from dnawire.graphs.schema import SpectraBatch
from dnawire.models import TargetStatistics, TransportModel
from dnawire.operators import energy_weights, weighted_huber


class SpectralLoss(NamedTuple):
    """Weighted sum of the losses of log10 T, log10 DOS and, where both sides have it, log10 LDOS.

    Errors of T and DOS are standardized per energy by the spread of the training set, so that T,
    which varies over decades, does not drown the DOS. Each is a mean of Huber losses over the
    energies, in which steep parts of the target count less: there a shift of a resonance by its
    uncertainty, ``resonance_width``, already changes the logarithm much. Values that are not finite
    in the target (T of a junction whose contacts are disconnected) are left out.
    """

    transmission_scale: Float[Tensor, " E"]
    dos_scale: Float[Tensor, " E"]
    steepness: float
    """Resonance width over the spacing of the grid."""
    weights: LossConfig
    shares: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Weight of the records at hand in T, DOS and LDOS, as a fraction of that of their batch."""

    @classmethod
    def for_model(
        cls, model: TransportModel, statistics: TargetStatistics, weights: LossConfig
    ) -> SpectralLoss:
        """Take the scales from the training set, and the width from the settings or the model."""
        width = weights.resonance_width
        if width is None:
            width = model.resonance_width
        energies = statistics.energies
        spacing = float(energies[-1] - energies[0]) / (len(energies) - 1)
        return cls(
            statistics.std_log10_transmission, statistics.std_log10_dos, width / spacing, weights
        )

    def to(self, device: torch.device) -> SpectralLoss:
        """Copy the scales to a device."""
        scales = self.transmission_scale.to(device), self.dos_scale.to(device)
        return self._replace(transmission_scale=scales[0], dos_scale=scales[1])

    def __call__(self, prediction: SpectraBatch, target: SpectraBatch) -> Float[Tensor, ""]:
        """Loss of one batch, or the share in it of the records at hand; float64, dimensionless."""
        weights, shares = self.weights, self.shares
        total = (
            weights.transmission_weight
            * shares[0]
            * self._mean(
                prediction.log10_transmission, target.log10_transmission, self.transmission_scale
            )
        )
        total = total + weights.dos_weight * shares[1] * self._mean(
            prediction.log10_dos, target.log10_dos, self.dos_scale
        )
        if prediction.log10_ldos is None or target.log10_ldos is None or not weights.ldos_weight:
            return total
        decades = torch.ones_like(self.dos_scale)
        ldos = self._mean(prediction.log10_ldos, target.log10_ldos, decades)
        return total + weights.ldos_weight * shares[2] * ldos

    def weights_of(self, target: SpectraBatch) -> Float[Tensor, "B 3"]:
        """Sum of the weights of each record in the means of T, DOS and LDOS, on the CPU."""
        columns = [
            torch.zeros(len(target.log10_dos)).double()
            if values is None
            else energy_weights(values, self.steepness).flatten(1).sum(1).cpu()
            for values in target
        ]
        return torch.stack(columns, 1)

    def for_part(self, part: Float[Tensor, " 3"], whole: Float[Tensor, " 3"]) -> SpectralLoss:
        """The loss whose values for the parts of a batch add up to the loss of the batch.

        Parameters
        ----------
        part, whole
            Sums of `weights_of` over the records of the part and of the batch.
        """
        transmission, dos, ldos = (part / whole).nan_to_num(0.0).tolist()
        return self._replace(shares=(transmission, dos, ldos))

    def _mean(self, prediction: Tensor, target: Tensor, scale: Tensor) -> Tensor:
        constants = self.steepness, self.weights.huber_delta
        return weighted_huber(prediction, target, scale, *constants)
