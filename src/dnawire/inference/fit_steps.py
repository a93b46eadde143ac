"""Steps of a fit, one file each, that outlive the process.

A file appears whole or not at all, under a name that follows from its number and from all that
shapes the fit. Numbers are written with all digits: who goes on gets the bits of a fit that was
never stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from dnawire.errors import NotWritableError, UnusableDataFileError
from dnawire.files.durable import make_directory_durably, replace_durably
from dnawire.files.sealed import opened, sealed
from dnawire.inference.fit import Step
from dnawire.inference.fitting import Minimum
from dnawire.inference.profiles import End, Profile

_DIGITS: Final = 12


class FitSteps:
    """The steps of one fit in a folder, in their order.

    Parameters
    ----------
    folder
        Folder of steps; sub-folders divide different fits. It is created.
    digest
        SHA-256 of all that shapes the fit.

    Attributes
    ----------
    recalled
        How many steps were there.

    Raises
    ------
    NotWritableError
        If the folder cannot be created.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder = folder / digest[:_DIGITS]
        self.recalled = 0
        self._digest = digest
        self._number = 0
        try:
            make_directory_durably(self.folder)
        except OSError as error:
            raise _not_writable(self.folder, error) from error

    def __call__(self, compute: Callable[[], Step]) -> Step:
        """Outcome of the next step: that of its file, or computed and written.

        Raises
        ------
        UnusableDataFileError
            If its file is damaged or of another fit.
        NotWritableError
            If it cannot be written.
        """
        path = self.folder / f"{self._number:04}.json"
        self._number += 1
        if path.exists():
            self.recalled += 1
            return self._read(path)  # type: ignore[return-value]
        found = compute()
        try:
            replace_durably(path, sealed({"fit": self._digest, "step": _plain(found)}))
        except OSError as error:
            raise _not_writable(path, error) from error
        return found

    def remove(self) -> None:
        """Remove the steps, and the folder around them if there are none of other fits."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.remove_if_empty()

    def remove_if_empty(self) -> None:
        """Remove the folder if no step was written."""
        for folder in (self.folder, self.folder.parent):
            with suppress(OSError):
                folder.rmdir()

    def _read(self, path: Path) -> Minimum | Profile:
        try:
            content = opened(path.read_bytes())
            if content["fit"] != self._digest:
                raise ValueError("it belongs to another fit")
            return _step(content["step"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnusableDataFileError(
                f"{path} is no step of this fit: {error}.",
                "remove it, and give the same command again.",
            ) from error


def _plain(found: Minimum | Profile) -> dict[str, Any]:
    """A step as JSON has it."""
    if isinstance(found, Minimum):
        plain = found._asdict()
        return plain | {name: plain[name].tolist() for name in ("start", "point")}
    return {
        "coordinates": found.coordinates.tolist(),
        "rises": found.rises.tolist(),
        "lower": found.lower,
        "upper": found.upper,
        "lowest": _plain(found.lowest),
    }


def _step(content: dict[str, Any]) -> Minimum | Profile:
    return _profile(content) if "lowest" in content else _minimum(content)


def _minimum(content: dict[str, Any]) -> Minimum:
    arrays = {name: np.array(content[name], np.float64) for name in ("start", "point")}
    return Minimum(**(content | arrays))


def _profile(content: dict[str, Any]) -> Profile:
    ends = (content[name] for name in ("lower", "upper"))
    lower, upper = (End(coordinate, tuple(pressed)) for coordinate, pressed in ends)
    points, rises = (np.array(content[name], np.float64) for name in ("coordinates", "rises"))
    return Profile(points, rises, lower, upper, _minimum(content["lowest"]))


def _not_writable(path: Path, error: OSError) -> NotWritableError:
    return NotWritableError(
        f"{path} cannot be written ({error.strerror or error}).",
        "check that the folder is writable and has enough free space.",
    )
