"""Where, when and how a run was started; it shapes no number and is recorded for every start."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from typing import Any, Final

import dnawire

_JOB_VARIABLES: Final = ("SLURM_JOB_ID", "SLURM_RESTART_COUNT", "SLURM_ARRAY_TASK_ID")


def start_record(command: str, processes: int) -> dict[str, Any]:
    """Time, host, processes, job and command of this start, as values that JSON knows."""
    return {
        "time": datetime.now().astimezone().isoformat(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "processes": processes,
        "dnawire": dnawire.__version__,
        "command": command,
        **{name.lower(): os.environ.get(name) for name in _JOB_VARIABLES},
    }
