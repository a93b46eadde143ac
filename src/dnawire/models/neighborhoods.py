"""Who hears whom, layer by layer, with equal surroundings computed only once.

After l layers the embedding of a base depends on the bases within l steps alone. Sites of a batch
whose surroundings are equal so far therefore share a row: there are five different rows at the
start, some hundred after one layer, however many duplexes there are.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from dnawire.models import _table_kernels as kernels


class Neighborhoods(NamedTuple):
    """Rows of every layer."""

    tables: tuple[Int[Tensor, "rows 4"], ...]
    """By layer: the rows of the layer below that each row hears (itself, 5' neighbor, 3' neighbor,
    partner; all on the strand of the site); -1 for none."""
    rows: Int[Tensor, " sites"]
    """Row of the last layer that holds each site, in the order of the ladder layout."""


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
    sites, names = kernels.site_table(present.cpu().numpy()), inputs.flatten().cpu().numpy()
    tables = []
    for _ in range(num_layers):
        table = kernels.replaced(sites, names)
        if shared:
            table, names = kernels.different_rows(table)
        else:
            names = sites[:, 0]
        tables.append(torch.from_numpy(table).to(inputs.device))
    return Neighborhoods(tuple(tables), torch.from_numpy(names).to(inputs.device))
