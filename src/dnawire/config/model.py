"""Settings of the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Count, Group, Probability
from dnawire.config.guard_class import MUST_MATCH


@dataclass(frozen=True, config=GROUP, kw_only=True)
class ModelConfig(Group):
    """Settings of the model."""

    model_type: Annotated[Literal["standard", "hamiltonian"], MUST_MATCH] = "standard"
    """standard predicts spectra; hamiltonian predicts the Hamiltonian they follow from."""

    hidden_dim: Annotated[Count, MUST_MATCH] = 128
    """Number of features per base; a multiple of num_heads."""

    num_layers: Annotated[Count, MUST_MATCH] = 4
    """Number of message-passing layers."""

    num_heads: Annotated[Count, MUST_MATCH] = 4
    """Number of groups of features that mix the neighbors each in its own way."""

    dropout: Annotated[Probability, MUST_MATCH] = 0.1
    """Probability of dropping a feature during training."""
