"""Lanes in single precision: channels of an embedding."""

from __future__ import annotations

from typing import Final

from numba import types

from dnawire.compiled.lanes import define_lanes

_SINGLE: Final = define_lanes(types.float32)

CHANNELS: Final[int] = _SINGLE.count
"""Channels at once; compiled message passing needs a multiple of it."""

splat: Final = _SINGLE.splat
load: Final = _SINGLE.load
store: Final = _SINGLE.store
fma: Final = _SINGLE.fma
total: Final = _SINGLE.total
where_positive: Final = _SINGLE.where_positive
