"""``standard``: graph -> spectra, by a linear start and pooled embeddings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dnawire.graphs import Batch, blocks
from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.encoder import DuplexEncoder
from dnawire.models.standard.settings import StandardSettings
from dnawire.operators import NUM_FEATURES, composition, neighborhoods, pool, unique_rows

_COLUMNS: Final = ("log10_transmission", "log10_dos")
_CONTACT_FEATURES: Final = 2
_RIDGE_PENALTY: Final = 10.0
_SMALLEST_SPREAD: Final = 1e-3
_SHARPNESS: Final = 4.0
_ROUNDING: Final = 1e-6
_USUAL_SITES: Final = 16.0
"""Divides the sum over sites, so that it is of order one."""


class StandardModel(TransportModel):
    """Predicts log10 T and log10 DOS at each energy of one grid directly.

    The prediction is linear in the composition of the junction, fitted to the training set before
    the first step, plus what the network adds. Its sites know which contact they touch and how
    strongly. log10 T is a sum over the sites of what their surroundings contribute, as it is far
    from every resonance. The DOS is read from the mean over all sites and the sites at either
    contact, weighted by their coupling, through the sum and the product of the two sides:
    exchanging the contacts changes nothing, as reciprocity demands.

    T stays below the number of open channels: of the attachments of the smaller contact, times the
    fewest channels of a base that the T of the training records need.
    """

    quantities = ("transmission", "dos")
    rate_factor = 8.0

    mean: Tensor
    std: Tensor
    feature_mean: Tensor
    feature_std: Tensor
    channels_of_base: Tensor

    def __init__(self, num_energies: int, settings: StandardSettings) -> None:
        super().__init__(num_energies, settings)
        self.encoder = DuplexEncoder(settings.hidden_dim, settings.num_layers, settings.num_heads)
        hidden_dim = settings.hidden_dim
        self.contact = nn.Linear(_CONTACT_FEATURES, hidden_dim, bias=False)
        self.linear = _zero_layer(NUM_FEATURES, 2 * num_energies)
        self.sum_over_sites = _zero_layer(hidden_dim, num_energies)
        self.hidden = nn.Linear(3 * hidden_dim, hidden_dim // 2)
        self.last = _zero_layer(hidden_dim // 2, num_energies)
        for name, shape in (("mean", (2, num_energies)), ("feature_mean", (NUM_FEATURES,))):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        for name, shape in (("std", (2, num_energies)), ("feature_std", (NUM_FEATURES,))):
            self.register_buffer(name, torch.ones(shape, dtype=torch.float64))
        self.register_buffer("channels_of_base", torch.ones((), dtype=torch.float64))

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Tensor],
        prefix: str,
        *arguments: Any,  # noqa: ANN401
    ) -> None:
        """Load a state; one of an early version does not tell the channels of a base: one."""
        state_dict.setdefault(f"{prefix}channels_of_base", self.channels_of_base.new_ones(()))
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    def initialize(self, statistics: TargetStatistics) -> None:
        """Take over the mean spectrum of the training set and its spread per energy."""
        super().initialize(statistics)
        for one, name in enumerate(_COLUMNS):
            # What the records do not have is not learned, and not told by the predictor.
            if name in statistics.mean:
                self.mean[one].copy_(statistics.mean[name])
                self.std[one].copy_(statistics.std[name])

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Fit the linear part by ridge regression on the composition, and count the channels."""
        self.channels_of_base.fill_(_channels_of_base(training))
        features = torch.cat([_composition(batch.junctions) for batch in training])
        self.feature_mean.copy_(features.mean(0))
        self.feature_std.copy_(features.std(0, correction=0).clamp_min(_SMALLEST_SPREAD))
        inputs = (features.cpu() - self.feature_mean) / self.feature_std
        with torch.no_grad():
            self.linear.weight.copy_(self._ridge_weights(training, inputs))

    def start_from(self, learned: Mapping[str, Tensor], training: Sequence[Batch]) -> None:
        """Take over another model; T may be as high as the old and the new records need."""
        super().start_from(learned, training)
        self.channels_of_base.clamp_min_(_channels_of_base(training))

    def _ridge_weights(
        self, training: Sequence[Batch], inputs: Float[Tensor, "N K"]
    ) -> Float[Tensor, "2E K"]:
        """Weights of ridge regression; records whose targets are not finite are skipped."""
        count = inputs.shape[1]
        grams = [inputs.new_zeros(count, count) for _ in _COLUMNS]
        moments = [inputs.new_zeros(count, self.mean.shape[1]) for _ in _COLUMNS]
        for part in blocks(training):
            here, inputs = inputs.tensor_split([sum(map(len, part))])
            for one, name in enumerate(_COLUMNS):
                if name not in part[0].spectra.known():
                    continue
                target = torch.cat([batch.spectra.known()[name].cpu() for batch in part])
                scaled = (target - self.mean[one]) / self.std[one]
                known = scaled.isfinite().all(1)
                x, y = here[known], scaled[known]
                grams[one] += x.T @ x
                moments[one] += x.T @ y
        regular = _RIDGE_PENALTY * torch.eye(count, dtype=inputs.dtype)
        pairs = zip(grams, moments, strict=True)
        weights = [torch.linalg.solve(gram + regular, moment) for gram, moment in pairs]
        return torch.cat(weights, dim=1).T

    def forward(self, batch: JunctionBatch) -> SpectraBatch:
        """Predict log10 T and log10 DOS on the grid; a pooled model knows no LDOS."""
        layers, hidden = self._masks(len(batch.base))
        kinds, base, coupling = _kinds_of_sites(batch)
        features = _contact_features(coupling).to(self.base.weight.dtype)
        x = torch.addmm(self.base(base), features, self.contact.weight.T)
        around = neighborhoods(kinds, batch.present, len(self.encoder.layers), layers is None)
        sites = self.encoder(x, around, layers)
        contacts = batch.present, batch.gamma_left, batch.gamma_right
        total, averages = pool(sites, around.rows, *contacts)
        features = (_composition(batch) - self.feature_mean) / self.feature_std
        transmission = self.sum_over_sites(total / _USUAL_SITES)
        dos = self.last(torch.relu(self.hidden(averages)) * hidden)
        scaled = self.linear(features.to(sites.dtype)) + torch.cat((transmission, dos), dim=1)
        spectra = torch.addcmul(self.mean, scaled.double().unflatten(1, (2, -1)), self.std)
        unbounded, dos_column = spectra.unbind(1)
        channels = self.channels_of_base * _attachments(batch)
        bounded = bounded_above(unbounded, channels.log10()[:, None])
        return SpectraBatch(log10_transmission=bounded, log10_dos=dos_column)

    def _masks(self, size: int) -> tuple[Tensor | None, Tensor]:
        """Factors of dropout (layers, B, F), None if there are none, and (B, H)."""
        like, hidden = self.base.weight.detach(), self.hidden.out_features
        if not self.training or self.dropout.rate == 0.0:
            return None, like.new_ones(size, hidden)
        shape = len(self.encoder.layers), size, self.base.embedding_dim
        layers = self.dropout.factors(like, shape, axis=1)
        return layers, self.dropout.factors(like, (size, hidden))


def _composition(batch: JunctionBatch) -> Float[Tensor, "B K"]:
    return composition(batch.base, batch.gamma_left, batch.gamma_right)


def bounded_above(
    values: Float[Tensor, "*shape"], bound: Float[Tensor, "*shape"]
) -> Float[Tensor, "*shape"]:
    """Values that never exceed a bound; far below it, by a decade or more, they are what they were.

    In decades, T = 1 / (t^-4 + 1)^(1/4) for one channel. The slope is positive everywhere.
    """
    sharpness = _SHARPNESS * math.log(10.0)
    return bound - nn.functional.softplus(bound - values, beta=sharpness)


def _attachments(batch: JunctionBatch) -> Float[Tensor, " B"]:
    """Number of sites of the smaller contact."""
    sides = [(gamma > 0).flatten(1).sum(1) for gamma in (batch.gamma_left, batch.gamma_right)]
    return torch.minimum(*sides).double()


def _channels_of_base(training: Sequence[Batch]) -> float:
    """Fewest channels of each attached base that let through what the records tell."""
    most = 1.0
    for part in blocks(training):
        for batch in part:
            highest = batch.spectra.log10_transmission.double().cpu().nan_to_num(-torch.inf)
            channels = _attachments(batch.junctions).cpu()
            most = max(most, float((10.0 ** highest.amax(1) / channels).max()))
    return float(math.ceil(most - _ROUNDING))


def _zero_layer(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _kinds_of_sites(batch: JunctionBatch) -> tuple[Int[Tensor, "B L 2"], Tensor, Tensor]:
    """Kind of each site, and of each kind the base and the total coupling to contacts in eV."""
    coupling = (batch.gamma_left + batch.gamma_right).flatten()
    columns = torch.stack((batch.base.flatten(), coupling.view(torch.int64)), dim=1)
    different, kinds = unique_rows(columns)
    base, bits = (column.contiguous() for column in different.unbind(1))
    return kinds.view(batch.base.shape), base, bits.view(torch.float64)


def _contact_features(coupling: Float[Tensor, " kinds"]) -> Float[Tensor, "kinds 2"]:
    """Whether a site touches a contact, and log10 of its total coupling in eV."""
    touched = coupling > 0
    strength = coupling.clamp_min(1e-12).log10() * touched
    return torch.stack((touched, strength), dim=-1).float()
