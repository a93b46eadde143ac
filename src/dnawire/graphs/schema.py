"""Every tensor that a model sees or is trained on: name, shape, type and meaning in one place.

Axes: B junctions of one length, L base pairs, 2 strands (upper, lower), E energies. The graph of a
duplex is regular: each site has at most one neighbor on the 5' side of its own strand, one on the
3' side, and one partner, so that edges need no index tensor; they are shifts of the ladder layout.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class JunctionBatch(NamedTuple):
    """Junctions of equal length as a regular graph."""

    base: Int[Tensor, "B L 2"]
    """Base codes A=0, C=1, G=2, T=3, missing=4 (int64)."""
    present: Bool[Tensor, "B L 2"]
    """Whether there is a base."""
    gamma_left: Float[Tensor, "B L 2"]
    """Coupling of each site to the left contact in eV (float64)."""
    gamma_right: Float[Tensor, "B L 2"]
    """Coupling of each site to the right contact in eV (float64)."""

    def to(self, device: torch.device) -> JunctionBatch:
        """Copy to a device."""
        return JunctionBatch(*(one.to(device) for one in self))


class SpectraBatch(NamedTuple):
    """Spectra of the same junctions, as targets or as predictions: the columns of `QUANTITIES`."""

    log10_transmission: Float[Tensor, "B E"]
    """log10 of the transmission."""
    log10_dos: Float[Tensor, "B E"] | None = None
    """log10 of the density of states in 1/eV; None if unknown."""
    log10_ldos: Float[Tensor, "B L 2 E"] | None = None
    """log10 of the local density of states in 1/eV, to be read where there is a base; None if
    unknown."""

    def known(self) -> dict[str, Tensor]:
        """Those that are known, by column, in the order of the table."""
        return {name: values for name, values in self._asdict().items() if values is not None}


class ChargesBatch(NamedTuple):
    """Shell charges of the same junctions, as targets or as predictions."""

    shell_charges: Float[Tensor, "B L 2 K"]
    """Charges in e by the columns of `dnawire.electronic.nucleotide_shells` (float64); where there
    is no shell, NaN in targets and zero in predictions."""

    def known(self) -> dict[str, Tensor]:
        """By name."""
        return self._asdict()


Targets = SpectraBatch | ChargesBatch
"""What a model is trained on."""
