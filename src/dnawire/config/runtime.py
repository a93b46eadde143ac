"""Settings of the machine and of the random numbers."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, Seed, Text
from dnawire.config.guard_class import MUST_MATCH


def _known_device(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", value):
        raise ValueError("auto, cpu, cuda or cuda:NUMBER")
    return value


@dataclass(frozen=True, config=GROUP, kw_only=True)
class SeedConfig(Group):
    """Settings of the random numbers."""

    seed: Annotated[Seed, MUST_MATCH] = 42
    """Seed of every draw but the split: records, initial weights, batch order, dropout."""


@dataclass(frozen=True, config=GROUP, kw_only=True)
class RuntimeConfig(SeedConfig):
    """Settings of the machine and of the random numbers."""

    device: Annotated[Text, AfterValidator(_known_device), MUST_MATCH] = "auto"
    """auto, cpu, cuda or cuda:NUMBER; auto is the CPU, for which the program is compiled, and a GPU
    is slow: it makes thousands of small calls."""

    num_threads: Annotated[int, Field(ge=1, le=1024), MUST_MATCH] = 1
    """Number of threads of PyTorch on the CPU; it shapes the last bits of the result. The products
    of this task are too small to gain from more than one."""
