"""Settings of the loss."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, NonNegativeFloat, PositiveFloat
from dnawire.config.guard_class import MUST_MATCH


@dataclass(frozen=True, config=GROUP, kw_only=True)
class LossConfig(Group):
    """Settings of the loss."""

    transmission_weight: Annotated[NonNegativeFloat, MUST_MATCH] = 1.0
    """Weight of the error of log10 transmission."""

    dos_weight: Annotated[NonNegativeFloat, MUST_MATCH] = 1.0
    """Weight of the error of the log10 density of states."""

    ldos_weight: Annotated[NonNegativeFloat, MUST_MATCH] = 1.0
    """Weight of the error of the log10 local density of states."""

    huber_delta: Annotated[PositiveFloat, MUST_MATCH] = 0.1
    """Standardized error at which the loss turns from quadratic to linear."""

    resonance_width: Annotated[float | None, Field(ge=0.0, le=1e3), MUST_MATCH] = None
    """Energy in eV by which resonances may be off: steep parts of a spectrum count less. 0 turns
    it off; None takes that of the model (docs/models.md)."""
