"""What ``torchrun`` starts stops on the signals that it gets, and goes on exactly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from groups import finish_together
from harness import CHECKPOINTS, TINY
from outcome import assert_identical, outcome

MAIN = Path(__file__).parents[2] / "main.py"
LAUNCHER = (
    *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"),
    *("--signals-to-handle", "SIGTERM,SIGINT,SIGHUP,SIGUSR1"),
)

FLAGS = (*TINY, "--num_epochs", "30", "--checkpoint_dir", CHECKPOINTS)


def launch(folder: Path, flags: Sequence[str]) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [*LAUNCHER, str(MAIN), *flags],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish_launched(folder: Path, flags: Sequence[str]) -> str:
    _, messages = (process := launch(folder, flags)).communicate()
    assert process.returncode == 0, messages
    return messages


def stop_launched(folder: Path, number: signal.Signals) -> str:
    """Send a signal to the launcher when the run begins; return the messages that follow."""
    process = launch(folder, FLAGS)
    assert process.stderr is not None
    assert any("2 process(es)" in line for line in process.stderr)
    process.send_signal(number)
    _, messages = process.communicate()
    assert process.returncode != 0
    return messages


@pytest.mark.long
def test_torchrun_stops_on_a_signal_and_goes_on_exactly(tmp_path: Path) -> None:
    messages = stop_launched(tmp_path / "stopped", signal.SIGTERM)
    assert messages.count("stopped by SIGTERM after") == 1, messages
    assert f"resume with: torchrun --nproc_per_node 2 {MAIN} --num_samples 60" in messages
    progress = tmp_path / "stopped" / CHECKPOINTS / "training_progress.json"
    assert json.loads(progress.read_text())["status"] == "stopped"
    assert "resuming from" in finish_together(tmp_path / "stopped", 2, *FLAGS)
    finish_together(tmp_path / "peace", 2, *FLAGS)
    assert_identical(*(outcome(tmp_path / name, "standard") for name in ("stopped", "peace")))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_other_signals_reach_all_processes_too(tmp_path: Path, number: signal.Signals) -> None:
    messages = stop_launched(tmp_path, number)
    assert messages.count(f"stopped by {number.name} after") == 1, messages
    assert "resuming from" in finish_launched(tmp_path, FLAGS)


@pytest.mark.slow
def test_the_end_of_the_launcher_ends_what_it_started(tmp_path: Path) -> None:
    process = launch(tmp_path, [*FLAGS, "--num_epochs", "100000"])
    assert process.stderr is not None
    assert any("epoch " in line for line in process.stderr)
    process.kill()
    # The workers hold the other end of the pipe until they have ended.
    _, messages = process.communicate()
    assert "stopped by the end of its job script or launcher" in messages
    progress = json.loads((tmp_path / CHECKPOINTS / "training_progress.json").read_text())
    assert progress["status"] == "stopped"


@pytest.mark.slow
def test_a_mistake_is_told_once_and_ends_all(tmp_path: Path) -> None:
    process = launch(tmp_path, [*FLAGS, "--resume_from", "missing.pth"])
    _, messages = process.communicate()
    assert process.returncode == 1
    assert messages.count("dnawire: error: ") == 1, messages
