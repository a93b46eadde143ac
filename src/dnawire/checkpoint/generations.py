"""Reading checkpoints: one file, or the newest good one of a folder."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from dnawire.checkpoint.application import ANY_APPLICATION, Application
from dnawire.checkpoint.format import (
    DamagedCheckpointError,
    NewerCheckpointError,
    Seal,
    check_seal,
    unpack,
)
from dnawire.checkpoint.names import BEST, LATEST, PREVIOUS
from dnawire.errors import NotFoundError, NotReadableError, UnusableCheckpointError
from dnawire.files.filesystem import REAL, FileSystem

_GENERATIONS: Final = 2

_STALE_HANDLE_ATTEMPTS: Final = 3


class Rejected(NamedTuple):
    """A checkpoint that was passed over, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A verified training state.

    Parameters
    ----------
    payload
        The state as it was saved, with ``format_version`` and ``manifest``; tensors on the CPU.
    path
        File it came from.
    counter
        Number of the save.
    rejected
        Files that were asked first and passed over: something to say loudly.
    """

    payload: dict[str, Any]
    path: Path
    counter: int
    rejected: tuple[Rejected, ...] = ()


class SealedFile(NamedTuple):
    """The bytes of a checkpoint whose seal is good."""

    path: Path
    data: bytes
    seal: Seal


def load_checkpoint(
    path: Path,
    *,
    allow_fallback: bool = False,
    fs: FileSystem = REAL,
    application: Application = ANY_APPLICATION,
) -> LoadedCheckpoint:
    """Load one checkpoint, or the newest of a folder.

    Parameters
    ----------
    path
        A checkpoint file or a folder of checkpoints.
    allow_fallback
        Whether another checkpoint of the same folder may stand in for a damaged file.
    fs
        Where to read.
    application
        The program that loads.

    Raises
    ------
    NotFoundError
        There is no such file, or the folder holds no checkpoint.
    UnusableCheckpointError
        The file cannot be trusted, and nothing may stand in for it.
    NotReadableError
        The permissions of a file forbid to read it, which says nothing against its content.
    """
    if fs.is_directory(path):
        newest = load_newest(path, fs, application=application)
        if newest is None:
            raise _not_found(path, fs)
        return newest
    try:
        with _permissions_told():
            file = read_sealed(path, fs)
        payload = unpack(file.data, path, application.keys)
        return LoadedCheckpoint(payload, path, file.seal.counter)
    except NewerCheckpointError:
        raise
    except DamagedCheckpointError as error:
        other = None
        if allow_fallback:
            other = load_newest(path.parent, fs, without=path, application=application)
        if other is None:
            raise DamagedCheckpointError(path, error.reason, application.unusable) from error
        return replace(other, rejected=(Rejected(path, error.reason), *other.rejected))


def load_newest(
    directory: Path,
    fs: FileSystem = REAL,
    *,
    without: Path | None = None,
    application: Application = ANY_APPLICATION,
) -> LoadedCheckpoint | None:
    """Load the newest verified generation of a folder, judged by content and not by time.

    The best state, a complete state of the same run, stands in where there is no generation, or
    only one and that damaged: no single damaged file ends a run. It does not where two are damaged,
    for then the storage is not to be trusted, and going back far is for a person to decide.

    Parameters
    ----------
    directory
        Folder of checkpoints.
    fs
        Where to read.
    without
        A file that is not asked.
    application
        The program that loads.

    Returns
    -------
    LoadedCheckpoint or None
        None if the folder holds no checkpoint at all.

    Raises
    ------
    UnusableCheckpointError
        There are checkpoints, and none can be trusted; or one has a newer format, for which an
        older one must not silently stand in.
    NotReadableError
        The permissions of a file forbid to read it.
    """
    with _permissions_told():
        sealed, rejected = sealed_generations(directory, fs, without)
        loaded = _first_sound(sealed, rejected, without, application.keys)
        given_up = len(rejected) + (without is not None)
        if loaded is None and given_up < _GENERATIONS and without != directory / BEST:
            best, damaged = _sealed_files([directory / BEST], fs)
            rejected += damaged
            loaded = _first_sound(best, rejected, without, application.keys)
    if loaded is not None:
        return loaded
    if rejected:
        reasons = "".join(f"\n  {path}: {reason}" for path, reason in rejected)
        raise UnusableCheckpointError(
            f"Failed to load checkpoint: none in {directory} can be trusted{reasons}",
            application.unusable,
        )
    return None


def _first_sound(
    sealed: list[SealedFile],
    rejected: list[Rejected],
    without: Path | None,
    keys: Collection[str],
) -> LoadedCheckpoint | None:
    """Load the first file that holds a training state; add the others to the rejected ones."""
    for position, file in enumerate(sealed):
        try:
            payload = unpack(file.data, file.path, keys)
        except DamagedCheckpointError as error:
            rejected.append(Rejected(file.path, error.reason))
            continue
        rejected += _outdated(file, sealed[position + 1 :])
        rejected += _missing(file, [*sealed, *rejected], without)
        return LoadedCheckpoint(payload, file.path, file.seal.counter, tuple(rejected))
    return None


def sealed_generations(
    directory: Path, fs: FileSystem = REAL, without: Path | None = None
) -> tuple[list[SealedFile], list[Rejected]]:
    """Return the generations with a good seal, newest first, and those without one.

    Raises
    ------
    UnusableCheckpointError
        A generation has a newer format than this program reads.
    PermissionError
        The permissions of a generation forbid to read it.
    """
    paths = [path for path in (directory / LATEST, directory / PREVIOUS) if path != without]
    sealed, rejected = _sealed_files(paths, fs)
    sealed.sort(key=lambda file: file.seal.counter, reverse=True)
    return sealed, rejected


def _sealed_files(paths: list[Path], fs: FileSystem) -> tuple[list[SealedFile], list[Rejected]]:
    sealed: list[SealedFile] = []
    rejected: list[Rejected] = []
    for path in paths:
        try:
            sealed.append(read_sealed(path, fs))
        except NotFoundError:
            continue
        except NewerCheckpointError:
            raise
        except DamagedCheckpointError as error:
            rejected.append(Rejected(path, error.reason))
    return sealed, rejected


def read_sealed(path: Path, fs: FileSystem = REAL) -> SealedFile:
    """Read a checkpoint file and check its seal, without unpickling.

    Raises
    ------
    NotFoundError
        There is no such file.
    UnusableCheckpointError
        The file cannot be read or its seal is broken.
    PermissionError
        The permissions of the file forbid to read it.
    """
    try:
        data = _read(path, fs)
    except (FileNotFoundError, NotADirectoryError):
        raise _not_found(path, fs) from None
    except PermissionError:
        # Such a file may be intact, and nothing may stand in for it silently.
        raise
    except OSError as error:
        raise DamagedCheckpointError(
            path, f"it cannot be read ({error.strerror or error})"
        ) from error
    return SealedFile(path, data, check_seal(data, path))


def _read(path: Path, fs: FileSystem) -> bytes:
    for _ in range(_STALE_HANDLE_ATTEMPTS - 1):
        try:
            return fs.read_bytes(path)
        except OSError as error:
            # Network storage answers so when the file is replaced between opening and reading.
            if error.errno != errno.ESTALE:
                raise
    return fs.read_bytes(path)


@contextmanager
def _permissions_told() -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise NotReadableError(
            f"Cannot read checkpoint {error.filename}: {error.strerror}",
            "check its owner and its permissions, and those of its folder; the file may be intact",
        ) from error


def _not_found(path: Path, fs: FileSystem) -> NotFoundError:
    folder = path if fs.is_directory(path) else path.parent
    try:
        names = [name for name in fs.list_names(folder) if name.endswith(".pth")]
    except OSError:
        names = []
    offer = f"the folder holds {', '.join(names)}" if names else "the folder holds no checkpoint"
    return NotFoundError(
        f"Checkpoint not found: {path}", f"check the path and the file permissions; {offer}"
    )


def _outdated(chosen: SealedFile, others: list[SealedFile]) -> list[Rejected]:
    """Report a checkpoint_latest.pth that is intact and yet not the newest."""
    return [
        Rejected(path, f"save {seal.counter} is older than save {chosen.seal.counter}")
        for path, _, seal in others
        if path.name == LATEST
    ]


def _missing(
    chosen: SealedFile, present: list[SealedFile | Rejected], without: Path | None
) -> list[Rejected]:
    """Report the generations that ought to be there beside the chosen file and are not."""
    names = (LATEST, PREVIOUS) if chosen.path.name == BEST else (LATEST,)
    paths = [chosen.path.with_name(name) for name in names]
    known = {without, *(file.path for file in present)}
    return [
        Rejected(path, f"it is missing; {chosen.path.name} stands in")
        for path in paths
        if path not in known
    ]
