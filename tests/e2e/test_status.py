"""``dnawire status`` on real runs: alive, ended in every way, and damaged."""

from __future__ import annotations

import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    TrainingProcess,
    contents,
    finish,
    patiently,
    raise_at,
    run,
)

from dnawire.checkpoint import DirectoryLock
from dnawire.cli import main
from dnawire.errors import (
    EXIT_DIVERGED,
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_IO_ERROR,
    EXIT_NOT_FOUND,
    EXIT_STOPPED,
    EXIT_USAGE,
)
from dnawire.monitor import PROGRESS_NAME

FLAGS = (*TINY, "--checkpoint_dir", CHECKPOINTS, "--checkpoint_frequency", "1", "--num_epochs")
WILD = ("--learning_rate", "1e9", "--gradient_clip", "1e9", "--warmup_epochs", "0")
IN_SECOND_EPOCH = STEPS_PER_EPOCH + 2
STATES = {
    "a_finished": "finished",
    "b_stopped": "stopped",
    "c_killed": "killed",
    "d_diverged": "diverged",
    "e_not_saved": "not saved",
    "f_interrupted": "failed",
    "g_damaged": "unreadable",
    "h_running": "running",
    "i_starting": "starting",
}
SPY = """
import json, sys
opened = []
sys.addaudithook(lambda event, words: opened.append(words[:2]) if event == "open" else None)
from dnawire.cli import main
code = main(["status", *sys.argv[1:]])
places = [str(path) for path, mode in opened if "checkpoints" in str(path)]
heavy = sorted({"torch", "numpy", "scipy", "h5py", "dnawire.config"} & set(sys.modules))
print(json.dumps({"code": code, "opened": places, "heavy": heavy}))
"""


def refuse_checkpoints(moment: str, count: int) -> None:
    if (moment, count) == (STEP, IN_SECOND_EPOCH):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))


def make_ended_runs(place: Path) -> None:
    finish(place / "a_finished", *FLAGS, "2")
    for name, exit_code, signals in (
        ("b_stopped", EXIT_STOPPED, (signal.SIGTERM,)),
        ("c_killed", -signal.SIGKILL, (signal.SIGKILL,)),
        ("f_interrupted", EXIT_INTERRUPTED, (signal.SIGINT, signal.SIGINT)),
    ):
        action = patiently(raise_at(STEP, IN_SECOND_EPOCH, *signals))
        assert run(place / name, *FLAGS, "5", action=action).exit_code == exit_code
    assert run(place / "d_diverged", *FLAGS, "5", *WILD).exit_code == EXIT_DIVERGED
    ended = run(place / "e_not_saved", *FLAGS, "2", action=refuse_checkpoints)
    assert ended.exit_code == EXIT_IO_ERROR


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Runs below one folder; the running one is suspended, so that nothing changes any more."""
    place = tmp_path_factory.mktemp("fleet")
    make_ended_runs(place)
    shutil.copytree(place / "a_finished", place / "g_damaged")
    (place / "g_damaged" / CHECKPOINTS / PROGRESS_NAME).write_text('{"epoch": 2, "train')
    shutil.copytree(place / "b_stopped", place / "i_starting")
    process = TrainingProcess(place / "h_running", *FLAGS, "200")
    process.wait_for(STEP, IN_SECOND_EPOCH)
    process.send(signal.SIGSTOP)
    try:
        with DirectoryLock(place / "i_starting" / CHECKPOINTS):
            yield place
    finally:
        process.send(signal.SIGKILL)
        process.end()


def documents(place: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What ``--json`` tells, by the name of the run."""
    capsys.readouterr()
    assert main(["status", str(place), "--json"]) == EXIT_FINISHED
    content = json.loads(capsys.readouterr().out)
    assert (content["schema"], content["problems"]) == (1, [])
    return {Path(run["path"]).parent.name: run for run in content["runs"]}


def test_the_state_of_each_run_is_told(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(fleet, capsys)
    assert {name: run["state"] for name, run in found.items()} == STATES
    assert list(found) == sorted(STATES)
    assert "is not JSON" in found["g_damaged"]["detail"]
    assert "Failed to save checkpoint" in found["e_not_saved"]["detail"]


def test_the_numbers_are_those_of_the_run(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(fleet, capsys)["c_killed"]
    rows = (fleet / "c_killed/outputs/standard/metrics.csv").read_text().splitlines()
    last = dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))
    assert (found["epoch"], found["num_epochs"]) == (int(last["epoch"]), 5) == (1, 5)
    assert found["checkpoint_epoch"] == 1
    for name in ("train_loss", "val_loss", "learning_rate"):
        assert found[name] == float(last[name])
    assert found["seconds_per_epoch"] == pytest.approx(float(last["seconds"]))
    assert found["seconds_left"] == pytest.approx(4 * float(last["seconds"]))
    latest = fleet / "c_killed" / CHECKPOINTS / "checkpoint_latest.pth"
    assert found["checkpoint_time"] == latest.stat().st_mtime
    assert found["host"] == os.uname().nodename
    assert (found["starts"], found["job"]) == (1, None)


def test_the_table_names_every_run_its_state_and_what_went_wrong(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(fleet)]) == EXIT_FINISHED
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == [
        *("run", "state", "epoch", "train", "val", "rate", "s/epoch", "left", "seen", "saved"),
        *("owner", "starts"),
    ]
    for name, state in STATES.items():
        assert any(line.startswith(f"{fleet / name}") and state in line for line in lines)
    assert any("g_damaged/checkpoints: unreadable: training_progress.json" in x for x in lines)
    counts = "1 diverged, 1 failed, 1 finished, 1 killed, 1 not saved, 1 running, 1 starting"
    assert lines[-1] == f"9 runs: {counts}, 1 stopped, 1 unreadable"


def test_it_needs_no_torch_opens_no_checkpoint_and_changes_nothing(fleet: Path) -> None:
    before = contents(fleet)
    times = {path: path.stat().st_mtime_ns for path in fleet.rglob("*")}
    process = subprocess.run(
        [sys.executable, "-c", SPY, str(fleet)], capture_output=True, text=True, check=True
    )
    told = json.loads(process.stdout.splitlines()[-1])
    assert (told["code"], told["heavy"]) == (EXIT_FINISHED, [])
    assert len(told["opened"]) >= 2 * len(STATES)
    kinds = {Path(path).suffix for path in told["opened"] if Path(path).name != CHECKPOINTS}
    assert kinds == {".json", ".lock"}
    assert contents(fleet) == before
    assert {path: path.stat().st_mtime_ns for path in fleet.rglob("*")} == times


def test_a_run_that_is_resumed_counts_its_starts(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(fleet / "b_stopped", tmp_path / "again")
    finish(tmp_path / "again", *FLAGS, "5")
    found = documents(tmp_path, capsys)["again"]
    assert (found["state"], found["starts"], found["epoch"]) == ("finished", 2, 5)


def test_watching_draws_anew_in_a_terminal_until_ctrl_c(fleet: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dnawire", "status", "--watch", "0.01", str(fleet)]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while shown.count(b"9 runs: ") < 3:
        shown += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # the end of what it has to say
        while more := os.read(ours, 4096):
            shown += more
    os.close(ours)
    assert process.wait() == EXIT_FINISHED
    assert shown.count(b"\x1b[H\x1b[2J") >= 3
    assert b"Traceback" not in shown


def test_watching_as_json_writes_a_line_each_time(fleet: Path) -> None:
    command = [sys.executable, "-m", "dnawire", "status", str(fleet), "--json", "--watch", "0.01"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        content = json.loads(process.stdout.readline())
        assert len(content["runs"]) == len(STATES)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == EXIT_FINISHED


def test_a_folder_without_runs_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(tmp_path)]) == EXIT_NOT_FOUND
    assert main(["status", str(tmp_path / "nowhere")]) == EXIT_NOT_FOUND
    assert main(["status", str(tmp_path), "--watch", "-1"]) == EXIT_USAGE
    messages = capsys.readouterr().err
    for word in (f"no run in {tmp_path}", "does not exist", "watch = -1.0 is not allowed"):
        assert word in messages
    assert main(["status", str(tmp_path), "--json"]) == EXIT_FINISHED
    assert json.loads(capsys.readouterr().out)["runs"] == []
