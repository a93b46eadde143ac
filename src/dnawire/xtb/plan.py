"""What is to be computed, and the record of one duplex."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import dnawire
from dnawire.data.atomistic import CHARGE_UNIT, POTENTIAL_UNIT, AtomisticColumns, IntervalMeans
from dnawire.data.dataset import TransportDataset
from dnawire.data.ragged import Ragged
from dnawire.electronic import AtomicJunctions, BasePairs, ElectronicStructure, converge
from dnawire.electronic.scf import TOLERANCE
from dnawire.errors import InvalidDuplexError
from dnawire.junction import MISSING, Duplex
from dnawire.structures import Form, build_duplex, helix_of
from dnawire.xtb.level import Level
from dnawire.xtb.spectra import Window, record_of
from dnawire.xtb.variants import Variant

KIND: Final = "xtb"

Results = tuple[TransportDataset, AtomisticColumns]
"""Records of duplexes, and what the calculations leave beside them."""


@dataclass(frozen=True)
class XtbPlan:
    """What to compute; the same plan gives the same records.

    Parameters
    ----------
    duplexes
        Texts of the duplexes, none twice.
    variants
        Contact variants of each.
    level
        Level of theory.
    window
        Energies of the spectra.
    form
        Form of the ideal helix.
    """

    duplexes: tuple[str, ...]
    variants: tuple[Variant, ...]
    level: Level
    window: Window
    form: Form = "b"

    @cached_property
    def conditions(self) -> dict[str, Any]:
        """All that decides a record but its duplex, for ``TransportDataset.source``."""
        helix = helix_of(self.form)
        return {
            "kind": KIND,
            "level": self.level.name,
            "accuracy": TOLERANCE,
            "helix": helix.name,
            "helix_digest": helix.digest,
            "variants": [asdict(one) for one in self.variants],
            "window": asdict(self.window),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the conditions: shards of equal digest can be merged."""
        return hashlib.sha256(json.dumps(self.conditions, sort_keys=True).encode()).hexdigest()

    def source(self) -> dict[str, Any]:
        """Description of the records."""
        return {**self.conditions, "version": dnawire.__version__}


def compute_duplex(plan: XtbPlan, text: str) -> Results:
    """Compute all records of one duplex.

    Raises
    ------
    NotConvergedError
        If there is no result that can be trusted.
    InvalidDuplexError
        If a base is missing: records have sites for bases alone, and no density of a sugar.
    """
    duplex = Duplex.parse(text)
    if MISSING in duplex.upper + duplex.lower:
        raise InvalidDuplexError(
            f"duplex '{text}' has missing bases, which are no sites of a record.",
            "give every pair two bases, or compute it by dnawire.electronic (docs/structures.md).",
        )
    structure = build_duplex(duplex, helix_of(plan.form))
    state = converge(structure, plan.level.parameters)
    # Spectra belong to the potentials as they are stored.
    potentials = _rounded(state.shell_potentials, POTENTIAL_UNIT)
    exact = potentials.astype(np.float64) * POTENTIAL_UNIT
    junctions = AtomicJunctions.of(state.basis, exact)
    pairs = BasePairs.of(structure, exact)
    found = [
        record_of(
            junctions,
            pairs,
            variant.junction(structure.duplex),
            plan.window,
            f"{text}/{variant.name}",
        )
        for variant in plan.variants
    ]
    dataset = TransportDataset.from_records([record for record, _ in found], plan.source())
    means = {
        width: IntervalMeans.joined([by_width[width] for _, by_width in found])
        for width in plan.window.widths
    }
    return dataset, _columns(plan, text, state, potentials, means)


def _columns(
    plan: XtbPlan,
    text: str,
    state: ElectronicStructure,
    potentials: NDArray[np.int32],
    means: dict[int, IntervalMeans],
) -> AtomisticColumns:
    helix = helix_of(plan.form)
    highest = max(plan.window.high, state.lumo)
    shown = np.flatnonzero((state.levels >= plan.window.low) & (state.levels <= highest))
    return AtomisticColumns(
        level=plan.level.name,
        helix=helix.name,
        helix_digest=helix.digest,
        texts=np.array([text]),
        attempts=np.array([state.attempt]),
        homo=np.array([state.homo]),
        lumo=np.array([state.lumo]),
        homo_index=np.array([state.num_occupied - 1 - shown[0]], dtype=np.int64),
        charges=Ragged.from_rows([_rounded(state.shell_charges, CHARGE_UNIT)]),
        potentials=Ragged.from_rows([potentials]),
        levels=Ragged.from_rows([state.levels[shown].astype(np.float32)]),
        duplex=np.zeros(len(plan.variants), dtype=np.int64),
        means=means,
    )


def _rounded(values: NDArray[np.float64], unit: float) -> NDArray[np.int32]:
    return np.round(values / unit).astype(np.int32)
