"""Where a run stands: everything that the loop counts, sums and remembers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final, Self

import torch
from torch import Tensor

from dnawire.quantities import SCORE_COLUMNS, SCORED
from dnawire.training.metrics import Scores

METRICS: Final = {
    "epoch": "",
    "train_loss": "",
    "val_loss": "",
    **{SCORE_COLUMNS[quantity.name]: quantity.scale_unit for quantity in SCORED},
    "learning_rate": "",
    "seconds": "",
    "rollbacks": "",
}
"""Columns of ``metrics.csv`` and their units, where the name does not say it."""


@dataclass
class EpochRecord:
    """One finished epoch: a row of ``metrics.csv``."""

    epoch: int
    train_loss: float
    val_loss: float
    val_scores: Scores
    """Of the validation set."""
    learning_rate: float
    seconds: float
    rollbacks: int = 0
    """Of the run so far."""

    def row(self) -> dict[str, Any]:
        """Plain values by `METRICS`."""
        scores = {SCORE_COLUMNS[name]: score for name, score in self.val_scores.items()}
        values = vars(self) | scores
        return {name: values[name] for name in METRICS}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Take back what `row` returned; that of an older run may have fewer columns."""
        values = dict(row)
        scores = {name: values.pop(column, math.nan) for name, column in SCORE_COLUMNS.items()}
        return cls(**values, val_scores=scores)


@dataclass
class RunState:
    """Counters, sums and histories of a run; the state of a step boundary."""

    epoch: int = 0
    """Completed epochs."""
    batch: int = 0
    """Completed batches of the epoch under way."""
    step: int = 0
    """Completed optimizer steps."""
    loss_sum: float = 0.0
    """Sum of the losses of the epoch under way, each weighted by its number of records."""
    loss_count: int = 0
    """Number of records behind ``loss_sum``."""
    epoch_seconds: float = 0.0
    """Wall time spent in the epoch under way."""
    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    """Completed epochs of the best model; 0 before there is one."""
    best_loss: float = float("inf")
    """Validation loss of the best model."""
    best_model: dict[str, Tensor] = field(default_factory=dict)
    """Weights of the best model."""
    rollbacks: list[str] = field(default_factory=list)
    """Why the run went back to a start of an epoch, each time that it did."""
    rate_share: float = 1.0
    """Share of the scheduled learning rate that is left after all rollbacks."""
    skipped: list[int] = field(default_factory=list)
    """Batches of the epoch under way at which it diverged and which it skips."""

    @property
    def train_losses(self) -> list[float]:
        """Training loss of each completed epoch."""
        return [record.train_loss for record in self.history]

    @property
    def val_losses(self) -> list[float]:
        """Validation loss of each completed epoch."""
        return [record.val_loss for record in self.history]

    def begin_epoch(self) -> None:
        """Reset what belongs to one epoch."""
        self.batch = self.loss_count = 0
        self.loss_sum = self.epoch_seconds = 0.0
        self.skipped = []

    def finish_epoch(self, record: EpochRecord, model: torch.nn.Module) -> None:
        """Count a finished epoch, and copy the weights of its model if it is the best so far."""
        self.epoch = record.epoch
        self.history.append(record)
        if record.val_loss < self.best_loss:
            self.best_epoch, self.best_loss = record.epoch, record.val_loss
            self.best_model = {name: value.clone() for name, value in model.state_dict().items()}
        self.begin_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Plain values and tensors only."""
        state = {_saved(name): getattr(self, name) for name in self.__dataclass_fields__}
        return {**state, "history": [record.row() for record in self.history]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        for name in self.__dataclass_fields__:
            if _saved(name) in state:
                setattr(self, name, state[_saved(name)])
        self.history = [EpochRecord.from_row(row) for row in state["history"]]


def _saved(name: str) -> str:
    """Key of an attribute in checkpoints."""
    return "left_out" if name == "skipped" else name
