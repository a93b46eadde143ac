"""Settings of the model that the types of models share; `model_settings` adds their own ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, OptionalPath, Probability
from dnawire.config.guard_class import MAY_CHANGE, MUST_MATCH
from dnawire.config.model_types import model_types

_SHA256: Final = re.compile("[0-9a-f]{64}")

if TYPE_CHECKING:
    ModelName = str
else:
    ModelName = Literal[tuple(model_types())]


def _sha256(value: str | None) -> str | None:
    if value is not None and _SHA256.fullmatch(value) is None:
        raise ValueError("a SHA-256 of 64 hexadecimal digits in lower case")
    return value


@dataclass(frozen=True, config=GROUP, kw_only=True)
class _ModelChoice(Group):
    """Which type of model."""

    model_type: Annotated[ModelName, MUST_MATCH] = "standard"
    """Type of the model: what it predicts, and how (docs/models.md)."""

    init_from: Annotated[OptionalPath, MAY_CHANGE] = None
    """Trained model of the same type and shape whose weights the training starts from: a run, what
    `dnawire export` made, or pretrained:NAME."""

    init_digest: Annotated[str | None, AfterValidator(_sha256), MUST_MATCH] = None
    """SHA-256 of the weights of init_from; None takes those that are there, and every run writes
    down what it took."""


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
