"""In a SLURM job, as far as its commands tell: a run knows its end and comes back by itself."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM, SIGUSR1
from typing import Any, NamedTuple

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    VALIDATION,
    Action,
    Ended,
    TrainingProcess,
    finish,
    raise_at,
    run,
    without_figures,
)
from outcome import assert_identical, outcome

from dnawire.errors import EXIT_FINISHED, EXIT_STOPPED

MAIN = Path(__file__).parents[2] / "main.py"
EPOCHS = 2
LENGTH = (*TINY, "--num_epochs", str(EPOCHS))
SAFE = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
ALLOWED = "JobState=RUNNING Requeue=1 BatchFlag=1"
OVER, ENDLESS = "echo INVALID", "echo UNLIMITED"
EXTENDED = "test -e asked && echo UNLIMITED || { touch asked; echo INVALID; }"


class Job(NamedTuple):
    """The train command in a job whose queue answers so."""

    squeue: str = OVER
    description: str = ALLOWED
    restarts: int = 0

    def __call__(self, flags: tuple[str, ...]) -> int:
        scripts = {"squeue": self.squeue, "scontrol": f"echo {self.description}"}
        for name, script in scripts.items():
            program = Path(name)
            program.write_text(f'#!/bin/sh\necho {name} "$*" >> calls\n{script}\n')
            program.chmod(0o755)
        os.environ["PATH"] = f"{Path.cwd()}:{os.environ['PATH']}"
        os.environ["SLURM_JOB_ID"] = "17"
        if self.restarts:
            os.environ["SLURM_RESTART_COUNT"] = str(self.restarts)
        return without_figures(flags)


def live(folder: Path, job: Job, *flags: str, action: Action | None = None) -> Ended:
    options = {} if action is None else {"action": action}
    return TrainingProcess(folder, *flags, command=job, **options).end()


def calls(folder: Path) -> list[str]:
    file = folder / "calls"
    return file.read_text().splitlines() if file.exists() else []


def is_requeued(folder: Path) -> bool:
    return "scontrol requeue 17" in calls(folder)


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *SAFE)
    return outcome(folder, "standard")


def test_a_job_that_is_over_takes_a_step_saves_and_comes_back(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    for done in (1, 2):
        ended = live(tmp_path, Job(), *SAFE)
        assert ended.exit_code == EXIT_STOPPED, ended.messages
        assert f"stopped by time limit after 0 epochs and {done} of 7 batches" in ended.messages
        assert "SLURM job 17 ends in 0 s; the run stops and saves 0 s before" in ended.messages
        assert "SLURM job 17 goes back into the queue" in ended.messages
        assert calls(tmp_path).count("scontrol requeue 17") == done
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.mark.parametrize(
    ("over", "before"), [(("--fresh",), 0), (("--resume_from", "start.pth"), 1)]
)
def test_a_job_that_comes_back_goes_on_whatever_its_script_says(
    tmp_path: Path, in_peace: dict[str, Any], over: tuple[str, ...], before: int
) -> None:
    """What starts over is acted upon once, and again by a new job."""
    live(tmp_path, Job(), *SAFE)
    shutil.copy(tmp_path / CHECKPOINTS / "checkpoint_latest.pth", tmp_path / "start.pth")
    done = []
    for job in (Job(), Job(restarts=1), Job(restarts=2), Job()):
        ended = live(tmp_path, job, *SAFE, *over)
        assert ended.exit_code == EXIT_STOPPED, ended.messages
        assert ("has come back: the run in checkpoints goes on" in ended.messages) == (
            job.restarts > 0
        )
        done.append(json.loads(message_between(ended.messages, "epochs and ", " of 7 batches")))
    assert done == [before + 1, before + 2, before + 3, before + 1]
    assert len(list((tmp_path / CHECKPOINTS).glob("set_aside_*"))) == 2 * ("--fresh" in over)
    finish(tmp_path, *SAFE)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def message_between(text: str, before: str, after: str) -> str:
    return text.rpartition(after)[0].rpartition(before)[2]


def test_a_job_without_end_is_not_stopped(tmp_path: Path, in_peace: dict[str, Any]) -> None:
    ended = live(tmp_path, Job(ENDLESS), *SAFE)
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert "SLURM job 17 has no time limit" in ended.messages
    assert calls(tmp_path) == ["squeue --noheader --jobs 17 --format %L"]
    assert_identical(outcome(tmp_path, "standard"), in_peace)


SCRIPT = """
"$@" > /dev/null 2> messages & run=$!
until grep -qs "^epoch" messages; do sleep 0.05; done
echo $run
"""
"""A job script that ends, as by a warning signal, while its run goes on."""


def test_a_run_whose_job_script_has_ended_saves_and_stops(tmp_path: Path) -> None:
    (tmp_path / "squeue").write_text("#!/bin/sh\n" + ENDLESS)
    (tmp_path / "squeue").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "17"}
    flags = (*TINY, "--num_epochs", "100000", "--checkpoint_dir", CHECKPOINTS)
    command = ["bash", "-c", SCRIPT, "job", sys.executable, str(MAIN), *flags]
    script = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    await_end(int(script.stdout))
    messages = (tmp_path / "messages").read_text()
    assert "stopped by the end of its job script or launcher after" in messages


def await_end(process: int) -> None:
    """Wait for a process that is no child of this one; one that does not end is killed."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process)
        if not select.select([descriptor], [], [], 120.0)[0]:
            os.kill(process, SIGKILL)
        os.close(descriptor)


def test_an_extended_job_goes_on(tmp_path: Path) -> None:
    ended = live(tmp_path, Job(EXTENDED), *SAFE)
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert "the limit was extended: SLURM job 17 has no time limit" in ended.messages


def test_a_queue_that_fails_is_told_and_ends_nothing(tmp_path: Path) -> None:
    ended = live(tmp_path, Job("echo no controller >&2; exit 1"), *SAFE)
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert ended.messages.count("SLURM does not tell the time left") == 1
    assert "failed: no controller" in ended.messages


@pytest.mark.parametrize(
    ("description", "says"),
    [
        ("JobState=RUNNING Requeue=0 BatchFlag=1", "it does not allow it (`#SBATCH --requeue`"),
        ("JobState=RUNNING Requeue=1 BatchFlag=0", "it is interactive"),
        ("JobState=COMPLETING Requeue=1 BatchFlag=1", "it has ended"),
        ("nothing; exit 1", "failed: exit code 1"),
    ],
)
def test_a_job_that_must_not_come_back_does_not(
    tmp_path: Path, description: str, says: str
) -> None:
    ended = live(tmp_path, Job(description=description), *SAFE)
    assert ended.exit_code == EXIT_STOPPED
    assert "SLURM job 17 is not requeued: " in ended.messages
    assert says in ended.messages
    assert not is_requeued(tmp_path)


def test_a_start_that_did_no_step_does_not_come_back(tmp_path: Path) -> None:
    """It would do so without end."""
    run(tmp_path, *SAFE, action=raise_at(VALIDATION, 1, SIGTERM))
    ended = live(tmp_path, Job(), *SAFE)
    assert ended.exit_code == EXIT_STOPPED
    assert "stopped by time limit after 0 epochs and 7 of 7 batches" in ended.messages
    assert "is not requeued: this start did no step" in ended.messages
    assert not is_requeued(tmp_path)


@pytest.mark.parametrize(
    ("signals", "comes_back"),
    [((SIGUSR1,), True), ((SIGTERM,), False), ((SIGUSR1, SIGTERM), False)],
)
def test_a_warning_brings_the_job_back_and_a_cancellation_does_not(
    tmp_path: Path, signals: tuple[Any, ...], comes_back: bool
) -> None:
    action = raise_at(STEP, STEPS_PER_EPOCH + 2, *signals)
    ended = live(tmp_path, Job(ENDLESS), *SAFE, action=action)
    assert ended.exit_code == EXIT_STOPPED
    assert is_requeued(tmp_path) == comes_back


def test_a_job_comes_back_only_if_the_user_lets_it(tmp_path: Path) -> None:
    ended = live(tmp_path, Job(), *SAFE, "--requeue", "never")
    assert ended.exit_code == EXIT_STOPPED
    assert calls(tmp_path) == ["squeue --noheader --jobs 17 --format %L"] * 2


def test_a_run_that_shall_know_no_limit_does_not_ask(tmp_path: Path) -> None:
    ended = live(tmp_path, Job(), *SAFE, "--time_limit", "none")
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert calls(tmp_path) == []


def test_the_end_of_the_job_counts_beside_a_limit_that_is_given(tmp_path: Path) -> None:
    ended = live(tmp_path, Job(), *SAFE, "--time_limit", "10:00:00")
    assert "stopped by time limit" in ended.messages
    assert is_requeued(tmp_path)


def test_without_checkpoints_or_without_a_job_nobody_is_asked(tmp_path: Path) -> None:
    assert live(tmp_path, Job(), *LENGTH).exit_code == EXIT_FINISHED
    finish(tmp_path, *SAFE)
    assert calls(tmp_path) == []
