"""How fast a run goes, and what is said of an epoch."""

from __future__ import annotations

import math
import statistics

from dnawire.monitor.progress_file import duration
from dnawire.quantities import SCORED
from dnawire.training.state import EpochRecord


def epoch_line(record: EpochRecord, num_epochs: int, seconds_left: float, is_best: bool) -> str:
    """One plain line for a log: errors are in decades."""
    width = len(str(num_epochs))
    symbols = {one.name: one.scale_label.replace("log10", "log") for one in SCORED}
    known = {name: score for name, score in record.val_scores.items() if not math.isnan(score)}
    errors = [f"  |d{symbols[name]}| {score:.4f}" for name, score in known.items()]
    return (
        f"epoch {record.epoch:{width}d}/{num_epochs}"
        f"  loss {record.train_loss:.2e}  val {record.val_loss:.2e}"
        f"{''.join(errors)}"
        f"  lr {record.learning_rate:.1e}  {record.seconds:.2f} s"
        f"  left {duration(seconds_left)}{'  best' if is_best else ''}"
    )


def seconds_left(history: list[EpochRecord], num_epochs: int) -> float:
    """Expected time to the end, from the last epochs."""
    return (num_epochs - len(history)) * epoch_seconds(history)


def epoch_seconds(history: list[EpochRecord]) -> float:
    """Median wall time of the last ten epochs."""
    return statistics.median(record.seconds for record in history[-10:])
