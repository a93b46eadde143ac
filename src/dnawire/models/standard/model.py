"""``standard``: graph -> spectra, by a linear start and pooled embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.models import _encoder_kernels, _graph_kernels
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.encoder import DuplexEncoder
from dnawire.models.neighborhoods import neighborhoods
from dnawire.models.packing import PackedParameters
from dnawire.models.standard import _standard_kernels as kernels
from dnawire.models.standard.composition import NUM_FEATURES, composition, ridge_weights
from dnawire.models.standard.settings import StandardSettings

_CONTACT_FEATURES: Final = 2
_RIDGE_PENALTY: Final = 10.0
_SMALLEST_SPREAD: Final = 1e-3
_USUAL_SITES: Final = 16.0
"""Divides the sum over sites, so that it is of order one."""


class StandardModel(TransportModel):
    """Predicts log10 T and log10 DOS at each energy of one grid directly.

    The prediction is linear in the composition of the junction, fitted to the training set before
    the first step, plus what the network adds. Its sites hear which contact they touch and how
    strongly. log10 T is a sum over the sites of what their surroundings contribute, as it is far
    from every resonance. The DOS is read from the mean over all sites and the sites at either
    contact, weighted by their coupling, through the sum and the product of the two sides:
    exchanging the contacts changes nothing, as reciprocity demands.
    """

    quantities = ("transmission", "dos")
    rate_factor = 8.0

    mean: Tensor
    std: Tensor
    feature_mean: Tensor
    feature_std: Tensor

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

    def initialize(self, statistics: TargetStatistics) -> None:
        """Take over the mean spectrum of the training set and its spread per energy."""
        super().initialize(statistics)
        predicted = "log10_transmission", "log10_dos"
        self.mean.copy_(torch.stack([statistics.mean[name] for name in predicted]))
        self.std.copy_(torch.stack([statistics.std[name] for name in predicted]))

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
        kept = self._kept(len(batch.base))
        packed = self.packed_for(batch)
        if packed is None:
            outputs = self._outputs_reference(batch, kept)
        else:
            network = packed.described(self, _Network.of)
            outputs = _CompiledStandard.apply(network, batch, kept, packed.vectors[0])  # type: ignore[no-untyped-call]
        spectra = outputs.double().unflatten(1, (2, -1)) * self.std + self.mean
        return SpectraBatch(log10_transmission=spectra[:, 0], log10_dos=spectra[:, 1])

    def _outputs_reference(self, batch: JunctionBatch, kept: _Kept) -> Float[Tensor, "B 2E"]:
        """Standardized spectra: the readable definition, for any device and precision."""
        kinds, base, coupling = _kinds_of_sites(batch)
        x = self.base(base) + self.contact(_contact_features(coupling).to(self.base.weight.dtype))
        layers = len(self.encoder.layers)
        around = neighborhoods(kinds, batch.present, layers, shared=kept.layers is None)
        sites = self.encoder(x, around, kept.layers)[around.rows].unflatten(
            0, (len(kept.hidden), -1)
        )
        weights = _pool_weights(batch).to(sites.dtype)
        added, mean, left, right = torch.einsum("bsp,bsf->pbf", weights, sites)
        averages = torch.cat((mean, left + right, left * right), dim=1)
        features = (composition(batch) - self.feature_mean) / self.feature_std
        transmission, dos = self.linear(features.to(sites.dtype)).chunk(2, dim=1)
        transmission = transmission + self.sum_over_sites(added / _USUAL_SITES)
        dos = dos + self.last(torch.relu(self.hidden(averages)) * kept.hidden)
        return torch.cat((transmission, dos), dim=1)

    def _kept(self, size: int) -> _Kept:
        """Factors of dropout; those of the layers are None if there are none."""
        like, hidden = self.base.weight, self.hidden.out_features
        if not self.training or self.dropout.rate == 0.0:
            return _Kept(None, like.new_ones(size, hidden))
        shape = len(self.encoder.layers), size, self.base.embedding_dim
        layers = self.dropout.factors(like, shape, axis=1)
        return _Kept(layers, self.dropout.factors(like, (size, hidden)))


class _Kept(NamedTuple):
    layers: Float[Tensor, "layers B F"] | None
    hidden: Float[Tensor, "B H"]


def _zero_layer(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _kinds_of_sites(batch: JunctionBatch) -> tuple[Int[Tensor, "B L 2"], Tensor, Tensor]:
    """Kind of each site, and of each kind the base and the total coupling to contacts in eV."""
    coupling = (batch.gamma_left + batch.gamma_right).flatten()
    columns = torch.stack((batch.base.flatten(), coupling.view(torch.int64)), dim=1)
    different, kinds = map(torch.from_numpy, _graph_kernels.different_rows(columns.cpu().numpy()))
    base, bits = (column.contiguous().to(batch.base.device) for column in different.unbind(1))
    return kinds.view(batch.base.shape).to(base.device), base, bits.view(torch.float64)


def _contact_features(coupling: Float[Tensor, " kinds"]) -> Float[Tensor, "kinds 2"]:
    """Whether a site touches a contact, and log10 of its total coupling in eV."""
    touched = coupling > 0
    strength = torch.where(touched, coupling.clamp_min(1e-12).log10(), 0.0)
    return torch.stack((touched.to(strength.dtype), strength), dim=-1).float()


def _pool_weights(batch: JunctionBatch) -> Float[Tensor, "B sites 4"]:
    """Weights of every site in the sum, the mean, and at the left and the right contact."""
    present = batch.present.flatten(1).double()
    shares = [
        weight / weight.sum(dim=1, keepdim=True)
        for weight in (present, batch.gamma_left.flatten(1), batch.gamma_right.flatten(1))
    ]
    return torch.stack((present, *shares), dim=-1).float()


class _Network(NamedTuple):
    """What compiled code must know of the model besides its parameters."""

    encoder_places: NDArray[np.int64]
    readout_places: NDArray[np.int64]
    base: int
    contact: int
    feature_mean: NDArray[np.float64]
    feature_std: NDArray[np.float64]
    width: int
    heads: int
    num_energies: int

    @classmethod
    def of(cls, model: StandardModel, packed: PackedParameters) -> _Network:
        """Describe a model whose parameters are packed."""
        layers = ("linear", "sum_over_sites", "hidden", "last")
        names = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]
        return cls(
            encoder_places=model.encoder.places(packed, "encoder"),
            readout_places=np.array([packed.start(name) for name in names]),
            base=packed.start("base.weight"),
            contact=packed.start("contact.weight"),
            feature_mean=model.feature_mean.numpy(),
            feature_std=model.feature_std.numpy(),
            width=model.base.embedding_dim,
            heads=model.encoder.num_heads,
            num_energies=len(model.energies),
        )


class _Context(Protocol):
    network: _Network
    saved: tuple[Any, ...]
    size: int


class _CompiledStandard(torch.autograd.Function):
    """The same as the readable definition, compiled for the CPU."""

    @staticmethod
    def forward(
        ctx: _Context, network: _Network, batch: JunctionBatch, kept: _Kept, parameters: Tensor
    ) -> Tensor:
        vector, width = parameters.detach().numpy(), network.width
        base, present, left, right = (one.numpy() for one in batch)
        kinds, base_of_kind, coupling = _kinds_of_sites(batch)
        inputs = network.base, network.contact, base_of_kind.numpy()
        contact = _contact_features(coupling).numpy()
        layers = len(network.encoder_places) - 1
        around = _graph_kernels.neighborhoods(
            kinds.numpy().ravel(), present, layers, kept.layers is None
        )
        masks = np.empty(0, np.float32) if kept.layers is None else kept.layers.numpy().ravel()
        graph = _encoder_kernels.Graph(around.tables, around.starts, masks, len(base))
        x = kernels.input_rows(vector, *inputs, contact, width)
        encoder = vector, network.encoder_places, network.heads
        embedding, trace = _encoder_kernels.encode(*encoder, x, graph, width)
        weights = kernels.pool_weights(present, left, right)
        pooled = kernels.pool(embedding, around.rows, weights, width)
        pooled = pooled.reshape(len(base), kernels.POOLED, width)
        features = kernels.composition(base, left, right)
        scaled = ((features - network.feature_mean) / network.feature_std).astype(np.float32)
        readout = vector, network.readout_places, pooled
        outputs, inside = kernels.read_spectra(
            *readout, scaled, kept.hidden.numpy(), network.num_energies
        )
        ctx.network, ctx.size = network, len(vector)
        ctx.saved = (
            (*readout, inside),
            (around.rows, weights, len(embedding) // width),
            (*encoder, graph, trace),
            (*inputs, contact),
        )
        return torch.from_numpy(outputs)

    @staticmethod
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor | None, ...]:
        readout, pooling, encoder, inputs = ctx.saved
        grad_vector = np.zeros(ctx.size, np.float32)
        arriving = gradient.contiguous().numpy()
        grad_pooled = kernels.read_spectra_backward(*readout, arriving, grad_vector)
        grad_embedding = kernels.pool_backward(grad_pooled.ravel(), *pooling)
        grad_x = _encoder_kernels.encode_backward(*encoder, grad_embedding, grad_vector)
        kernels.input_rows_backward(grad_x, *inputs, grad_vector)
        return None, None, None, torch.from_numpy(grad_vector)
