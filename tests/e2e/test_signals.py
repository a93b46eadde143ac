"""A run that is asked to stop stops at the next step, says how to go on, and goes on exactly."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2
from typing import Any

import pytest
from harness import (
    CHECKPOINTS,
    FILE,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    VALIDATION,
    Action,
    Ended,
    finish,
    patiently,
    raise_at,
    run,
)
from outcome import assert_identical, outcome

from dnawire.checkpoint import load_checkpoint
from dnawire.cluster import StopRequest
from dnawire.errors import EXIT_INTERRUPTED, EXIT_STOPPED

EPOCHS = 4
LENGTH = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_frequency", "1")
SAFE = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
EXIT_CODES = {
    SIGINT: EXIT_INTERRUPTED,
    SIGTERM: EXIT_STOPPED,
    SIGUSR1: EXIT_STOPPED,
    SIGUSR2: EXIT_STOPPED,
    SIGHUP: EXIT_STOPPED,
}


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Outcome of the standard model without any interruption."""
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *SAFE)
    return outcome(folder, "standard")


def place_of(folder: Path) -> tuple[int, int]:
    state = load_checkpoint(folder / CHECKPOINTS / "checkpoint_latest.pth").payload["resume"]
    return state["state"]["run"]["epoch"], state["state"]["run"]["batch"]


def told_command(ended: Ended) -> list[str]:
    """The flags of the command that a stopped run names."""
    (line,) = (line for line in ended.messages.splitlines() if line.startswith("resume with: "))
    program, script, *flags = shlex.split(line.removeprefix("resume with: "))
    assert (Path(program).absolute(), script) == (Path(sys.orig_argv[0]).absolute(), "main.py")
    return flags


@pytest.mark.parametrize("number", EXIT_CODES, ids=lambda number: number.name)
def test_a_signal_in_mid_epoch_saves_stops_and_says_how_to_resume(
    tmp_path: Path, in_peace: dict[str, Any], number: signal.Signals
) -> None:
    ended = run(tmp_path, *SAFE, action=raise_at(STEP, STEPS_PER_EPOCH + 3, number))
    assert ended.exit_code == EXIT_CODES[number]
    assert place_of(tmp_path) == (1, 3)
    where = f"{CHECKPOINTS}/checkpoint_latest.pth"
    assert f"stopped by {number.name} after 1 epochs and 3 of 7 batches" in ended.messages
    assert where in ended.messages
    flags = told_command(ended)
    assert flags == list(SAFE)
    messages = finish(tmp_path, *flags)
    assert f"resuming from {where}: 1 epochs and 3 batches are done" in messages
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_the_hamiltonian_model_goes_on_exactly_as_well(tmp_path: Path) -> None:
    flags = (*SAFE, "--model_type", "hamiltonian")
    ended = run(tmp_path / "stopped", *flags, action=raise_at(STEP, STEPS_PER_EPOCH + 3, SIGTERM))
    assert ended.exit_code == EXIT_STOPPED
    for folder in ("stopped", "peace"):
        finish(tmp_path / folder, *flags)
    both = (outcome(tmp_path / folder, "hamiltonian") for folder in ("stopped", "peace"))
    assert_identical(*both)


@pytest.mark.parametrize(
    ("action", "place"),
    [
        pytest.param(raise_at(FILE, 1, SIGTERM), (0, 0), id="taking the lock"),
        pytest.param(raise_at(STEP, 1, SIGTERM), (0, 1), id="first step"),
        pytest.param(raise_at(VALIDATION, 2, SIGTERM), (1, STEPS_PER_EPOCH), id="validation"),
        pytest.param(raise_at(FILE, 30, SIGTERM), (1, 1), id="saving"),
        pytest.param(raise_at(STEP, 4 * STEPS_PER_EPOCH, SIGTERM), (3, 7), id="last step"),
    ],
)
def test_a_signal_at_any_other_time_does_the_same(
    tmp_path: Path, in_peace: dict[str, Any], action: Action, place: tuple[int, int]
) -> None:
    ended = run(tmp_path, *SAFE, action=action)
    assert ended.exit_code == EXIT_STOPPED, ended.messages
    assert place_of(tmp_path) == place
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_a_signal_after_the_last_epoch_lets_the_run_finish(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    finish(tmp_path, *SAFE, action=raise_at(VALIDATION, EPOCHS + 1, SIGTERM))
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.mark.parametrize(
    ("first", "second", "exit_code"),
    [
        (SIGTERM, SIGTERM, EXIT_STOPPED),
        (SIGUSR1, SIGTERM, EXIT_STOPPED),
        (SIGTERM, SIGINT, EXIT_INTERRUPTED),
        (SIGINT, SIGTERM, EXIT_INTERRUPTED),
        (SIGINT, SIGINT, EXIT_INTERRUPTED),
    ],
)
def test_two_signals_save_once(
    tmp_path: Path,
    in_peace: dict[str, Any],
    first: signal.Signals,
    second: signal.Signals,
    exit_code: int,
) -> None:
    ended = run(tmp_path, *SAFE, action=raise_at(STEP, STEPS_PER_EPOCH + 3, first, second))
    assert ended.exit_code == exit_code
    assert place_of(tmp_path) == (1, 3)
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.mark.parametrize("moment", [(STEP, STEPS_PER_EPOCH + 3), (FILE, 40)], ids=["step", "save"])
def test_a_second_ctrl_c_ends_at_once_and_without_harm(
    tmp_path: Path, in_peace: dict[str, Any], moment: tuple[str, int]
) -> None:
    ended = run(tmp_path, *SAFE, action=patiently(raise_at(*moment, SIGINT, SIGINT)))
    assert ended.exit_code == EXIT_INTERRUPTED
    assert "Interrupted. What was saved is intact." in ended.messages
    assert "Traceback" not in ended.messages
    assert not list((tmp_path / CHECKPOINTS).glob(".*.tmp"))
    assert place_of(tmp_path) == (1, 0)
    finish(tmp_path, *told_command(ended))
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_a_time_limit_stops_the_run(tmp_path: Path, in_peace: dict[str, Any]) -> None:
    ended = run(tmp_path, *SAFE, "--time_limit", "0:01:00", "--stop_margin", "59.9999")
    assert ended.exit_code == EXIT_STOPPED
    assert "stopped by time limit after 0 epochs and 1 of 7 batches" in ended.messages
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_without_checkpoints_ctrl_c_says_how_to_make_a_run_resumable(tmp_path: Path) -> None:
    ended = run(tmp_path, *TINY, action=raise_at(STEP, 3, SIGINT))
    assert ended.exit_code == EXIT_INTERRUPTED
    assert "nothing was saved. Add `--checkpoint_dir ./checkpoints`" in ended.messages
    assert "Traceback" not in ended.messages


def test_without_checkpoints_a_signal_does_what_it_always_does(tmp_path: Path) -> None:
    assert run(tmp_path, *TINY, action=raise_at(STEP, 3, SIGTERM)).exit_code == -SIGTERM


@pytest.mark.parametrize(
    "asked",
    [
        ("--fresh",),
        ("--resume_from", "start/checkpoint_latest.pth"),
        ("--resume-from=start/checkpoint_latest.pth",),
        ("--config", "fresh.yaml"),
        ("--config", "resume.yaml"),
    ],
    ids=" ".join,
)
def test_the_told_command_goes_on_even_where_the_typed_one_would_start_over(
    tmp_path: Path, in_peace: dict[str, Any], asked: tuple[str, ...]
) -> None:
    (tmp_path / "fresh.yaml").write_text("fresh: true\n")
    (tmp_path / "resume.yaml").write_text("resume_from: start/checkpoint_latest.pth\n")
    run(tmp_path, *LENGTH, "--checkpoint_dir", "start", action=raise_at(STEP, 1, SIGTERM))
    ended = run(tmp_path, *SAFE, *asked, action=raise_at(STEP, STEPS_PER_EPOCH + 2, SIGTERM))
    before = place_of(tmp_path)
    assert before >= (1, 2)
    messages = finish(tmp_path, *told_command(ended))
    assert f"{before[0]} epochs and {before[1]} batches are done" in messages
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.fixture
def usual_handlers() -> Iterator[None]:
    """Those of a command that was started by hand: nothing is ignored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in EXIT_CODES}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual_handlers")
def test_signals_that_are_ignored_stay_ignored() -> None:
    """A run under ``nohup`` outlives its terminal."""
    signal.signal(SIGHUP, signal.SIG_IGN)
    with StopRequest() as stop:
        signal.raise_signal(SIGHUP)
        assert not stop.requested
        signal.raise_signal(SIGTERM)
        assert stop.exit_code == EXIT_STOPPED
    assert signal.getsignal(SIGHUP) is signal.SIG_IGN


@pytest.mark.usefixtures("usual_handlers")
def test_handlers_are_given_back() -> None:
    with StopRequest():
        assert all(signal.getsignal(number) is not signal.SIG_DFL for number in EXIT_CODES)
    assert all(signal.getsignal(number) is signal.SIG_DFL for number in EXIT_CODES)


def test_the_best_epoch_before_a_stop_stays_the_best(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "6", "--learning_rate", "0.05", "--warmup_epochs", "0")
    flags = (*flags, "--schedule", "constant", "--checkpoint_dir", CHECKPOINTS)
    stop = raise_at(STEP, 4 * STEPS_PER_EPOCH + 3, SIGTERM)
    assert run(tmp_path / "stopped", *flags, action=stop).exit_code == EXIT_STOPPED
    for folder in ("stopped", "peace"):
        finish(tmp_path / folder, *flags)
    stopped, peace = (outcome(tmp_path / name, "standard") for name in ("stopped", "peace"))
    assert peace["latest"]["resume"]["state"]["run"]["best_epoch"] < 5
    assert_identical(stopped, peace)


NOTED = """
import os, signal
from dnawire.cluster import StopRequest
with StopRequest() as stop:
    os.kill(os.getpid(), signal.SIGINT)
assert stop.requested
"""


def test_a_person_who_presses_ctrl_c_is_told_that_it_was_heard() -> None:
    terminal, end = os.openpty()
    subprocess.run([sys.executable, "-c", NOTED], stderr=end, check=True)
    os.close(end)
    assert b"Ctrl+C: stopping after this step" in os.read(terminal, 1000)
    os.close(terminal)


TWICE = """
import atexit, os, signal, sys
from dnawire.cluster import StopRequest, signals

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

with StopRequest() as stop:
    interrupt()
    interrupt()
interrupt()
signals.interrupted()
atexit.register(interrupt)
sys.exit(stop.exit_code)
"""


def test_one_ctrl_c_that_arrives_again_and_again_stops_once() -> None:
    """Wrappers send it to the process and to its group; it still comes when the run has ended."""
    process = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (EXIT_INTERRUPTED, "")


AT_BOTH_ENDS = """
import atexit, os, signal, sys
from dnawire.cli import main

library = sys.argv.pop(1)

def request(*_):
    os.kill(os.getpid(), signal.SIGTERM)

class AtImport:
    def find_spec(self, name, *_):
        if name == library:
            sys.meta_path.remove(self)
            request()

sys.meta_path.insert(0, AtImport())
atexit.register(request)
sys.exit(main(["train", *sys.argv[1:]]))
"""
"""A command that is asked to stop while it imports a library, and again when it has stopped."""


@pytest.mark.parametrize("library", ["tyro", "pydantic", "torch"])
def test_requests_are_heard_from_the_first_moment_to_the_last(tmp_path: Path, library: str) -> None:
    command = [sys.executable, "-c", AT_BOTH_ENDS, library, *SAFE]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert process.returncode == EXIT_STOPPED, process.stderr
    assert "stopped by SIGTERM after 0 epochs and 0 of" in process.stdout + process.stderr
    assert place_of(tmp_path) == (0, 0)


def test_without_checkpoints_a_request_ends_the_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT_BOTH_ENDS, "torch", *LENGTH[:-2]]
    process = subprocess.run(command, cwd=tmp_path)
    assert process.returncode == -SIGTERM
