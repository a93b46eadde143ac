"""What happens around a run: a terminal closes, a clock is set back, storage is read-only."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGHUP, SIGINT, SIGSTOP, SIGTERM, Signals
from typing import Any, Final, NamedTuple

import pytest
from groups import as_process, do_nothing, finish_together, free_port
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    TrainingProcess,
    assert_refused,
    finish,
    raise_at,
    real_command,
    run,
    without_figures,
)
from outcome import assert_identical, outcome, results

from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED, EXIT_IO_ERROR, EXIT_STOPPED

EPOCHS: Final = 6
LENGTH: Final = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_frequency", "1")
FLAGS: Final = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
ROOT: Final = pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount")


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS)
    return outcome(folder, "standard")


_ends: Final[list[int]] = []
"""The end of the terminal that a person would hold."""


def at_a_terminal(flags: tuple[str, ...]) -> int:
    """The real command as the first process of a terminal, which sends it SIGHUP when it closes."""
    os.setsid()
    person, process = os.openpty()
    fcntl.ioctl(process, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(process, number)
    os.close(process)
    _ends.append(person)
    return real_command(flags)


def close_terminal(moment: str, count: int) -> None:
    if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH + 3):
        os.close(_ends.pop())


def test_a_terminal_that_closes_stops_the_run_and_costs_nothing(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    process = TrainingProcess(tmp_path, *FLAGS, action=close_terminal, command=at_a_terminal)
    assert process.end().exit_code == EXIT_STOPPED
    assert "\nStatus: stopped\n" in (tmp_path / CHECKPOINTS / "training_status.txt").read_text()
    finish(tmp_path, *FLAGS)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def set_clock_back(moment: str, count: int) -> None:
    """Let the clock be an hour behind from the third epoch on."""
    if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH + 1):
        true = time.time
        time.time = lambda: true() - 3600.0


def test_a_clock_that_is_set_back_changes_nothing(tmp_path: Path, in_peace: dict[str, Any]) -> None:
    finish(tmp_path, *FLAGS, action=set_clock_back)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


class ReadOnly(NamedTuple):
    """Action: the storage can be read and not written from one epoch to another."""

    end: int

    def __call__(self, moment: str, count: int) -> None:
        if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH + 1):
            # What the run holds open would keep its own mount from becoming read-only.
            mount("--bind", "disk", "disk")
            mount("-o", "remount,bind,ro", "disk")
        if (moment, count) == (STEP, (self.end - 1) * STEPS_PER_EPOCH + 1):
            subprocess.run(["umount", "disk"], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    path = tmp_path / "disk"
    path.mkdir()
    with suppress(OSError, subprocess.CalledProcessError):
        mount("-t", "tmpfs", "-o", "size=20m", "tmpfs", str(path))
        yield path
        while os.path.ismount(path):
            subprocess.run(["umount", str(path)], check=True)
        return
    pytest.skip("needs the right to mount a file system")


ON_DISK: Final = (*LENGTH, "--checkpoint_dir", "disk/checkpoints", "--output_dir", "disk/outputs")


@ROOT
def test_storage_that_is_read_only_for_a_while_costs_nothing(
    tmp_path: Path, disk: Path, in_peace: dict[str, Any]
) -> None:
    messages = finish(tmp_path, *ON_DISK, action=ReadOnly(end=5))
    assert messages.count("checkpoint not saved, training goes on") == 2
    assert "Read-only file system" in messages
    assert results(disk, "standard")["weights"] == in_peace["weights"]


@ROOT
def test_storage_that_stays_read_only_is_told(
    tmp_path: Path, disk: Path, in_peace: dict[str, Any]
) -> None:
    ended = run(tmp_path, *ON_DISK, action=ReadOnly(end=EPOCHS + 1))
    assert_refused(ended, EXIT_IO_ERROR, "Read-only file system", "the last good checkpoint")
    subprocess.run(["umount", str(disk)], check=True)
    assert "2 epochs and 0 batches are done" in finish(tmp_path, *ON_DISK)
    assert results(disk, "standard")["weights"] == in_peace["weights"]


class SignalAtFigures(NamedTuple):
    """The real command, which gets a signal when it is about to write its first figure."""

    number: Signals

    def __call__(self, flags: tuple[str, ...]) -> int:
        waiting = [self.number]

        def look(event: str, arguments: tuple[object, ...]) -> None:
            if event == "open" and waiting and "loss.png" in str(arguments[0]):
                os.kill(os.getpid(), waiting.pop())

        sys.addaudithook(look)
        return real_command(flags)


def test_ctrl_c_while_figures_are_drawn_says_where_the_results_are(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "1")
    ended = TrainingProcess(tmp_path, *flags, command=SignalAtFigures(SIGINT)).end()
    assert ended.exit_code == EXIT_INTERRUPTED
    assert "the results are in outputs/standard, without all figures" in ended.messages
    assert "nothing was saved" not in ended.messages
    assert (tmp_path / "outputs/standard/model/model.safetensors").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGHUP])
def test_a_run_that_has_ended_draws_its_figures_whatever_is_asked(
    tmp_path: Path, number: Signals, in_peace: dict[str, Any]
) -> None:
    ended = TrainingProcess(tmp_path, *FLAGS, command=SignalAtFigures(number)).end()
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert len(list((tmp_path / "outputs/standard/figures").iterdir())) == 15
    assert_identical(outcome(tmp_path, "standard"), in_peace)


FOREIGN: Final = {
    "PYTHONHASHSEED": "77",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
    "LC_ALL": "tr_TR.UTF-8",
    "TZ": "Pacific/Kiritimati",
}
MAIN: Final = Path(__file__).parents[2] / "main.py"


@pytest.mark.slow
def test_hash_seed_locale_and_time_zone_change_no_bit(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    subprocess.run(
        [sys.executable, MAIN, *FLAGS], cwd=tmp_path, env={**os.environ, **FOREIGN}, check=True
    )
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.mark.slow
@ROOT
def test_a_disk_that_is_full_at_any_stage_is_told_and_costs_nothing(
    tmp_path: Path, disk: Path, in_peace: dict[str, Any]
) -> None:
    for size in (16, 64, 128, 256, 400, 500, 600, 800, 1000, 1200, 1400):
        mount("-o", f"remount,size={size}k", str(disk))
        ended = run(tmp_path, *ON_DISK)
        assert_refused(ended, ended.exit_code, "No space left on device")
        assert ended.exit_code in (73, 74)
        assert not list(disk.rglob("*.tmp"))
        mount("-o", "remount,size=20m", str(disk))
        finish(tmp_path, *ON_DISK)
        assert results(disk, "standard")["weights"] == in_peace["weights"]
        subprocess.run(["rm", "-r", *disk.iterdir()], check=True)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs the state of a process")
def test_a_process_that_is_suspended_is_waited_for(tmp_path: Path) -> None:
    """One of two is stopped in mid-epoch, as by a debugger or a hypervisor, and goes on later."""
    common = {"MASTER_ADDR": "localhost", "MASTER_PORT": free_port(), "WORLD_SIZE": "2"}
    actions = (do_nothing, raise_at(STEP, STEPS_PER_EPOCH + 3, SIGSTOP))
    processes = [
        TrainingProcess(
            tmp_path / "suspended",
            *FLAGS,
            action=action,
            command=partial(
                as_process, {**common, "RANK": str(rank), "LOCAL_RANK": str(rank)}, without_figures
            ),
        )
        for rank, action in enumerate(actions)
    ]
    processes[0].wait_for(STEP, STEPS_PER_EPOCH + 3)
    while Path(f"/proc/{processes[1].pid}/stat").read_text().split(") ")[1][0] != "T":
        os.sched_yield()
    assert processes[1].send(SIGCONT)
    assert [process.end().exit_code for process in processes] == [EXIT_FINISHED] * 2
    finish_together(tmp_path / "peace", 2, *FLAGS)
    assert_identical(*(outcome(tmp_path / name, "standard") for name in ("suspended", "peace")))
