"""Settings of the model that the types of models share; `model_settings` adds their own ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, Probability
from dnawire.config.guard_class import MUST_MATCH
from dnawire.config.model_types import model_types

if TYPE_CHECKING:
    ModelName = str
else:
    ModelName = Literal[tuple(model_types())]


@dataclass(frozen=True, config=GROUP, kw_only=True)
class _ModelChoice(Group):
    """Which type of model."""

    model_type: Annotated[ModelName, MUST_MATCH] = "standard"
    """Type of the model: what it predicts, and how (docs/models.md)."""


@dataclass(frozen=True, config=GROUP, kw_only=True)
class EncoderSettings(Group):
    """Settings of the encoder, which models share; a type of model may add its own."""

    hidden_dim: Annotated[int, Field(ge=1, le=2**14), MUST_MATCH] = 128
    """Number of features per base; a multiple of num_heads."""

    num_layers: Annotated[int, Field(ge=1, le=1000), MUST_MATCH] = 4
    """Number of message-passing layers."""

    num_heads: Annotated[int, Field(ge=1, le=2**14), MUST_MATCH] = 4
    """Number of groups of features that mix the neighbors each in its own way."""

    dropout: Annotated[Probability, MUST_MATCH] = 0.1
    """Probability of dropping a feature during training."""


@dataclass(frozen=True, config=GROUP, kw_only=True)
class ModelConfig(EncoderSettings, _ModelChoice):
    """Settings of the model."""
