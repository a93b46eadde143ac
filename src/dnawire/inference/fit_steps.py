"""Steps of a fit, a shard each.

Numbers are written with all digits: who goes on gets the bits of a fit that was never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from dnawire.errors import LockedError, UnusableDataFileError
from dnawire.files.alone import alone
from dnawire.files.durable import replace_durably
from dnawire.files.sealed import opened, sealed
from dnawire.inference.fit import Step
from dnawire.inference.fitting import Minimum
from dnawire.inference.profiles import End, Profile
from dnawire.shards import ShardFolder, not_writable

_LOCK: Final = ".lock"


class FitSteps(ShardFolder[int]):
    """The steps of one fit in a folder, by their numbers.

    Parameters
    ----------
    folder
        Folder of steps; sub-folders divide different fits. It is created.
    digest
        SHA-256 of all that shapes the fit.

    Raises
    ------
    NotWritableError
        If the folder cannot be created.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        super().__init__(folder, digest)
        self._digest = digest
        self._number = 0

    def path(self, piece: int) -> Path:
        """File of a step."""
        return self.folder / f"{piece:04}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Context in which no other process does this fit in this folder.

        The folder is removed at its end if it holds no steps.

        Raises
        ------
        LockedError
            One does.
        NotWritableError
            If that cannot be told, since the folder cannot be written or is gone.
        """
        path = self.folder / _LOCK
        with ExitStack() as stack:
            # What comes last is done without the lock: its file pins the folder of who has it.
            stack.callback(self.remove_if_empty)
            try:
                stack.enter_context(alone(path))
            except BlockingIOError as error:
                raise LockedError(
                    f"{self.folder}: another process is at this very fit.",
                    "wait for its results, or choose another folder with --output.",
                ) from error
            except OSError as error:
                raise not_writable(path, error) from error
            yield

    def remove(self) -> None:
        """Remove the steps; for who is in `alone`, whose lock outlives them."""
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.name != _LOCK:
                    path.unlink()

    def __call__(self, compute: Callable[[], Step]) -> Step:
        """Outcome of the next step: that of its file, or computed and written.

        Raises
        ------
        UnusableDataFileError
            If its file is damaged or of another fit.
        NotWritableError
            If it cannot be written.
        """
        path = self.path(self._number)
        self._number += 1
        if path.exists():
            return self._read(path)  # type: ignore[return-value]
        found = compute()
        try:
            replace_durably(path, sealed({"fit": self._digest, "step": _plain(found)}))
        except OSError as error:
            raise not_writable(path, error) from error
        return found

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
