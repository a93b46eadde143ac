"""Where tensors live, by the names that settings know."""

from __future__ import annotations

import logging
import re
from typing import Final

import torch

from dnawire.errors import UsageError

_logger = logging.getLogger(__name__)

_CPU: Final = ("auto", "cpu")
_GPU: Final = re.compile(r"cuda(:\d+)?")


def named_device(name: str) -> torch.device:
    """Device of a name, which exists.

    Parameters
    ----------
    name
        ``auto`` or ``cpu`` for the CPU, for which operators are compiled; ``cuda`` or
        ``cuda:NUMBER`` for a GPU, which runs their definitions.

    Raises
    ------
    UsageError
        If PyTorch sees no such GPU, or there is no such name.
    """
    if name in _CPU:
        return torch.device("cpu")
    if not _GPU.fullmatch(name):
        raise UsageError(f"device = {name!r}", "Give auto, cpu, cuda or cuda:NUMBER.")
    device, count = torch.device(name), torch.cuda.device_count()
    if (device.index or 0) >= count:
        raise UsageError(
            f"device = {name!r}, but PyTorch sees {count or 'no'} GPU{'s' * (count > 1)}",
            "Give --device cpu, or start where there is such a GPU with a build of PyTorch for it.",
        )
    _logger.warning(
        "device %s is slow: operators are compiled for the CPU alone, and a GPU runs their "
        "definitions in thousands of small calls",
        name,
    )
    return device
