"""The software and hardware on which the last bit of a result depends."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def describe_environment() -> dict[str, Any]:
    """Describe what can change a result in the last bit, in plain values.

    PyTorch promises equal bits only for equal releases, devices, numbers of threads and switches.
    What else a program computes with, it adds itself.
    """
    devices = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "cpu capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
        "devices": devices,
        "threads": torch.get_num_threads(),
        "interop threads": torch.get_num_interop_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "float32 matmul precision": torch.get_float32_matmul_precision(),
        "cudnn deterministic": torch.backends.cudnn.deterministic,
        "cudnn benchmark": torch.backends.cudnn.benchmark,
        "oneDNN": torch.backends.mkldnn.is_available(),
        "MKL": torch.backends.mkl.is_available(),
    }


def compare_environments(saved: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Say what has changed since a checkpoint was made.

    What the checkpoint does not tell is not compared: an older release did not record it.

    Returns
    -------
    list of str
        One line per change, e.g. ``threads: 2 -> 1``; empty if equal bits can be expected.
    """
    return [
        f"{name}: {value} -> {current.get(name, 'unknown')}"
        for name, value in saved.items()
        if value != current.get(name, "unknown")
    ]
