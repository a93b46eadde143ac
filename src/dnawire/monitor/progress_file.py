"""Reads the progress file of a run, whoever wrote it and however long ago."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dnawire.checkpoint import REAL
from dnawire.monitor.names import PROGRESS_NAME

LARGEST: Final = 2**20
"""Bytes above which a file is not taken for a progress file."""


class UnreadableError(Exception):
    """A file is not what its name says."""


@dataclass(frozen=True)
class ProgressFile:
    """What the file says; None for what it does not say."""

    epoch: int | None = None
    timestamp: float | None = None
    status: str | None = None
    detail: str | None = None
    num_epochs: int | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    learning_rate: float | None = None
    epoch_seconds: float | None = None
    eta_seconds: float | None = None
    checkpoint_epoch: int | None = None
    starts: int | None = None
    lock: int | None = None


def read_progress(folder: Path) -> ProgressFile | None:
    """Read ``training_progress.json`` of a folder; None if there is none.

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


def _checked(values: Any) -> ProgressFile:  # noqa: ANN401
    if not isinstance(values, dict):
        raise UnreadableError(f"{PROGRESS_NAME} is not a JSON object")
    epoch = _integer(values, "epoch")
    if epoch is None:
        raise UnreadableError(f"{PROGRESS_NAME} has no epoch")
    settings = values.get("args")
    if "num_epochs" not in values and isinstance(settings, dict):
        values["num_epochs"] = settings.get("num_epochs")
    return ProgressFile(
        epoch=epoch,
        num_epochs=_integer(values, "num_epochs"),
        checkpoint_epoch=_integer(values, "checkpoint_epoch"),
        starts=_integer(values, "starts"),
        lock=_integer(values, "lock"),
        status=_text(values, "status"),
        detail=_text(values, "detail"),
        **{name: _real(values, name) for name in _REALS},
    )


_REALS: Final = (
    "timestamp",
    "train_loss",
    "val_loss",
    "learning_rate",
    "epoch_seconds",
    "eta_seconds",
)


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
