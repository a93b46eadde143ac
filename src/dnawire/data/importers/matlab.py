"""Arrays of MATLAB 5 files."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from dnawire.data.importers.structure import ForeignDataError
from dnawire.files.filesystem import read_regular

_LARGEST: Final = 2**31
_DAMAGES: Final = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    NotImplementedError,
    MemoryError,
    MatReadError,
    struct.error,
    zlib.error,
)
"""What scipy raises for one that is cut or damaged."""


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Read arrays of real numbers with two axes.

    Raises
    ------
    ForeignDataError
        If the file cannot be read, or an array is missing or of another kind.
    """
    try:
        content = loadmat(io.BytesIO(read_regular(path, _LARGEST)), variable_names=names)
    except _DAMAGES as error:
        raise ForeignDataError(f"{path.name} is not a readable MATLAB 5 file ({error})") from error
    arrays = {}
    for name in names:
        array = np.asarray(content.get(name))
        if array.dtype.kind not in "fiu" or array.ndim != 2:
            raise ForeignDataError(f"{path.name}: there is no numeric array {name}")
        arrays[name] = array.astype(np.float64)
    return arrays
