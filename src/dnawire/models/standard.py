"""``standard``: graph -> spectra, by pooled embeddings."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.graphs.schema import MISSING_BASE, JunctionBatch, SpectraBatch
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.dropout import Dropout
from dnawire.models.encoder import DuplexEncoder

_CONTACT_FEATURES: Final = 2
_POOLED_SCALARS: Final = 2
_INITIAL_STD: Final = 1e-2
"""Spread of the last layer's initial weights: the model starts at the mean spectrum."""


class StandardModel(TransportModel):
    """Predicts log10 T and log10 DOS at each energy of one grid directly.

    The sites hear which contact they touch and how strongly. Besides the mean over all sites, the
    readout sees the sites at either contact, weighted by their coupling, through the sum and the
    product of the two sides: exchanging the contacts changes nothing, as reciprocity demands.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, num_energies: int, hidden_dim: int, num_layers: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__(num_energies)
        drop = Dropout(dropout)
        self.base = nn.Embedding(MISSING_BASE + 1, hidden_dim)
        self.contact = nn.Linear(_CONTACT_FEATURES, hidden_dim, bias=False)
        self.encoder = DuplexEncoder(hidden_dim, num_layers, num_heads, drop)
        last = nn.Linear(hidden_dim, 2 * num_energies)
        nn.init.normal_(last.weight, std=_INITIAL_STD)
        nn.init.zeros_(last.bias)
        pooled = 3 * hidden_dim + _POOLED_SCALARS
        self.readout = nn.Sequential(nn.Linear(pooled, hidden_dim), nn.ReLU(), drop, last)
        self.register_buffer("mean", torch.zeros(2, num_energies, dtype=torch.float64))
        self.register_buffer("std", torch.ones(2, num_energies, dtype=torch.float64))

    def initialize(self, statistics: TargetStatistics) -> None:
        """Start from the mean spectrum of the training set, in units of its spread."""
        super().initialize(statistics)
        self.mean.copy_(
            torch.stack((statistics.mean_log10_transmission, statistics.mean_log10_dos))
        )
        self.std.copy_(torch.stack((statistics.std_log10_transmission, statistics.std_log10_dos)))

    def forward(self, batch: JunctionBatch) -> SpectraBatch:
        """Predict log10 T and log10 DOS on the grid; a pooled model knows no LDOS."""
        x = self.base(batch.base) + self.contact(_contact_features(batch))
        x = self.encoder(x, batch.present)
        outputs = self.readout(_pool(x, batch)).double().unflatten(-1, (2, -1))
        spectra = self.mean + self.std * outputs
        return SpectraBatch(spectra[:, 0], spectra[:, 1], None)


def _contact_features(batch: JunctionBatch) -> Float[Tensor, "B L 2 2"]:
    """Whether a site touches a contact, and log10 of its total coupling in eV."""
    total = batch.gamma_left + batch.gamma_right
    touched = total > 0
    strength = torch.where(touched, total.clamp_min(1e-12).log10(), 0.0)
    return torch.stack((touched.to(strength.dtype), strength), dim=-1).float()


def _pool(x: Float[Tensor, "B L 2 F"], batch: JunctionBatch) -> Float[Tensor, "B P"]:
    """Mean over sites; sum and product of the two contact sides; size and total couplings."""
    mean = _weighted_mean(x, batch.present)
    left = _weighted_mean(x, batch.gamma_left)
    right = _weighted_mean(x, batch.gamma_right)
    couplings = batch.gamma_left.sum((1, 2)) * batch.gamma_right.sum((1, 2))
    size = batch.present.sum((1, 2))
    scalars = torch.stack((couplings.clamp_min(1e-24).log10(), size / 10.0), dim=-1).float()
    return torch.cat((mean, left + right, left * right, scalars), dim=-1)


def _weighted_mean(x: Tensor, weight: Tensor) -> Tensor:
    share = (weight / weight.sum((1, 2), keepdim=True)).to(x.dtype)
    return (x * share[..., None]).sum((1, 2))
