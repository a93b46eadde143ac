"""The folder of results: its files appear all together, or none does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dnawire.api.result_names import check_maker
from dnawire.errors import NotWritableError
from dnawire.files.alone import in_turn
from dnawire.files.staging import members_of, publish_into, publish_numbered, staging

_STAGING = "results"
_REMEDY = "Choose another folder with --output, or mend its permissions or quota."


@dataclass(frozen=True)
class ResultPlace:
    """Where the results go."""

    output: Path | None = None
    """Folder of the results; None makes a new one, numbered, below the name of the model."""

    overwrite: bool = False
    """Replace earlier results of this command in that folder, all of them."""

    def beside(self, below: str, model: str, suffix: str) -> Path:
        """Folder of what is computed before the results are written; see `result_folder`."""
        place = self.output or _parent(below, model)
        return place.with_name(place.name + suffix)


class ResultFolder:
    """Where a command writes its results, under their final names, until they are published.

    Parameters
    ----------
    path
        Hidden folder to write to.
    parent
        Folder that gets a numbered one.
    place
        Where the user wants them.
    members
        Names of all files that the results can have.
    """

    def __init__(
        self, path: Path, parent: Path, place: ResultPlace, members: re.Pattern[str]
    ) -> None:
        self.path = path
        self._parent = parent
        self._place = place
        self._members = members

    def publish(self) -> Path:
        """Make the results appear, in place of earlier ones, and return their folder.

        Raises
        ------
        NotWritableError
            Another process has written results there meanwhile, which may not be replaced.
        """
        folder = self._place.output
        if folder is None:
            return publish_numbered(self.path, self._parent)
        with in_turn(folder):
            _check_earlier(folder, self._members, overwrite=self._place.overwrite)
            publish_into(self.path, folder, self._members)
        return folder


@contextmanager
def result_folder(
    place: ResultPlace, below: str, model: str, members: re.Pattern[str]
) -> Iterator[ResultFolder]:
    """Context in which results are written; without `ResultFolder.publish` none appears.

    Parameters
    ----------
    place
        Where the user wants them.
    below
        Folder of the results of the command, where the user names none.
    model
        Name of the predictor.
    members
        Names of all files that the results can have.

    Raises
    ------
    NotWritableError
        The folder cannot be written, holds earlier results that may not be replaced, or those of
        another command.
    """
    parent = _parent(below, model)
    if place.output is not None:
        _check_earlier(place.output, members, overwrite=place.overwrite)
        parent = place.output if place.output.is_dir() else place.output.parent
    with _named(place.output or parent), staging(parent, _STAGING) as path:
        try:
            yield ResultFolder(path, parent, place, members)
        except NotWritableError as error:
            if str(path) not in error.problem:
                raise
            # The hidden folder is gone by then: its name says nothing.
            problem = error.problem.replace(str(path), str(place.output or parent))
            raise NotWritableError(problem, _REMEDY) from error


def _parent(below: str, model: str) -> Path:
    return Path(below) / model.replace(":", "-")


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Context whose failures of the storage name the folder that the user knows."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWritableError(
            f"{folder} cannot be written: {error.strerror or error}", _REMEDY
        ) from error


def _check_earlier(folder: Path, members: re.Pattern[str], *, overwrite: bool) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotWritableError(f"{folder} is no folder", "Name a folder with --output.")
    check_maker(folder, members)
    earlier = members_of(folder, members)
    if earlier and not overwrite:
        raise NotWritableError(
            f"{folder} holds earlier results: {earlier[0]}"
            + (f" and {len(earlier) - 1} more files" if len(earlier) > 1 else ""),
            "Choose another folder, leave --output out for a new one, or add --overwrite to "
            "replace all of them.",
        )
