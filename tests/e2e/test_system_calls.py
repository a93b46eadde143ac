"""Every system call of a save fails, or is the last one of a process: fault injection of strace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    Ended,
    TrainingProcess,
    fall_silent,
    finish,
    without_figures,
)
from outcome import assert_identical, outcome

from dnawire.checkpoint import load_checkpoint
from dnawire.errors import EXIT_FINISHED

FLAGS = (
    *(*TINY, "--num_epochs", "4", "--checkpoint_frequency", "1", "--checkpoint_dir", CHECKPOINTS),
)
CALLS: Final = ("openat", "write", "fsync", "close", "rename", "link", "linkat", "unlink")
ERRORS: Final = ("ENOSPC", "EDQUOT", "EIO")
MARK: Final = "end-of-the-window"
GATE: Final = "gate"


def _reason_to_skip() -> str:
    """Why no process can be traced here; empty if it can."""
    if shutil.which("strace") is None:
        return "needs strace"
    traced = subprocess.run(["strace", "-qq", "true"], capture_output=True, check=False)
    return "" if traced.returncode == 0 else "needs the right to trace processes"


pytestmark = pytest.mark.skipif(bool(_reason_to_skip()), reason=_reason_to_skip() or "none")


def wait_at_the_gate(moment: str, count: int) -> None:
    """Wait to be traced at the last step of the second epoch; end the window in the third."""
    if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH - 1):
        # From here on the trace may begin, and would count what is announced.
        fall_silent()
    if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH):
        # The calls of the gate and of the mark are made to fail in their turn as well.
        with suppress(OSError):
            os.read(os.open(GATE, os.O_RDONLY), 1)
    if (moment, count) == (STEP, 2 * STEPS_PER_EPOCH + 1):
        with suppress(OSError):
            os.open(MARK, os.O_RDONLY)


def traced(folder: Path, *options: str) -> tuple[Ended, str]:
    """Train, the second epoch traced with these options; return the end and the trace."""
    folder.mkdir(parents=True)
    os.mkfifo(folder / GATE)
    # Open for both, neither side waits for the other to open it.
    gate = os.open(folder / GATE, os.O_RDWR)
    process = TrainingProcess(folder, *FLAGS, action=wait_at_the_gate, command=without_figures)
    process.wait_for(STEP, 2 * STEPS_PER_EPOCH - 1)
    trace = folder / "trace.txt"
    command = ["strace", "-p", str(process.pid), "-o", str(trace), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        line = strace.stderr.readline()
        assert "attached" in line, line
        os.write(gate, b"!")
        ended = process.end()
        strace.stderr.read()
    os.close(gate)
    return ended, trace.read_text()


@cache
def calls_of_a_save(folder: Path) -> Counter[str]:
    """How often each system call is made between the two steps around a save."""
    ended, trace = traced(folder / "counted", "-e", f"trace={','.join(CALLS)}")
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    window = trace[: trace.index(MARK)]
    return Counter(re.findall(r"^(\w+)\(", window, re.MULTILINE))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calls")


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS)
    return outcome(folder, "standard")


def assert_at_rest(folder: Path) -> None:
    """Fail unless a folder of checkpoints holds good generations and nothing that was forgotten."""
    for name in ("checkpoint_latest.pth", "checkpoint_previous.pth"):
        load_checkpoint(folder / name)
    assert not list(folder.glob(".*.tmp"))


def assert_failure_is_survived(
    folder: Path, call: str, number: int, error: str, in_peace: dict[str, Any]
) -> None:
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}")
    ended, trace = traced(folder, *inject)
    assert f"{error} " in trace, trace
    assert trace.count("(INJECTED)") == 1
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert_at_rest(folder / CHECKPOINTS)
    assert_identical(outcome(folder, "standard"), in_peace)


def assert_death_is_survived(
    folder: Path, call: str, number: int, in_peace: dict[str, Any]
) -> None:
    kill = ("-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}")
    ended, _ = traced(folder, *kill)
    assert ended.exit_code == -signal.SIGKILL, ended.messages
    found = load_checkpoint(folder / CHECKPOINTS)
    assert (found.payload["epoch"] in (1, 2), found.rejected) == (True, ())
    finish(folder, *FLAGS)
    assert_at_rest(folder / CHECKPOINTS)
    assert_identical(outcome(folder, "standard"), in_peace)


def test_a_save_makes_the_calls_that_are_made_to_fail(shared: Path) -> None:
    counts = calls_of_a_save(shared)
    assert set(counts) == set(CALLS) - {"link"} or set(counts) == set(CALLS) - {"linkat"}
    assert counts["fsync"] >= 4
    assert counts["rename"] >= 5


@pytest.mark.parametrize(
    ("call", "error"),
    [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO"), ("close", "EDQUOT")],
)
def test_a_failing_call_in_the_middle_of_a_save(
    shared: Path, tmp_path: Path, in_peace: dict[str, Any], call: str, error: str
) -> None:
    number = (calls_of_a_save(shared)[call] + 1) // 2
    assert_failure_is_survived(tmp_path / "run", call, number, error, in_peace)


@pytest.mark.parametrize("call", ["write", "rename"])
def test_a_kill_in_the_middle_of_a_save(
    shared: Path, tmp_path: Path, in_peace: dict[str, Any], call: str
) -> None:
    number = (calls_of_a_save(shared)[call] + 1) // 2
    assert_death_is_survived(tmp_path / "run", call, number, in_peace)


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_fails_in_turn(
    shared: Path, tmp_path: Path, in_peace: dict[str, Any], call: str, error: str
) -> None:
    for number in range(1, calls_of_a_save(shared)[call] + 1):
        assert_failure_is_survived(tmp_path / str(number), call, number, error, in_peace)


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_a_process_ends_at_every_call_in_turn(
    shared: Path, tmp_path: Path, in_peace: dict[str, Any], call: str
) -> None:
    for number in range(1, calls_of_a_save(shared)[call] + 1):
        assert_death_is_survived(tmp_path / str(number), call, number, in_peace)
