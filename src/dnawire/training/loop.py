"""The training loop: steps, epochs, validation; every step boundary is a place to stop and save."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from dnawire.checkpoint import StateRegistry
from dnawire.compiled.timing import working_seconds
from dnawire.data import named_seed
from dnawire.errors import DivergedError
from dnawire.models import PackedParameters, TransportModel
from dnawire.training.average import WeightAverage
from dnawire.training.callback import Callback
from dnawire.training.distributed.group import ProcessGroup
from dnawire.training.distributed.local_batch import LocalBatch
from dnawire.training.metrics import Scores, ScoreSum
from dnawire.training.optimizer import load_optimizer, optimizer_state
from dnawire.training.order import BatchOrder
from dnawire.training.recovery import Recovery, diverged, lowered_rate
from dnawire.training.schedule import LearningRateSchedule
from dnawire.training.state import EpochRecord, RunState

logger = logging.getLogger(__name__)


@dataclass
class Trainer:
    """One run: everything that changes from step to step, and what it is trained on."""

    model: TransportModel
    packed: PackedParameters
    optimizer: torch.optim.Optimizer
    schedule: LearningRateSchedule
    order: BatchOrder
    validation: Sequence[LocalBatch]
    state: RunState
    seed: int
    gradient_clip: float
    accumulate_batches: int
    """Number of batches in a step."""
    average: WeightAverage | None
    """Is validated, and becomes the best model, in place of the trained one."""
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
    def validated_model(self) -> TransportModel:
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

    def fit(self, num_epochs: int, callback: Callback) -> bool:
        """Train until ``num_epochs`` epochs are complete; return whether they are.

        If the callback stops it, the same call goes on where it was.

        Raises
        ------
        DivergedError
            If something is not finite and no rollback is left.
        """
        if self.state.epoch >= num_epochs:
            return True
        if callback.before_start():
            return False
        self.recovery.begin()
        while self.state.epoch < num_epochs:
            try:
                if not self._finish_epoch(callback):
                    return False
            except DivergedError as error:
                self._roll_back(error)
                callback.after_rollback()
        return True

    def _finish_epoch(self, callback: Callback) -> bool:
        """Do what remains of the epoch; return whether the run goes on."""
        if not self.finish_batches(callback):
            return False
        start = working_seconds()
        validated = self._validate(callback)
        self.state.epoch_seconds += working_seconds() - start
        if validated is None:
            return False
        if not math.isfinite(validated[0]):
            raise diverged(f"the validation loss is {validated[0]}", self.state)
        record = self._record(*validated)
        self.schedule.validated(record.val_loss)
        good = self.recovery.verified_copy()
        self.state.finish_epoch(record, self.validated_model)
        self.recovery.mark(good)
        return not callback.after_epoch(record)

    def _roll_back(self, error: DivergedError) -> None:
        """Retry the epoch without the step that failed, if one did and it is not the only one."""
        state, batches = self.state, self.order.batches_per_epoch
        steps = -(-batches // self.accumulate_batches) - len(state.skipped)
        skipped = [state.batch] if state.batch < batches and steps > 1 else []
        self.recovery.roll_back(error, skipped)

    def finish_batches(self, callback: Callback) -> bool:
        """Train on the remaining batches of the epoch; return whether all are done."""
        state = self.state
        cuts = self.order.epoch(state.epoch)
        self.model.train()
        while state.batch < len(cuts):
            start = working_seconds()
            taken = cuts[state.batch : state.batch + self.accumulate_batches]
            if state.batch not in state.skipped:
                self.step([self.order.batch(cut) for cut in taken])
            state.batch += len(taken)
            state.epoch_seconds += working_seconds() - start
            if callback.after_batch():
                return False
        return True

    def step(self, batches: Sequence[LocalBatch]) -> None:
        """Take one optimizer step on what this process computes of one or more batches.

        Raises
        ------
        DivergedError
            If the loss or its gradient is not finite; the weights are as they were.
        """
        state, count = self.state, sum(local.global_size for local in batches)
        first = state.epoch * self.order.batches_per_epoch + state.batch
        self.packed.zero_gradients()
        value = 0.0
        for number, local in enumerate(batches, first):
            seed = named_seed(self.seed, "dropout", number)
            self.model.dropout.seed(seed, self.device, local.others)
            loss = local.loss_of(local.predict(self.model))
            weight = local.global_size / count
            loss.backward(torch.full_like(loss, weight))
            value += weight * loss.item()
        value = self.group.all_reduce(self.packed.gather_gradients(), value)
        norm = self.packed.clip_gradients(self.gradient_clip)
        if not (math.isfinite(value) and math.isfinite(norm)):
            problem = f"the loss is {value} and its gradient has norm {norm}"
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
        model = self.validated_model.eval()
        with torch.no_grad():
            for local in self.validation:
                prediction = local.predict(model)
                scores.add(prediction.known(), local.batch.spectra.known())
                total += local.loss_of(prediction).item() * local.global_size
                count += local.global_size
                if callback.after_batch():
                    return None
        scores.combine(self.group.sum)
        loss = self.group.sum(torch.tensor(total, dtype=torch.float64))
        return loss.item() / count, scores.result()

    def _record(self, val_loss: float, scores: Scores) -> EpochRecord:
        state = self.state
        return EpochRecord(
            epoch=state.epoch + 1,
            train_loss=state.loss_sum / state.loss_count,
            val_loss=val_loss,
            val_scores=scores,
            learning_rate=self.schedule.rate / self.model.rate_factor * state.rate_share,
            seconds=state.epoch_seconds,
            rollbacks=len(state.rollbacks),
        )
