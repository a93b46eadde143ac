"""What every model has in common: an energy grid, the scale of its targets, and a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch, SpectraBatch


class TargetStatistics(NamedTuple):
    """What a model may know of its training set before the first step; nothing of any other set."""

    energies: Float[Tensor, " E"]
    """Energy grid in eV (float64)."""
    eta: float
    """Imaginary part of the energy in eV that the spectra were computed with."""
    mean_log10_transmission: Float[Tensor, " E"]
    std_log10_transmission: Float[Tensor, " E"]
    mean_log10_dos: Float[Tensor, " E"]
    std_log10_dos: Float[Tensor, " E"]
    onsite: Float[Tensor, " 4"]
    """First guess of the on-site energy of each base in eV."""


class TransportModel(nn.Module, ABC):
    """Base of the models: graph in, spectra out, on one energy grid."""

    resonance_width: ClassVar[float] = 0.0
    """Energy in eV by which resonances may be off in training; see the loss."""
    rate_factor: ClassVar[float] = 1.0
    """Learning rate relative to the setting."""

    energies: Tensor
    eta: Tensor

    def __init__(self, num_energies: int) -> None:
        super().__init__()
        self.register_buffer("energies", torch.zeros(num_energies, dtype=torch.float64))
        self.register_buffer("eta", torch.zeros((), dtype=torch.float64))

    def initialize(self, statistics: TargetStatistics) -> None:
        """Start from what the training set tells at a glance: its grid, scales and levels."""
        self.energies.copy_(statistics.energies)
        self.eta.fill_(statistics.eta)

    @abstractmethod
    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Take from the training set what needs no step: a linear fit, or what never occurs."""

    @abstractmethod
    def forward(self, batch: JunctionBatch) -> SpectraBatch:
        """Predict the spectra of a batch on the energy grid of the model."""
