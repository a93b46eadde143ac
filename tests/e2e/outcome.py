"""What a run leaves behind, for comparisons in which every bit counts but those of the clock."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Final

import torch
from harness import CHECKPOINTS

from dnawire.checkpoint import load_checkpoint
from dnawire.data import read_dataset

CLOCK: Final = {"timestamp", "seconds", "epoch_seconds", "eta_seconds", "starts", "lock", "job"}
"""All that may differ between two equal runs, by name: times, and who started them how often."""


def outcome(folder: Path, model: str) -> dict[str, Any]:
    """Everything that a finished run with checkpoints has stored."""
    checkpoints = folder / CHECKPOINTS
    return {
        "latest": state(checkpoints / "checkpoint_latest.pth"),
        "best": state(checkpoints / "checkpoint_best.pth"),
        "progress": without_clock(json.loads((checkpoints / "training_progress.json").read_text())),
        **results(folder, model),
    }


def results(folder: Path, model: str) -> dict[str, Any]:
    """Everything that a finished run, with checkpoints or without, leaves in its outputs."""
    output = folder / "outputs" / model
    texts = ("scores.csv", "splits.json", "config.yaml", "run.json", "model/config.json")
    files = ("test_reference.h5", "test_predicted.h5")
    return {
        **{name: (output / name).read_text() for name in texts},
        **{name: read_dataset(output / name).digest for name in files},
        "metrics": metrics(output / "metrics.csv"),
        "weights": (output / "model/model.safetensors").read_bytes(),
    }


def state(path: Path) -> dict[str, Any]:
    """Content of a verified checkpoint."""
    payload = load_checkpoint(path).payload
    # The digest of all values that are no tensors covers the clock as well.
    del payload["manifest"]["values"]
    return dict(without_clock(payload))


def parts_of(payload: dict[str, Any]) -> dict[str, Any]:
    """State of a checkpoint by part, as the registry of a run names them."""
    return {
        "model": payload["model_state_dict"],
        "optimizer": payload["optimizer_state_dict"],
        **payload["resume"]["state"],
    }


def metrics(path: Path) -> list[dict[str, str]]:
    """Rows of ``metrics.csv``."""
    with path.open(newline="") as file:
        return [without_clock(row) for row in csv.DictReader(file)]


def without_clock(value: Any) -> Any:  # noqa: ANN401
    """Copy of a nested value without what the clock has put there."""
    if isinstance(value, dict):
        return {key: without_clock(item) for key, item in value.items() if key not in CLOCK}
    if isinstance(value, list | tuple):
        return type(value)(without_clock(item) for item in value)
    return value


def assert_identical(one: Any, other: Any, *, place: str = "") -> None:  # noqa: ANN401
    """Fail, naming the place, unless two nested values are equal to the last bit."""
    assert type(one) is type(other), place
    if isinstance(one, dict):
        assert list(one) == list(other), place
        for key in one:
            assert_identical(one[key], other[key], place=f"{place}/{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), place
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_identical(*pair, place=f"{place}/{number}")
    elif isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype, place
        assert torch.equal(one, other), place
    else:
        # A score that is not known is NaN, which alone is not itself.
        assert one == other or (one != one and other != other), place
