"""Inverses and determinants of many small matrices."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

from dnawire.errors import NotConvergedError

Matrices = Shaped[NDArray[Any], "n i j"]

_LAPACK_BLOCK: Final = 64
"""Columns that LAPACK takes together."""


def transposed(matrices: Matrices) -> Matrices:
    """Rows and columns exchanged."""
    return np.swapaxes(matrices, 1, 2)


def inverted(matrices: Matrices) -> tuple[Matrices, NDArray[Any]]:
    """Inverses, and logarithms of determinants; the real parts alone of real matrices."""
    factorize, invert = get_lapack_funcs(("getrf", "getri"), (matrices,))
    inverse = np.empty_like(matrices)
    logarithms: list[complex] = []
    for number, matrix in enumerate(matrices):
        if not matrix.size:
            logarithms.append(0.0)
            continue
        factors, pivots, status = factorize(matrix)
        if status > 0:
            raise NotConvergedError(
                "an eliminated part of the matrix is singular.",
                "choose other energies, or eta > 0.",
            )
        inverse[number] = invert(factors, pivots, lwork=_LAPACK_BLOCK * len(matrix))[0]
        logarithms.append(_log_product(factors.diagonal(), pivots))
    return inverse, np.array(logarithms)


def _log_product(values: NDArray[Any], pivots: NDArray[np.int32]) -> complex:
    """Logarithm of a determinant by the diagonal of its factors, and the exchanges of rows."""
    if not np.iscomplexobj(values):
        return float(np.log(abs(values), dtype=np.float64).sum())
    exchanges = int((pivots != np.arange(len(pivots))).sum())
    return complex(np.log(values).sum()) + 1j * math.pi * exchanges
