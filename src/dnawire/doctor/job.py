"""What SLURM will do to a run: when the job ends, whether it comes back, which signals arrive."""

from __future__ import annotations

import math
import re
import signal
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
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_FORWARDED: Final = re.compile(r"--signals[-_]to[-_]handle[=\s]+(\S+)")
_FORWARDED_BY_DEFAULT: Final = "SIGTERM,SIGINT,SIGHUP,SIGQUIT"
_USE_EXEC: Final = "write `exec python main.py ...` in the job script"


class _Script(NamedTuple):
    start: str
    """How Python is started: exec, srun, or empty for a child of the shell."""
    to_shell: bool
    """Whether the warning goes to the shell of the job."""
    warning: str
    """The value of ``--signal``; empty without."""
    signal: str
    """Its signal, e.g. ``SIGUSR1``."""
    forwarded: str
    """Signals that torchrun passes on, with commas; empty without torchrun."""
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
        limit = job.time_limit()
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
    if script.warning and script.forwarded and script.signal not in script.forwarded.split(","):
        return Finding.problem(
            "delivery",
            f"--signal={script.warning} ends torchrun, which leaves the processes behind",
            f"add `--signals-to-handle {_FORWARDED_BY_DEFAULT},{script.signal}` to torchrun, "
            "or drop --signal",
        )
    if not script.start:
        return Finding.warning(
            "delivery",
            "Python is a child of the shell: when preempted it gets no signal before the end of "
            "the grace time, SIGTERM",
            _USE_EXEC,
        )
    return Finding.ok("delivery", f"Python is started by {script.start}: signals reach it")


def _read(text: str) -> _Script | None:
    """Read a job script; options of the command ``sbatch`` are not seen."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [line for line in lines if _TRAINING.search(line) and not line.startswith("#")]
    if not commands:
        return None
    directive = _SIGNAL.search(text)
    warning = _WARNING.fullmatch(directive[1]) if directive else None
    start, forwarded = _start(commands[0]), _forwarded(commands[0])
    if directive is None or warning is None:
        return _Script(start, False, "", "", forwarded, 0)
    seconds = int(warning["seconds"] or _DEFAULT_WARNING_SECONDS)
    to_shell = "B" in (warning["where"] or "")
    return _Script(start, to_shell, directive[1], _full_name(warning["name"]), forwarded, seconds)


def _start(command: str) -> str:
    """Find what starts Python: the word before it, in the last of several joined commands."""
    outside = re.split(r"['\"]", _QUOTED.sub("", _before_training(command)))[0]
    words = re.split(r"[;&|]", outside)[-1].split()
    return next((word for word in words if word in ("exec", "srun")), "")


def _before_training(command: str) -> str:
    found = _TRAINING.search(command)
    return command if found is None else command[: found.start()]


def _forwarded(command: str) -> str:
    starter = _before_training(command)
    if "torchrun" not in starter and "torch.distributed.run" not in starter:
        return ""
    given = _FORWARDED.search(starter)
    return _FORWARDED_BY_DEFAULT if given is None else given[1].strip("'\"")


def _full_name(given: str) -> str:
    """Return the name of a signal that is given as ``USR1``, ``SIGUSR1`` or by its number."""
    if given.isdigit():
        known = {number.value: number.name for number in signal.Signals}
        return known.get(int(given), given)
    return f"SIG{given.upper().removeprefix('SIG')}"
