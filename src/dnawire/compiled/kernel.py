"""How kernels are compiled: cached where there is a place for it, with arithmetic as written.

Operations are not reordered or fused (no ``fastmath``): the order would be the compiler's choice,
and code that was just compiled would give other last bits than code from the cache.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

from numba import njit

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "boundscheck": False}

inlined: Final = njit(forceinline=True, **_OPTIONS)
"""Compile a helper as a part of whatever calls it."""


def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401
    """Compile a function at its first call; without a writable cache, anew in every process."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        warnings.warn(
            "no folder for compiled code can be written, every start compiles anew; "
            "set NUMBA_CACHE_DIR to a folder that can",
            stacklevel=2,
        )
        return njit(**_OPTIONS)(function)
