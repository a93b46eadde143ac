"""Settings of ``atomistic``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic.dataclasses import dataclass

from dnawire.config import GROUP, MUST_MATCH, EncoderSettings


@dataclass(frozen=True, config=GROUP, kw_only=True)
class AtomisticSettings(EncoderSettings):
    """Those of the encoder, and the level of theory."""

    solvent: Annotated[Literal["water", "vacuum"], MUST_MATCH] = "water"
    """Solvent of the ALPB model, which must be that of the records."""
