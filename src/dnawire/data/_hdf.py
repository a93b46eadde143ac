"""Reading HDF5 files that nobody vouches for, and writing files that are whole or not there."""

from __future__ import annotations

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
from dnawire.files.durable import replace_durably
from dnawire.files.exclusive import create_durably


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
    return unusable(path, f"HDF5 cannot read it ({_first_line(error)})")


def read_array(group: h5py.Group, name: str, num_axes: int, kinds: str) -> NDArray[Any]:
    """Read an array of numbers or bytes.

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
    ndarray
        The values.

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
    return np.asarray(item[()])


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
        raise exists(path) from error
    except OSError as error:
        raise NotWritableError(
            f"{path} cannot be written ({_first_line(error)}).",
            "check that the folder exists, is writable and has enough free space.",
        ) from error


def exists(path: Path) -> NotWritableError:
    """Error of a file that may not be replaced."""
    return NotWritableError(
        f"{path} exists.", "choose another name, or allow it to be replaced (overwrite)."
    )


def _first_line(error: BaseException) -> str:
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return (text.splitlines() or [type(error).__name__])[0]
