"""Settings of ``standard``."""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from dnawire.config import GROUP, EncoderSettings


@dataclass(frozen=True, config=GROUP, kw_only=True)
class StandardSettings(EncoderSettings):
    """Those of the encoder, and none of its own."""
