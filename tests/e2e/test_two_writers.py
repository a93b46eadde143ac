"""Of many starts in one folder one trains; an owner that lost its folder writes nothing more."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    Ended,
    TrainingProcess,
    contents,
    drawing,
    finish,
    raise_at,
    run,
    wait_for_any,
    without_figures,
)
from outcome import assert_identical, outcome

from dnawire.checkpoint import DirectoryLock, advisory, load_checkpoint
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, EXIT_LOCKED, EXIT_STOPPED, LockedError

FLAGS = (*TINY, "--num_epochs", "5", "--checkpoint_dir", CHECKPOINTS)
GATE = "gate"


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS)
    return outcome(folder, "standard")


def start_with_the_others(flags: tuple[str, ...]) -> int:
    """Wait at the gate, then do what ``python main.py`` does."""
    with Path(GATE).open() as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
    return main(["train", *flags])


@pytest.mark.parametrize("starts", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_of_many_starts_one_trains_and_takes_over_from_a_dead_owner(
    tmp_path: Path, starts: int
) -> None:
    endless = (*TINY, "--num_epochs", "100000", "--checkpoint_dir", CHECKPOINTS)
    killed = run(tmp_path, *endless, action=raise_at(STEP, 3, signal.SIGKILL))
    assert killed.exit_code == -signal.SIGKILL
    with (tmp_path / GATE).open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        processes = [
            TrainingProcess(tmp_path, *endless, command=start_with_the_others)
            for _ in range(starts)
        ]
    ended: list[Ended] = []
    while len(processes) > 1:
        over = wait_for_any(processes)
        ended += [process.end() for process in over]
        processes = [process for process in processes if process not in over]
    (winner,) = processes
    winner.send(signal.SIGTERM)
    assert winner.end().exit_code == EXIT_STOPPED
    assert [process.exit_code for process in ended] == [EXIT_LOCKED] * (starts - 1)


def let_the_kernel_lock_go(moment: str, count: int) -> None:
    """Be an owner on another host, whose kernel locks are not seen here."""
    advisory._forget_in_child()


def take_for_dead(lock: Path) -> None:
    """Make the owner one on another host that was not heard of for long."""
    elsewhere = {"host": "elsewhere", "boot": "another", "job": "", "cluster": ""}
    lock.write_text(json.dumps(json.loads(lock.read_text()) | elsewhere))
    os.utime(lock, (0, 0))


def test_an_orphan_that_wakes_up_writes_nothing_more(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    orphan = TrainingProcess(
        tmp_path, *FLAGS, action=let_the_kernel_lock_go, command=without_figures
    )
    orphan.wait_for(STEP, STEPS_PER_EPOCH + 2)
    orphan.send(signal.SIGSTOP)
    for lock in tmp_path.rglob("run-*.lock"):
        take_for_dead(lock)
    finish(tmp_path, *FLAGS)
    assert_identical(outcome(tmp_path, "standard"), in_peace)
    before = contents(tmp_path)
    orphan.send(signal.SIGCONT)
    code, messages = orphan.end()
    assert code != 0, messages
    assert "LockedError" in messages
    assert contents(tmp_path) == before


def jump(moment: str, count: int) -> None:
    """Set the clock a day ahead, and then two days back."""
    days = {3: 1.0, 15: -2.0}.get(count, 0.0) if moment == STEP else 0.0
    if days:
        real = time.time
        time.time = lambda: real() + days * 86400.0


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path, in_peace: dict[str, Any]) -> None:
    flags = (*FLAGS, "--checkpoint_frequency", "1")
    stop = 2 * STEPS_PER_EPOCH + 3
    process = TrainingProcess(tmp_path, *flags, action=_JumpAndStop(stop), command=without_figures)
    assert process.end().exit_code == EXIT_STOPPED
    latest = load_checkpoint(tmp_path / CHECKPOINTS / "checkpoint_latest.pth").payload
    previous = load_checkpoint(tmp_path / CHECKPOINTS / "checkpoint_previous.pth").payload
    assert latest["timestamp"] < previous["timestamp"]
    messages = finish(tmp_path, *FLAGS)
    assert "2 epochs and 3 batches are done" in messages
    assert_identical(outcome(tmp_path, "standard"), in_peace)


class _JumpAndStop:
    def __init__(self, stop: int) -> None:
        self.stop = stop

    def __call__(self, moment: str, count: int) -> None:
        jump(moment, count)
        if (moment, count) == (STEP, self.stop):
            os.kill(os.getpid(), signal.SIGTERM)


def draw_beside_a_rival(flags: tuple[str, ...]) -> int:
    """Train, and try to take the folder of the results while figures are drawn."""

    def draw(folder: Path) -> None:
        with pytest.raises(LockedError):
            DirectoryLock(folder).acquire()
        (folder / "drawn").touch()

    return drawing(flags, draw)


@pytest.mark.parametrize("safety", [(), ("--checkpoint_dir", CHECKPOINTS)], ids=["bare", "safe"])
def test_no_other_run_enters_while_figures_are_drawn(
    tmp_path: Path, safety: tuple[str, ...]
) -> None:
    flags = (*TINY, "--num_epochs", "1", *safety)
    code, messages = TrainingProcess(tmp_path, *flags, command=draw_beside_a_rival).end()
    assert code == EXIT_FINISHED, messages
    assert (tmp_path / "outputs/standard/drawn").exists()
