"""Who owns a folder, seen from outside: reads the lock files and takes, touches or writes none."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dnawire.checkpoint.liveness import is_copied
from dnawire.checkpoint.lock import LOCK_NAME
from dnawire.checkpoint.owner import Owner
from dnawire.files.filesystem import REAL, FileSystem


class Holder(NamedTuple):
    """The newest owner of a folder."""

    number: int
    """Number of its lock file."""
    owner: Owner | None
    """None if the file holds no record."""
    beat: float
    """Last heartbeat: modification time of the lock file in seconds."""
    is_copied: bool
    """Whether the folder is a copy of the one in which the owner works."""


def read_holder(directory: Path, fs: FileSystem = REAL) -> Holder | None:
    """Return the newest owner of a folder, alive or not; None if there never was one.

    Raises
    ------
    OSError
        The folder or its lock file cannot be read.
    """
    known = 0
    while True:
        found = map(LOCK_NAME.fullmatch, fs.list_names(directory))
        number, name = max(((int(match[1]), match[0]) for match in found if match), default=(0, ""))
        if not name:
            return None
        try:
            path = directory / name
            owner = Owner.from_json(fs.read_bytes(path))
            return Holder(number, owner, fs.modified(path), is_copied(path, owner))
        except FileNotFoundError:
            # A new owner, whose file has a larger number, removes those of its predecessors.
            if number <= known:
                raise
            known = number
