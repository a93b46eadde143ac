"""Graph of a junction for users of PyTorch Geometric; the package itself does not need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import MissingDependencyError
from dnawire.junction.duplex import BASES, MISSING_CODE
from dnawire.junction.junction import Junction

if TYPE_CHECKING:
    from torch_geometric.data import Data

PAIRING: Final = 0
STACKING_FORWARD: Final = 1
STACKING_BACKWARD: Final = 2
DIAGONAL_FIVE: Final = 3
DIAGONAL_THREE: Final = 4


class JunctionGraph(NamedTuple):
    """Graph of a junction as plain arrays, sites in site order.

    Attributes
    ----------
    x
        One-hot base in the order A, C, G, T, float32 (N, 4).
    edge_index
        Source and target of every directed edge, int64 (2, M); every edge is there both ways.
    edge_type
        int64 (M,): 0 pairing, 1 stacking 5'->3' on its own strand, 2 stacking 3'->5',
        3 diagonal between the 5' ends of a step, 4 diagonal between its 3' ends.
    gamma_left, gamma_right
        Coupling to the electrodes in eV, float32 (N,).
    pair, strand
        Base pair along the helix and strand (0 upper, 1 lower) of every site, int64 (N,).
    """

    x: NDArray[np.float32]
    edge_index: NDArray[np.int64]
    edge_type: NDArray[np.int64]
    gamma_left: NDArray[np.float32]
    gamma_right: NDArray[np.float32]
    pair: NDArray[np.int64]
    strand: NDArray[np.int64]


def junction_graph(junction: Junction) -> JunctionGraph:
    """Build the graph of a junction.

    Parameters
    ----------
    junction
        The junction; missing bases have no node and no edge.

    Returns
    -------
    JunctionGraph
        Arrays of the graph.
    """
    codes = junction.duplex.codes
    mask = codes != MISSING_CODE
    edge_index, edge_type = _edges(mask)
    pair, strand = np.nonzero(mask)
    return JunctionGraph(
        x=np.eye(len(BASES), dtype=np.float32)[codes[mask]],
        edge_index=edge_index,
        edge_type=edge_type,
        gamma_left=junction.gamma_left[mask].astype(np.float32),
        gamma_right=junction.gamma_right[mask].astype(np.float32),
        pair=pair,
        strand=strand,
    )


def to_pyg(junction: Junction) -> Data:
    """Turn a junction into a PyTorch Geometric graph.

    Parameters
    ----------
    junction
        The junction.

    Returns
    -------
    torch_geometric.data.Data
        With the fields of `JunctionGraph` as tensors.

    Raises
    ------
    MissingDependencyError
        If ``torch_geometric`` is not installed.
    """
    try:
        from torch_geometric.data import Data
    except ImportError as error:
        raise MissingDependencyError(
            "to_pyg needs the package torch_geometric, which is not installed.",
            "pip install dnawire[pyg]",
        ) from error
    import torch

    graph = junction_graph(junction)._asdict()
    return Data(**{name: torch.from_numpy(array) for name, array in graph.items()})


def _edges(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    node = np.where(mask, np.cumsum(mask).reshape(mask.shape) - 1, MISSING_CODE)
    upper, lower = node[:, 0], node[:, 1]
    undirected = (
        (upper, lower, PAIRING, PAIRING),
        (upper[:-1], upper[1:], STACKING_FORWARD, STACKING_BACKWARD),
        (lower[1:], lower[:-1], STACKING_FORWARD, STACKING_BACKWARD),
        (upper[:-1], lower[1:], DIAGONAL_FIVE, DIAGONAL_FIVE),
        (lower[:-1], upper[1:], DIAGONAL_THREE, DIAGONAL_THREE),
    )
    indices, types = [], []
    for source, target, forward, backward in undirected:
        present = (source != MISSING_CODE) & (target != MISSING_CODE)
        ends = np.stack([source[present], target[present]])
        indices += [ends, ends[::-1]]
        types += [np.full(ends.shape[1], forward), np.full(ends.shape[1], backward)]
    return np.concatenate(indices, axis=1), np.concatenate(types)
