"""``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport -> spectra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import MISSING_BASE, NUM_BASES, JunctionBatch, SpectraBatch
from dnawire.models import _assembly_kernels as kernels
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.corrections import HOPPINGS, CorrectionHead, Corrections, Edges, edges_of
from dnawire.models.dropout import Dropout
from dnawire.models.encoder import DuplexEncoder
from dnawire.models.neighborhoods import neighborhoods
from dnawire.transport import Spectra, block_spectra

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

    resonance_width = 0.1

    energy_origin: Tensor

    def __init__(
        self, num_energies: int, hidden_dim: int, num_layers: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__(num_energies)
        double = torch.float64
        hopping = torch.tensor(_INITIAL_HOPPING, dtype=double)[:, None, None]
        self.onsite_table = nn.Parameter(torch.zeros(NUM_BASES, dtype=double))
        self.hopping_table = nn.Parameter(hopping.repeat(1, NUM_BASES, NUM_BASES))
        self.register_buffer("energy_origin", torch.zeros((), dtype=double))
        self.base = nn.Embedding(MISSING_BASE + 1, hidden_dim)
        self.encoder = DuplexEncoder(hidden_dim, num_layers, num_heads)
        self.corrections = CorrectionHead(hidden_dim)
        self.dropout = Dropout(dropout)

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
                known = (start != MISSING_BASE) & (end != MISSING_BASE)
                seen[kind, start[known], end[known]] = True
        seen[1:] = seen[1:] | seen[1:].mT
        with torch.no_grad():
            self.hopping_table[~seen] = 0.0

    def hamiltonian(self, batch: JunctionBatch) -> BlockHamiltonian:
        """H of each duplex in the ladder layout; elements of missing bases are zero."""
        size, length, _ = batch.base.shape
        around = neighborhoods(batch.base, batch.present, len(self.encoder.layers), shared=True)
        edges = edges_of(around.rows, size, length)
        embedding = self.encoder(self.base.weight, around)
        corrections = self.corrections(embedding, edges)
        kept = self._kept(size, embedding)
        onsite = self.onsite_table + self.energy_origin
        if embedding.device.type == "cpu" and embedding.dtype == torch.float32:
            index = (edges[name].index for name in HOPPINGS)
            arrays = (batch.base, batch.present, kept, around.rows, *index)
            duplexes = kernels.Duplexes(*(one.contiguous().numpy() for one in arrays))
            tables = onsite, self.hopping_table
            return BlockHamiltonian(*_CompiledAssembly.apply(duplexes, *tables, *corrections))  # type: ignore[no-untyped-call]
        elements = _by_element(corrections, around.rows, edges, batch, kept)
        return assemble_reference(batch, onsite, self.hopping_table, elements)

    def _kept(self, size: int, like: Tensor) -> Float[Tensor, " B"]:
        """Which duplexes keep their corrections; in training some do without."""
        if not self.training or self.dropout.rate == 0.0:
            return torch.ones(size, dtype=like.dtype, device=like.device)
        return self.dropout.draw(like, (size,))

    def spectra(self, batch: JunctionBatch, energies: Float[Tensor, " E"], eta: float) -> Spectra:
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
        return SpectraBatch(*self.spectra(batch, self.energies, float(self.eta)))


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
    corrections: Corrections,
    rows: Tensor,
    edges: dict[str, Edges],
    batch: JunctionBatch,
    kept: Float[Tensor, " B"],
) -> dict[str, Tensor]:
    """Corrections in eV of every matrix element, in the layout of `edge_ends`."""
    shapes = {name: start.shape for name, (start, _) in edge_ends(batch.base).items()}
    found = {"onsite": corrections.onsite[rows].view(batch.base.shape)}
    for name, values in zip(HOPPINGS, corrections[1:], strict=True):
        found[name] = values[edges[name].index].view(shapes[name])
    return {
        name: _SCALE * value * kept.view(-1, *(1,) * (value.ndim - 1))
        for name, value in found.items()
    }


def assemble_reference(
    batch: JunctionBatch,
    onsite: Float[Tensor, " 4"],
    hopping: Float[Tensor, "4 4 4"],
    corrections: dict[str, Tensor],
) -> BlockHamiltonian:
    """The readable definition of H from tables and corrections, for any device and precision."""
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


class _Context(Protocol):
    duplexes: kernels.Duplexes
    sizes: list[int]


class _CompiledAssembly(torch.autograd.Function):
    """The same as `assemble_reference`, compiled for the CPU."""

    @staticmethod
    def forward(
        ctx: _Context, duplexes: kernels.Duplexes, onsite: Tensor, hopping: Tensor, *values: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.duplexes, ctx.sizes = duplexes, [len(value) for value in values]
        found = kernels.Values(*(value.detach().numpy() for value in values))
        tables = onsite.detach().numpy(), hopping.detach().numpy()
        diagonal, step = kernels.assemble(duplexes, found, *tables, _SCALE)
        return torch.from_numpy(diagonal), torch.from_numpy(step)

    @staticmethod
    def backward(
        ctx: _Context, grad_diagonal: Tensor, grad_step: Tensor
    ) -> tuple[Tensor | None, ...]:
        gradients = [torch.zeros(size) for size in ctx.sizes]
        arrays = kernels.Values(*(gradient.numpy() for gradient in gradients))
        arriving = grad_diagonal.contiguous().numpy(), grad_step.contiguous().numpy()
        tables = kernels.assemble_backward(ctx.duplexes, arrays, _SCALE, *arriving)
        return None, *map(torch.from_numpy, tables), *gradients
