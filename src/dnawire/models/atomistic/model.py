"""``atomistic``: graph -> shell charges -> all-atom Hamiltonian -> transport."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from dnawire.electronic.nucleotides import PLACES, check_nucleotides, nucleotide_shells
from dnawire.electrostatics import SolventParameters
from dnawire.errors import InvalidDuplexError, InvalidStructureError
from dnawire.graphs import Batch, ladder_batch
from dnawire.graphs.schema import ChargesBatch, JunctionBatch, SpectraBatch
from dnawire.junction import NUM_BASES, Duplex
from dnawire.models.atomistic.settings import AtomisticSettings
from dnawire.models.atomistic.transport import ChargedDuplex
from dnawire.models.base import TransportModel
from dnawire.models.encoder import DuplexEncoder
from dnawire.operators import neighborhoods
from dnawire.quantities import scaled_columns
from dnawire.structures import AtomicStructure, build_duplex, check_structure
from dnawire.xtb.level import Level

_SCALE: Final = 1e-3
"""e; what a correction of one is worth."""

_SHORTEST: Final = 2
"""Base pairs; a nucleotide is one end of its strand at most."""

_INNER: Final = PLACES.index("inner")


class AtomisticModel(TransportModel):
    """Predicts the charge of every shell of every atom: local numbers that no contact changes.

    A charge is a table entry of its base and place in the strand plus a correction for the
    surroundings, which message passing computes. What the charges of a duplex lack to its total
    charge is spread evenly over all shells, so that it is conserved exactly. Potentials follow by
    the electrostatics of the method, the Fock matrix by its integrals, spectra by exact transport:
    see `dnawire.models.atomistic.predictor`.
    """

    quantities = ("transmission", "dos")

    shells: Tensor

    def __init__(self, num_energies: int, settings: AtomisticSettings) -> None:
        super().__init__(num_energies, settings)
        self.settings = settings
        self.encoder = DuplexEncoder(settings.hidden_dim, settings.num_layers, settings.num_heads)
        shells = nucleotide_shells()
        self.register_buffer("shells", torch.from_numpy(shells.present), persistent=False)
        size = (*shells.present.shape[:2], shells.width)
        self.charge_table = nn.Parameter(torch.zeros(size, dtype=torch.float64))
        readout = torch.zeros(NUM_BASES, shells.width, settings.hidden_dim)
        self.readout = nn.Parameter(readout)

    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Start from the mean charges of every base in every place."""
        sums = torch.zeros_like(self.charge_table)
        counts = torch.zeros_like(self.charge_table)
        for batch in training:
            base, place = batch.junctions.base.cpu(), places_of(batch.junctions.base.cpu())
            assert batch.charges is not None
            charges = batch.charges.shell_charges.cpu()
            known = charges.isfinite()
            at = (base.flatten(), place.flatten())
            sums.index_put_(at, charges.nan_to_num(0.0).flatten(0, 2), accumulate=True)
            counts.index_put_(at, known.double().flatten(0, 2), accumulate=True)
        with torch.no_grad():
            self.charge_table.copy_(sums / counts.clamp_min(1.0))

    def forward(self, batch: JunctionBatch) -> ChargesBatch:
        """Predict the shell charges."""
        place = places_of(batch.base)
        present = self.shells[batch.base, place]
        charges = self.charge_table[batch.base, place] + _SCALE * self._corrections(batch)
        charges = torch.where(present, charges, 0.0)
        wanted = -2.0 * (batch.base.shape[1] - 1)
        lacking = (wanted - charges.sum((1, 2, 3))) / present.sum((1, 2, 3))
        return ChargesBatch(charges + present * lacking[:, None, None, None])

    def charged(self, duplex: Duplex) -> ChargedDuplex:
        """Predict the charges of an ideal duplex, and diagonalize what follows.

        Raises
        ------
        InvalidDuplexError, InvalidStructureError
            If the duplex has one base pair, no ideal structure, or bases without room in it.
        """
        structure = build_duplex(duplex)
        check_structure(structure)
        return self.charged_structure(structure)

    def charged_structure(self, structure: AtomicStructure) -> ChargedDuplex:
        """Predict the charges of a duplex in any geometry, and diagonalize what follows.

        The charges depend on the letters and on the places in the strands, not on the geometry:
        they are those of the ideal duplex.

        Raises
        ------
        InvalidDuplexError
            If the duplex has one base pair, or nucleotides that were never learned.
        InvalidStructureError
            If the atoms are not those of the ideal duplex.
        """
        duplex = structure.duplex
        _check_letters(duplex)
        no_contact = np.zeros(duplex.codes.shape)
        batch = ladder_batch(duplex.codes[None], no_contact[None], no_contact[None])
        batch = batch.to(self.energies.device)
        with torch.no_grad():
            table = self(batch).shell_charges
        rows = nucleotide_shells().rows(structure)
        present = self.shells[batch.base, places_of(batch.base)].cpu().numpy()
        if not np.array_equal(np.sort(rows), np.flatnonzero(present)):
            raise InvalidStructureError(
                f"the {len(structure)} atoms of '{duplex.text}' are not those of its nucleotides.",
                "give all atoms with hydrogens: 5'-OH and 3'-OH ends, phosphates without hydrogen.",
            )
        charges = table.cpu().numpy().reshape(-1)[rows]
        return ChargedDuplex.of(structure, charges, self.solvent)

    @property
    def solvent(self) -> SolventParameters | None:
        """Solvent of the records; None for vacuum."""
        return Level(self.settings.solvent).parameters

    def evaluate(self, batch: JunctionBatch) -> SpectraBatch:
        """Spectra of all atoms on the energy grid of the model."""
        grid = self.energies.cpu().numpy()
        return self.spectra(batch, grid, float(self.eta), lru_cache(1)(self.charged))

    @staticmethod
    def spectra(
        batch: JunctionBatch,
        energies: Float[NDArray[np.float64], " E"],
        eta: float,
        charged: Callable[[Duplex], ChargedDuplex],
    ) -> SpectraBatch:
        """log10 T and log10 DOS of all atoms.

        Parameters
        ----------
        batch
            Junctions; those of one duplex are best neighbors.
        energies, eta
            In eV.
        charged
            Gives the levels of a duplex; see the method of this name.
        """
        columns: list[dict[str, Tensor]] = []
        rows = (one.cpu().numpy() for one in (batch.base, batch.gamma_left, batch.gamma_right))
        for codes, left, right in zip(*rows, strict=True):
            transmission, dos = charged(Duplex.from_codes(codes)).totals(
                (left, right), energies, eta
            )
            found = scaled_columns(transmission=transmission, dos=dos)
            columns.append({name: torch.from_numpy(one) for name, one in found.items()})
        return SpectraBatch(
            **{name: torch.stack([one[name] for one in columns]) for name in columns[0]}
        )

    def _corrections(self, batch: JunctionBatch) -> Float[Tensor, "B L 2 K"]:
        """Of every nucleotide for its surroundings; dropout leaves out those of whole duplexes."""
        around = neighborhoods(batch.base, batch.present, len(self.encoder.layers), True)
        x = self.encoder(self.base.weight, around)
        by_base = torch.einsum("nf,bkf->nbk", x, self.readout)
        found = by_base[around.rows.view(batch.base.shape), batch.base].double()
        if not self.training or self.dropout.rate == 0.0:
            return found
        return found * self.dropout.draw(x, (len(batch.base),)).double()[:, None, None, None]


def places_of(base: Int[Tensor, "B L 2"]) -> Int[Tensor, "B L 2"]:
    """Place of every nucleotide in its strand, by `PLACES`."""
    place = torch.full_like(base, _INNER)
    first, last = PLACES.index("five_prime_end"), PLACES.index("three_prime_end")
    place[:, 0, 0] = place[:, -1, 1] = first
    place[:, -1, 0] = place[:, 0, 1] = last
    return place


def _check_letters(duplex: Duplex) -> None:
    """Refuse a duplex with nucleotides whose shells are not known."""
    if duplex.length < _SHORTEST:
        raise InvalidDuplexError(
            f"duplex '{duplex.text}' has {duplex.length} base pair: a nucleotide is both ends of "
            "its strand, which none of the records is.",
            f"give at least {_SHORTEST} base pairs.",
        )
    check_nucleotides(duplex)
