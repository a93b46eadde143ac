"""The batch system around a process: which job it is, when that ends, and how it starts again."""

from dnawire.cluster import signals
from dnawire.cluster.job import NoAnswerError, SlurmJob, job_runs
from dnawire.cluster.limits import TIME, Duration, JobEnd, Limit, ParentEnd

__all__ = [
    "TIME",
    "Duration",
    "JobEnd",
    "Limit",
    "NoAnswerError",
    "ParentEnd",
    "SlurmJob",
    "job_runs",
    "signals",
]
