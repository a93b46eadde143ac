"""The training loop: steps, epochs, validation; every step boundary is a place to stop and save."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import torch

from dnawire.checkpoint import StateRegistry
from dnawire.data import named_seed
from dnawire.errors import DivergedError
from dnawire.models import PackedParameters, TransportModel
from dnawire.training.average import WeightAverage
from dnawire.training.callback import Callback
from dnawire.training.distributed.group import ProcessGroup
from dnawire.training.distributed.share import Share
from dnawire.training.metrics import Scores, ScoreSum
from dnawire.training.optimizer import load_optimizer, optimizer_state
from dnawire.training.order import BatchOrder
from dnawire.training.recovery import Recovery, diverged, lowered_rate
from dnawire.training.schedule import Schedule
from dnawire.training.state import EpochRecord, RunState

logger = logging.getLogger(__name__)


class Report(Protocol):
    """Is told of every finished epoch."""

    def epoch(self, record: EpochRecord, *, is_best: bool) -> None:
        """Report it."""


@dataclass
class Trainer:
    """One run: everything that changes from step to step, and what it is trained on."""

    model: TransportModel
    packed: PackedParameters
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    order: BatchOrder
    validation: Sequence[Share]
    state: RunState
    seed: int
    gradient_clip: float
    accumulate_batches: int
    """Number of batches in a step."""
    average: WeightAverage | None
    """Takes the place of the model wherever it is judged or kept as the best."""
    max_rollbacks: int
    rollback_rate_factor: float
    group: ProcessGroup
    recovery: Recovery = field(init=False)

    def __post_init__(self) -> None:
        self.recovery = Recovery(
            self._parts(), self.state, self.max_rollbacks, self.rollback_rate_factor
        )

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.packed.vectors[0].device

    @property
    def judged(self) -> TransportModel:
        """The model that is validated and may become the best: the average if there is one."""
        return self.model if self.average is None else self.average.model

    def registry(self) -> StateRegistry:
        """Everything that a run needs to go on, by name."""
        registry = self._parts()
        registry.register("run", self.state)
        registry.register("epoch_start", self.recovery)
        return registry

    def _parts(self) -> StateRegistry:
        """Everything that changes from step to step but the counters."""
        registry = StateRegistry()
        packed = self.optimizer, self.packed
        registry.register("model", self.model)
        registry.register_functions(
            "optimizer", partial(optimizer_state, *packed), partial(load_optimizer, *packed)
        )
        registry.register("schedule", self.schedule)
        if self.average is not None:
            registry.register("average", self.average.model)
        return registry

    def fit(self, num_epochs: int, callback: Callback, report: Report) -> bool:
        """Train until ``num_epochs`` epochs are complete; return whether they are.

        Raises
        ------
        DivergedError
            If something is not finite and no rollback is left.
        """
        self.recovery.begin()
        while self.state.epoch < num_epochs:
            try:
                if not self._finish_epoch(callback, report):
                    return False
            except DivergedError as error:
                self._roll_back(error)
                callback.after_rollback()
        return True

    def _finish_epoch(self, callback: Callback, report: Report) -> bool:
        """Do what remains of the epoch; return whether the run goes on."""
        if not self._finish_batches(callback):
            return False
        start = time.perf_counter()
        validated = self._validate(callback)
        self.state.epoch_seconds += time.perf_counter() - start
        if validated is None:
            return False
        if not math.isfinite(validated[0]):
            raise diverged(f"the validation loss is {validated[0]}", self.state)
        record = self._record(*validated)
        self.schedule.validated(record.val_loss)
        good = self.recovery.verified_copy()
        is_best = self.state.finish_epoch(record, self.judged)
        self.recovery.mark(good)
        report.epoch(record, is_best=is_best)
        return not callback.after_epoch(record)

    def _roll_back(self, error: DivergedError) -> None:
        """Retry the epoch without the step that failed, if one did and it is not the only one."""
        state, batches = self.state, self.order.batches_per_epoch
        steps = -(-batches // self.accumulate_batches) - len(state.left_out)
        left_out = [state.batch] if state.batch < batches and steps > 1 else []
        self.recovery.roll_back(error, left_out)

    def _finish_batches(self, callback: Callback) -> bool:
        """Do the remaining batches of the epoch; return whether all are done."""
        state = self.state
        cuts = self.order.epoch(state.epoch)
        self.model.train()
        while state.batch < len(cuts):
            start = time.perf_counter()
            taken = cuts[state.batch : state.batch + self.accumulate_batches]
            if state.batch not in state.left_out:
                self._step([self.order.batch(cut) for cut in taken])
            state.batch += len(taken)
            state.epoch_seconds += time.perf_counter() - start
            if callback.after_batch():
                return False
        return True

    def _step(self, shares: Sequence[Share]) -> None:
        state, count = self.state, sum(share.records for share in shares)
        first = state.epoch * self.order.batches_per_epoch + state.batch
        self.packed.zero_gradients()
        value = 0.0
        for number, share in enumerate(shares, first):
            seed = named_seed(self.seed, "dropout", number)
            self.model.dropout.seed(seed, self.device, share.others)
            loss = share.loss_of(share.predict(self.model))
            weight = share.records / count
            loss.backward(torch.full_like(loss, weight))
            value += weight * loss.item()
        value = self.group.add(self.packed.gather_gradients(), value)
        norm = self.packed.clip_gradients(self.gradient_clip)
        if not (math.isfinite(value) and math.isfinite(norm.item())):
            problem = f"the loss is {value} and its gradient has norm {norm.item()}"
            raise diverged(problem, state)
        with lowered_rate(self.optimizer, state.rate_share):
            self.optimizer.step()
        self.schedule.step()
        if self.average is not None:
            self.average.add(self.packed)
        state.step += 1
        state.loss_sum += value * count
        state.loss_count += count

    def _validate(self, callback: Callback) -> tuple[float, Scores] | None:
        """Validation loss and scores; None if the run shall stop."""
        scores, total, count = ScoreSum(), 0.0, 0
        model = self.judged.eval()
        with torch.no_grad():
            for share in self.validation:
                prediction = share.predict(model)
                scores.add(prediction, share.part.spectra)
                total += share.loss_of(prediction).item() * share.records
                count += share.records
                if callback.after_batch():
                    return None
        scores.combine(self.group.total)
        loss = self.group.total(torch.tensor(total, dtype=torch.float64))
        return loss.item() / count, scores.result()

    def _record(self, val_loss: float, scores: Scores) -> EpochRecord:
        state = self.state
        return EpochRecord(
            epoch=state.epoch + 1,
            train_loss=state.loss_sum / state.loss_count,
            val_loss=val_loss,
            val_transmission_mae=scores.transmission,
            val_dos_mae=scores.dos,
            learning_rate=self.schedule.rate / self.model.rate_factor * state.rate_share,
            seconds=state.epoch_seconds,
            rollbacks=len(state.rollbacks),
        )
