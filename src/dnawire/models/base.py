"""What every model has in common: an energy grid, message passing on the bases, a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.config import EncoderSettings
from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch, SpectraBatch, Targets
from dnawire.junction import LETTERS
from dnawire.models.dropout import Dropout
from dnawire.models.packing import PackedParameters

GRID: Final = ("energies", "eta")
"""Buffers that say at which energies spectra are; all others are part of what was learned."""


class TargetStatistics(NamedTuple):
    """What a model may know of its training set before the first step; nothing of any other set."""

    energies: Float[Tensor, " E"]
    """Energy grid in eV (float64)."""
    eta: float
    """Imaginary part of the energy in eV that the spectra were computed with."""
    mean: Mapping[str, Float[Tensor, " E"]]
    """Mean of each quantity with one value per energy, by its column."""
    std: Mapping[str, Float[Tensor, " E"]]
    """Its spread."""


class TransportModel(nn.Module, ABC):
    """Base of the models: graph in, spectra out, on one energy grid.

    Parameters
    ----------
    num_energies
        Size of the grid, E.
    settings
        Those of the type of the model.
    """

    quantities: ClassVar[tuple[str, ...]]
    """What `evaluate` predicts, by the names of `QUANTITIES` and in their order."""
    resonance_width: ClassVar[float] = 0.0
    """Energy in eV by which resonances may be off in training; see the loss."""
    rate_factor: ClassVar[float] = 1.0
    """Learning rate relative to the setting."""

    energies: Tensor
    eta: Tensor

    def __init__(self, num_energies: int, settings: EncoderSettings) -> None:
        super().__init__()
        self.base = nn.Embedding(len(LETTERS), settings.hidden_dim)
        self.dropout = Dropout(settings.dropout)
        self.register_buffer("energies", torch.zeros(num_energies, dtype=torch.float64))
        self.register_buffer("eta", torch.zeros((), dtype=torch.float64))

    def pack(self) -> PackedParameters:
        """Gather all parameters in vectors, which an optimizer steps as one; on its device."""
        return PackedParameters(self)

    def initialize(self, statistics: TargetStatistics) -> None:
        """Start from what the training set tells at a glance: its grid and scales."""
        self.energies.copy_(statistics.energies)
        self.eta.fill_(statistics.eta)

    @abstractmethod
    def adapt_to(self, training: Sequence[Batch]) -> None:
        """Take from the training set what needs no step: a linear fit, or what never occurs."""

    def start_from(self, learned: Mapping[str, Tensor], training: Sequence[Batch]) -> None:
        """Take over what another model of this kind has learned, in the place of `adapt_to`.

        Its weights and the scales that belong to them are taken, so that the new model predicts
        what the other one did; the energies stay those of the new records.

        Parameters
        ----------
        learned
            State of the other model.
        training
            The new training set, for what it alone can tell.
        """
        del training
        own = self.state_dict()
        self.load_state_dict({**learned, **{name: own[name] for name in GRID}})

    @abstractmethod
    def forward(self, batch: JunctionBatch) -> Targets:
        """Predict the target: spectra on the energy grid of the model, or shell charges."""

    def evaluate(self, batch: JunctionBatch) -> SpectraBatch:
        """Spectra on the energy grid of the model, by which it is judged."""
        found = self(batch)
        assert isinstance(found, SpectraBatch)
        return found
