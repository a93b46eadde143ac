"""``standard``: graph -> spectra, by a linear start and pooled embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import MISSING_BASE, JunctionBatch, SpectraBatch
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.composition import NUM_FEATURES, composition, ridge_weights
from dnawire.models.dropout import Dropout
from dnawire.models.encoder import DuplexEncoder

_CONTACT_FEATURES: Final = 2
_RIDGE_PENALTY: Final = 10.0
_SMALLEST_SPREAD: Final = 1e-3


class StandardModel(TransportModel):
    """Predicts log10 T and log10 DOS at each energy of one grid directly.

    The prediction is linear in the composition of the junction, fitted to the training set before
    the first step, plus what the network adds. Its sites hear which contact they touch and how
    strongly. Besides the mean over all sites, the readout sees the sites at either contact,
    weighted by their coupling, through the sum and the product of the two sides: exchanging the
    contacts changes nothing, as reciprocity demands.
    """

    mean: Tensor
    std: Tensor
    feature_mean: Tensor
    feature_std: Tensor

    def __init__(
        self, num_energies: int, hidden_dim: int, num_layers: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__(num_energies)
        drop = Dropout(dropout)
        self.base = nn.Embedding(MISSING_BASE + 1, hidden_dim)
        self.contact = nn.Linear(_CONTACT_FEATURES, hidden_dim, bias=False)
        self.encoder = DuplexEncoder(hidden_dim, num_layers, num_heads, drop)
        self.linear = _zero_layer(NUM_FEATURES, 2 * num_energies)
        hidden = nn.Linear(3 * hidden_dim, hidden_dim)
        last = _zero_layer(hidden_dim, 2 * num_energies)
        self.readout = nn.Sequential(hidden, nn.ReLU(), drop, last)
        for name, shape in (("mean", (2, num_energies)), ("feature_mean", (NUM_FEATURES,))):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        for name, shape in (("std", (2, num_energies)), ("feature_std", (NUM_FEATURES,))):
            self.register_buffer(name, torch.ones(shape, dtype=torch.float64))

    def initialize(self, statistics: TargetStatistics) -> None:
        """Take over the mean spectrum of the training set and its spread per energy."""
        super().initialize(statistics)
        self.mean.copy_(
            torch.stack((statistics.mean_log10_transmission, statistics.mean_log10_dos))
        )
        self.std.copy_(torch.stack((statistics.std_log10_transmission, statistics.std_log10_dos)))

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Fit the linear part by ridge regression on the composition."""
        features = torch.cat([composition(batch.junctions) for batch in training])
        self.feature_mean.copy_(features.mean(0))
        self.feature_std.copy_(features.std(0, correction=0).clamp_min(_SMALLEST_SPREAD))
        targets = [
            torch.cat([batch.spectra.log10_transmission for batch in training]),
            torch.cat([batch.spectra.log10_dos for batch in training]),
        ]
        scaled = [
            (target.cpu() - mean) / std
            for target, mean, std in zip(targets, self.mean, self.std, strict=True)
        ]
        inputs = (features.cpu() - self.feature_mean) / self.feature_std
        weights = [ridge_weights(inputs, target, _RIDGE_PENALTY) for target in scaled]
        with torch.no_grad():
            self.linear.weight.copy_(torch.cat(weights, dim=1).T)

    def forward(self, batch: JunctionBatch) -> SpectraBatch:
        """Predict log10 T and log10 DOS on the grid; a pooled model knows no LDOS."""
        x = self.base(batch.base) + self.contact(_contact_features(batch))
        x = self.encoder(x, batch.present)
        features = (composition(batch) - self.feature_mean) / self.feature_std
        outputs = self.linear(features.float()) + self.readout(_pool(x, batch))
        spectra = self.mean + self.std * outputs.double().unflatten(-1, (2, -1))
        return SpectraBatch(spectra[:, 0], spectra[:, 1], None)


def _zero_layer(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _contact_features(batch: JunctionBatch) -> Float[Tensor, "B L 2 2"]:
    """Whether a site touches a contact, and log10 of its total coupling in eV."""
    total = batch.gamma_left + batch.gamma_right
    touched = total > 0
    strength = torch.where(touched, total.clamp_min(1e-12).log10(), 0.0)
    return torch.stack((touched.to(strength.dtype), strength), dim=-1).float()


def _pool(x: Float[Tensor, "B L 2 F"], batch: JunctionBatch) -> Float[Tensor, "B P"]:
    """Mean over sites; sum and product of the two contact sides."""
    mean = _weighted_mean(x, batch.present)
    left = _weighted_mean(x, batch.gamma_left)
    right = _weighted_mean(x, batch.gamma_right)
    return torch.cat((mean, left + right, left * right), dim=-1)


def _weighted_mean(x: Tensor, weight: Tensor) -> Tensor:
    share = (weight / weight.sum((1, 2), keepdim=True)).to(x.dtype)
    return (x * share[..., None]).sum((1, 2))
