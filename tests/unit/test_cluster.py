"""When a job ends, asked from a queue on the path that answers as a test wants."""

from __future__ import annotations

import logging
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dnawire.cluster import (
    TIME,
    Duration,
    JobEnd,
    NoAnswerError,
    ParentEnd,
    SlurmJob,
    job_runs,
    signals,
)
from dnawire.cluster.limits import ASK_AGAIN_SECONDS

JOB = SlurmJob("17", "17")


class Queue:
    """Commands of SLURM on the path; each keeps the words of every call."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._path = monkeypatch
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def answers(self, command: str, script: str) -> None:
        program = self.folder / command
        program.write_text(f'#!/bin/sh\necho "$*" >> {self.folder}/{command}.calls\n{script}\n')
        program.chmod(0o755)

    def calls(self, command: str) -> list[str]:
        calls = self.folder / f"{command}.calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    return Queue(tmp_path, monkeypatch)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("environment", "job"),
    [
        ({}, None),
        ({"SLURM_JOB_ID": ""}, None),
        ({"SLURM_JOB_ID": "17"}, JOB),
        ({"SLURM_JOB_ID": "17", "SLURM_JOB_END_TIME": "99"}, SlurmJob("17", "17", 99.0)),
        (
            {"SLURM_JOB_ID": "17", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"},
            SlurmJob("17", "17_3"),
        ),
    ],
)
def test_the_environment_names_the_job(environment: dict[str, str], job: SlurmJob | None) -> None:
    assert SlurmJob.current(environment) == job


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        ("echo 17 RUNNING", True),
        ("echo 17 COMPLETING", True),
        ("echo 17 PENDING", False),
        ("echo 17 COMPLETED; echo 18 RUNNING", False),
        ("true", False),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", False),
        ("echo 'Unable to contact slurm controller' >&2; exit 1", None),
        ('test "$1 $2 $3" = "--noheader --jobs 17" && echo 17 RUNNING', True),
    ],
)
def test_the_queue_tells_whether_a_job_runs(queue: Queue, script: str, runs: bool | None) -> None:
    queue.answers("squeue", script)
    assert job_runs("17") is runs


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("0:07", 7.0),
        ("59:59", 3599.0),
        ("1:02:03", 3723.0),
        ("2-00:00:01", 172801.0),
        ("UNLIMITED", math.inf),
        ("NOT_SET", math.inf),
        ("INVALID", 0.0),
    ],
)
def test_time_left(queue: Queue, answer: str, seconds: float) -> None:
    queue.answers("squeue", f"echo {answer}")
    assert SlurmJob("17", "17_3").seconds_left() == seconds
    assert queue.calls("squeue") == ["--noheader --jobs 17_3 --format %L"]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo soon", "squeue gave 'soon' as a time"),
        ("true", "squeue knows no job 17"),
        ("echo no controller >&2; exit 1", "failed: no controller"),
        ("exit 3", "failed: exit code 3"),
    ],
)
def test_a_queue_that_gives_no_answer(queue: Queue, script: str, says: str) -> None:
    queue.answers("squeue", script)
    with pytest.raises(NoAnswerError, match=says):
        JOB.seconds_left()


def test_a_missing_command_and_one_that_hangs(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnawire.cluster.job.ANSWER_SECONDS", 0.2)
    queue.answers("squeue", "exec tail -f /dev/null")
    with pytest.raises(NoAnswerError, match=r"did not answer in 0\.2 s"):
        JOB.seconds_left()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoAnswerError, match="there is no command squeue here"):
        JOB.seconds_left()


def test_the_environment_spares_the_question() -> None:
    job = SlurmJob("17", "17", end_time=5000.0)
    assert job.expected_seconds_left(now=lambda: 4000.0) == 1000.0


@pytest.mark.parametrize("answer", ["echo 17 COMPLETED", "echo Invalid job id >&2; exit 1"])
def test_a_shell_that_is_left_from_an_ended_job_is_in_none(queue: Queue, answer: str) -> None:
    queue.answers("squeue", answer)
    job = SlurmJob("17", "17", end_time=5000.0)
    with pytest.raises(NoAnswerError, match="SLURM job 17 has ended"):
        job.expected_seconds_left(now=lambda: 6000.0)


def test_a_job_beyond_its_first_end_was_extended(queue: Queue) -> None:
    queue.answers("squeue", 'case "$*" in *%T) echo 17 RUNNING;; *) echo 10:00;; esac')
    job = SlurmJob("17", "17", end_time=5000.0)
    assert job.expected_seconds_left(now=lambda: 6000.0) == 600.0


def test_an_answer_that_is_none_says_nothing_about_a_job(queue: Queue) -> None:
    queue.answers("squeue", "echo out of order")
    assert job_runs("17") is None


def test_the_description(queue: Queue) -> None:
    queue.answers("scontrol", "echo JobId=17 Requeue=1 ReqB:S:C:T=0:0:*:* Power=")
    description = JOB.description()
    assert description["Requeue"] == "1"
    assert description["Power"] == ""
    assert queue.calls("scontrol") == ["show job --oneliner 17"]


def test_requeue_names_the_task_alone(queue: Queue) -> None:
    queue.answers("scontrol", "true")
    SlurmJob("17", "17_3").requeue()
    assert queue.calls("scontrol") == ["requeue 17_3"]


def test_a_job_is_stopped_a_margin_before_its_end(queue: Queue) -> None:
    queue.answers("squeue", "echo 10:00")
    clock = Clock()
    end = JobEnd(JOB, 60.0, clock)
    queue.answers("squeue", "echo 1:00")
    clock.now += 539.9
    assert not end.is_over()
    clock.now += 0.2
    assert end.is_over()
    assert end.is_over()
    assert end.reason == TIME
    assert len(queue.calls("squeue")) == 2


def test_the_margin_takes_at_most_a_quarter_of_a_short_job(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.answers("squeue", "echo 0:40")
    clock = Clock()
    with caplog.at_level(logging.INFO):
        end = JobEnd(JOB, 60.0, clock)
    says = "SLURM job 17 ends in 40 s; the run stops and saves 10 s before"
    assert caplog.messages == [says]
    clock.now += 29.9
    assert not end.is_over()
    queue.answers("squeue", "echo 0:10")
    clock.now += 0.2
    assert end.is_over()


def test_an_extended_limit_is_noticed(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    queue.answers("squeue", "echo 2:00")
    clock = Clock()
    end = JobEnd(JOB, 20.0, clock)
    clock.now += 100.0
    queue.answers("squeue", "echo 5:00")
    with caplog.at_level(logging.INFO):
        assert not end.is_over()
    assert "the limit was extended: SLURM job 17 ends in 300 s" in caplog.text
    clock.now += 279.0
    assert not end.is_over()
    queue.answers("squeue", "echo 0:19")
    clock.now += 2.0
    assert end.is_over()


def test_a_shortened_limit_is_noticed_within_ten_minutes(queue: Queue) -> None:
    queue.answers("squeue", "echo UNLIMITED")
    clock = Clock()
    end = JobEnd(JOB, 20.0, clock)
    queue.answers("squeue", "echo 0:10")
    clock.now += ASK_AGAIN_SECONDS - 1.0
    assert not end.is_over()
    clock.now += 1.0
    assert not end.is_over()
    queue.answers("squeue", "echo 0:02")
    clock.now += 8.0
    assert end.is_over()


def test_without_an_answer_the_last_one_holds(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.answers("squeue", "echo 20:00")
    clock = Clock()
    end = JobEnd(JOB, 60.0, clock)
    queue.answers("squeue", "exit 1")
    clock.now += ASK_AGAIN_SECONDS
    assert not end.is_over()
    clock.now += 541.0
    assert end.is_over()
    (warning,) = (line for line in caplog.messages if "does not tell" in line)
    assert warning.endswith("its last answer holds")


def test_a_queue_that_never_answers_is_told_once_with_a_remedy(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.answers("squeue", "exit 1")
    clock = Clock()
    end = JobEnd(JOB, 60.0, clock)
    for _ in range(3):
        clock.now += ASK_AGAIN_SECONDS
        assert not end.is_over()
    assert len(queue.calls("squeue")) == 4
    (warning,) = (line for line in caplog.messages if "does not tell" in line)
    assert "--time_limit HH:MM:SS" in warning


def test_a_duration() -> None:
    clock = Clock()
    limit = Duration(5.0, clock)
    clock.now += 4.0
    assert not limit.is_over()
    clock.now += 1.0
    assert limit.is_over()


def test_an_interrupt_in_compiled_code_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), signals.keyboard_interrupts():
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()
    with pytest.raises(SystemError, match="other"), signals.keyboard_interrupts():
        raise SystemError("other")


def _caused_by(error: Exception, reason: BaseException) -> Exception:
    error.__cause__ = reason
    return error


def test_an_interrupt_in_compiled_code_that_compiled_code_calls_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), signals.keyboard_interrupts():
        raise SystemError("outer") from _caused_by(SystemError("inner"), KeyboardInterrupt())


_CHILD = """
import sys
from dnawire.cluster import ParentEnd
parent = ParentEnd()
print(parent.is_over(), flush=True)
sys.stdin.readline()
print(parent.is_over(), flush=True)
"""
_CHILD_THAT_IMPORTS_FOR_LONG = """
import sys
from dnawire.cluster import ParentEnd
print(False, flush=True)
sys.stdin.readline()
print(ParentEnd().is_over(), flush=True)
"""


@pytest.mark.parametrize("child", [_CHILD, _CHILD_THAT_IMPORTS_FOR_LONG])
def test_the_end_of_the_parent_is_noticed(child: str) -> None:
    """A shell starts the process, which outlives it."""
    gate, opener = os.pipe()
    command = f'{sys.executable} -c "$0" <&{gate} & read go'
    shell = subprocess.Popen(
        ["bash", "-c", command, child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(gate,),
    )
    os.close(gate)
    with shell, os.fdopen(opener, "w") as gate_keeper:
        assert shell.stdout is not None
        assert shell.stdin is not None
        assert shell.stdout.readline() == "False\n"
        shell.stdin.close()
        shell.wait()
        gate_keeper.write("go\n")
        gate_keeper.flush()
        assert shell.stdout.readline() == "True\n"


def test_the_parent_of_this_process_lives() -> None:
    assert not ParentEnd().is_over()
