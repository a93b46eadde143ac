"""Which ports of a chain transmit, and which of its orbitals have levels where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, eigh

from dnawire.transport.block_chain import BlockChain, fold
from dnawire.transport.series import SeriesWindow

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_PORT: Final = 2e-3
"""Share of the largest amplitude below which combinations of ports are left out."""
_BROADENING: Final = 0.05
"""eV above the real axis, where amplitudes at few energies show those at all."""
_SAMPLES: Final = 8
"""Number of these energies."""


def transmitting_ports(
    window: SeriesWindow, series: BlockChain, sides: Sequence[NDArray[np.int64]]
) -> tuple[list[Doubles], list[NDArray[np.int64]]]:
    """Combinations of the ports of every block that transmit, and the sides of these.

    Parameters
    ----------
    window, series
        The matrix as a series of the energy; ports come first in every block.
    sides
        Of the ports of every block: 0 for the left contact, 1 for the right one.
    """
    kept, side = [len(one) for one in sides], np.concatenate(sides)
    points = replace(window, degree=_SAMPLES - 1).points + 1j * _BROADENING
    matrix = series.weighted(window.polynomials(points))
    ports = fold(matrix, kept, [range(len(sides))]).chain.diagonal[0]
    amplitudes = ports[:, side == 0][:, :, side == 1]
    amplitudes = amplitudes / np.linalg.norm(amplitudes, axis=(1, 2))[:, None, None]
    spaces = [_column_space(amplitudes), _column_space(np.swapaxes(amplitudes, 1, 2))]
    owner = np.repeat(np.arange(len(sides)), kept)
    bases, left_over = [], []
    for block in range(len(sides)):
        own = [
            np.linalg.svd(space[owner[side == kind] == block], full_matrices=False)[0]
            for kind, space in enumerate(spaces)
        ]
        bases.append(block_diag(*own))
        left_over.append(np.repeat([0, 1], [basis.shape[1] for basis in own]))
    return bases, left_over


def _column_space(matrices: Complexes) -> Doubles:
    """Real columns that span those of all matrices but for `_PORT` of the largest."""
    joined = np.concatenate([matrices.real, matrices.imag]).transpose(1, 0, 2)
    vectors, values, _ = np.linalg.svd(joined.reshape(len(joined), -1), full_matrices=False)
    found: Doubles = vectors[:, values > _PORT * values[0]]
    return found


def orbitals_by_level(
    window: SeriesWindow, series: BlockChain, pieces: Sequence[Sequence[int]]
) -> tuple[list[Doubles], list[Doubles]]:
    """Active orbitals of every block by levels of some neighboring places, and these in eV.

    Levels of many places together would lose what tunnels through them to rounding.

    Parameters
    ----------
    window, series
        The matrix as a series of the energy; ports come first in every block.
    pieces
        Numbers of active orbitals of some neighboring places of every block.
    """
    middle = np.array([window.middle])
    matrices, slopes = (
        series.weighted(some(middle)).diagonal for some in (window.polynomials, window.derivatives)
    )
    orbitals, levels = [], []
    for matrix, slope, sizes in zip(matrices, slopes, pieces, strict=True):
        ports = matrix.shape[1] - sum(sizes)
        ends = np.cumsum([ports, *sizes])
        places = [slice(*pair) for pair in pairwise(ends.tolist())]
        found = [_levels(-matrix[0].real[one, one], slope[0].real[one, one]) for one in places]
        orbitals.append(block_diag(*(vectors for _, vectors in found)))
        levels.append(window.middle + np.concatenate([some for some, _ in found]))
    return orbitals, levels


def _levels(matrix: Doubles, metric: Doubles) -> tuple[Doubles, Doubles]:
    """Levels less the energy, and orbitals; NaN and any orbitals if contacts leave no levels."""
    try:
        found: tuple[Doubles, Doubles] = eigh((matrix + matrix.T) / 2, (metric + metric.T) / 2)
    except np.linalg.LinAlgError:
        return np.full(len(matrix), np.nan), np.eye(len(matrix))
    return found
