"""What checkpoints cost: per step, per save, and as a share of a run.

Run ``python benchmarks/checkpoint_cost.py [FOLDER]``; saves go below FOLDER (default: the present
folder), whose storage they measure. One thread; alternatives are alternated in one process. The
share of a step is taken of a step of 5 ms. Lightning is measured where it is installed.
"""

from __future__ import annotations

import io
import itertools
import logging
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from timing import Timing, alternate

from dnawire.checkpoint import SaveInterval
from dnawire.cluster import StopRequest
from dnawire.config import TrainConfig
from dnawire.runs import Run
from dnawire.runs.checkpointing import CheckpointCallback, StopCallback
from dnawire.runs.reporter import Reporter
from dnawire.training.callback import Callback, Callbacks
from dnawire.training.state import EpochRecord

STEP_MS = 5.0
HIDDEN = {"0.17 M parameters": 128, "1 M parameters": 320}
NEVER = SaveInterval(10**9, 1e9)


@dataclass
class Bench:
    """A run of which every part can be called alone."""

    run: Run
    callback: CheckpointCallback
    off: StopCallback
    """The callback of a run without checkpoints."""


def open_bench(stack: ExitStack, place: Path, **settings: object) -> Bench:
    """Prepare a run of the real parts in a folder of its own."""
    place = place / "-".join(str(value) for value in settings.values())
    values = {"checkpoint_dir": place / "checkpoints", "output_dir": place / "outputs", **settings}
    run = stack.enter_context(Run(TrainConfig.from_flat({"time_limit": "1000000000", **values})))
    run.prepare()
    assert isinstance(run.callback, CheckpointCallback)
    epochs, output_lock = run.callback.num_epochs, run.callback.locks[-1]
    return Bench(run, run.callback, StopCallback(StopRequest(), epochs, [output_lock]))


def per_step(place: Path) -> None:
    """The call at a step boundary, alone and in the loop, with checkpoints and without."""
    with ExitStack() as stack:
        bench = open_bench(stack, place, model_type="standard", num_samples=400)
        bench.callback.schedule = NEVER
        calls: Mapping[str, Callable[[], object]] = {
            "off": bench.off.after_batch,
            "on": bench.callback.after_batch,
        }
        alone = alternate(calls, 9, {"on": 20_000, "off": 20_000})
        steps = bench.run.trainer.order.batches_per_epoch
        loops = {
            "off": lambda: steps_of_an_epoch(bench, bench.off),
            "on": lambda: steps_of_an_epoch(bench, bench.callback),
        }
        whole = alternate(loops, 41, {"on": 1, "off": 1})
    microseconds = 1e3 * (alone["on"].median - alone["off"].median)
    print(f"step boundary, on minus off: {microseconds:.2f} us of CPU", end="")
    print(f" = {0.1 * microseconds / STEP_MS:.3f} % of a step of {STEP_MS:g} ms (goal 0.5 %)")
    for name, timing in whole.items():
        print(f"  a whole step, checkpoints {name:3}: {text(scaled(timing, 1 / steps))} of CPU")


def steps_of_an_epoch(bench: Bench, callback: Callback) -> None:
    """All steps of an epoch, again and again the same epoch."""
    bench.run.trainer.state.batch = 0
    bench.run.trainer.finish_batches(callback)


def per_save(place: Path) -> None:
    """One save beside others of the same state, and the light files of an epoch."""
    for label, hidden in HIDDEN.items():
        with ExitStack() as stack:
            settings = {"model_type": "standard", "hidden_dim": hidden, "num_samples": 100}
            bench = open_bench(stack, place, **settings)
            train(bench, 1, bench.off)
            calls = saves(bench, place / f"others-{hidden}")
            wall, processor = both_times(calls, 15)
            size = bench.callback.store.latest.stat().st_size
            weights = sum(value.numel() for value in bench.run.trainer.model.parameters())
        print(f"{label} ({weights} in the model), checkpoint of {size / 1e6:.2f} MB:")
        for name in calls:
            print(f"  {name:44} wall {text(wall[name])}   CPU {text(processor[name])}")


def saves(bench: Bench, place: Path) -> dict[str, Callable[[], object]]:
    """Each way to save the state."""
    place.mkdir()
    numbers = itertools.count()

    def plain() -> None:
        torch.save(bench.callback.payload(), place / "plain.pth")

    def synchronized() -> None:
        with (place / "synchronized.pth").open("wb") as file:
            torch.save(bench.callback.payload(), file)
            file.flush()
            os.fsync(file.fileno())

    calls: dict[str, Callable[[], object]] = {
        "dnawire: durable, read back, 2 generations": bench.callback.save,
        "torch.save": plain,
        "torch.save and fsync": synchronized,
        "dnawire: light files of an epoch": lambda: bench.callback.report("running"),
    }
    save = lightning_save(bench.run.trainer.model)
    if save is not None:
        calls["Lightning: Trainer.save_checkpoint"] = lambda: save(
            place / f"lightning-{next(numbers) % 2}.ckpt"
        )
    return calls


def lightning_save(model: torch.nn.Module) -> Callable[[Path], None] | None:
    """Lightning's way to save weights and optimizer of a network of the same size."""
    if find_spec("lightning") is None:
        print("(Lightning is not installed: left out)")
        return None
    warnings.simplefilter("ignore")
    with redirect_stderr(io.StringIO()):
        from lightning.pytorch import LightningModule, Trainer

    class Same(LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            values = [torch.nn.Parameter(value.detach().clone()) for value in model.parameters()]
            self.values = torch.nn.ParameterList(values)

        def training_step(self, batch: torch.Tensor) -> torch.Tensor:
            total: torch.Tensor = sum(value.sum() for value in self.values) * batch.mean()
            return total

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters())

    for name in ("lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    quiet: dict[str, Any] = {**off, "enable_model_summary": False, "accelerator": "cpu"}
    trainer = Trainer(max_steps=1, **quiet)
    one_row: Any = torch.ones(2, 1)
    trainer.fit(Same(), torch.utils.data.DataLoader(one_row))
    save: Callable[[Path], None] = trainer.save_checkpoint
    return save


@dataclass
class Timed(Callback):
    """A callback whose time is counted."""

    callback: Callback
    seconds: float = 0.0
    processor: float = 0.0

    def before_start(self) -> bool:
        """Pass on."""
        return self.callback.before_start()

    def after_batch(self) -> bool:
        """Pass on."""
        return self._timed(self.callback.after_batch)

    def after_epoch(self, record: EpochRecord) -> bool:
        """Pass on."""
        return self._timed(lambda: self.callback.after_epoch(record))

    def after_rollback(self) -> None:
        """Pass on."""
        self.callback.after_rollback()

    def _timed(self, call: Callable[[], bool]) -> bool:
        start, processor = time.perf_counter(), time.thread_time()
        stops = call()
        self.seconds += time.perf_counter() - start
        self.processor += time.thread_time() - processor
        return stops


def share_of_a_run(place: Path, frequency: int | None, epochs: int = 30) -> None:
    """The part of the time of a real run, at the default size, that its callback takes."""
    with ExitStack() as stack:
        settings = {"model_type": "standard", "checkpoint_frequency": frequency}
        bench = open_bench(stack, place, **settings)
        callback = Timed(bench.callback)
        start, processor = time.perf_counter(), time.thread_time()
        train(bench, epochs, callback)
        seconds, processor = time.perf_counter() - start, time.thread_time() - processor
    cadence = "by default" if frequency is None else f"every {frequency} epoch(s)"
    print(f"{epochs} epochs of the default size, saved {cadence}; saves, light files, heartbeats:")
    print(
        f"  {callback.seconds:.3f} of {seconds:.1f} s, "
        f"{1e2 * callback.seconds / seconds:.2f} % wall"
    )
    share = 1e2 * callback.processor / processor
    print(f"  {callback.processor:.3f} of {processor:.1f} s, {share:.2f} % CPU")


def train(bench: Bench, epochs: int, callback: Callback) -> None:
    """Train by the real loop."""
    with Reporter(bench.run.outputs, bench.run.trainer.state, epochs) as reporter:
        bench.run.trainer.fit(epochs, Callbacks(reporter, callback))


def both_times(
    calls: Mapping[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, Timing], dict[str, Timing]]:
    """Milliseconds of wall and of CPU time per call, alternated; the first waits for storage."""
    wall: dict[str, list[float]] = {name: [] for name in calls}
    processor: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start, used = time.perf_counter(), time.thread_time()
            call()
            wall[name].append(1e3 * (time.perf_counter() - start))
            processor[name].append(1e3 * (time.thread_time() - used))
    return summarized(wall), summarized(processor)


def summarized(samples: Mapping[str, list[float]]) -> dict[str, Timing]:
    """Median and spread of each."""
    return {
        name: Timing(statistics.median(values), min(values), max(values))
        for name, values in samples.items()
    }


def scaled(timing: Timing, factor: float) -> Timing:
    """Times of something that happened several times in a call."""
    return Timing(*(factor * value for value in timing))


def text(timing: Timing) -> str:
    """Median and spread."""
    return f"{timing.median:8.3f} ms [{timing.low:.3f}, {timing.high:.3f}]"


if __name__ == "__main__":
    torch.set_num_threads(1)
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    with tempfile.TemporaryDirectory(dir=root) as folder:
        per_step(Path(folder) / "step")
        per_save(Path(folder) / "save")
        for every in (None, 1):
            share_of_a_run(Path(folder) / "run", every)
