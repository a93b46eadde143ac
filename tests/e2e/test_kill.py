"""A run that is killed again and again ends, to the last bit, like one that never was."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import (
    CHECKPOINTS,
    FILE,
    MODELS,
    TINY,
    TrainingProcess,
    finish,
    raise_at,
    without_figures,
)
from outcome import assert_identical, outcome
from storm import INTERVALS, kill_storm, place_of

from dnawire.errors import EXIT_FINISHED


@pytest.mark.parametrize("kills", [16, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", MODELS)
def test_a_killed_run_ends_as_if_nothing_had_happened(
    tmp_path: Path, model: str, kills: int, record_property: Callable[[str, object], None]
) -> None:
    # A process takes at most as many steps as an epoch has, and most take less.
    flags = (*TINY, "--model_type", model, "--num_epochs", str(kills))
    tally = kill_storm(tmp_path, model, (*flags, "--checkpoint_dir", CHECKPOINTS), kills)
    # A few kills may all miss the saves, which the test of file operations below cannot.
    assert tally.in_save > 0 or kills < 100
    assert tally.last is not None
    assert tally.last.epoch > 0 or (kills < 100 and tally.last.batch > 0)
    record_property("summary", tally.summary())


@pytest.mark.parametrize("model", MODELS)
def test_two_threads_are_as_safe_as_one(tmp_path: Path, model: str) -> None:
    flags = (*TINY, "--model_type", model, "--num_epochs", "8", "--num_threads", "2")
    kill_storm(tmp_path, model, (*flags, "--checkpoint_dir", CHECKPOINTS), 4)


def test_killed_at_one_file_operation_after_the_other(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS, *INTERVALS[0])
    killed, peace, places = tmp_path / "killed", tmp_path / "peace", []
    for operation in itertools.count(1):
        action = raise_at(FILE, operation, signal.SIGKILL)
        code, messages = TrainingProcess(
            killed, *flags, action=action, command=without_figures
        ).end()
        if code == EXIT_FINISHED:
            break
        assert code == -signal.SIGKILL, messages
        places.append(place_of(killed / CHECKPOINTS))
    assert places == sorted(places)
    assert {place.epoch for place in places} == {0, 1, 2, 3}
    finish(peace, *flags)
    assert_identical(outcome(killed, "standard"), outcome(peace, "standard"))
