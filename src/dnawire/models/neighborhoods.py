"""Who hears whom, layer by layer, and which edges there are; what is equal is there only once.

After l layers the embedding of a base depends on the bases within l steps alone. Sites of a batch
whose surroundings are equal so far therefore share a row: there are five different rows at the
start, some hundred after one layer, however many duplexes there are.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from dnawire.models import _graph_kernels as kernels


class Neighborhoods(NamedTuple):
    """Rows of every layer."""

    tables: Int[Tensor, "rows 4"]
    """Rows of the layer below that each row of each layer hears (itself, 5' neighbor, 3' neighbor,
    partner; all on the strand of the site); -1 for none. Layer after layer."""
    starts: Int[Tensor, " layers+1"]
    """Where each layer begins in ``tables``."""
    rows: Int[Tensor, " sites"]
    """Row of the last layer that holds each site, in the order of the ladder layout."""

    def table(self, layer: int) -> Int[Tensor, "rows 4"]:
        """The table of one layer."""
        start, end = self.starts[layer : layer + 2].tolist()
        return self.tables[start:end]


class Edges(NamedTuple):
    """Different edges of the kinds stacking, pairing, 5'-5' and 3'-3' diagonal, kind after kind."""

    ends: Int[Tensor, "different 2"]
    """Rows of the embeddings at both ends; stacking runs from the 5' to the 3' base."""
    starts: Int[Tensor, " 5"]
    """Where each kind begins in ``ends``."""
    which: Int[Tensor, " edges"]
    """Which of the different edges each edge of the batch is, kind after kind, in the order of
    `dnawire.models.hamiltonian.model.edge_ends`."""
    which_starts: Int[Tensor, " 5"]
    """Where each kind begins in ``which``."""


def neighborhoods(
    inputs: Int[Tensor, "B L 2"], present: Bool[Tensor, "B L 2"], num_layers: int, *, shared: bool
) -> Neighborhoods:
    """Tell who hears whom.

    Parameters
    ----------
    inputs
        Row of the input embeddings that each site starts from.
    present
        Whether there is a base; nobody hears a missing one.
    num_layers
        Number of layers.
    shared
        Whether sites of equal surroundings share a row; they cannot where every duplex drops out
        features of its own.
    """
    arrays = inputs.flatten().cpu().numpy(), present.cpu().numpy()
    found = kernels.neighborhoods(*arrays, num_layers, shared)
    return Neighborhoods(*(torch.from_numpy(array).to(inputs.device) for array in found))


def edges_of(rows: Int[Tensor, " sites"], batch: int, length: int) -> Edges:
    """Tell which edges there are between the rows of a batch."""
    found = kernels.edges(rows.cpu().numpy(), batch, length)
    return Edges(*(torch.from_numpy(array).to(rows.device) for array in found))
