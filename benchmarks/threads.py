"""Epochs with one and with two threads, on a machine that is free and on one that is busy.

Run ``python benchmarks/threads.py``: epochs of 1,600 records with validation and a durable
checkpoint; wall time, one and two threads in turn, because the work of others counts here.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# As the command does, before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import torch
from epoch import BASELINES, our_epoch
from threadpoolctl import threadpool_limits

ROUNDS = 9


def two_threads(model_type: str, folder: Path, beside: str) -> None:
    """Print one row."""
    with our_epoch(model_type, folder) as (epoch, _):
        epoch()
        walls: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            for threads, samples in walls.items():
                torch.set_num_threads(threads)
                start = time.perf_counter()
                epoch()
                samples.append(time.perf_counter() - start)
        torch.set_num_threads(1)
    one, two = (1e3 * statistics.median(samples) for samples in walls.values())
    print(f"{model_type:12} {beside:28} 1 thread {one:6.0f} ms   2 threads {two:6.0f} ms")


def work() -> None:
    """Keep a core busy."""
    while True:
        pass


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """So many processes that each keep a core busy."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


if __name__ == "__main__":
    threadpool_limits(1, user_api="blas")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        for kind in BASELINES:
            for count in (0, 1, 2):
                with busy_processes(count):
                    two_threads(kind, Path(name) / f"{kind}-{count}", f"{count} busy processes")
