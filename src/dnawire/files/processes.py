"""Processes of this host, as its kernel tells of them; empty texts where it does not."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Final

_USUAL_TIME: Final = "time:[4026531834]"
"""The first name space of time, whose number is fixed in the kernel."""


def boot() -> str:
    """Return the identifier of this boot of this kernel."""
    return _text_of(Path("/proc/sys/kernel/random/boot_id")).strip()


def namespace() -> str:
    """Return the name spaces in which this process has its number and its start."""
    return " ".join(filter(None, (_space("pid"), _space_of_time())))


def uptime() -> float:
    """Return the seconds since boot; infinite where the clock of this process is shifted."""
    return math.inf if _space_of_time() else time.clock_gettime(time.CLOCK_BOOTTIME)


def _space_of_time() -> str:
    """Name space of time; empty for the usual one."""
    return _space("time").removeprefix(_USUAL_TIME)


def _space(kind: str) -> str:
    try:
        return os.readlink(f"/proc/self/ns/{kind}")
    except OSError:
        return ""


def start_of(process: int) -> str:
    """Return the start of a process in clock ticks since boot."""
    fields = _fields_of(process)
    return fields[19] if fields else ""


def is_running(process: int) -> bool:
    """Whether a process of this name space still runs."""
    fields = _fields_of(process)
    if fields:
        # A zombie or a dead process waits to be counted by its parent and runs no more.
        return fields[0] not in "ZX"
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _fields_of(process: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; the second may hold blanks and brackets."""
    return _text_of(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
