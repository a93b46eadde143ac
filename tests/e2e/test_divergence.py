"""A run that diverges goes back to its last good state, a few times, and never stores a bad one."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    Action,
    TrainingProcess,
    assert_refused,
    finish,
    fit,
    raise_at,
    run,
)
from outcome import assert_identical, metrics, outcome, results
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from dnawire.checkpoint import SaveInterval, load_checkpoint, not_finite
from dnawire.errors import EXIT_DIVERGED, EXIT_STOPPED
from dnawire.models import TransportModel

EPOCHS = 4
LENGTH = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_frequency", "1")
FLAGS = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
SAME_RATE = ("--rollback_rate_factor", "1")
BATCH = 4
"""Batch of the second epoch, counted from 1, at which faults are injected."""
INJECTED_STEP = STEPS_PER_EPOCH + BATCH
WILD = ("--learning_rate", "1e9", "--gradient_clip", "1e9", "--warmup_epochs", "0")
"""Diverges in the second step of an epoch, by its own doing."""
TAMED = (*WILD, "--rollback_rate_factor", "1e-21")
"""The same, but for one rollback, after which the learning rate is sound."""

_seen: Counter[str] = Counter()


class Both(NamedTuple):
    """Action: two actions."""

    first: Action
    second: Action

    def __call__(self, moment: str, count: int) -> None:
        self.first(moment, count)
        self.second(moment, count)


class Watch(NamedTuple):
    """Action: at every step, what is on disk is finite."""

    def __call__(self, moment: str, count: int) -> None:
        del count
        if moment == STEP and Path(CHECKPOINTS, "checkpoint_latest.pth").exists():
            for path in Path(CHECKPOINTS).glob("*.pth"):
                assert not_finite(load_checkpoint(path).payload) is None


class Fault(NamedTuple):
    """Action: makes one number of a process not finite, by the hooks of PyTorch."""

    place: str
    number: int = INJECTED_STEP

    def __call__(self, moment: str, count: int) -> None:
        del moment, count
        if not _seen:
            _seen["installed"] = 1
            register_module_forward_hook(self.after_forward)
            register_optimizer_step_post_hook(self.after_step)

    def is_now(self, place: str) -> bool:
        _seen[place] += 1
        return (place, _seen[place]) == (self.place, self.number)

    def after_forward(self, module: torch.nn.Module, _: object, prediction: Any) -> Any:  # noqa: ANN401
        if not isinstance(module, TransportModel):
            return None
        if self.is_now("loss" if module.training else "validation"):
            return prediction._replace(log10_dos=prediction.log10_dos * torch.nan)
        if module.training and self.is_now("gradient"):
            prediction.log10_dos.register_hook(lambda gradient: gradient * torch.inf)
        return None

    def after_step(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        parameter = optimizer.param_groups[0]["params"][-1]
        with torch.no_grad():
            if self.is_now("weights"):
                parameter[-1] = torch.nan
            if self.is_now("moments"):
                optimizer.state[parameter]["exp_avg_sq"][-1] = torch.inf


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS, *SAME_RATE)
    return outcome(folder, "standard")


def run_state(folder: Path) -> dict[str, Any]:
    payload = load_checkpoint(folder / CHECKPOINTS).payload
    state: dict[str, Any] = payload["resume"]["state"]["run"]
    return state


@pytest.mark.parametrize(
    ("place", "told", "left_out"),
    [
        ("loss", "the loss is nan", True),
        ("gradient", "its gradient has norm (nan|inf)", True),
        ("weights", "the loss is nan", True),
        ("moments", "optimizer/.* is not finite", False),
    ],
)
def test_a_number_that_is_not_finite_is_taken_back(
    tmp_path: Path, place: str, told: str, left_out: bool
) -> None:
    messages = finish(tmp_path, *FLAGS, action=Fault(place))
    pattern = rf"DIVERGED: .*{told}.*; rollback 1 of 3 to the start of epoch 2, at 0\.5 times"
    assert len(re.findall(pattern, messages)) == messages.count("DIVERGED") == 1, messages
    assert ("without batch" in messages) == left_out
    state = run_state(tmp_path)
    assert (len(state["rollbacks"]), state["rate_share"]) == (1, 0.5)
    assert state["step"] == EPOCHS * STEPS_PER_EPOCH - left_out
    rows = metrics(tmp_path / "outputs/standard/metrics.csv")
    assert [row["rollbacks"] for row in rows] == ["0", "1", "1", "1"]
    progress = json.loads((tmp_path / CHECKPOINTS / "training_progress.json").read_text())
    assert (progress["rollbacks"], progress["status"]) == (1, "finished")
    status = (tmp_path / CHECKPOINTS / "training_status.txt").read_text()
    assert re.search(rf"\nRollbacks: 1 \(.*{told}.* epoch 2\)\n", status)
    for path in (tmp_path / CHECKPOINTS).glob("*.pth"):
        assert not_finite(load_checkpoint(path).payload) is None


def without_history_of_rollbacks(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what tells of rollbacks."""
    result = deepcopy(result)
    latest, best = result["latest"], result["best"]
    for checkpoint in (latest, best):
        checkpoint["resume"]["state"]["run"]["rollbacks"] = []
        for record in checkpoint["resume"]["state"]["run"]["history"]:
            del record["rollbacks"]
    for row in result["metrics"]:
        del row["rollbacks"]
    del result["progress"]["rollbacks"]
    return result


@pytest.mark.parametrize("fault", [Fault("validation", 2), Fault("moments"), Fault("moments", 8)])
def test_a_retry_that_changes_nothing_ends_like_a_run_in_peace(
    tmp_path: Path, in_peace: dict[str, Any], fault: Fault
) -> None:
    messages = finish(tmp_path, *FLAGS, *SAME_RATE, action=fault)
    assert messages.count("DIVERGED") == 1
    ours = without_history_of_rollbacks(outcome(tmp_path, "standard"))
    assert_identical(ours, without_history_of_rollbacks(in_peace))


def test_real_divergence_is_overcome_and_takes_the_same_course_however_it_is_kept(
    tmp_path: Path,
) -> None:
    kept, bare, killed = (tmp_path / name for name in ("kept", "bare", "killed"))
    flags = (*LENGTH, *TAMED)
    messages = finish(kept, *flags, "--checkpoint_dir", CHECKPOINTS)
    assert messages.count("DIVERGED") == 1
    finish(bare, *TINY, "--num_epochs", str(EPOCHS), *TAMED)
    expected = results(kept, "standard")
    without_paths = {name: value for name, value in expected.items() if name != "config.yaml"}
    ours = results(bare, "standard")
    assert {name: ours[name] for name in ("weights", "scores.csv", "metrics")} == {
        name: without_paths[name] for name in ("weights", "scores.csv", "metrics")
    }
    keep = (*flags, "--checkpoint_dir", CHECKPOINTS)
    ended = run(killed, *keep, action=raise_at(STEP, 1, signal.SIGTERM))
    assert (ended.exit_code, "DIVERGED" in ended.messages) == (EXIT_STOPPED, False)
    for step in (1, 2, 3, STEPS_PER_EPOCH + 3):
        ended = run(killed, *keep, action=raise_at(STEP, step, signal.SIGKILL))
        assert ended.exit_code == -signal.SIGKILL, ended.messages
    finish(killed, *keep)
    assert_identical(outcome(killed, "standard"), outcome(kept, "standard"))


@pytest.mark.parametrize("kill", [1, 3, STEPS_PER_EPOCH])
def test_a_run_killed_in_the_retry_ends_as_if_it_had_not_been(tmp_path: Path, kill: int) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    finish(whole, *FLAGS, action=Fault("loss"))
    action = Both(Fault("loss"), raise_at(STEP, INJECTED_STEP - 1 + kill, signal.SIGKILL))
    assert run(killed, *FLAGS, action=action).exit_code == -signal.SIGKILL
    assert run_state(killed)["rollbacks"] == run_state(whole)["rollbacks"] != []
    assert "DIVERGED" not in finish(killed, *FLAGS)
    assert_identical(outcome(killed, "standard"), outcome(whole, "standard"))


def save_every_step(flags: tuple[str, ...]) -> int:
    """Train to the end; return the number of saves."""
    return fit(flags, lambda run: SaveInterval(1000, 1.0, max_share=1.0, clock=lambda: run.step))


@pytest.mark.parametrize("place", ["weights", "moments"])
def test_what_the_loop_cannot_know_yet_is_not_stored_either(tmp_path: Path, place: str) -> None:
    action = Both(Fault(place), Watch())
    ended = TrainingProcess(tmp_path, *FLAGS, action=action, command=save_every_step).end()
    assert ended.messages.count("checkpoint not saved, the last good one stays") > 0
    assert ended.messages.count("DIVERGED") == 1
    assert ended.exit_code > 2 * STEPS_PER_EPOCH


def test_a_request_to_stop_at_a_bad_state_keeps_the_good_one(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    action = Both(Fault("weights"), raise_at(STEP, INJECTED_STEP, signal.SIGTERM))
    ended = run(tmp_path, *FLAGS, *SAME_RATE, action=action)
    assert ended.exit_code == EXIT_STOPPED
    assert "what came before is saved in" in ended.messages
    assert run_state(tmp_path)["step"] == STEPS_PER_EPOCH
    finish(tmp_path, *FLAGS, *SAME_RATE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_the_budget_ends_the_run_and_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    flags = (*FLAGS, *WILD, "--rollback_rate_factor", "1", "--max_rollbacks", "2")
    ended = run(tmp_path, *flags)
    assert_refused(ended, EXIT_DIVERGED, "the loss is", "--learning_rate", "--max_rollbacks")
    assert ended.messages.count("DIVERGED") == 2
    status = (tmp_path / CHECKPOINTS / "training_status.txt").read_text()
    assert "\nStatus: diverged\n" in status
    assert "\nRollbacks: 2 (" in status
    before = (tmp_path / CHECKPOINTS / "checkpoint_latest.pth").read_bytes()
    assert_refused(run(tmp_path, *flags), EXIT_DIVERGED, "the loss is")
    assert (tmp_path / CHECKPOINTS / "checkpoint_latest.pth").read_bytes() == before
    assert (len(run_state(tmp_path)["rollbacks"]), run_state(tmp_path)["epoch"]) == (2, 0)
    raised = run(tmp_path, *flags, "--max_rollbacks", "3")
    assert raised.messages.count("DIVERGED") == 1


def test_no_rollback_at_all_can_be_asked_for(tmp_path: Path) -> None:
    ended = run(tmp_path, *FLAGS, "--max_rollbacks", "0", action=Fault("loss"))
    assert_refused(ended, EXIT_DIVERGED, "the loss is nan", f"at step {INJECTED_STEP}, epoch 2")
    assert run_state(tmp_path)["step"] == STEPS_PER_EPOCH


def test_without_checkpoints_a_run_goes_back_as_well(tmp_path: Path) -> None:
    messages = finish(tmp_path, *TINY, "--num_epochs", str(EPOCHS), action=Fault("loss"))
    assert messages.count("DIVERGED") == 1
