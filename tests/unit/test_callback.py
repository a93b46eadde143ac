"""Callbacks are asked at every boundary, and any of them stops the training, which can go on."""

from __future__ import annotations

import torch

from dnawire.config import TrainConfig
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset
from dnawire.training import Callback, Callbacks, EpochRecord, RunState, Trainer

CPU = torch.device("cpu")
FEW = {"num_samples": 40, "seq_length": 4, "num_energy_points": 5, "hidden_dim": 16}


class Recorder(Callback):
    """Writes down what it is asked, and says stop at one kind of boundary."""

    def __init__(self, stop_at: str = "") -> None:
        self.asked: list[str] = []
        self._stop_at = stop_at

    def _ask(self, boundary: str) -> bool:
        self.asked.append(boundary)
        return boundary == self._stop_at

    def before_start(self) -> bool:
        return self._ask("start")

    def after_batch(self) -> bool:
        return self._ask("batch")

    def after_epoch(self, record: EpochRecord) -> bool:
        return self._ask(f"epoch {record.epoch}")

    def after_rollback(self) -> None:
        self._ask("rollback")


def trainer() -> Trainer:
    config = TrainConfig.from_flat(FEW)
    return build_trainer(config, prepare_data(config, prepare_dataset(config), CPU), CPU)


def test_all_callbacks_are_asked_although_the_first_stops_the_run() -> None:
    first, second = Recorder(stop_at="batch"), Recorder()
    both = Callbacks(first, second)
    record = EpochRecord(1, 1.0, 1.0, {"transmission": 1.0, "dos": 1.0}, 1e-3, 1.0)
    assert (both.before_start(), both.after_batch(), both.after_epoch(record)) == (
        False,
        True,
        False,
    )
    both.after_rollback()
    assert first.asked == second.asked == ["start", "batch", "epoch 1", "rollback"]


def test_a_training_that_a_callback_stopped_goes_on_where_it_was() -> None:
    stopped, whole = trainer(), trainer()
    assert not stopped.fit(3, Recorder(stop_at="start"))
    assert stopped.state.step == 0
    assert not stopped.fit(3, Recorder(stop_at="epoch 1"))
    assert not stopped.fit(3, Recorder(stop_at="batch"))
    assert (stopped.state.epoch, stopped.state.batch) == (1, 1)
    assert stopped.fit(3, Recorder())
    assert whole.fit(3, Callback())
    assert stopped.packed.digest() == whole.packed.digest()
    complete = Recorder()
    assert stopped.fit(3, complete)
    assert complete.asked == []


def test_skipped_batches_have_the_key_that_earlier_versions_wrote() -> None:
    saved = RunState(skipped=[4]).state_dict()
    assert saved["left_out"] == [4]
    state = RunState()
    state.load_state_dict(saved)
    assert state.skipped == [4]
