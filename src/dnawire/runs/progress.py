"""The light files that tell how a run is doing; written whole and renamed, so never torn."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dnawire.checkpoint import replace_atomically
from dnawire.monitor import PROGRESS_NAME, STATUS_NAME
from dnawire.quantities import SCORED
from dnawire.training.state import EpochRecord


@dataclass(frozen=True)
class Progress:
    """What the light files say."""

    epoch: int
    num_epochs: int
    train_loss: float
    val_loss: float
    status: str
    """running, stopped, finished, diverged, not saved or results not written."""
    checkpoint_epoch: int
    """Completed epochs in the latest checkpoint."""
    eta_seconds: float | None
    args: Mapping[str, Any]
    learning_rate: float | None
    """After the last epoch."""
    epoch_seconds: float | None
    """Mean wall time of an epoch of late."""
    starts: int
    """How often the run was started."""
    lock: int
    """Number of the lock file of the process that says this."""
    detail: str = ""
    """What went wrong, if anything did."""
    rollbacks: Sequence[str] = ()
    """Why the run went back to the start of an epoch, each time that it did."""


def write_progress(
    directory: Path, progress: Progress, now: datetime, permit: Callable[[], None]
) -> None:
    """Write ``training_progress.json`` and ``training_status.txt`` if ``permit`` does not raise.

    ``epoch`` is the number of completed epochs in both. Losses that are not finite are ``null`` in
    the JSON file, which has no word for them.
    """
    values = {
        "epoch": progress.epoch,
        "train_loss": _finite(progress.train_loss),
        "val_loss": _finite(progress.val_loss),
        "timestamp": now.timestamp(),
        "args": dict(progress.args),
        "schema": 2,
        "status": progress.status,
        "detail": progress.detail,
        "num_epochs": progress.num_epochs,
        "checkpoint_epoch": progress.checkpoint_epoch,
        "eta_seconds": progress.eta_seconds,
        "learning_rate": progress.learning_rate,
        "epoch_seconds": progress.epoch_seconds,
        "starts": progress.starts,
        "lock": progress.lock,
        "rollbacks": len(progress.rollbacks),
    }
    text = json.dumps(values, indent=2, allow_nan=False) + "\n"
    replace_atomically(directory / PROGRESS_NAME, text.encode(), permit=permit)
    replace_atomically(directory / STATUS_NAME, _status(progress, now).encode(), permit=permit)


def _status(progress: Progress, now: datetime) -> str:
    lines = [
        f"Epoch: {progress.epoch}",
        f"Train Loss: {progress.train_loss:.4f}",
        f"Val Loss: {progress.val_loss:.4f}",
        f"Last Update: {now.strftime('%Y-%m-%d %H:%M:%S')}",
        f"Status: {progress.status}" + (f" ({progress.detail})" if progress.detail else ""),
        f"Total Epochs: {progress.num_epochs}",
        f"Checkpoint Epoch: {progress.checkpoint_epoch}",
    ]
    if progress.rollbacks:
        lines.append(f"Rollbacks: {len(progress.rollbacks)} ({progress.rollbacks[-1]})")
    if progress.eta_seconds is not None:
        lines.append(f"Time Left: {duration(progress.eta_seconds)}")
    return "\n".join(lines) + "\n"


def epoch_line(record: EpochRecord, num_epochs: int, seconds_left: float, is_best: bool) -> str:
    """One plain line for a log: errors are in decades."""
    width = len(str(num_epochs))
    symbols = {one.name: one.scale_label.replace("log10", "log") for one in SCORED}
    errors = [f"|d{symbol}| {record.val_scores[name]:.4f}" for name, symbol in symbols.items()]
    return (
        f"epoch {record.epoch:{width}d}/{num_epochs}"
        f"  loss {record.train_loss:.2e}  val {record.val_loss:.2e}"
        f"  {'  '.join(errors)}"
        f"  lr {record.learning_rate:.1e}  {record.seconds:.2f} s"
        f"  left {duration(seconds_left)}{'  best' if is_best else ''}"
    )


def seconds_left(history: list[EpochRecord], num_epochs: int) -> float:
    """Expected time to the end, from the epochs of late."""
    return (num_epochs - len(history)) * epoch_seconds(history)


def epoch_seconds(history: list[EpochRecord]) -> float:
    """Median wall time of the last ten epochs; the first one compiles the kernels."""
    return statistics.median(record.seconds for record in history[-10:])


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, e.g. ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
