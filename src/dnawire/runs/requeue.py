"""A run in a SLURM job: which limits it heeds, and how the job starts again."""

from __future__ import annotations

import logging
from typing import Final

from dnawire.cluster import Duration, JobEnd, Limit, NoAnswerError, ParentEnd, SlurmJob
from dnawire.config import CheckpointConfig

logger = logging.getLogger(__name__)

_RUNNING: Final = "RUNNING"
_YES: Final = "1"


def limits_of_run(settings: CheckpointConfig, job: SlurmJob | None) -> list[Limit]:
    """Return what ends the run early: the end of its job script, and the limits of time."""
    limits: list[Limit] = [] if job is None else [ParentEnd()]
    if settings.time_limit_seconds is not None:
        limits.append(Duration(max(0.0, settings.time_limit_seconds - settings.stop_margin)))
    if settings.heeds_job and job is not None:
        limits.append(JobEnd(job, settings.stop_margin))
    return limits


def requeue(job: SlurmJob, steps: int) -> None:
    """Send the job of a run that stopped for lack of time back into the queue, or say why not.

    Parameters
    ----------
    job
        The job of this process, which ends soon after.
    steps
        Optimizer steps since the start. A start that did none would do none again, without end.
    """
    try:
        obstacle = _obstacle(job, steps)
        if not obstacle:
            logger.info(
                "%s goes back into the queue and resumes by itself; --requeue never prevents it",
                job,
            )
            job.requeue()
    except NoAnswerError as error:
        obstacle = str(error)
    if obstacle:
        logger.warning("%s is not requeued: %s; submit it again to go on", job, obstacle)


def _obstacle(job: SlurmJob, steps: int) -> str:
    """Why the job must not be requeued; empty if it may."""
    if steps == 0:
        return "this start did no step, so that the next would do none either"
    description = job.description()
    if description.get("JobState") != _RUNNING:
        return "it has ended"
    if description.get("BatchFlag") != _YES:
        return "it is interactive"
    if description.get("Requeue") != _YES:
        return "it does not allow it (`#SBATCH --requeue` does)"
    return ""
