"""The SLURM job that a process belongs to, asked through the commands of SLURM."""

from __future__ import annotations

import math
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

ANSWER_SECONDS: Final = 10.0
"""How long a command of SLURM may take before it counts as failed."""

_LEFT: Final = re.compile(
    r"(?:(?P<days>\d+)-)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+)"
)
_WITHOUT_LIMIT: Final = frozenset({"UNLIMITED", "NOT_SET"})
_OVER: Final = "INVALID"
_UNKNOWN_JOB: Final = "Invalid job id"
_ENDED_STATES: Final = frozenset(
    {"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"}
    | {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL"}
    | {"OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"}
)


class NoAnswerError(Exception):
    """SLURM could not be asked, or answered something else; the message says which command."""


@dataclass(frozen=True)
class SlurmJob:
    """One job, or one task of a job array.

    Parameters
    ----------
    number
        Job number.
    name
        Number for the commands of SLURM. The number of the last task of an array is also that of
        the array, and a command that gets it acts on all tasks; this name means one task.
    end_time
        When the job ends, in seconds since the epoch, as far as its environment says so.
    cluster
        Name of the cluster; empty if unknown.
    restarts
        How often the job has come back into the queue.
    """

    number: str
    name: str
    end_time: float | None = None
    cluster: str = ""
    restarts: int = 0

    @classmethod
    def current(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Return the job of this process; None outside of SLURM."""
        number = environment.get("SLURM_JOB_ID", "")
        if not number.isdecimal():
            return None
        array, task = (environment.get(f"SLURM_ARRAY_{word}_ID", "") for word in ("JOB", "TASK"))
        is_task = array.isdecimal() and task.isdecimal()
        end = environment.get("SLURM_JOB_END_TIME", "")
        restarts = environment.get("SLURM_RESTART_COUNT", "")
        return cls(
            number,
            f"{array}_{task}" if is_task else number,
            float(end) if end.isdecimal() else None,
            environment.get("SLURM_CLUSTER_NAME", ""),
            int(restarts) if restarts.isdecimal() else 0,
        )

    def to_plain(self) -> dict[str, Any]:
        """Return what names this start of the job, as values that JSON knows."""
        return {"cluster": self.cluster, "number": self.number, "restarts": self.restarts}

    def has_come_back(self, since: Mapping[str, Any]) -> bool:
        """Whether an earlier start of this job is the one that `to_plain` described."""
        earlier = {**self.to_plain(), "restarts": since.get("restarts")}
        return since == earlier and since["restarts"] < self.restarts

    def seconds_left(self) -> float:
        """Ask how long the job may still run, in seconds; infinite without a limit.

        Raises
        ------
        NoAnswerError
            ``squeue`` is missing, fails, or does not answer in time.
        """
        return self._ask_for_time("%L")

    def time_limit(self) -> float:
        """Ask how long the job may run in all; returns and raises like `seconds_left`."""
        return self._ask_for_time("%l")

    def _ask_for_time(self, format_: str) -> float:
        words = _ask("squeue", "--noheader", "--jobs", self.name, "--format", format_).split()
        if len(words) != 1:
            raise NoAnswerError(f"squeue knows no job {self.name}")
        return _seconds(words[0])

    def expected_seconds_left(self, now: Callable[[], float] = time.time) -> float:
        """Return how long the job may run, from its environment if it says so, else by asking.

        Raises
        ------
        NoAnswerError
            See `seconds_left`; or the job has ended, and this shell is left from it.
        """
        left = -math.inf if self.end_time is None else self.end_time - now()
        if left > 0.0:
            return left
        if self.end_time is not None and job_runs(self.number) is False:
            raise NoAnswerError(f"{self} has ended, and the environment is left from it")
        return self.seconds_left()

    def description(self) -> dict[str, str]:
        """Ask for everything that ``scontrol show job`` says, by its names, e.g. ``Requeue``.

        Raises
        ------
        NoAnswerError
            ``scontrol`` is missing, fails, or does not answer in time.
        """
        answer = _ask("scontrol", "show", "job", "--oneliner", self.name)
        pairs = (word.partition("=") for word in answer.split())
        return {name: value for name, mark, value in pairs if mark}

    def script(self) -> str:
        """Ask for the text of the batch script.

        Raises
        ------
        NoAnswerError
            ``scontrol`` is missing, fails, or does not answer in time; so it does for a job
            without a script.
        """
        return _ask("scontrol", "write", "batch_script", self.name, "-")

    def requeue(self) -> None:
        """Send the job back into the queue, which ends all its processes.

        Raises
        ------
        NoAnswerError
            ``scontrol`` is missing, fails, or does not answer in time.
        """
        _ask("scontrol", "requeue", self.name)

    def __str__(self) -> str:
        return f"SLURM job {self.name}"


def job_runs(number: str) -> bool | None:
    """Ask whether a job of this cluster still runs; None if SLURM does not tell.

    Parameters
    ----------
    number
        Job number. That of the last task of a job array stands for all tasks, so that the answer
        names each, and the others are passed over.
    """
    try:
        answer = _ask("squeue", "--noheader", "--jobs", number, "--format", "%A %T")
    except NoAnswerError as error:
        return False if _UNKNOWN_JOB in str(error) else None
    lines = [line.split() for line in answer.splitlines()]
    if any(len(words) != len(("task", "state")) for words in lines):
        return None
    return not {state for task, state in lines if task == number} <= _ENDED_STATES


def _ask(*command: str) -> str:
    words = shlex.join(command)
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False,
            errors="replace",
        )  # fmt: skip
    except FileNotFoundError:
        raise NoAnswerError(f"there is no command {command[0]} here") from None
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"`{words}` did not answer in {ANSWER_SECONDS:g} s") from None
    except OSError as error:
        raise NoAnswerError(f"`{words}` cannot be run: {error}") from None
    if answer.returncode != 0:
        reason = " ".join(answer.stderr.split()) or f"exit code {answer.returncode}"
        raise NoAnswerError(f"`{words}` failed: {reason}")
    return answer.stdout


def _seconds(left: str) -> float:
    """Turn ``D-HH:MM:SS``, of which days and hours may be missing, into seconds."""
    if left in _WITHOUT_LIMIT:
        return math.inf
    if left == _OVER:
        return 0.0
    clock = _LEFT.fullmatch(left)
    if clock is None:
        raise NoAnswerError(f"squeue gave {left!r} as a time")
    days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
