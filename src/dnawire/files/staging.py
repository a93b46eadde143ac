"""A set of files that appears as a whole: made in a hidden folder, then moved into its place."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dnawire.files.durable import temporary_path, torn_leftovers


@contextmanager
def staging(parent: Path, name: str) -> Iterator[Path]:
    """Context that gives a hidden folder to write to; what is left in it at the end is removed.

    Parameters
    ----------
    parent
        Folder in which it lies; made if need be, with those above it.
    name
        What it is for: what ended processes of this host left under the same name is removed.

    Raises
    ------
    OSError
        The storage refused.
    """
    parent.mkdir(parents=True, exist_ok=True)
    target = parent / name
    for leftover in torn_leftovers(target):
        shutil.rmtree(leftover, ignore_errors=True)
    hidden = temporary_path(target)
    hidden.mkdir()
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def publish_numbered(hidden: Path, parent: Path) -> Path:
    """Rename a folder to the first number that is free in another one, and return its new path.

    Raises
    ------
    OSError
        The storage refused.
    """
    for number in itertools.count(1):
        folder = parent / str(number)
        with suppress(FileExistsError):
            # An empty folder can be replaced by a rename, and who makes it owns its number.
            folder.mkdir()
            os.replace(hidden, folder)
            return folder
    raise AssertionError


def publish_into(hidden: Path, folder: Path, members: re.Pattern[str]) -> None:
    """Give a folder its name; into one that exists move the files, and remove others of their set.

    Parameters
    ----------
    hidden
        Where they are.
    folder
        Where they belong.
    members
        Names of all files that can be in such a set; no other file is touched.

    Raises
    ------
    OSError
        The storage refused; earlier files that are not replaced are still there.
    """
    if not os.path.lexists(folder):
        os.rename(hidden, folder)
        return
    new = sorted(os.listdir(hidden))
    earlier = [name for name in members_of(folder, members) if name not in new]
    for name in new:
        os.replace(hidden / name, folder / name)
    for name in earlier:
        (folder / name).unlink()


def members_of(folder: Path, members: re.Pattern[str]) -> list[str]:
    """Names of the files of a set that lie in a folder, which need not exist."""
    if not folder.is_dir():
        return []
    return sorted(name for name in os.listdir(folder) if members.fullmatch(name))
