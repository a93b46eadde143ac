"""Watching runs from outside, by their light files. Imports no torch, opens no checkpoint."""

from dnawire.monitor.finding import Found, find_runs
from dnawire.monitor.names import PROGRESS_NAME, STATUS_NAME
from dnawire.monitor.status import RunStatus, read_status

__all__ = ["PROGRESS_NAME", "STATUS_NAME", "Found", "RunStatus", "find_runs", "read_status"]
