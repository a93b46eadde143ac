"""How kernels are compiled: with arithmetic as written, and cached on the disk.

Operations are not reordered or fused (no ``fastmath``): the order would be the compiler's choice,
and code that was just compiled would give other last bits than code from the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from numba import njit

from dnawire.compiled.cache import KernelCache

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "boundscheck": False}

_WITHIN: Final[dict[str, Any]] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_OPTIONS}
"""For what Python does not call: interfaces to it take as long to compile as a small function."""

inlined: Final = njit(forceinline=True, **_WITHIN)
"""Compile a helper as a part of whatever calls it."""

internal: Final = njit(**_WITHIN)
"""Compile a function that kernels call, and nobody else."""


def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401
    """Compile a function at its first call, or take it from the cache; see `KernelCache`."""
    kernel = njit(no_cfunc_wrapper=True, **_OPTIONS)(function)
    kernel._cache = KernelCache(function)
    return kernel
