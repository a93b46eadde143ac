"""Settings of the optimizer and of the learning-rate schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Count, Group, NonNegativeFloat, PositiveFloat
from dnawire.config.guard_class import MUST_MATCH


@dataclass(frozen=True, config=GROUP, kw_only=True)
class OptimizationConfig(Group):
    """Settings of the optimizer and of the learning-rate schedule."""

    batch_size: Annotated[Count, MUST_MATCH] = 32
    """Number of records per step."""

    num_epochs: Annotated[Count, MUST_MATCH] = 100
    """Total number of epochs, those before a resume included."""

    learning_rate: Annotated[PositiveFloat, MUST_MATCH] = 1e-3
    """Highest learning rate."""

    weight_decay: Annotated[NonNegativeFloat, MUST_MATCH] = 1e-5
    """Decoupled weight decay of AdamW."""

    schedule: Annotated[Literal["cosine", "constant"], MUST_MATCH] = "cosine"
    """Course of the learning rate after the warm-up."""

    warmup_epochs: Annotated[int, Field(ge=0), MUST_MATCH] = 5
    """Epochs in which the learning rate rises to its highest value."""

    final_learning_rate_fraction: Annotated[float, Field(ge=0.0, le=1.0), MUST_MATCH] = 0.01
    """Last learning rate of the cosine schedule, as a fraction of the highest."""

    gradient_clip: Annotated[PositiveFloat, MUST_MATCH] = 1.0
    """Largest norm of the gradient; longer gradients are shortened to it."""
