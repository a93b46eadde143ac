"""What the last bit of compiled code depends on, for the record of a run."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

import llvmlite.binding
import scipy.linalg.cython_blas  # noqa: F401 - what compiled matrix products call
from threadpoolctl import threadpool_info

from dnawire.compiled.digest import kernel_digest

_PACKAGES: Final = ("scipy", "numba", "llvmlite")


def describe_compiled_code() -> dict[str, str]:
    """Describe the compilers, the processor, the kernels and the matrix libraries they call.

    Kernels give equal bits only where all of these are equal.
    """
    return {
        **{name: version(name) for name in _PACKAGES},
        "cpu": llvmlite.binding.get_host_cpu_name(),
        "kernels": kernel_digest(),
        "BLAS": _blas_libraries(),
    }


def _blas_libraries() -> str:
    """Matrix libraries beside PyTorch's own, and the processors that they chose kernels for."""
    found = {
        " ".join(str(one.get(key, "?")) for key in ("internal_api", "version", "architecture"))
        for one in threadpool_info()
        if one["user_api"] == "blas"
    }
    return ", ".join(sorted(found))
