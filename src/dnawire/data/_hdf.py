"""Reading HDF5 files that nobody vouches for, and writing files that are whole or not there."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.data._hdf_layout import find_outside, is_inflated
from dnawire.errors import (
    DnawireError,
    NotFoundError,
    NotReadableError,
    NotWritableError,
    UnusableDataFileError,
)
from dnawire.files.durable import replace_durably, replacing
from dnawire.files.exclusive import create_durably, creating


def unusable(path: Path, problem: str) -> UnusableDataFileError:
    """Error of a data file that cannot be trusted."""
    return UnusableDataFileError(
        f"{path}: {problem}.",
        "use an intact copy of the file, or make it again (dnawire generate, dnawire import).",
    )


@contextmanager
def open_hdf(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, without a lock: what is read was replaced whole.

    Raises
    ------
    NotFoundError, NotReadableError
        If there is no such file, or it may not be read.
    UnusableDataFileError
        If HDF5 refuses it, or it names another file, which HDF5 would open.
    """
    if not os.path.exists(path):
        raise NotFoundError(f"{path}: no such file.", "check the path of the data file.")
    if not os.path.isfile(path):
        # Opening a pipe would wait for ever.
        raise unusable(path, "HDF5 cannot read it (not a regular file)")
    try:
        with h5py.File(path, "r", locking=False) as file:
            outside = find_outside(file)
            if outside is not None:
                raise unusable(path, f"{outside}, and no other file is read")
            yield file
    except (OSError, RuntimeError, KeyError, MemoryError) as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> DnawireError:
    if "lock file" in str(error):
        return NotReadableError(
            f"{path}: the storage refuses the lock that HDF5 wants ({_first_line(error)}).",
            "reading needs none: unset HDF5_USE_FILE_LOCKING, which asks for it.",
        )
    if isinstance(error, PermissionError):
        return NotReadableError(f"{path} may not be read.", "mend its permissions.")
    # The importers read this module.
    from dnawire.data.importers.spectra import is_spectra_file

    if is_spectra_file(path):
        return UnusableDataFileError(
            f"{path} has the name of a file of spectra, and HDF5 cannot read it.",
            f"import it: dnawire import {path} records.h5",
        )
    return unusable(path, f"HDF5 cannot read it ({_first_line(error)})")


def read_array(group: h5py.Group, name: str, num_axes: int, kinds: str) -> NDArray[Any]:
    """Read an array of numbers or bytes as a whole; see `checked_array`."""
    return np.asarray(checked_array(group, name, num_axes, kinds)[()])


def checked_array(group: h5py.Group, name: str, num_axes: int, kinds: str) -> h5py.Dataset:
    """An array of numbers or bytes that may be read, in parts or as a whole.

    Parameters
    ----------
    group
        Where it is.
    name
        Name within the group.
    num_axes
        Number of axes that it must have.
    kinds
        Allowed NumPy kinds, for example ``"f"`` or ``"iu"``.

    Returns
    -------
    h5py.Dataset
        Its values are not read yet.

    Raises
    ------
    UnusableDataFileError
        If it is missing or of another kind, or declares more than the file holds.
    """
    item = group.get(name)
    where = f"{group.name.rstrip('/')}/{name}"
    path = Path(group.file.filename)
    if not isinstance(item, h5py.Dataset):
        raise unusable(path, f"there is no readable array {where}")
    if item.ndim != num_axes or item.dtype.kind not in kinds:
        raise unusable(path, f"{where} has shape {item.shape} and type {item.dtype}")
    if is_inflated(item):
        raise unusable(path, f"{where} declares {item.shape} values, more than the file holds")
    return item


def read_text(group: h5py.Group, name: str) -> str:
    """Read a text attribute; empty if there is none."""
    value = group.attrs.get(name)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


@contextmanager
def new_hdf(path: Path, *, overwrite: bool) -> Iterator[h5py.File]:
    """Write an HDF5 file that appears under its name only when it is complete and on disk.

    The file is built in memory, because HDF5 itself does not survive a disk that is full.

    Parameters
    ----------
    path
        Final name.
    overwrite
        Whether a file of that name may be replaced, asked when the new one is complete.

    Raises
    ------
    NotWritableError
        If the system refuses, or the name is taken; an existing file is then unchanged.
    """
    with h5py.File(
        path.name, "w", driver="core", backing_store=False, libver=("v110", "v110")
    ) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    publish = replace_durably if overwrite else create_durably
    try:
        publish(path, image)
    except FileExistsError as error:
        raise NotWritableError.exists(path) from error
    except OSError as error:
        raise _not_writable(path, error) from error


@contextmanager
def new_large_hdf(path: Path, *, overwrite: bool) -> Iterator[h5py.File]:
    """Write an HDF5 file that need not fit into memory; all else is as in `new_hdf`."""
    replace = replacing if overwrite else creating
    try:
        with replace(path) as temporary, open(temporary, "x+b", buffering=0) as file:
            target = _Target(file)
            with h5py.File(target, "w", libver=("v110", "v110")) as hdf:
                yield hdf
            target.check()
    except FileExistsError as error:
        raise NotWritableError.exists(path) from error
    except OSError as error:
        raise _not_writable(path, error) from error


class _Target(io.RawIOBase):
    """A file that tells HDF5 nothing of a full disk, which it does not survive, until `check`."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the first error that was kept back."""
        if self._error is not None:
            raise self._error

    def readinto(self, target: Any) -> int:  # noqa: ANN401
        """Read; what is missing after an error is zero."""
        found = self._file.readinto(target) or 0
        memoryview(target).cast("B")[found:] = bytes(memoryview(target).nbytes - found)
        return memoryview(target).nbytes

    def write(self, data: Any) -> int:  # noqa: ANN401
        """Write as long as there was no error."""
        rest = memoryview(data).cast("B")
        while rest and self._error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._error = error
        return memoryview(data).nbytes

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Position."""
        return self._file.tell()

    def truncate(self, size: int | None = None) -> int:
        """Change the size."""
        try:
            return self._file.truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size or 0


def _not_writable(path: Path, error: OSError) -> NotWritableError:
    return NotWritableError(
        f"{path} cannot be written ({_first_line(error)}).",
        "check that the folder exists, is writable and has enough free space.",
    )


def _first_line(error: BaseException) -> str:
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return (text.splitlines() or [type(error).__name__])[0]
