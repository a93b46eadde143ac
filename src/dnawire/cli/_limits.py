"""Limits of the system under which no command can work."""

from __future__ import annotations

import resource
from typing import Final

from dnawire.errors import UsageError

_OPEN_FILES: Final = 64
"""Libraries, caches and the results of a run need up to some twenty at a time."""


def ensure_open_files() -> None:
    """Raise the limit of open files to what is needed, if the system allows it.

    Raises
    ------
    UsageError
        It does not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft):
        return
    if not _allows(hard):
        raise UsageError(
            f"the limit of open files is {hard}, and {_OPEN_FILES} are needed",
            "Raise it with `ulimit -n 1024`, or ask whoever has set it (limits.conf, LimitNOFILE).",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, hard))


def _allows(limit: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= _OPEN_FILES
