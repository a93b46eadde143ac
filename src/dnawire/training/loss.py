"""What is minimized: losses of log10 spectra, or square errors of shell charges and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.config import LossConfig
from dnawire.graphs import Batch
from dnawire.graphs.schema import ChargesBatch, SpectraBatch, Targets
from dnawire.models import TargetStatistics, TransportModel
from dnawire.operators import energy_weights, weighted_huber
from dnawire.quantities import QUANTITIES, Quantity
from dnawire.training.levels import DuplexLevels, RecordLevels

_CHARGE: Final = 1e-3
"""e; an error of a shell charge of this size is a loss of one."""
_LEVEL: Final = 1e-2
"""eV; an error of a level of this size is a loss of one."""


class Loss(Protocol):
    """What is minimized; losses of parts of a batch add up to that of the batch."""

    def target_of(self, batch: Batch) -> Any:  # noqa: ANN401
        """What predictions of a batch are compared with."""

    def __call__(self, prediction: Any, target: Any) -> Float[Tensor, ""]:  # noqa: ANN401
        """Loss of one batch, or the share in it of the records at hand; float64, dimensionless."""

    def weights_of(self, target: Any) -> Float[Tensor, "B n"]:  # noqa: ANN401
        """Sum of the weights of each record in each mean of the loss, on the CPU."""

    def for_part(self, part: Float[Tensor, " n"], whole: Float[Tensor, " n"]) -> Loss:
        """The loss of a part of a batch, from the sums of `weights_of` of both."""

    def to(self, device: torch.device) -> Loss:
        """Copy to a device."""


def loss_for(
    target: str, model: TransportModel, statistics: TargetStatistics, weights: LossConfig
) -> Loss:
    """Loss of a model by what it is trained on; see `dnawire.config.ModelType`."""
    if target == "shell_charges":
        return ChargeLoss()
    return SpectralLoss.for_model(model, statistics, weights)


class ChargeLoss(NamedTuple):
    """Mean square error of the shell charges, in units of 1e-3 e."""

    share: float = 1.0
    """Fraction of the shells of the batch that the records at hand have."""

    def target_of(self, batch: Batch) -> ChargesBatch:
        """Their shell charges."""
        assert batch.charges is not None
        return batch.charges

    def __call__(self, prediction: Targets, target: ChargesBatch) -> Float[Tensor, ""]:
        """Loss; see `Loss`. Places without a shell count nothing."""
        assert isinstance(prediction, ChargesBatch)
        known = target.shell_charges.isfinite()
        errors = (prediction.shell_charges - target.shell_charges)[known] / _CHARGE
        return self.share * errors.square().mean()

    def weights_of(self, target: ChargesBatch) -> Float[Tensor, "B 1"]:
        """Number of shells of each record."""
        return target.shell_charges.isfinite().flatten(1).sum(1, keepdim=True).double().cpu()

    def for_part(self, part: Float[Tensor, " 1"], whole: Float[Tensor, " 1"]) -> ChargeLoss:
        """Loss of a part; see `Loss`."""
        return self._replace(share=float(part / whole))

    def to(self, device: torch.device) -> ChargeLoss:
        """It has no tensors."""
        del device
        return self


class ChargesAndLevels(NamedTuple):
    """What the loss of charges and levels compares with."""

    charges: ChargesBatch
    levels: Sequence[DuplexLevels]
    """Of each record."""


class LevelLoss(NamedTuple):
    """Mean square error of the shell charges, plus that of the levels in units of 10 meV.

    Levels follow from predicted charges to first order about those of the record, at which both
    they and their gradient are exact; see `dnawire.electronic.level_response`.
    """

    charges: ChargeLoss
    levels: RecordLevels
    weight: float
    share: float = 1.0
    """Fraction of the levels of the batch that the records at hand have."""

    def target_of(self, batch: Batch) -> ChargesAndLevels:
        """Their shell charges, and how their levels follow."""
        return ChargesAndLevels(
            self.charges.target_of(batch), self.levels.of_records(batch.records)
        )

    def __call__(self, prediction: Targets, target: ChargesAndLevels) -> Float[Tensor, ""]:
        """Loss; see `Loss`."""
        assert isinstance(prediction, ChargesBatch)
        pairs = zip(target.levels, prediction.shell_charges, strict=True)
        errors = torch.cat([levels.shifts(table) for levels, table in pairs]) / _LEVEL
        of_levels = self.weight * self.share * errors.square().mean()
        return self.charges(prediction, target.charges) + of_levels

    def weights_of(self, target: ChargesAndLevels) -> Float[Tensor, "B 2"]:
        """Numbers of shells and of levels of each record."""
        numbers = [[float(len(levels.linear))] for levels in target.levels]
        levels = torch.tensor(numbers, dtype=torch.float64)
        return torch.cat((self.charges.weights_of(target.charges), levels), 1)

    def for_part(self, part: Float[Tensor, " 2"], whole: Float[Tensor, " 2"]) -> LevelLoss:
        """Loss of a part; see `Loss`."""
        charges = self.charges.for_part(part[:1], whole[:1])
        return self._replace(charges=charges, share=float(part[1] / whole[1]))

    def to(self, device: torch.device) -> LevelLoss:
        """Copy to a device."""
        return self._replace(levels=self.levels.to(device))


class SpectralLoss(NamedTuple):
    """Weighted sum of the losses of all quantities that both sides have, each in its scale.

    Errors of those with one value per energy are standardized per energy by the spread of the
    training set, so that T, which varies over decades, does not drown the DOS. Each is a mean of
    Huber losses over the energies, in which steep parts of the target count less: there a shift of
    a resonance by its uncertainty, ``resonance_width``, already changes the logarithm much. Values
    that are not finite in the target (T of a junction whose contacts are disconnected) are skipped.
    """

    scales: Mapping[str, Float[Tensor, " E"]]
    """Spreads of the training set by column; errors of other columns are not scaled."""
    steepness: float
    """Resonance width over the spacing of the grid."""
    weights: LossConfig
    shares: tuple[float, ...] = (1.0,) * len(QUANTITIES)
    """Weight of the records at hand in each quantity, as a fraction of that of their batch."""

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
        return cls(scales=statistics.std, steepness=width / spacing, weights=weights)

    def to(self, device: torch.device) -> SpectralLoss:
        """Copy the scales to a device."""
        return self._replace(scales={name: one.to(device) for name, one in self.scales.items()})

    def target_of(self, batch: Batch) -> SpectraBatch:
        """Their spectra."""
        return batch.spectra

    def __call__(self, prediction: Targets, target: SpectraBatch) -> Float[Tensor, ""]:
        """Loss of one batch, or the share in it of the records at hand; float64, dimensionless."""
        predicted, wanted = prediction.known(), target.known()
        losses = []
        for quantity, share in zip(QUANTITIES, self.shares, strict=True):
            name, weight = quantity.column, self.weight(quantity)
            # The sums over sites cost most of the loss.
            is_spared = quantity.has_sites and not weight
            if name in predicted and name in wanted and not is_spared:
                mean = self._mean(predicted[name], wanted[name], self.scales.get(name))
                losses.append(weight * share * mean)
        return torch.stack(losses).sum()

    def weight(self, quantity: Quantity) -> float:
        """Weight of a quantity in the settings."""
        return float(getattr(self.weights, f"{quantity.name}_weight"))

    def weights_of(self, target: SpectraBatch) -> Float[Tensor, "B quantities"]:
        """Sum of the weights of each record in the mean of each quantity, on the CPU."""
        known = target.known()
        columns = [
            energy_weights(known[one.column], self.steepness).flatten(1).sum(1).cpu()
            if one.column in known
            else torch.zeros(len(target.log10_transmission), dtype=torch.float64)
            for one in QUANTITIES
        ]
        return torch.stack(columns, 1)

    def for_part(
        self, part: Float[Tensor, " quantities"], whole: Float[Tensor, " quantities"]
    ) -> SpectralLoss:
        """The loss whose values for the parts of a batch add up to the loss of the batch.

        Parameters
        ----------
        part, whole
            Sums of `weights_of` over the records of the part and of the batch.
        """
        return self._replace(shares=tuple((part / whole).nan_to_num(0.0).tolist()))

    def _mean(self, prediction: Tensor, target: Tensor, scale: Tensor | None) -> Tensor:
        """Mean of weighted losses; without a scale, errors are in decades."""
        if scale is None:
            scale = target.new_ones(target.shape[-1])
        constants = self.steepness, self.weights.huber_delta
        return weighted_huber(prediction, target, scale, *constants)
