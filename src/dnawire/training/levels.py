"""Levels of records as functions of their shell charges, in tensors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from dnawire.data.atomistic import AtomisticColumns
from dnawire.electronic import LevelResponse
from dnawire.electronic.nucleotides import nucleotide_shells
from dnawire.electronic.scf import num_occupied
from dnawire.electrostatics import SolventParameters
from dnawire.junction import Duplex
from dnawire.structures import build_duplex

logger = logging.getLogger(__name__)


class DuplexLevels(NamedTuple):
    """`LevelResponse` of one duplex, for charges in the layout of `ChargesBatch`."""

    rows: Int[Tensor, " M"]
    """Place of every shell in a flat table (L, 2, K)."""
    shell_atom: Int[Tensor, " M"]
    """Atom of every shell."""
    charges: Float[Tensor, " M"]
    """Those of the record, e."""
    linear: Float[Tensor, "n M"]
    """eV/e."""
    quadratic: Float[Tensor, "n A"]
    """eV/e^2."""

    def shifts(self, table: Float[Tensor, "L 2 K"]) -> Float[Tensor, " n"]:
        """How far other charges move the levels, eV, to first order in the potentials."""
        change = table.flatten().index_select(0, self.rows) - self.charges
        before, moved = (self._atomic(one) for one in (self.charges, change))
        return self.linear @ change + self.quadratic @ (moved * (2.0 * before + moved))

    def _atomic(self, charges: Float[Tensor, " M"]) -> Float[Tensor, " A"]:
        sums = charges.new_zeros(self.quadratic.shape[1])
        return sums.index_add(0, self.shell_atom, charges)


@dataclass(frozen=True)
class RecordLevels:
    """Levels of the duplexes of records.

    Parameters
    ----------
    duplexes
        By the number of the duplex.
    duplex
        Number of the duplex of every record, (R,).
    """

    duplexes: Mapping[int, DuplexLevels]
    duplex: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        columns: AtomisticColumns,
        records: NDArray[np.int64],
        solvent: SolventParameters | None,
    ) -> RecordLevels:
        """Diagonalize the Fock matrix of every duplex of some records, once.

        Parameters
        ----------
        columns
            Atomistic columns of the records, whose levels are taken.
        records
            Numbers of the records.
        solvent
            That of the records; None for vacuum.
        """
        chosen = np.unique(columns.duplex[records]).tolist()
        logger.info("computing how the levels of %d duplexes follow their charges", len(chosen))
        return cls({one: _levels(columns, one, solvent) for one in chosen}, columns.duplex)

    def of_records(self, records: Int[Tensor, " B"]) -> list[DuplexLevels]:
        """Those of the duplex of each record."""
        return [self.duplexes[one] for one in self.duplex[records.cpu().numpy()].tolist()]

    def to(self, device: torch.device) -> RecordLevels:
        """Copy to a device."""
        moved = {
            number: DuplexLevels(*(one.to(device) for one in levels))
            for number, levels in self.duplexes.items()
        }
        return RecordLevels(moved, self.duplex)


def _levels(
    columns: AtomisticColumns, duplex: int, solvent: SolventParameters | None
) -> DuplexLevels:
    """Those that the record shows."""
    structure = build_duplex(Duplex.parse(str(columns.texts[duplex])))
    first = num_occupied(structure) - 1 - int(columns.homo_index[duplex])
    last = first + len(columns.levels[duplex]) - 1
    charges = columns.shell_charges(duplex)
    found = LevelResponse.of(structure, solvent, charges, (first, last))
    rows = nucleotide_shells().rows(structure)
    arrays = rows, found.shell_atom, found.charges, found.linear, found.quadratic
    return DuplexLevels(*map(torch.from_numpy, arrays))
