"""A run that is killed again and again ends, to the last bit, like one that never was."""

from __future__ import annotations

import itertools
import json
import random
import select
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from harness import (
    CHECKPOINTS,
    FILE,
    MODELS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    Life,
    finish,
    raise_at,
    without_figures,
)
from outcome import assert_identical, outcome

from dnawire.checkpoint import CheckpointStore
from dnawire.errors import EXIT_FINISHED

MOST_STEPS = 12
"""Largest number of steps of a life that is killed."""

RHYTHMS = {
    "epochs": ("--checkpoint_frequency", "1"),
    "time": ("--checkpoint_frequency", "1000", "--checkpoint_seconds", "0.02"),
}


class Place(NamedTuple):
    """How far a checkpoint is: epochs and batches of the next one."""

    epoch: int
    batch: int


def flags_of(model: str, kills: int, *more: str) -> tuple[str, ...]:
    """Long enough that the run cannot be finished by the lives that are killed."""
    epochs = kills * (MOST_STEPS + STEPS_PER_EPOCH) // STEPS_PER_EPOCH + 1
    return (
        *(*TINY, "--model_type", model, "--num_epochs", str(epochs)),
        *("--checkpoint_dir", CHECKPOINTS, *more),
    )


def kill_one(folder: Path, flags: Sequence[str], draw: random.Random) -> Place:
    """Live until a random instant; return how far the checkpoint is that is left."""
    life = Life(folder, *flags)
    life.wait_for(STEP, draw.randint(1, MOST_STEPS))
    # Only a delay makes the instant random: a step is announced always from the same place.
    select.select([], [], [], draw.uniform(0.0, 0.008))
    life.send(signal.SIGKILL)
    assert life.end().exit_code == -signal.SIGKILL
    return place_of(folder / CHECKPOINTS)


def place_of(directory: Path) -> Place:
    found = CheckpointStore(directory).load_latest()
    if found is None:
        return Place(0, 0)
    assert not found.rejected
    assert found.path.name == "checkpoint_latest.pth"
    assert_progress_is_whole(directory)
    run = found.payload["resume"]["state"]["run"]
    assert found.payload["epoch"] == run["epoch"] == len(found.payload["train_losses"])
    return Place(run["epoch"], run["batch"])


def assert_progress_is_whole(directory: Path) -> None:
    path = directory / "training_progress.json"
    if path.exists():
        json.loads(path.read_text())


def storm(folder: Path, model: str, kills: int, rhythm: str, *more: str) -> list[Place]:
    """Kill a run, compare its end with that of a run in peace, return where it was killed."""
    flags = flags_of(model, kills, *RHYTHMS[rhythm], *more)
    draw = random.Random(f"{model} {rhythm}")
    places = [kill_one(folder / "killed", flags, draw) for _ in range(kills)]
    assert places == sorted(places)
    finish(folder / "killed", *flags)
    finish(folder / "peace", *flags)
    assert_identical(outcome(folder / "killed", model), outcome(folder / "peace", model))
    return places


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("model", MODELS)
def test_a_killed_run_ends_as_if_nothing_had_happened(
    tmp_path: Path, model: str, rhythm: str
) -> None:
    places = storm(tmp_path, model, 8, rhythm)
    assert len(set(places)) > 2
    in_mid_epoch = any(place.batch for place in places)
    assert in_mid_epoch == (rhythm == "time")


@pytest.mark.parametrize("model", MODELS)
def test_two_threads_are_as_safe_as_one(tmp_path: Path, model: str) -> None:
    storm(tmp_path, model, 3, "time", "--num_threads", "2")


def test_killed_at_one_file_operation_after_the_other(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS, *RHYTHMS["epochs"])
    killed, peace, places = tmp_path / "killed", tmp_path / "peace", []
    for operation in itertools.count(1):
        action = raise_at(FILE, operation, signal.SIGKILL)
        code, messages = Life(killed, *flags, action=action, command=without_figures).end()
        if code == EXIT_FINISHED:
            break
        assert code == -signal.SIGKILL, messages
        places.append(place_of(killed / CHECKPOINTS))
    assert places == sorted(places)
    assert {place.epoch for place in places} == {0, 1, 2, 3}
    finish(peace, *flags)
    assert_identical(outcome(killed, "standard"), outcome(peace, "standard"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("model", MODELS)
def test_fifty_kills(tmp_path: Path, model: str, rhythm: str) -> None:
    storm(tmp_path, model, 50, rhythm)
