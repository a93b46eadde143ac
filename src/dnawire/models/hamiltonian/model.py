"""``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport -> spectra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.junction import MISSING_CODE, NUM_BASES
from dnawire.models import _encoder_kernels, _graph_kernels
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.encoder import DuplexEncoder
from dnawire.models.hamiltonian import _hamiltonian_kernels
from dnawire.models.hamiltonian.corrections import HOPPINGS, CorrectionHead
from dnawire.models.hamiltonian.settings import HamiltonianSettings
from dnawire.models.neighborhoods import Edges, edges_of, neighborhoods
from dnawire.models.packing import PackedParameters
from dnawire.operators.transport import block_spectra
from dnawire.transport import Spectra

_INITIAL_HOPPING: Final = (0.05, 0.03, 0.01, 0.01)
"""Hoppings in eV before training: the order of magnitude that published sets share."""

_SCALE: Final = 0.1
"""eV; what a correction of one is worth."""


class BlockHamiltonian(NamedTuple):
    """Block-tridiagonal Hamiltonian in eV (float64); symmetric by construction."""

    diagonal: Float[Tensor, "B L 2 2"]
    step: Float[Tensor, "B L-1 2 2"]


class HamiltonianModel(TransportModel):
    """Predicts one on-site energy per base and one hopping per undirected edge of the ladder.

    Each matrix element is a table entry of the bases it joins plus a correction for their
    surroundings, which message passing computes. Dropout leaves out the corrections of whole
    duplexes: an element that was noisy would smear every resonance, and the table learns to carry
    all that does not depend on the surroundings.

    The network never sees the contacts, so that H belongs to the duplex alone; they enter through
    the coupling in the exact transport that follows. Every hopping is written in terms of the
    bases' own strands (5' to 3' for stacking, symmetric for all others), so that the same duplex
    written from its other strand has the same H.
    """

    quantities = ("transmission", "dos", "ldos")
    resonance_width = 0.1

    energy_origin: Tensor

    def __init__(self, num_energies: int, settings: HamiltonianSettings) -> None:
        super().__init__(num_energies, settings)
        self.encoder = DuplexEncoder(settings.hidden_dim, settings.num_layers, settings.num_heads)
        double = torch.float64
        hopping = torch.tensor(_INITIAL_HOPPING, dtype=double)[:, None, None]
        self.onsite_table = nn.Parameter(torch.zeros(NUM_BASES, dtype=double))
        self.hopping_table = nn.Parameter(hopping.repeat(1, NUM_BASES, NUM_BASES))
        self.register_buffer("energy_origin", torch.zeros((), dtype=double))
        self.corrections = CorrectionHead(settings.hidden_dim)

    def initialize(self, statistics: TargetStatistics) -> None:
        """Start from the on-site energies that the training set suggests."""
        super().initialize(statistics)
        self.energy_origin.copy_(statistics.onsite.mean())
        with torch.no_grad():
            self.onsite_table.copy_(statistics.onsite - statistics.onsite.mean())

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Set the hopping of pairs of bases that never meet to zero: nothing will teach it."""
        seen = torch.zeros(len(HOPPINGS), NUM_BASES, NUM_BASES, dtype=torch.bool)
        for batch in training:
            for kind, (start, end) in enumerate(edge_ends(batch.junctions.base.cpu()).values()):
                known = (start != MISSING_CODE) & (end != MISSING_CODE)
                seen[kind, start[known], end[known]] = True
        seen[1:] = seen[1:] | seen[1:].mT
        with torch.no_grad():
            self.hopping_table[~seen] = 0.0

    def hamiltonian(self, batch: JunctionBatch) -> BlockHamiltonian:
        """H of each duplex in the ladder layout; elements of missing bases are zero."""
        kept = self._kept(len(batch.base))
        packed = self.packed_for(batch)
        if packed is None:
            return self._hamiltonian_reference(batch, kept)
        network = packed.described(self, _Network.of)
        vectors = packed.vector(torch.float64), packed.vector(torch.float32)
        return BlockHamiltonian(*_CompiledHamiltonian.apply(network, batch, kept, *vectors))  # type: ignore[no-untyped-call]

    def _hamiltonian_reference(
        self, batch: JunctionBatch, kept: Float[Tensor, " B"]
    ) -> BlockHamiltonian:
        """The readable definition, for any device and precision."""
        size, length, _ = batch.base.shape
        around = neighborhoods(batch.base, batch.present, len(self.encoder.layers), shared=True)
        edges = edges_of(around.rows, size, length)
        embedding = self.encoder(self.base.weight, around)
        values = self.corrections(embedding, edges)
        elements = _by_element(values, around.rows, edges, batch, kept)
        return _assemble(
            batch, self.onsite_table + self.energy_origin, self.hopping_table, elements
        )

    def _kept(self, size: int) -> Float[Tensor, " B"]:
        """Which duplexes keep their corrections; in training some do without."""
        like = self.base.weight
        if not self.training or self.dropout.rate == 0.0:
            return like.new_ones(size)
        return self.dropout.draw(like, (size,))

    def spectra(
        self, batch: JunctionBatch, energies: Float[Tensor, " E"], eta: float
    ) -> Spectra[Tensor]:
        """Exact spectra of the predicted H at any energies in eV."""
        hamiltonian = self.hamiltonian(batch)
        return block_spectra(
            hamiltonian.diagonal,
            hamiltonian.step,
            batch.gamma_left,
            batch.gamma_right,
            energies,
            mask=batch.present,
            eta=eta,
        )

    def forward(self, batch: JunctionBatch) -> SpectraBatch:
        """Predict log10 T, log10 DOS and log10 LDOS on the grid of the model."""
        return SpectraBatch(**self.spectra(batch, self.energies, float(self.eta))._asdict())


def edge_ends(site: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Values at both ends of every edge of the ladder, for any per-site tensor (B, L, 2, ...).

    ``stacking`` runs from the 5' to the 3' base of each strand and is (B, L-1, 2, ...), upper
    strand first; ``diagonal_five`` joins the two 5' bases of a step and ``diagonal_three`` the two
    3' bases, (B, L-1, ...); ``pairing`` is (B, L, ...).
    """
    upper, lower = site.unbind(2)
    start = torch.stack((upper[:, :-1], lower[:, 1:]), dim=2)
    end = torch.stack((upper[:, 1:], lower[:, :-1]), dim=2)
    return {
        "stacking": (start, end),
        "pairing": (upper, lower),
        "diagonal_five": (upper[:, :-1], lower[:, 1:]),
        "diagonal_three": (lower[:, :-1], upper[:, 1:]),
    }


def _by_element(
    values: Float[Tensor, " values"],
    rows: Tensor,
    edges: Edges,
    batch: JunctionBatch,
    kept: Float[Tensor, " B"],
) -> dict[str, Tensor]:
    """Corrections in eV of every matrix element, in the layout of `edge_ends`."""
    shapes = [start.shape for start, _ in edge_ends(batch.base).values()]
    of_edges = values[len(values) - len(edges.ends) :][edges.which]
    sizes = edges.which_starts.diff().tolist()
    found = {"onsite": values[rows].view(batch.base.shape)}
    for name, part, shape in zip(HOPPINGS, of_edges.split(sizes), shapes, strict=True):
        found[name] = part.view(shape)
    return {
        name: _SCALE * value * kept.view(-1, *(1,) * (value.ndim - 1))
        for name, value in found.items()
    }


def _assemble(
    batch: JunctionBatch,
    onsite: Float[Tensor, " 4"],
    hopping: Float[Tensor, "4 4 4"],
    corrections: dict[str, Tensor],
) -> BlockHamiltonian:
    """H from tables and corrections."""
    base, exists = batch.base.clamp_max(NUM_BASES - 1), edge_ends(batch.present)
    level = torch.where(batch.present, onsite[base] + corrections["onsite"].double(), 0.0)
    values = {}
    for table, (name, (start, end)) in zip(hopping, edge_ends(base).items(), strict=True):
        symmetric = table if name == "stacking" else 0.5 * (table + table.T)
        value = symmetric[start, end] + corrections[name].double()
        values[name] = torch.where(exists[name][0] & exists[name][1], value, 0.0)
    pairing, stacking = values["pairing"], values["stacking"]
    diagonal = torch.stack((level[..., 0], pairing, pairing, level[..., 1]), dim=-1)
    step = torch.stack(
        (stacking[..., 0], values["diagonal_five"], values["diagonal_three"], stacking[..., 1]),
        dim=-1,
    )
    return BlockHamiltonian(diagonal.unflatten(-1, (2, 2)), step.unflatten(-1, (2, 2)))


class _Network(NamedTuple):
    """What compiled code must know of the model besides its parameters."""

    encoder_places: NDArray[np.int64]
    correction_places: NDArray[np.int64]
    inputs: slice
    onsite: slice
    hopping: slice
    origin: NDArray[np.float64]
    width: int
    hidden_width: int
    heads: int

    @classmethod
    def of(cls, model: HamiltonianModel, packed: PackedParameters) -> _Network:
        """Describe a model whose parameters are packed."""

        def part(name: str, parameter: Tensor) -> slice:
            start = packed.start(name)
            return slice(start, start + parameter.numel())

        return cls(
            encoder_places=model.encoder.places(packed, "encoder"),
            correction_places=model.corrections.places(packed, "corrections"),
            inputs=part("base.weight", model.base.weight),
            onsite=part("onsite_table", model.onsite_table),
            hopping=part("hopping_table", model.hopping_table),
            origin=model.energy_origin.numpy(),
            width=model.base.embedding_dim,
            hidden_width=model.corrections.width,
            heads=model.encoder.num_heads,
        )


class _Context(Protocol):
    network: _Network
    saved: tuple[Any, ...]
    sizes: tuple[int, int]


class _CompiledHamiltonian(torch.autograd.Function):
    """The same as the readable definition, compiled for the CPU."""

    @staticmethod
    def forward(
        ctx: _Context,
        network: _Network,
        batch: JunctionBatch,
        kept: Tensor,
        tables: Tensor,
        parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        base, present = batch.base.numpy(), batch.present.numpy()
        size, length, _ = base.shape
        layers = len(network.encoder_places) - 1
        around = _graph_kernels.neighborhoods(base.ravel(), present, layers, True)
        edges = _graph_kernels.edges(around.rows, size, length)
        graph = _encoder_kernels.Graph(around.tables, around.starts, np.empty(0, np.float32), size)
        vector, table = parameters.detach().numpy(), tables.detach().numpy()
        encoder = vector, network.encoder_places, network.heads
        x, trace = _encoder_kernels.encode(*encoder, vector[network.inputs], graph, network.width)
        head = vector, network.correction_places, x, edges
        values, head_trace = _hamiltonian_kernels.correct(
            *head, network.width, network.hidden_width
        )
        duplexes = _hamiltonian_kernels.Duplexes(
            base, present, kept.numpy(), around.rows, edges.which, edges.which_starts
        )
        onsite = table[network.onsite] + network.origin
        hopping = table[network.hopping].reshape(len(HOPPINGS), NUM_BASES, NUM_BASES)
        blocks = _hamiltonian_kernels.assemble(duplexes, values, onsite, hopping, _SCALE)
        ctx.network, ctx.sizes = network, (len(table), len(vector))
        ctx.saved = (*encoder, graph, trace), (*head, head_trace), duplexes, len(values)
        return torch.from_numpy(blocks[0]), torch.from_numpy(blocks[1])

    @staticmethod
    def backward(
        ctx: _Context, grad_diagonal: Tensor, grad_step: Tensor
    ) -> tuple[Tensor | None, ...]:
        encoder, head, duplexes, num_values = ctx.saved
        grad_tables, grad_vector = np.zeros(ctx.sizes[0]), np.zeros(ctx.sizes[1], np.float32)
        grad_values = np.zeros(num_values, np.float32)
        arriving = grad_diagonal.contiguous().numpy(), grad_step.contiguous().numpy()
        onsite, hopping = _hamiltonian_kernels.assemble_backward(
            duplexes, _SCALE, *arriving, grad_values
        )
        grad_tables[ctx.network.onsite] = onsite
        grad_tables[ctx.network.hopping] = hopping.ravel()
        grad_x = _hamiltonian_kernels.correct_backward(*head, grad_values, grad_vector)
        grad_inputs = _encoder_kernels.encode_backward(*encoder, grad_x, grad_vector)
        grad_vector[ctx.network.inputs] = grad_inputs
        return None, None, None, torch.from_numpy(grad_tables), torch.from_numpy(grad_vector)
