"""Training without an output folder, and results that are computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import scipy.linalg.cython_blas  # noqa: F401 - what compiled matrix products call, to be limited
import torch
from threadpoolctl import threadpool_limits

from dnawire import __version__
from dnawire.config import TrainConfig
from dnawire.models import TransportModel
from dnawire.runs.identity import run_id
from dnawire.runs.preparation import (
    PreparedData,
    build_trainer,
    prepare_data,
    prepare_dataset,
)
from dnawire.training.callback import Callback

DEVICE = torch.device("cpu")
PROTOCOL = 1
"""To be raised when a measure changes its meaning: earlier results are then computed again."""


class Trained(NamedTuple):
    """A trained model (that of the best epoch), and what it was trained on."""

    model: TransportModel
    data: PreparedData
    best_epoch: int


def set_up_torch() -> None:
    """One thread and deterministic algorithms, as `dnawire train --num_threads 1` does."""
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    torch.use_deterministic_algorithms(True)


def prepare(config: TrainConfig) -> PreparedData:
    """Records of a configuration, split and turned into tensors."""
    return prepare_data(config, prepare_dataset(config), DEVICE)


def train(config: TrainConfig) -> Trained:
    """Train on the CPU and return the model of the best epoch in evaluation mode."""
    data = prepare(config)
    trainer = build_trainer(config, data, DEVICE)
    trainer.fit(config.optimization.num_epochs, Callback())
    trainer.model.load_state_dict(trainer.state.best_model)
    return Trained(trainer.model.eval(), data, trainer.state.best_epoch)


def digest(kind: str, config: TrainConfig, **more: object) -> str:
    """Digest of everything that a result follows from, the records included."""
    run = run_id(config, prepare_dataset(config).digest)
    shaping = {"protocol": PROTOCOL, "version": __version__, "kind": kind, "run": run, **more}
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]


def once(path: Path, wanted: str, compute: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Result of an earlier call if its digest is the same, or compute and keep it."""
    if path.is_file():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if kept["digest"] == wanted:
            return dict(kept["result"])
    result = dict(compute())
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(json.dumps({"digest": wanted, "result": result}, indent=1) + "\n")
    temporary.replace(path)
    return result
