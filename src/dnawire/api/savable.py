"""What can be written to a folder of results, from Python as by its command."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.keywords import takes


class Destination(NamedTuple):
    """Where results go that the user names no folder for, and which files may be there."""

    below: str
    """Folder of the results of a command."""
    name: str
    """Short name of who was asked, a folder below."""
    members: re.Pattern[str]
    """Names of all files that can be written."""


class Savable(ABC):
    """A result that `save` writes."""

    @property
    @abstractmethod
    def _destination(self) -> Destination:
        """Where the result goes."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write tables as CSV, figures as PNG and SVG, into a folder that exists."""

    @takes(())
    def save(self, output: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write what the command writes: tables as CSV, figures as PNG and SVG.

        Parameters
        ----------
        output
            Folder of the results; None makes a new one, numbered.
        overwrite
            Replace earlier results in that folder, all of them.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        NotWritableError
            The folder cannot be written, or holds earlier results that may not be replaced.
        """
        place = ResultPlace(None if output is None else Path(output), overwrite)
        with result_folder(place, *self._destination) as folder:
            self.write(folder.path)
            return folder.publish()
