"""CPU time of alternatives, alternated in one process on one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch


class Timing(NamedTuple):
    """Milliseconds of CPU time per call."""

    median: float
    low: float
    high: float

    def scaled(self, factor: float) -> Timing:
        """Time of so many times the work."""
        return Timing(*(factor * value for value in self))


def alternate(
    calls: Mapping[str, Callable[[], object]], rounds: int, repeats: Mapping[str, int]
) -> dict[str, Timing]:
    """Time blocks of calls in turn, so that a drift of the machine meets all alike."""
    torch.set_num_threads(1)
    for call in calls.values():
        call()
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(repeats[name]):
                call()
            samples[name].append(1e3 * (time.process_time() - start) / repeats[name])
    return {
        name: Timing(statistics.median(values), min(values), max(values))
        for name, values in samples.items()
    }


PRODUCT_SIZE = 512


def matrix_product(kind: torch.dtype) -> Callable[[], object]:
    """Product of two square matrices: what the machine can do at best, at this moment."""
    one = torch.rand(PRODUCT_SIZE, PRODUCT_SIZE, dtype=kind)
    out = torch.empty_like(one)
    return lambda: torch.mm(one, one, out=out)


def peak(product: Timing) -> float:
    """GFLOP/s of `matrix_product`."""
    return 2e-6 * PRODUCT_SIZE**3 / product.median


def ratio_line(label: str, baseline: Timing, ours: Timing, name: str = "baseline") -> str:
    """One row: both medians, their spread and their ratio."""
    return (
        f"{label:34} {name} {baseline.median:9.3f} ms [{baseline.low:.3f}, {baseline.high:.3f}]"
        f"   dnawire {ours.median:8.3f} ms [{ours.low:.3f}, {ours.high:.3f}]"
        f"   ratio {baseline.median / ours.median:7.1f}"
    )
