"""``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport -> spectra."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.junction import MISSING_CODE, NUM_BASES
from dnawire.junction.edges import EDGE_KINDS, EDGES
from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.encoder import DuplexEncoder
from dnawire.models.hamiltonian.corrections import CorrectionHead
from dnawire.models.hamiltonian.sample import evenly
from dnawire.models.hamiltonian.settings import HamiltonianSettings
from dnawire.models.hamiltonian.start import find_start
from dnawire.operators import assemble, edges_of, neighborhoods
from dnawire.operators.transport import block_spectra
from dnawire.transport import Spectra

_INITIAL_HOPPING: Final = (0.05, 0.03, 0.01, 0.01)
"""Hoppings in eV before training: the order of magnitude that published sets share."""

_MOST_STATES: Final = 1.2
"""States per base above which one orbital cannot be all; a grid may count a level twice."""

_COUNTED: Final = 200
"""Records, at most, whose states are counted."""

logger = logging.getLogger(__name__)

_SCALE: Final = 0.1
"""eV; what a correction of one is worth."""


class BlockHamiltonian(NamedTuple):
    """Block-tridiagonal Hamiltonian in eV (float64); symmetric by construction."""

    diagonal: Float[Tensor, "B L 2 2"]
    step: Float[Tensor, "B L-1 2 2"]


class HamiltonianModel(TransportModel):
    """Predicts one on-site energy per base and one hopping per undirected edge of the ladder.

    Each matrix element is a table entry of the bases it joins plus a correction for their
    surroundings, which message passing computes. Dropout skips the corrections of whole
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
        """Start all levels in the middle of the energies."""
        super().initialize(statistics)
        self.energy_origin.copy_(statistics.energies.mean())

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Start from the tables whose exact spectra fit some of the training records best.

        The hopping of pairs of bases that never meet is set to zero: nothing will teach it.
        """
        self._warn_of_states(training)
        hopping = self.hopping_table.detach()
        start = find_start(training, self.energies, float(self.eta), hopping, self.resonance_width)
        start.report()
        with torch.no_grad():
            self.energy_origin.copy_(start.onsite.mean())
            self.onsite_table.copy_(start.onsite - start.onsite.mean())
            self.hopping_table.copy_(torch.where(_meeting(training), start.hopping, 0.0))

    def start_from(self, learned: Mapping[str, Tensor], training: Sequence[Batch]) -> None:
        """Take over another model, whatever its energies were."""
        self._warn_of_states(training)
        super().start_from(learned, training)

    def _warn_of_states(self, training: Sequence[Batch]) -> None:
        states = states_per_base(evenly(training, _COUNTED), self.energies)
        if states > _MOST_STATES:
            logger.warning(
                "warning: the training records hold %.1f states per base between their energies; "
                "with one orbital this model cannot describe them. Records from atoms are for "
                "--model_type atomistic.",
                states,
            )

    def hamiltonian(self, batch: JunctionBatch) -> BlockHamiltonian:
        """H of each duplex in the ladder layout; elements of missing bases are zero."""
        around = neighborhoods(batch.base, batch.present, len(self.encoder.layers), True)
        edges = edges_of(around.rows.view(batch.base.shape))
        x = self.encoder(self.base.weight, around)
        blocks = assemble(
            self.corrections(x, edges),
            self.onsite_table + self.energy_origin,
            self.hopping_table,
            batch.base,
            batch.present,
            _SCALE * self._mask(len(batch.base)),
            around.rows,
            len(x) + edges.which,
        )
        return BlockHamiltonian(*blocks)

    def _mask(self, size: int) -> Float[Tensor, " B"]:
        """Factor of the corrections of each duplex (dropout); in training some do without."""
        like = self.onsite_table.detach()
        if not self.training or self.dropout.rate == 0.0:
            return like.new_ones(size)
        return self.dropout.draw(self.base.weight, (size,)).to(like)

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


def states_per_base(records: Sequence[Batch], energies: Float[Tensor, " E"]) -> float:
    """Median over records of the integral of the DOS, divided by the number of bases.

    The mean is that of a few records whose levels happen to lie at one of the energies, if these
    are farther apart than levels are wide. Not a number if the records have no DOS.
    """
    counts = [torch.full((1,), torch.nan, dtype=torch.float64)]
    for batch in records:
        if batch.spectra.log10_dos is None:
            continue
        dos = 10.0 ** batch.spectra.log10_dos.double().cpu()
        number = batch.junctions.present.flatten(1).sum(1).cpu()
        counts.append(torch.trapezoid(dos, energies.cpu()) / number)
    return float(torch.cat(counts).nanmedian())


def _meeting(training: Sequence[Batch]) -> Bool[Tensor, "4 4 4"]:
    """Which pairs of bases meet in the training records, by kind of edge."""
    seen = torch.zeros(len(EDGE_KINDS), NUM_BASES, NUM_BASES, dtype=torch.bool)
    for batch in training:
        for edge in EDGES:
            start, end = edge.ends(batch.junctions.base.cpu())
            known = (start != MISSING_CODE) & (end != MISSING_CODE)
            seen[edge.kind, start[known], end[known]] = True
    seen[1:] = seen[1:] | seen[1:].mT
    return seen
