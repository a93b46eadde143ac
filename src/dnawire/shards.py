"""Shards: files of a folder, one for each piece of some work, that outlive the process.

A shard appears whole or not at all, under a name that follows from its piece and from all that
shapes the results; who computes it again writes the same content. The folder may be shared by any
number of processes.
"""

from __future__ import annotations

import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Generic, TypeVar

from dnawire.errors import NotWritableError, UnusableDataFileError
from dnawire.files.durable import make_directory_durably

_DIGITS: Final = 12

_logger = logging.getLogger(__name__)

Piece = TypeVar("Piece")


class ShardFolder(ABC, Generic[Piece]):
    """The shards of some work in a folder.

    Parameters
    ----------
    folder
        Folder of the shards; sub-folders divide different works. It is created.
    digest
        Digest of all that shapes the results.

    Raises
    ------
    NotWritableError
        If the folder cannot be created.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder = folder / digest[:_DIGITS]
        try:
            if not self.folder.exists() and folder.is_dir() and any(folder.iterdir()):
                _logger.warning(
                    "warning: %s holds what was computed with other flags or by another version: "
                    "none of it serves here",
                    folder,
                )
            make_directory_durably(self.folder)
        except OSError as error:
            raise _refused(self.folder, error) from error

    @abstractmethod
    def path(self, piece: Piece) -> Path:
        """File of a piece."""

    def missing(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Those of the pieces that have no file yet."""
        return [piece for piece in pieces if not self.path(piece).exists()]

    def remove(self) -> None:
        """Remove the shards, and the folder around them if there are none of other works."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.remove_if_empty()

    def remove_if_empty(self) -> None:
        """Remove the folder if no shard was written, and that around it if it is empty."""
        for folder in (self.folder, self.folder.parent):
            with suppress(OSError):
                folder.rmdir()

    def check_complete(self, pieces: Sequence[Piece]) -> None:
        """Refuse to merge before all are there.

        Raises
        ------
        UnusableDataFileError
            If one is missing.
        """
        missing = self.missing(pieces)
        if missing:
            raise UnusableDataFileError(
                f"{self.folder}: {len(missing)} of {len(pieces)} shards are missing, for example "
                f"{self.path(missing[0]).name}.",
                "compute them: the same command without --shard.",
            )


def share(pieces: Sequence[Piece], index: int, count: int) -> Sequence[Piece]:
    """Part ``index`` of ``count``: every count-th piece, so that parts cost alike."""
    return pieces[index::count]


def not_writable(path: Path, error: OSError) -> NotWritableError:
    """Say that a file of the folder, which was there, cannot be written."""
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        return NotWritableError(
            f"{path.parent} is gone: another process has finished the same work and removed it.",
            "take its results, or give the same command again.",
        )
    return _refused(path, error)


def _refused(path: Path, error: OSError) -> NotWritableError:
    return NotWritableError(
        f"{path} cannot be written ({error.strerror or error}).",
        "check that the folder is writable and has enough free space, or write elsewhere: "
        "another file, or --output.",
    )
