"""Everything of a host and its software on which the last bit of a run depends."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

import llvmlite.binding
import scipy.linalg.cython_blas  # noqa: F401 - what compiled matrix products call
from threadpoolctl import threadpool_info

import dnawire
from dnawire.checkpoint import describe_environment

_PACKAGES: Final = ("scipy", "numba", "llvmlite")


def environment_of_run(processes: int) -> dict[str, Any]:
    """Describe what can change a result in the last bit, in plain values.

    Compiled kernels are equal only for equal compilers and the same kind of processor.

    Parameters
    ----------
    processes
        Number of processes that train together.
    """
    return {
        **describe_environment(),
        **{name: version(name) for name in _PACKAGES},
        "cpu": llvmlite.binding.get_host_cpu_name(),
        "BLAS": _blas_libraries(),
        "dnawire": dnawire.__version__,
        "processes": processes,
    }


def _blas_libraries() -> str:
    """Matrix libraries beside PyTorch's own, and the processors that they chose kernels for."""
    found = {
        " ".join(str(one.get(key, "?")) for key in ("internal_api", "version", "architecture"))
        for one in threadpool_info()
        if one["user_api"] == "blas"
    }
    return ", ".join(sorted(found))
