"""Watching and stopping a run changes no bit of it."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import (
    CHECKPOINTS,
    MODELS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    TrainingProcess,
    finish,
    fit,
    no_figures,
    without_figures,
)
from outcome import assert_identical, outcome, results, state

from dnawire.checkpoint import SaveInterval
from dnawire.cli.train import parse_flags
from dnawire.errors import EXIT_FINISHED, EXIT_STOPPED
from dnawire.runs import train

EPOCHS = 4
BARE = (*TINY, "--num_epochs", str(EPOCHS))
SETTINGS = ("config.yaml", "model/config.json")
"""Results that tell the settings of checkpoints, in which the runs compared here differ."""


def numbers(folder: Path, model: str) -> dict[str, Any]:
    """Everything that a run has computed."""
    found = results(folder, model)
    return {name: found[name] for name in found if name not in SETTINGS}


@pytest.fixture(scope="module", params=MODELS)
def bare(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A model, and the folder of its run without checkpoints."""
    folder = tmp_path_factory.mktemp(request.param)
    finish(folder, *BARE, "--model_type", request.param, action=assert_default_handlers)
    return request.param, folder


def assert_default_handlers(moment: str, count: int) -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        assert signal.getsignal(number) is signal.SIG_DFL, number


def test_without_checkpoint_arguments_only_outputs_are_written(bare: tuple[str, Path]) -> None:
    model, folder = bare
    names = {path.name for path in folder.iterdir() if not path.name.startswith("messages")}
    assert names == {"outputs"}
    assert {path.name for path in (folder / "outputs").iterdir()} == {model}
    assert not list(folder.rglob("*.pth"))
    (lock,) = folder.rglob("*.lock")
    assert lock.parent == folder / "outputs" / model


TOUCHING = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.truncate")


def touch_outputs_only(flags: tuple[str, ...]) -> int:
    """Train, and end with another exit code if a file elsewhere is opened for writing or moved."""
    foreign: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        # A descriptor was told when it was opened by its path.
        opened = event == "open" and not isinstance(arguments[0], int)
        writes = opened and bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
        if not writes and event not in TOUCHING:
            return
        place = os.path.realpath(os.fsdecode(arguments[0]))
        # Tests may live in memory, which is among the devices.
        is_device = place.startswith(("/dev/", "/proc/")) and not place.startswith("/dev/shm/")
        if not is_device and not place.startswith(os.path.realpath("outputs")):
            foreign.append(f"{event} {place}")

    sys.addaudithook(watch)
    code = without_figures(flags)
    assert not foreign, foreign
    return code


@pytest.mark.parametrize("model", MODELS)
def test_without_checkpoint_arguments_nothing_else_is_touched(tmp_path: Path, model: str) -> None:
    code, messages = TrainingProcess(
        tmp_path, *BARE, "--model_type", model, command=touch_outputs_only
    ).end()
    assert code == EXIT_FINISHED, messages
    code, messages = TrainingProcess(
        tmp_path,
        *BARE,
        "--model_type",
        model,
        "--checkpoint_frequency",
        "1",
        command=touch_outputs_only,
    ).end()
    assert "AssertionError" in messages
    assert "checkpoints" in messages


@pytest.mark.parametrize(
    "interval",
    [("1",), ("3",), ("1000",), ("1000", "--checkpoint_seconds", "1e-9"), ("1", "-q")],
    ids=" ".join,
)
def test_saving_changes_no_number(
    tmp_path: Path, bare: tuple[str, Path], interval: tuple[str, ...]
) -> None:
    model, folder = bare
    finish(tmp_path, *BARE, "--model_type", model, "--checkpoint_frequency", *interval)
    assert_identical(numbers(tmp_path, model), numbers(folder, model))


def stir(moment: str, count: int) -> None:
    """Draw from every global generator."""
    random.random()
    np.random.rand()
    torch.rand(())


def test_no_number_hangs_on_the_global_generators(tmp_path: Path, bare: tuple[str, Path]) -> None:
    model, folder = bare
    finish(tmp_path, *BARE, "--model_type", model, action=stir)
    assert_identical(numbers(tmp_path, model), numbers(folder, model))


def save_at_every_step(flags: tuple[str, ...]) -> int:
    """Return the number of saves."""
    return fit(flags, lambda _: SaveInterval(1, 1e-9, max_share=1e9))


@pytest.mark.parametrize("model", MODELS)
def test_saving_at_every_step_changes_no_number(tmp_path: Path, model: str) -> None:
    flags = (*BARE, "--model_type", model, "--checkpoint_dir", CHECKPOINTS)
    saves = TrainingProcess(tmp_path / "often", *flags, command=save_at_every_step).end()
    assert EPOCHS * (STEPS_PER_EPOCH + 1) <= saves.exit_code < 200, saves.messages
    finish(tmp_path / "rarely", *flags)
    paths = (tmp_path / name / CHECKPOINTS for name in ("often", "rarely"))
    assert_identical(*(state(path / "checkpoint_latest.pth") for path in paths))


def stop_at_every_step(moment: str, count: int) -> None:
    if moment == STEP:
        os.kill(os.getpid(), signal.SIGUSR1)


def start_again_and_again(flags: tuple[str, ...]) -> int:
    """Repeat the start of a run until it finishes, one step each; say how often."""
    config = parse_flags(flags).resolved()
    stops = 0
    while (code := train(config, "main.py", no_figures)) == EXIT_STOPPED:
        stops += 1
    sys.stderr.write(f"stops: {stops}\n")
    return code


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("epochs", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_a_run_that_is_resumed_at_every_step_is_the_same(
    tmp_path: Path, model: str, epochs: int
) -> None:
    flags = (*TINY, "--model_type", model, "--num_epochs", str(epochs))
    flags = (*flags, "--checkpoint_dir", CHECKPOINTS)
    code, messages = TrainingProcess(
        tmp_path / "resumed", *flags, action=stop_at_every_step, command=start_again_and_again
    ).end()
    assert code == EXIT_FINISHED, messages
    assert f"stops: {epochs * STEPS_PER_EPOCH}" in messages
    finish(tmp_path / "peace", *flags)
    assert_identical(*(outcome(tmp_path / name, model) for name in ("resumed", "peace")))
