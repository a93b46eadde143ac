"""Watching runs from outside, by their light files. Imports no torch, opens no checkpoint."""

from dnawire.monitor.names import PROGRESS_NAME, STATUS_NAME
from dnawire.monitor.progress_file import Progress, read_progress, write_progress
from dnawire.monitor.search import FoundRuns, find_runs
from dnawire.monitor.status import RunStatus, read_status

__all__ = [
    "PROGRESS_NAME",
    "STATUS_NAME",
    "FoundRuns",
    "Progress",
    "RunStatus",
    "find_runs",
    "read_progress",
    "read_status",
    "write_progress",
]
