"""``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport -> spectra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import MISSING_BASE, NUM_BASES, JunctionBatch, SpectraBatch
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.dropout import Dropout
from dnawire.models.encoder import DuplexEncoder
from dnawire.transport import Spectra, block_spectra

_INITIAL_HOPPING: Final = {
    "stacking": 0.05,
    "pairing": 0.03,
    "diagonal_five": 0.01,
    "diagonal_three": 0.01,
}
"""Hoppings in eV before training: the order of magnitude that published sets share."""

_HOPPINGS: Final = tuple(_INITIAL_HOPPING)
_ENDS: Final = ("onsite", "stacking", "stacking end", *_HOPPINGS[1:])
"""What the embedding of a base tells its own level and each kind of edge; only stacking has a
direction and tells its two ends apart."""

_CONTEXT_SCALE: Final = 0.1
"""eV; what a context output of one is worth."""


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

    energy_origin: Tensor

    def __init__(
        self, num_energies: int, hidden_dim: int, num_layers: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__(num_energies)
        self.onsite_table = nn.Parameter(torch.zeros(NUM_BASES))
        self.hopping_tables = nn.ParameterDict(
            {
                name: nn.Parameter(torch.full((NUM_BASES, NUM_BASES), value))
                for name, value in _INITIAL_HOPPING.items()
            }
        )
        self.register_buffer("energy_origin", torch.zeros((), dtype=torch.float64))
        self.base = nn.Embedding(MISSING_BASE + 1, hidden_dim)
        self.encoder = DuplexEncoder(hidden_dim, num_layers, num_heads, Dropout(0.0))
        self.context = ContextHead(hidden_dim)
        self.dropout = Dropout(dropout)

    def initialize(self, statistics: TargetStatistics) -> None:
        """Start from the on-site energies that the training set suggests."""
        super().initialize(statistics)
        self.energy_origin.copy_(statistics.onsite.mean())
        with torch.no_grad():
            self.onsite_table.copy_(statistics.onsite - statistics.onsite.mean())

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Set the hopping of pairs of bases that never meet to zero: nothing will teach it."""
        with torch.no_grad():
            for name, table in self.hopping_tables.items():
                seen = torch.zeros(NUM_BASES, NUM_BASES, dtype=torch.bool)
                for batch in training:
                    start, end = edge_ends(batch.junctions.base.cpu())[name]
                    known = (start != MISSING_BASE) & (end != MISSING_BASE)
                    seen[start[known], end[known]] = True
                if name != "stacking":
                    seen = seen | seen.T
                table[~seen] = 0.0

    def hamiltonian(self, batch: JunctionBatch) -> BlockHamiltonian:
        """H of each duplex in the ladder layout; elements of missing bases are zero."""
        context = self._context(batch)
        base = batch.base.clamp_max(NUM_BASES - 1)
        onsite = self.onsite_table[base] + context.pop("onsite")
        onsite = torch.where(batch.present, onsite.double() + self.energy_origin, 0.0)
        exists = edge_ends(batch.present)
        ends = edge_ends(base)
        hopping = {
            name: self._hopping(name, ends[name], exists[name], correction)
            for name, correction in context.items()
        }
        return _assemble(onsite, hopping)

    def _context(self, batch: JunctionBatch) -> dict[str, Tensor]:
        """Corrections in eV; in training, those of a duplex are left out now and then."""
        embedding = self.encoder(self.base(batch.base), batch.present)
        context: dict[str, Tensor] = self.context(embedding)
        if not self.training or self.dropout.rate == 0.0:
            return context
        kept = self.dropout.draw(context["onsite"], (batch.base.shape[0],))
        return {
            name: value * kept.view(-1, *(1,) * (value.ndim - 1)) for name, value in context.items()
        }

    def _hopping(
        self, name: str, ends: tuple[Tensor, Tensor], exists: tuple[Tensor, Tensor], context: Tensor
    ) -> Tensor:
        table = self.hopping_tables[name]
        if name != "stacking":
            table = 0.5 * (table + table.T)
        value = table.flatten().index_select(0, (NUM_BASES * ends[0] + ends[1]).flatten())
        value = value.view_as(context) + context
        return torch.where((exists[0] & exists[1]), value, 0.0).double()

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
        spectra = self.spectra(batch, self.energies, float(self.eta))
        return SpectraBatch(*spectra)


class ContextHead(nn.Module):
    """Correction of every matrix element from the embeddings of the bases it joins; starts at 0."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        width = max(1, hidden_dim // 2)
        self.project = nn.Linear(hidden_dim, len(_ENDS) * width)
        self.last = nn.ModuleDict({name: _zero_layer(width) for name in ("onsite", *_HOPPINGS)})

    def forward(self, x: Float[Tensor, "B L 2 F"]) -> dict[str, Tensor]:
        """Corrections in eV by kind; the shapes are those of `edge_ends`, and (B, L, 2) on-site."""
        ends = dict(zip(_ENDS, self.project(x).chunk(len(_ENDS), dim=-1), strict=True))
        hidden = {"onsite": ends["onsite"]}
        for name in _HOPPINGS:
            start, end = edge_ends(ends[name]), edge_ends(ends.get(f"{name} end", ends[name]))
            hidden[name] = start[name][0] + end[name][1]
        return {
            name: _CONTEXT_SCALE * self.last[name](torch.relu(value)).squeeze(-1)
            for name, value in hidden.items()
        }


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


def _assemble(
    onsite: Float[Tensor, "B L 2"], hopping: dict[str, Float[Tensor, "B ..."]]
) -> BlockHamiltonian:
    pairing, stacking = hopping["pairing"], hopping["stacking"]
    diagonal = torch.stack((onsite[..., 0], pairing, pairing, onsite[..., 1]), dim=-1)
    step = torch.stack(
        (
            stacking[..., 0],
            hopping["diagonal_five"],
            hopping["diagonal_three"],
            stacking[..., 1],
        ),
        dim=-1,
    )
    return BlockHamiltonian(diagonal.unflatten(-1, (2, 2)), step.unflatten(-1, (2, 2)))


def _zero_layer(width: int) -> nn.Linear:
    layer = nn.Linear(width, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
