"""The light files of a run: one for programs, which is also read here, and one for people."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dnawire.files.filesystem import REAL
from dnawire.files.rewrite import replace_or_rewrite
from dnawire.monitor.names import PROGRESS_NAME, STATUS_NAME

LARGEST: Final = 2**20
"""Bytes above which a file is not taken for a progress file."""

SCHEMA: Final = 2


class UnreadableError(Exception):
    """A file is not what its name says."""


@dataclass(frozen=True)
class Progress:
    """Content of ``training_progress.json``, in its order; None for what a file does not say."""

    epoch: int | None = None
    """Completed epochs."""
    train_loss: float | None = None
    val_loss: float | None = None
    timestamp: float | None = None
    """When this was written, in seconds since 1970."""
    args: Mapping[str, Any] = field(default_factory=dict)
    schema: int | None = None
    status: str | None = None
    """running, stopped, finished, diverged, not saved or results not written."""
    detail: str | None = None
    """What went wrong, if anything did."""
    num_epochs: int | None = None
    checkpoint_epoch: int | None = None
    """Completed epochs in the latest checkpoint."""
    eta_seconds: float | None = None
    learning_rate: float | None = None
    """After the last epoch."""
    epoch_seconds: float | None = None
    """Median wall time of the last epochs."""
    starts: int | None = None
    """How often the run was started."""
    lock: int | None = None
    """Number of the lock file of the process that says this."""
    rollbacks: int | None = None
    """How often the run went back to the start of an epoch."""


def write_progress(
    folder: Path, progress: Progress, permit: Callable[[], None], last_rollback: str = ""
) -> None:
    """Write ``training_progress.json`` and ``training_status.txt`` if ``permit`` does not raise.

    Losses that are not finite are ``null`` in the JSON file, which has no word for them.

    Parameters
    ----------
    folder
        Where to.
    progress
        What to say; the schema is added.
    permit
        Asked right before each replacement.
    last_rollback
        Why the run went back the last time.
    """
    values = asdict(progress) | {
        "train_loss": _finite(progress.train_loss),
        "val_loss": _finite(progress.val_loss),
        "schema": SCHEMA,
    }
    text = json.dumps(values, indent=2, allow_nan=False) + "\n"
    replace_or_rewrite(folder / PROGRESS_NAME, text.encode(), permit=permit)
    status = _status(progress, last_rollback)
    replace_or_rewrite(folder / STATUS_NAME, status.encode(), permit=permit)


def _status(progress: Progress, last_rollback: str) -> str:
    now = datetime.fromtimestamp(progress.timestamp or 0.0)
    lines = [
        f"Epoch: {progress.epoch}",
        f"Train Loss: {_loss(progress.train_loss)}",
        f"Val Loss: {_loss(progress.val_loss)}",
        f"Last Update: {now.strftime('%Y-%m-%d %H:%M:%S')}",
        f"Status: {progress.status}" + (f" ({progress.detail})" if progress.detail else ""),
        f"Total Epochs: {progress.num_epochs}",
        f"Checkpoint Epoch: {progress.checkpoint_epoch}",
    ]
    if progress.rollbacks:
        lines.append(f"Rollbacks: {progress.rollbacks} ({last_rollback})")
    if progress.eta_seconds is not None:
        lines.append(f"Time Left: {duration(progress.eta_seconds)}")
    return "\n".join(lines) + "\n"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, e.g. ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _loss(value: float | None) -> str:
    return f"{math.nan if value is None else value:.4f}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def read_progress(folder: Path) -> Progress | None:
    """Read ``training_progress.json`` of a folder, whoever wrote it; None if there is none.

    Raises
    ------
    UnreadableError
        The file cannot be read or is not a progress file.
    """
    path = folder / PROGRESS_NAME
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableError(f"{PROGRESS_NAME} is larger than {LARGEST} bytes")
        values = json.loads(REAL.read_bytes(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(f"{PROGRESS_NAME}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{PROGRESS_NAME} is not JSON: {error}") from error
    return _checked(values)


def _checked(values: Any) -> Progress:  # noqa: ANN401
    if not isinstance(values, dict):
        raise UnreadableError(f"{PROGRESS_NAME} is not a JSON object")
    if values.get("epoch") is None:
        raise UnreadableError(f"{PROGRESS_NAME} has no epoch")
    settings = values.get("args")
    settings = settings if isinstance(settings, dict) else {}
    # The first form of the file had no number of epochs of its own.
    values = {"num_epochs": settings.get("num_epochs"), **values}
    read: dict[str, Any] = {
        entry.name: _READERS[str(entry.type)](values, entry.name)
        for entry in fields(Progress)
        if entry.name != "args"
    }
    return Progress(args=settings, **read)


def _integer(values: dict[str, Any], name: str) -> int | None:
    value = values.get(name)
    if value is None or (type(value) is int and value >= 0):
        return value
    raise _wrong(name, value)


def _real(values: dict[str, Any], name: str) -> float | None:
    value = values.get(name)
    if value is None:
        return None
    if type(value) not in (int, float):
        raise _wrong(name, value)
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        raise _wrong(name, value) from None


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, value)


def _wrong(name: str, value: object) -> UnreadableError:
    return UnreadableError(f"{PROGRESS_NAME}: {name} is {str(value)[:40]}")


_READERS: Final[Mapping[str, Callable[[dict[str, Any], str], object]]] = {
    "int | None": _integer,
    "float | None": _real,
    "str | None": _text,
}
"""How a value of each type is read."""
