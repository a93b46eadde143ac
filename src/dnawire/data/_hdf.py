"""Reading HDF5 files that nobody vouches for, and writing files that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.errors import NotFoundError, NotWritableError, UnusableDataFileError
from dnawire.files.durable import replace_durably


def unusable(path: Path, problem: str) -> UnusableDataFileError:
    """Error of a data file that cannot be trusted."""
    return UnusableDataFileError(
        f"{path}: {problem}.",
        "use an intact copy of the file, or make it again (dnawire generate, dnawire import).",
    )


@contextmanager
def open_hdf(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; whatever HDF5 refuses becomes an `UnusableDataFileError`."""
    if not path.exists():
        raise NotFoundError(f"{path}: no such file.", "check the path of the data file.")
    if not path.is_file():
        # Opening a pipe would wait for ever.
        raise unusable(path, "HDF5 cannot read it (not a regular file)")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, MemoryError) as error:
        raise unusable(path, f"HDF5 cannot read it ({_first_line(error)})") from error


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
        If it is missing or of another kind.
    """
    item = group.get(name)
    where = f"{group.name.rstrip('/')}/{name}"
    path = Path(group.file.filename)
    if not isinstance(item, h5py.Dataset):
        raise unusable(path, f"there is no readable array {where}")
    if item.ndim != num_axes or item.dtype.kind not in kinds:
        raise unusable(path, f"{where} has shape {item.shape} and type {item.dtype}")
    return np.asarray(item[()])


def read_text(group: h5py.Group, name: str) -> str:
    """Read a text attribute; empty if there is none."""
    value = group.attrs.get(name)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


@contextmanager
def new_hdf(path: Path) -> Iterator[h5py.File]:
    """Write an HDF5 file that appears under its name only when it is complete and on disk.

    The file is built in memory, because HDF5 itself does not survive a disk that is full.

    Parameters
    ----------
    path
        Final name.

    Raises
    ------
    NotWritableError
        If the system refuses; an existing file is then unchanged.
    """
    with h5py.File(
        path.name, "w", driver="core", backing_store=False, libver=("v110", "v110")
    ) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    try:
        replace_durably(path, image)
    except OSError as error:
        raise NotWritableError(
            f"{path} cannot be written ({_first_line(error)}).",
            "check that the folder exists, is writable and has enough free space.",
        ) from error


def _first_line(error: BaseException) -> str:
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return (text.splitlines() or [type(error).__name__])[0]
