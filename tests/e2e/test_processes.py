"""Several processes train one model, stop together, and go on exactly after the loss of any."""

from __future__ import annotations

import itertools
import os
import resource
import signal
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, SIGUSR1
from typing import Any, NamedTuple

import pytest
import torch
from groups import as_process, finish_together, run_each, run_together
from harness import (
    CHECKPOINTS,
    MODELS,
    SMALL_MODEL,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    VALIDATION,
    Ended,
    TrainingProcess,
    assert_refused,
    drawing,
    finish,
    prepared,
    raise_at,
    real_command,
)
from outcome import assert_identical, outcome
from torch.optim.optimizer import register_optimizer_step_post_hook

from dnawire.checkpoint import load_checkpoint
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_INTERRUPTED,
    EXIT_IO_ERROR,
    EXIT_LOCKED,
    EXIT_LOST_PROCESS,
    EXIT_NOT_FOUND,
    EXIT_STOPPED,
    EXIT_USAGE,
    LostProcessError,
    NotWritableError,
)
from dnawire.runs.checkpointing import CheckpointCallback
from dnawire.training.state import EpochRecord

EPOCHS = 4
SAFE = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_frequency", "1")
SAFE = (*SAFE, "--checkpoint_dir", CHECKPOINTS)
PLACE = (1, 3)
"""Epochs and batches that are done at `MOMENT`."""
MOMENT = (STEP, STEPS_PER_EPOCH + 3)
ROUNDING = 1e-6
"""Largest relative difference of losses between different numbers of processes."""


def payload(folder: Path) -> dict[str, Any]:
    return dict(load_checkpoint(folder / CHECKPOINTS / "checkpoint_latest.pth").payload)


def place_of(folder: Path) -> tuple[int, int]:
    state = payload(folder)["resume"]["state"]["run"]
    return state["epoch"], state["batch"]


def assert_equal_but_for_rounding(one: Path, other: Path) -> None:
    first, second = payload(one), payload(other)
    for name in ("train_losses", "val_losses"):
        assert first[name] == pytest.approx(second[name], rel=ROUNDING)
        assert len(first[name]) == EPOCHS
    for name, value in first["model_state_dict"].items():
        torch.testing.assert_close(value, second["model_state_dict"][name], rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two processes without any interruption."""
    folder = tmp_path_factory.mktemp("peace")
    assert "2 process(es)" in finish_together(folder, 2, *SAFE)
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run of one process."""
    folder = tmp_path_factory.mktemp("alone")
    finish(folder, *SAFE)
    return folder


def test_two_processes_find_what_one_finds(in_peace: Path, alone: Path) -> None:
    """Dropout included; the smallest batch has one record, so that one process has nothing."""
    assert_equal_but_for_rounding(in_peace, alone)
    assert payload(in_peace)["resume"]["environment"]["processes"] == 2


@pytest.mark.parametrize("killed", [0, 1], ids=["rank 0", "rank 1"])
def test_after_a_kill_the_others_end_and_the_run_goes_on_exactly(
    tmp_path: Path, in_peace: Path, killed: int
) -> None:
    ends = run_together(tmp_path, 2, *SAFE, actions={killed: raise_at(*MOMENT, SIGKILL)})
    assert ends[killed].exit_code == -SIGKILL
    assert ends[1 - killed].exit_code == EXIT_LOST_PROCESS, ends
    if killed:
        assert_refused(ends[0], EXIT_LOST_PROCESS, "another process of this run has ended")
    # Rank 0, if it survives, saves the last step that all have taken.
    assert place_of(tmp_path) == ((1, 0) if killed == 0 else (1, 3))
    finish_together(tmp_path, 2, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), outcome(in_peace, "standard"))


@pytest.mark.parametrize(
    ("number", "reached", "exit_code"),
    [(SIGTERM, 1, EXIT_STOPPED), (SIGINT, 1, EXIT_INTERRUPTED), (SIGUSR1, 0, EXIT_STOPPED)],
)
def test_a_signal_to_one_process_stops_all_at_the_same_step(
    tmp_path: Path, in_peace: Path, number: signal.Signals, reached: int, exit_code: int
) -> None:
    ends = run_together(tmp_path, 2, *SAFE, actions={reached: raise_at(*MOMENT, number)})
    assert [ended.exit_code for ended in ends] == [exit_code, exit_code], ends
    assert f"stopped by {number.name} after 1 epochs and 3 of 7 batches" in ends[0].messages
    assert not ends[1].messages
    assert place_of(tmp_path) == PLACE
    finish_together(tmp_path, 2, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), outcome(in_peace, "standard"))


class LosingCallback(CheckpointCallback):
    """The callback of a run that loses another process when its third epoch is done."""

    def after_epoch(self, record: EpochRecord) -> bool:
        if record.epoch == 3:
            raise LostProcessError("another process has ended", "start again")
        return super().after_epoch(record)


def lose_a_process_after_the_third_epoch(flags: tuple[str, ...]) -> int:
    with prepared(flags) as (run, callback):
        run.callback = LosingCallback(**vars(callback))
        with pytest.raises(LostProcessError):
            run.fit()
    return 0


def test_the_best_epoch_is_kept_when_a_process_is_lost_right_after_it(
    tmp_path: Path, alone: Path
) -> None:
    ended = TrainingProcess(tmp_path, *SAFE, command=lose_a_process_after_the_third_epoch).end()
    assert ended.exit_code == 0, ended.messages
    assert payload(tmp_path)["resume"]["state"]["run"]["best_epoch"] == 3
    assert load_checkpoint(tmp_path / CHECKPOINTS / "checkpoint_best.pth").payload["epoch"] == 3
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), outcome(alone, "standard"))


class Miscompute(NamedTuple):
    """What a process does to its weights after a step, as broken hardware might."""

    step: int

    def __call__(self, flags: tuple[str, ...]) -> int:
        steps = itertools.count(1)

        def disturb(optimizer: torch.optim.Optimizer, *_: object) -> None:
            if next(steps) == self.step:
                weights = optimizer.param_groups[0]["params"][0]
                weights.data.view(-1)[0] += 1e-3

        register_optimizer_step_post_hook(disturb)
        return real_command(flags)


def test_processes_whose_weights_differ_end_the_run_at_the_epoch(tmp_path: Path) -> None:
    first, other = run_each(tmp_path, [SAFE, SAFE], commands={1: Miscompute(STEPS_PER_EPOCH + 2)})
    assert_refused(first, EXIT_LOST_PROCESS, "the weights of process 1 are not those of process 0")
    assert other == Ended(EXIT_LOST_PROCESS, "")
    assert place_of(tmp_path) == (1, 0)


def fail_to_save_when_asked_to_stop(moment: str, count: int) -> None:
    """Refuse every file from the step at which a request to stop comes."""
    if (moment, count) == MOMENT:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        os.kill(os.getpid(), SIGTERM)


def test_a_lead_that_cannot_save_at_a_stop_ends_all_alike(tmp_path: Path) -> None:
    first, other = run_together(tmp_path, 2, *SAFE, actions={0: fail_to_save_when_asked_to_stop})
    assert_refused(first, EXIT_IO_ERROR, "Failed to save checkpoint")
    assert other == Ended(EXIT_IO_ERROR, "")


def results_that_cannot_be_written(flags: tuple[str, ...]) -> int:
    def draw(folder: Path) -> None:
        raise NotWritableError("no figures", "mend the disk")

    return drawing(flags, draw)


def test_a_lead_that_cannot_write_its_results_ends_all_alike(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "1")
    ends = run_each(tmp_path, [flags, flags], command=results_that_cannot_be_written)
    assert "no figures" in ends[0].messages
    assert ends[1] == Ended(EXIT_CANNOT_WRITE, "")


def test_the_most_urgent_of_several_requests_decides(tmp_path: Path, in_peace: Path) -> None:
    actions = {0: raise_at(VALIDATION, 1, SIGUSR1), 1: raise_at(VALIDATION, 1, SIGINT)}
    ends = run_together(tmp_path, 2, *SAFE, actions=actions)
    assert [ended.exit_code for ended in ends] == [EXIT_INTERRUPTED] * 2, ends
    finish_together(tmp_path, 2, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), outcome(in_peace, "standard"))


def test_the_number_of_processes_may_change_on_the_way(tmp_path: Path, alone: Path) -> None:
    stop = {0: raise_at(*MOMENT, SIGTERM)}
    assert run_together(tmp_path, 2, *SAFE, actions=stop)[0].exit_code == EXIT_STOPPED
    ended = TrainingProcess(tmp_path, *SAFE, action=raise_at(*MOMENT, SIGTERM)).end()
    assert ended.exit_code == EXIT_STOPPED
    assert "not bit-exact, the environment differs: processes: 2 -> 1" in ended.messages
    messages = finish_together(tmp_path, 2, *SAFE)
    assert "not bit-exact, the environment differs: processes: 1 -> 2" in messages
    assert_equal_but_for_rounding(tmp_path, alone)


def test_an_error_of_the_lead_ends_all_with_one_message(tmp_path: Path) -> None:
    lost = run_together(tmp_path, 2, *SAFE, "--resume_from", "missing.pth")
    assert_refused(lost[0], EXIT_NOT_FOUND, "missing.pth")
    assert lost[1] == Ended(EXIT_NOT_FOUND, "")


def test_an_error_of_another_process_is_told_by_that_one(tmp_path: Path) -> None:
    first, other = run_each(tmp_path, [SAFE, (*SMALL_MODEL, "--data", "missing.h5")])
    assert_refused(other, EXIT_NOT_FOUND, "missing.h5")
    assert first.exit_code == EXIT_NOT_FOUND
    assert "error" not in first.messages


def test_a_mistake_on_the_command_line_is_told_once(tmp_path: Path) -> None:
    ends = run_together(tmp_path, 2, "--num_epoch", "3")
    assert [ended.exit_code for ended in ends] == [EXIT_USAGE] * 2
    assert "--num_epochs" in ends[0].messages
    assert not ends[1].messages


def test_processes_with_other_records_are_refused(tmp_path: Path) -> None:
    first, other = run_each(tmp_path, [SAFE, (*SAFE, "--seed", "1")])
    assert_refused(first, EXIT_LOST_PROCESS, "the records of process 1 are not those of process 0")
    assert other == Ended(EXIT_LOST_PROCESS, "")


def test_a_run_of_several_processes_takes_the_lock_once(tmp_path: Path) -> None:
    owner = TrainingProcess(tmp_path, *SAFE, action=raise_at(STEP, 1, signal.SIGSTOP))
    owner.wait_for(STEP)
    refused = run_together(tmp_path, 2, *SAFE)
    owner.send(SIGKILL)
    owner.end()
    assert_refused(refused[0], EXIT_LOCKED, "in use by another run")
    assert refused[1] == Ended(EXIT_LOCKED, "")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"RANK": "0"}, "not WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK=2 in the environment is not below WORLD_SIZE=2"),
        ({"RANK": "0", "WORLD_SIZE": "two"}, "not all numbers"),
    ],
    ids=["incomplete", "impossible", "no number"],
)
def test_an_environment_that_makes_no_sense_is_refused(
    tmp_path: Path, place: dict[str, str], words: str
) -> None:
    rest = {"LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    complete = place if len(place) == 1 else {**rest, **place}
    ended = TrainingProcess(
        tmp_path, *TINY, command=partial(as_process, complete, real_command)
    ).end()
    assert_refused(ended, EXIT_USAGE, words, "torchrun")


def test_without_checkpoints_several_processes_train_as_well(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "2")
    finish_together(tmp_path / "two", 2, *flags)
    finish(tmp_path / "one", *flags)
    tables = [(tmp_path / n / "outputs/standard/metrics.csv").read_text() for n in ("one", "two")]
    one, two = ([row.split(",")[1:6] for row in table.splitlines()[1:]] for table in tables)
    assert len(one) == 2
    for row, other in zip(one, two, strict=True):
        assert list(map(float, row)) == pytest.approx(list(map(float, other)), rel=ROUNDING)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_any_process_may_be_killed_again_and_again(tmp_path: Path, model: str, size: int) -> None:
    flags = (*SAFE, "--model_type", model, "--accumulate_batches", "2", "--ema_decay", "0.9")
    for killed in range(size):
        action = raise_at(STEP, 3 + killed, SIGKILL)
        ends = run_together(tmp_path / "killed", size, *flags, actions={killed: action})
        codes = {ended.exit_code for rank, ended in enumerate(ends) if rank != killed}
        assert codes == {EXIT_LOST_PROCESS}, ends
    for name in ("killed", "peace"):
        finish_together(tmp_path / name, size, *flags)
    assert_identical(*(outcome(tmp_path / name, model) for name in ("killed", "peace")))
    finish(tmp_path / "alone", *flags)
    assert_equal_but_for_rounding(tmp_path / "peace", tmp_path / "alone")
