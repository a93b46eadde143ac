"""The library tblite, an optional dependency, with a fast BLAS in place of its own."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from dnawire.errors import MissingDependencyError

_logger = logging.getLogger(__name__)

_TORCH: Final = ("libc10.so", "libtorch_cpu.so")


@cache
def load_tblite() -> Any:  # noqa: ANN401
    """Import ``tblite.interface``.

    Its wheels link the reference BLAS. A library that exports the same names and is loaded before
    takes its place: MKL if the package ``mkl`` is installed (half the time), or else torch, which
    exports a part of them (a third of the time that the reference takes). Results are equal to
    rounding.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    if importlib.util.find_spec("tblite") is None:
        raise MissingDependencyError(
            "GFN1-xTB needs the package tblite, which is not installed.",
            "pip install 'dnawire[xtb]'; PyPI has tblite for Linux on x86_64 and for macOS 15 or "
            "later on arm64; elsewhere conda-forge has it (mamba install tblite-python).",
        )
    _prefer_fast_blas()
    import tblite.interface

    return tblite.interface


def _prefer_fast_blas() -> None:
    for libraries in (_mkl(), _torch()):
        if libraries and all(map(_loads, libraries)):
            _logger.debug("tblite computes with %s", libraries[-1])
            return
    _logger.debug("tblite computes with its own BLAS")


def _mkl() -> list[Path]:
    """MKL of the package of that name, on one thread and with 32-bit integers."""
    os.environ.setdefault("MKL_THREADING_LAYER", "SEQUENTIAL")
    os.environ.setdefault("MKL_INTERFACE_LAYER", "LP64")
    return sorted(Path(sys.prefix, "lib").glob("libmkl_rt.so*"))[:1]


def _torch() -> list[Path]:
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return []
    return [Path(found.origin).parent / "lib" / name for name in _TORCH]


def _loads(library: Path) -> bool:
    try:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True
