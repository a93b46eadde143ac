"""Which folders this process owns: whoever writes below one asks first, without being told to.

A run writes its results by way of libraries, plots and models that know nothing of owners. The
permit of an owned folder therefore belongs to the folder and is not handed on from call to call.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

Permit = Callable[[], None]
"""Called right before a file is replaced; raises to forbid it."""


class OwnedFolder(NamedTuple):
    """A folder and what is asked before anything below it is replaced."""

    directory: Path
    permit: Permit


_owned: Final[dict[Path, OwnedFolder]] = {}


def claim(directory: Path, permit: Permit) -> None:
    """Ask ``permit`` from now on before anything below the folder is replaced."""
    _owned[directory.resolve()] = OwnedFolder(directory, permit)


def give_back(directory: Path, permit: Permit) -> None:
    """Ask no more, unless somebody else has claimed the folder since."""
    if _owned.get(directory.resolve()) == OwnedFolder(directory, permit):
        del _owned[directory.resolve()]


def folder_around(path: Path) -> OwnedFolder | None:
    """Return the nearest owned folder that a path lies in, or None."""
    if not _owned:
        return None
    found = (_owned.get(folder.resolve()) for folder in path.absolute().parents)
    return next((owned for owned in found if owned is not None), None)


def is_same_storage(one: Path, other: Path) -> bool:
    """Whether a file can be renamed from one folder into the other."""
    return one == other or os.stat(one).st_dev == os.stat(other).st_dev
