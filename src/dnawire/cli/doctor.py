"""``dnawire doctor``: what a run will meet here, before it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED, EXIT_PROBLEM_FOUND
from dnawire.scalars import Range, check_range

if TYPE_CHECKING:
    from dnawire.doctor import Finding

SCHEMA: Final = 1
_PARAMETERS: Final = Range(1, 10**9, "parameters")
_HOURS: Final = Range(1e-3, 1e6, "hours")


@dataclass(frozen=True)
class DoctorFlags:
    """Tell which signals reach a run here, when its job ends, and whether its folder is safe.

    Run it inside a job to learn about that job. It trains nothing and leaves nothing behind. The
    exit code is 1 if there is a problem, else 0.
    """

    dir: tyro.conf.Positional[Path] = Path("checkpoints")
    """Folder of checkpoints, which need not exist yet."""

    num_parameters: int = 1_000_000
    """Size of the model; counts only where the folder holds no checkpoint to measure."""

    mtbf: float = 24.0
    """Mean time between two failures in hours, for the cadence of saves."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print one line of JSON instead of a table."""

    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        check_range("num_parameters", self.num_parameters, _PARAMETERS)
        check_range("mtbf", self.mtbf, _HOURS)


def run(arguments: Sequence[str]) -> int:
    """Examine, print what was found, and return the exit code.

    Raises
    ------
    dnawire.errors.UsageError
        A number is out of range.
    """
    flags = parse(DoctorFlags, arguments, "doctor")
    flags.messages.configure()
    findings = _examine(flags)
    print(_as_json(findings) if flags.json else "\n".join(_table(findings)))
    problems = [finding for finding in findings if finding.verdict.value == "PROBLEM"]
    return EXIT_PROBLEM_FOUND if problems else EXIT_FINISHED


def _examine(flags: DoctorFlags) -> list[Finding]:
    from dnawire.cluster import SlurmJob
    from dnawire.doctor import job_findings, signal_findings

    return [*signal_findings(), *job_findings(SlurmJob.current()), *_storage(flags)]


def _storage(flags: DoctorFlags) -> Iterator[Finding]:
    from dnawire.doctor import (
        Finding,
        Storage,
        cadence_findings,
        measure_saves,
        state_size,
        storage_findings,
    )

    size = state_size(flags.dir, flags.num_parameters)
    try:
        with Storage.opened(flags.dir) as storage:
            yield Finding.ok("folder", f"{flags.dir}: can be written")
            yield from storage_findings(storage, size)
            yield from cadence_findings(measure_saves(storage, size), flags.mtbf)
    except OSError as error:
        yield Finding.problem(
            "folder",
            f"{flags.dir}: cannot be written as a run has to: {error}",
            "check permissions, free space and quota, or give another --checkpoint_dir",
        )


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    verdict = max(len(finding.verdict.value) for finding in findings)
    subject = max(len(finding.subject) for finding in findings)
    for finding in findings:
        yield f"{finding.verdict.value:<{verdict}}  {finding.subject:<{subject}}  {finding.text}"
        if finding.remedy:
            yield f"{'':<{verdict}}  {'':<{subject}}  Remedy: {finding.remedy}"


def _as_json(findings: Sequence[Finding]) -> str:
    plain = [{**asdict(finding), "verdict": finding.verdict.value} for finding in findings]
    return json.dumps({"schema": SCHEMA, "findings": plain})
