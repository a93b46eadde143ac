"""What SLURM will do to a run: when the job ends, whether it comes back, which signals arrive."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from dnawire.cluster import NoAnswerError, SlurmJob
from dnawire.doctor.finding import Finding

_SIGNAL: Final = re.compile(r"^#SBATCH\s+--signal[=\s](\S+)", re.MULTILINE)
_WARNING: Final = re.compile(r"((?P<where>[BR]+):)?(?P<name>\w+)(@(?P<seconds>\d+))?")
_TRAINING: Final = re.compile(r"main\.py|dnawire\s+train")
_DEFAULT_WARNING_SECONDS: Final = 60
_EARLINESS_SECONDS: Final = 60
_USE_EXEC: Final = "write `exec python main.py ...` in the job script"


class _Script(NamedTuple):
    start: str
    """How Python is started: exec, srun, or empty for a child of the shell."""
    to_shell: bool
    """Whether the warning goes to the shell of the job."""
    warning: str
    """The value of ``--signal``; empty without."""
    seconds: int


def job_findings(job: SlurmJob | None) -> list[Finding]:
    """Examine the SLURM job around this process."""
    if job is None:
        return [Finding.ok("job", "no SLURM job here: nobody sets a time limit")]
    return [*_end(job), *_return(job), *_delivery(job)]


def _end(job: SlurmJob) -> Iterator[Finding]:
    try:
        left = job.expected_seconds_left()
    except NoAnswerError as error:
        yield Finding.warning(
            "time limit",
            f"a run cannot learn when {job} ends: {error}",
            "give --time_limit HH:MM:SS, or `#SBATCH --signal=B:USR1@120` together with exec",
        )
        return
    if left == math.inf:
        yield Finding.ok("time limit", f"{job} has none")
    else:
        clock = timedelta(seconds=max(0, round(left)))
        yield Finding.ok("time limit", f"{job} ends in {clock}; a run stops and saves before")


def _return(job: SlurmJob) -> Iterator[Finding]:
    try:
        description = job.description()
    except NoAnswerError as error:
        yield Finding.warning(
            "requeue", f"a run cannot bring the job back: {error}", "submit it again by hand"
        )
        return
    if description.get("BatchFlag") != "1":
        yield Finding.ok("requeue", "an interactive job: it ends with its time limit")
    elif description.get("Requeue") != "1":
        yield Finding.warning(
            "requeue",
            "the job does not come back after its time limit, preemption or a failed node",
            "add `#SBATCH --requeue`",
        )
    else:
        restarts = description.get("Restarts", "?")
        yield Finding.ok("requeue", f"the job comes back by itself; restarts so far: {restarts}")


def _delivery(job: SlurmJob) -> Iterator[Finding]:
    try:
        script = _read(job.script())
        limit = job.expected_seconds_left()
    except NoAnswerError as error:
        yield Finding.ok("delivery", f"there is no job script to look at ({error})")
        return
    if script is None:
        yield Finding.ok("delivery", "the job script names neither main.py nor dnawire train")
        return
    if script.warning and script.seconds + _EARLINESS_SECONDS >= limit:
        yield Finding.problem(
            "warning time",
            f"--signal={script.warning} comes up to a minute early: before Python has started",
            "warn later, or drop --signal: the run knows its time limit",
        )
    yield _judged(script)


def _judged(script: _Script) -> Finding:
    if script.to_shell and script.start != "exec":
        return Finding.problem(
            "delivery",
            f"--signal={script.warning} kills the shell of the job; the job ends and stays away",
            f"{_USE_EXEC}, or drop --signal",
        )
    if script.warning and not script.to_shell and script.start != "srun":
        return Finding.warning(
            "delivery",
            f"--signal={script.warning} reaches steps of srun only, so nobody",
            f"{_USE_EXEC} and --signal=B:..., or drop --signal: the run knows its time limit",
        )
    if not script.start:
        return Finding.warning(
            "delivery",
            "Python is a child of the shell: when preempted it hears of it only at the end of the "
            "grace time, by SIGTERM",
            _USE_EXEC,
        )
    return Finding.ok("delivery", f"Python is started by {script.start}: signals reach it")


def _read(text: str) -> _Script | None:
    """Read a job script; options of the command ``sbatch`` are not seen."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [line for line in lines if _TRAINING.search(line) and not line.startswith("#")]
    if not commands:
        return None
    first = commands[0].split()[0]
    directive = _SIGNAL.search(text)
    warning = _WARNING.fullmatch(directive[1]) if directive else None
    start = first if first in ("exec", "srun") else ""
    if directive is None or warning is None:
        return _Script(start, False, "", 0)
    seconds = int(warning["seconds"] or _DEFAULT_WARNING_SECONDS)
    return _Script(start, "B" in (warning["where"] or ""), directive[1], seconds)
