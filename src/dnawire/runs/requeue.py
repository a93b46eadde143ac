"""A run in a SLURM job: which limits it heeds, and how the job starts again."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from dnawire.checkpoint import load_checkpoint
from dnawire.cluster import Duration, JobEnd, Limit, NoAnswerError, ParentEnd, SlurmJob
from dnawire.config import CheckpointConfig, TrainConfig
from dnawire.errors import NotFoundError, NotReadableError, UnusableCheckpointError
from dnawire.runs.application import APPLICATION

logger = logging.getLogger(__name__)

_RUNNING: Final = "RUNNING"
_YES: Final = "1"


def end_of_parent(job: SlurmJob | None) -> list[Limit]:
    """Return the end of what started this process, if that watches over it."""
    is_launched = "WORLD_SIZE" in os.environ
    return [ParentEnd()] if is_launched or job is not None else []


def limits_of_time(settings: CheckpointConfig, job: SlurmJob | None) -> list[Limit]:
    """Return the limits of time that end the run early."""
    limits: list[Limit] = []
    if settings.time_limit_seconds is not None:
        limits.append(Duration(max(0.0, settings.time_limit_seconds - settings.stop_margin)))
    if settings.heeds_job and job is not None:
        limits.append(JobEnd(job, settings.stop_margin))
    return limits


def without_restart(config: TrainConfig, job: SlurmJob | None) -> TrainConfig:
    """Return the settings of this start: a job that has come back goes on with its own run.

    ``--fresh`` and ``--resume_from`` in its script were acted upon at its first start, and would
    bring every later one back to the same point, without end.

    Parameters
    ----------
    config
        The settings as they were given.
    job
        The job of this process, if any.
    """
    settings = config.checkpoint
    starts_over = settings.fresh or settings.resume_from is not None
    if job is None or not starts_over or not _holds_work_of(job, settings.directory):
        return config
    logger.warning(
        "%s has come back: the run in %s goes on; --fresh and --resume_from are ignored, which "
        "were acted upon at its first start", job, settings.directory,
    )  # fmt: skip
    own = replace(settings, fresh=False, resume_from=None, checkpoint_dir=settings.directory)
    return replace(config, checkpoint=own)


def _holds_work_of(job: SlurmJob, folder: Path) -> bool:
    """Whether an earlier start of the job has made the newest checkpoint of a folder."""
    if job.restarts == 0:
        return False
    try:
        newest = load_checkpoint(folder, application=APPLICATION)
    except (NotFoundError, UnusableCheckpointError, NotReadableError):
        return False
    return job.has_come_back(newest.payload["resume"].get("job", {}))


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
