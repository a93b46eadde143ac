"""The batch system around a process: which job it is, when that ends, and how it starts again."""

from dnawire.cluster import signals
from dnawire.cluster.job import NoAnswerError, SlurmJob, job_runs
from dnawire.cluster.limits import TIME, Duration, JobEnd, Limit, ParentEnd
from dnawire.cluster.stop_request import Request, StopRequest

__all__ = [
    "TIME",
    "Duration",
    "JobEnd",
    "Limit",
    "NoAnswerError",
    "ParentEnd",
    "Request",
    "SlurmJob",
    "StopRequest",
    "job_runs",
    "signals",
]
