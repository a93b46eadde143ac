"""How PyTorch has to be set up for a run that is bit-exact."""

from __future__ import annotations

import os

import scipy.linalg.cython_blas  # noqa: F401 - what compiled matrix products call, to be limited
import torch
from threadpoolctl import threadpool_limits

from dnawire.config import RuntimeConfig
from dnawire.errors import UsageError
from dnawire.training.distributed import ProcessGroup


def set_up_torch(settings: RuntimeConfig, group: ProcessGroup) -> torch.device:
    """Make PyTorch deterministic, limit its threads, and return the device to compute on.

    Raises
    ------
    UsageError
        If the device is not there, or the processes would share one GPU.
    """
    # cuBLAS reads this at its first call; without it, its results depend on timing.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(settings.num_threads)
    # The matrices of a step are too small for several threads, which would wait for each other.
    threadpool_limits(1, user_api="blas")
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    device = group.device(settings.device)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device = '{device}', but PyTorch sees {torch.cuda.device_count()} GPUs here",
            "Give --device cpu or auto, or mend the installation of PyTorch.",
        )
    return device
