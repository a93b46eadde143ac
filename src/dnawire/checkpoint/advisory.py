"""Advisory locks of the kernel: extra evidence that a process is alive, where they work.

Some network storage refuses them and some confines them to one host, so that their absence
proves nothing; that one is held does.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_held: Final[set[int]] = set()


def hold(path: Path) -> int | None:
    """Lock a file until this process ends; return a descriptor, or None if refused."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    _held.add(descriptor)
    return descriptor


def let_go(descriptor: int) -> None:
    """Give back a lock taken by `hold`."""
    if descriptor in _held:
        _held.remove(descriptor)
        with suppress(OSError):
            os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether some process certainly holds the lock of a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _forget_in_child() -> None:
    # A forked worker shares the lock of its parent and would hold it beyond the parent's death.
    for descriptor in list(_held):
        let_go(descriptor)


os.register_at_fork(after_in_child=_forget_in_child)
