"""Settings of the optimizer and of the learning-rate schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import (
    GROUP,
    Count,
    Fraction,
    Group,
    NonNegativeFloat,
    PositiveFloat,
    Probability,
)
from dnawire.config.guard_class import MAY_CHANGE, MUST_MATCH


@dataclass(frozen=True, config=GROUP, kw_only=True)
class OptimizationConfig(Group):
    """Settings of the optimizer and of the learning-rate schedule."""

    batch_size: Annotated[Count, MUST_MATCH] = 32
    """Number of records per step."""

    num_epochs: Annotated[Count, MUST_MATCH] = 100
    """Total number of epochs, those before a resume included."""

    learning_rate: Annotated[PositiveFloat, MUST_MATCH] = 1e-3
    """Highest learning rate."""

    accumulate_batches: Annotated[Count, MUST_MATCH] = 1
    """Number of batches whose gradients are averaged for one step of the optimizer."""

    optimizer: Annotated[Literal["adamw", "adam", "sgd", "rmsprop"], MUST_MATCH] = "adamw"
    """Optimizer."""

    weight_decay: Annotated[NonNegativeFloat, MUST_MATCH] = 1e-5
    """Weight decay: decoupled with adamw, a penalty in the gradient with the others."""

    momentum: Annotated[Probability, MUST_MATCH] = 0.9
    """Momentum of sgd and rmsprop."""

    ema_decay: Annotated[Probability, MUST_MATCH] = 0.0
    """Decay per step of the average of the weights that is validated and exported; 0 for none."""

    schedule: Annotated[Literal["cosine", "constant", "plateau", "one-cycle"], MUST_MATCH] = (
        "cosine"
    )
    """Course of the learning rate after the warm-up; one-cycle has a rise of its own instead."""

    warmup_epochs: Annotated[int, Field(ge=0, le=10**9), MUST_MATCH] = 5
    """Epochs in which the learning rate rises to its highest value."""

    final_learning_rate_fraction: Annotated[float, Field(ge=0.0, le=1.0), MUST_MATCH] = 0.01
    """Last rate of cosine and one-cycle, and least of plateau, as a fraction of the highest."""

    plateau_factor: Annotated[Fraction, MUST_MATCH] = 0.5
    """What the plateau schedule multiplies the learning rate by when validation stops improving."""

    plateau_patience: Annotated[int, Field(ge=0, le=10**9), MUST_MATCH] = 10
    """Epochs without a better validation loss that the plateau schedule lets pass."""

    gradient_clip: Annotated[PositiveFloat, MUST_MATCH] = 1.0
    """Largest norm of the gradient; longer gradients are shortened to it."""

    max_rollbacks: Annotated[int, Field(ge=0, le=10**9), MAY_CHANGE] = 3
    """Times that a run which diverges goes back to the start of its epoch before it ends."""

    rollback_rate_factor: Annotated[float, Field(gt=0.0, le=1.0), MUST_MATCH] = 0.5
    """What each of these times multiplies the learning rate of the rest of the run by."""
