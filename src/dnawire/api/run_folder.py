"""What a training run has left in its output folder, finished or not."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from dnawire.config import TrainConfig, read_settings
from dnawire.data import read_dataset
from dnawire.errors import NotFoundError, UnusableDataFileError
from dnawire.files.text import read_text
from dnawire.plots.training import Metrics, read_metrics
from dnawire.quantities import SCORED, column_name

_CONFIG: Final = "config.yaml"
_METRICS: Final = "metrics.csv"
_SCORES: Final = "scores.csv"
_RUN: Final = "run.json"
_TEST_RECORDS: Final = "test_reference.h5"


@dataclass(frozen=True, eq=False)
class RunFolder:
    """A training run as it lies on disk.

    Attributes
    ----------
    path
        Its output folder.
    run_id
        Digest of the records and of all settings that shape its result.
    settings
        All settings by their flat names.
    metrics
        Columns of ``metrics.csv``; None before the first epoch is complete.
    scores
        Errors of the model on the test set in decades, by quantity; None of a run under way.
    status
        ``ok``, what is no better than without training, or how far a run under way is.
    """

    path: Path
    run_id: str
    settings: Mapping[str, Any]
    metrics: Metrics | None
    scores: Mapping[str, float] | None
    status: str

    @classmethod
    def read(cls, path: Path) -> RunFolder:
        """Read what there is.

        Raises
        ------
        NotFoundError
            The folder holds no run.
        UsageError, UnusableDataFileError
            A file of the run is damaged, or of another version.
        """
        if not (path / _CONFIG).is_file():
            raise NotFoundError(
                f"no training run in {path}: {_CONFIG} is missing",
                "Give the output folder of a run, e.g. outputs/hamiltonian.",
            )
        config = TrainConfig.from_flat(read_settings(path / _CONFIG))
        metrics = _metrics(path / _METRICS)
        done = 0 if metrics is None else len(metrics["epoch"])
        scores, status = None, f"not complete: {done} of {config.optimization.num_epochs} epochs"
        if (path / _SCORES).is_file():
            scores, status = _scores(path / _SCORES)
        return cls(path, _run_id(path / _RUN), config.flat(), metrics, scores, status)

    @property
    def epochs(self) -> int:
        """Completed epochs."""
        return 0 if self.metrics is None else len(self.metrics["epoch"])

    @property
    def best(self) -> tuple[int, float] | None:
        """Epoch of the lowest validation loss, and that loss; None before there is one."""
        if self.metrics is None or not np.isfinite(self.metrics["val_loss"]).any():
            return None
        row = int(np.nanargmin(self.metrics["val_loss"]))
        return int(self.metrics["epoch"][row]), float(self.metrics["val_loss"][row])

    def test_digest(self) -> str | None:
        """Digest of what the test records are about; None where there are none yet."""
        path = self.path / _TEST_RECORDS
        return read_dataset(path).question_digest if path.is_file() else None


def _metrics(path: Path) -> Metrics | None:
    """Columns of ``metrics.csv``; None if no epoch is complete."""
    is_empty = not path.is_file() or len(_text(path).splitlines()) < 2
    return None if is_empty else read_metrics(path)


def _scores(path: Path) -> tuple[dict[str, float], str]:
    """Errors of the model, whose row is the first, and what they are worth."""
    try:
        row = next(csv.DictReader(_text(path).splitlines()))
        columns = {one.name: column_name(f"{one.name}_mae", one.scale_unit) for one in SCORED}
        return {name: float(row[column]) for name, column in columns.items()}, row["status"]
    except (StopIteration, KeyError, ValueError, TypeError) as error:
        raise _unusable(path, f"it holds no scores: {error!r}") from error


def _run_id(path: Path) -> str:
    try:
        return str(json.loads(_text(path))["run_id"])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise _unusable(path, f"it names no run: {error!r}") from error


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{path}: {problem}.", "repeat the command of the run: it writes the file again."
    )
