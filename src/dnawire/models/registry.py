"""The models by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import torch

from dnawire.models.base import TransportModel
from dnawire.models.hamiltonian.model import HamiltonianModel
from dnawire.models.standard.model import StandardModel

_MODELS: Final[Mapping[str, Callable[[int, int, int, int, float], TransportModel]]] = {
    "standard": StandardModel,
    "hamiltonian": HamiltonianModel,
}


class ModelSpecification(NamedTuple):
    """All that is needed to build an untrained model; stored beside its weights."""

    model_type: str
    num_energies: int
    hidden_dim: int
    num_layers: int
    num_heads: int
    dropout: float


def build_model(specification: ModelSpecification, seed: int) -> TransportModel:
    """Build a model whose initial weights are a function of ``seed`` alone.

    The global random state of torch is left as it was found.
    """
    model_type, num_energies, hidden_dim, num_layers, num_heads, dropout = specification
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _MODELS[model_type](num_energies, hidden_dim, num_layers, num_heads, dropout)
