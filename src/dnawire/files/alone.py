"""Folders that one process at a time works in, where the storage knows locks of the kernel.

A lock ends with its process, however that ends. Storage that refuses locks lets all in.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Context in a folder that no other process is in.

    Raises
    ------
    BlockingIOError
        One is.
    """
    with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Context in a folder, entered when no other process is in it: for moments."""
    with _locked(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(folder: Path, operation: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, operation)
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
        yield
    finally:
        os.close(descriptor)
