"""Graph of a junction for users of PyTorch Geometric; the package itself does not need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import MissingDependencyError
from dnawire.junction.alphabet import BASES
from dnawire.junction.duplex import Duplex
from dnawire.junction.edges import EDGE_KINDS, STACKING, edge_sites

if TYPE_CHECKING:
    from torch_geometric.data import Data

STACKING_REVERSED: Final = len(EDGE_KINDS)
"""Type of a stacking edge from 3' to 5'; all other types are kinds of `dnawire.junction.edges`."""


class JunctionGraph(NamedTuple):
    """Graph of a junction as plain arrays, sites in site order.

    Attributes
    ----------
    x
        One-hot base in the order A, C, G, T, float32 (N, 4).
    edge_index
        Source and target of every directed edge, int64 (2, M); every edge is there both ways.
    edge_type
        int64 (M,): 0 stacking 5'->3' on its own strand, 1 pairing, 2 diagonal between the 5' ends
        of a step, 3 diagonal between its 3' ends, 4 stacking 3'->5'.
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


def junction_graph(
    duplex: Duplex, gamma_left: NDArray[np.float64], gamma_right: NDArray[np.float64]
) -> JunctionGraph:
    """Build the graph of a duplex between two contacts.

    Parameters
    ----------
    duplex
        The duplex; missing bases have no node and no edge.
    gamma_left, gamma_right
        Coupling to the contacts in eV, ladder layout (L, 2).

    Returns
    -------
    JunctionGraph
        Arrays of the graph.
    """
    mask = duplex.mask
    sites, kinds = edge_sites(mask)
    reverse = np.where(kinds == STACKING, STACKING_REVERSED, kinds)
    pair, strand = np.nonzero(mask)
    return JunctionGraph(
        x=np.eye(len(BASES), dtype=np.float32)[duplex.codes[mask]],
        edge_index=np.concatenate([sites, sites[::-1]], axis=1),
        edge_type=np.concatenate([kinds, reverse]),
        gamma_left=gamma_left[mask].astype(np.float32),
        gamma_right=gamma_right[mask].astype(np.float32),
        pair=pair,
        strand=strand,
    )


def to_pyg(graph: JunctionGraph) -> Data:
    """Turn a graph into one of PyTorch Geometric.

    Parameters
    ----------
    graph
        The graph.

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

    return Data(**{name: torch.from_numpy(array) for name, array in graph._asdict().items()})
