"""Settings of ``atomistic``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from dnawire.config import GROUP, MUST_MATCH, EncoderSettings, NonNegativeFloat


@dataclass(frozen=True, config=GROUP, kw_only=True)
class AtomisticSettings(EncoderSettings):
    """Those of the encoder, the level of theory, and what is learned beside the charges."""

    solvent: Annotated[Literal["water", "vacuum"], MUST_MATCH] = "water"
    """Solvent of the ALPB model, which must be that of the records."""

    level_weight: Annotated[NonNegativeFloat, MUST_MATCH] = 0.0
    """Weight of the errors of levels in the loss, beside those of charges; 0 leaves them out."""
