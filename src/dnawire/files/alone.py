"""Work that one process at a time does, where the storage knows locks of the kernel.

A lock ends with its process, however that ends. Storage that refuses locks lets all in.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_EXCLUSIVE: Final = fcntl.LOCK_EX

_logger = logging.getLogger(__name__)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Context of a lock file, which is there as long as a process is in it.

    Raises
    ------
    BlockingIOError
        Another process is in it.
    OSError
        The file cannot be made.
    """
    with _locked(lambda: path, os.O_RDWR | os.O_CREAT, _lock_at_once):
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Context of a folder, entered when no other process is in it: for moments.

    The folder around it is locked while it does not exist. Network storage, which locks only files,
    lets all in.

    Raises
    ------
    OSError
        There is neither, or it may not be read.
    """

    def place() -> Path:
        return folder if folder.is_dir() else folder.parent

    with _locked(place, os.O_RDONLY, _lock_in_turn):
        yield


@contextmanager
def _locked(
    place: Callable[[], Path], flags: int, lock: Callable[[int, Path], None]
) -> Iterator[None]:
    """Context of a lock on what has the name, also after the lock was had."""
    while True:
        path = place()
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
        try:
            lock(descriptor, path)
            if _has_name(descriptor, place()):
                yield
                return
        finally:
            os.close(descriptor)


def _lock_at_once(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, _EXCLUSIVE | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        _logger.debug("%s: the storage refuses locks: %s", path, error)


def _lock_in_turn(descriptor: int, path: Path) -> None:
    try:
        _lock_at_once(descriptor, path)
    except BlockingIOError:
        _logger.warning("waiting for another process, which writes to %s", path)
        fcntl.flock(descriptor, _EXCLUSIVE)


def _has_name(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
