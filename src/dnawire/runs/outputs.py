"""The folder that a run leaves behind; every file in it is plain and documented."""

from __future__ import annotations

import csv
import io
import itertools
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dnawire.checkpoint import DirectoryLock
from dnawire.cluster import job_runs
from dnawire.config import TrainConfig, write_yaml
from dnawire.data import TransportDataset, write_dataset
from dnawire.errors import NotWritableError
from dnawire.files.durable import append, move_away, replace_atomically, replace_durably
from dnawire.files.text import read_text
from dnawire.predictors.shortfalls import POOR_MODEL, shortfalls
from dnawire.quantities import SCORED, column_name
from dnawire.runs.events import EventFile
from dnawire.training.metrics import Scores
from dnawire.training.state import METRICS, EpochRecord

logger = logging.getLogger(__name__)

_RUN: Final = "run.json"
_RESULTS: Final = (
    _RUN,
    "config.yaml",
    "environment.json",
    "starts.jsonl",
    "splits.json",
    "metrics.csv",
    "scores.csv",
    "test_reference.h5",
    "test_predicted.h5",
    "model",
    "figures",
    "tensorboard",
)


class OutputFolder:
    """Results of one run under ``output_dir/model_name``; write them inside of `writing`."""

    def __init__(self, path: Path, *, tensorboard: bool = False) -> None:
        self.path = path
        self._events = [EventFile(path / "tensorboard")] if tensorboard else []

    def lock(self) -> DirectoryLock:
        """Ownership of the folder, to be held while a run writes to it."""
        return DirectoryLock(
            self.path, content="results", option="--output_dir or --model_name", job_runs=job_runs
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Context in which a refusal of the system becomes a `NotWritableError`.

        Whatever is written below the folder asks its owner first, see `dnawire.files.ownership`.
        """
        try:
            yield
        except OSError as error:
            raise NotWritableError(
                f"the output folder {self.path} cannot be written: {error}",
                "Choose another --output_dir, or mend its permissions or quota; with checkpoints "
                "on, the same command then goes on.",
            ) from error

    def claim(self, run_id: str) -> None:
        """Make the folder ours: results of another run are archived, never overwritten."""
        self._archive_foreign_results(run_id)
        self.path.mkdir(parents=True, exist_ok=True)
        replace_durably(self.path / _RUN, (json.dumps({"run_id": run_id}) + "\n").encode())

    def is_claimed(self, run_id: str) -> bool:
        """Whether the folder is still as `claim` left it, and was not removed since."""
        return _run_id(self.path) == run_id

    def _archive_foreign_results(self, run_id: str) -> None:
        present = [name for name in _RESULTS if (self.path / name).exists()]
        if not present or _run_id(self.path) == run_id:
            return
        numbers = itertools.count(1)
        free = next(n for n in numbers if not (self.path / f"earlier-{n}").exists())
        archive = move_away(present, self.path, f"earlier-{free}")
        logger.warning("%s held results of another run: they are now in %s", self.path, archive)

    def write_start(self, config: TrainConfig, start: dict[str, Any], epoch: int) -> int:
        """Write the configuration, add a line to the history of starts, return their number."""
        write_yaml(config, self.path / "config.yaml")
        path = self.path / "starts.jsonl"
        before = [] if config.checkpoint.fresh else _entries(path)
        entries = [*before, {"epoch": epoch, **start}]
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        replace_durably(path, text.encode())
        return len(entries)

    def write_json(self, name: str, values: dict[str, Any]) -> None:
        """Write one JSON file."""
        replace_durably(self.path / name, (json.dumps(values, indent=2) + "\n").encode())

    def write_text(self, name: str, text: str) -> None:
        """Write one text file."""
        replace_durably(self.path / name, text.encode())

    def write_metrics(self, history: list[EpochRecord]) -> None:
        """Write ``metrics.csv`` and the events anew: one row per completed epoch."""
        head = _csv_line([column_name(name, unit) for name, unit in METRICS.items()])
        rows = [_csv_line(list(record.row().values())) for record in history]
        replace_atomically(self.path / "metrics.csv", "".join([head, *rows]).encode())
        for events in self._events:
            events.rewrite(history)

    def add_metrics(self, record: EpochRecord) -> None:
        """Add one row to ``metrics.csv``, and to the events.

        Raises
        ------
        LockedError
            Another run owns the folder now.
        """
        append(self.path / "metrics.csv", _csv_line(list(record.row().values())).encode())
        for events in self._events:
            events.add(record)

    def write_scores(self, scores: dict[str, Scores]) -> None:
        """Write ``scores.csv``: errors on the test set of the model and of the baselines.

        The status of the model is ``ok``, or says what is no worse without training.
        """
        errors = [column_name(f"{one.name}_mae", one.scale_unit) for one in SCORED]
        own = next(iter(scores))
        reasons = "; ".join(shortfalls(scores))
        status = {own: f"{POOR_MODEL}: {reasons}" if reasons else "ok"}
        lines = [
            _csv_line(["predictor", *errors, "status"]),
            *(
                _csv_line([name, *score.values(), status.get(name, "")])
                for name, score in scores.items()
            ),
        ]
        replace_durably(self.path / "scores.csv", "".join(lines).encode())

    def write_test_records(self, reference: TransportDataset, predicted: TransportDataset) -> None:
        """Write the test records and what the model says of them, in the same order."""
        write_dataset(self.path / "test_reference.h5", reference, overwrite=True)
        write_dataset(self.path / "test_predicted.h5", predicted, overwrite=True)


def _run_id(folder: Path) -> str | None:
    try:
        return str(json.loads(read_text(folder / _RUN))["run_id"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _entries(path: Path) -> list[dict[str, Any]]:
    """Objects of the lines of a file; lines that a full disk or a loss of power tore are told."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    found = [entry for line in lines if isinstance(entry := _json_or_none(line), dict)]
    if len(found) < len(lines):
        logger.warning("%s: %d torn line(s) skipped", path, len(lines) - len(found))
    return found


def _json_or_none(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _csv_line(values: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()
