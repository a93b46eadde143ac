"""Neighbors of every row, layer by layer, and the edges between rows; equal ones only once.

After l layers the embedding of a base depends on the bases within l steps alone. Sites of a batch
whose surroundings are equal so far therefore share a row: there are five different rows at the
start, some hundred after one layer, however many duplexes there are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from dnawire.junction.edges import EDGE_KINDS, EDGES, NEIGHBORS, STACKING
from dnawire.operators import _neighborhood_kernels as kernels
from dnawire.operators.operator import array, routine, tensors_of


class Neighborhoods(NamedTuple):
    """Rows of every layer."""

    tables: tuple[Int[Tensor, "rows 4"], ...]
    """Rows of the layer below from which each row of each layer receives (itself, 5' neighbor, 3'
    neighbor, partner; all on the strand of the site); -1 for none."""
    rows: Int[Tensor, " sites"]
    """Row of the last layer that holds each site, in the order of the ladder layout."""


class Edges(NamedTuple):
    """Different edges, kind after kind."""

    ends: Int[Tensor, "different 2"]
    """Rows of the embeddings at both ends; stacking runs from the 5' to the 3' base."""
    kinds: Int[Tensor, " different"]
    """Kind of each: its place in `dnawire.junction.edges.EDGE_KINDS`."""
    which: Int[Tensor, " edges"]
    """Which of the different edges each edge of the batch is: row after row of
    `dnawire.junction.edges.EDGES`, duplex after duplex, along the helix."""

    def counts(self) -> list[int]:
        """Number of different edges of each kind."""
        found: list[int] = self.kinds.bincount(minlength=len(EDGE_KINDS)).tolist()
        return found


def _unique_rows(table: Tensor) -> tuple[Tensor, Tensor]:
    different, number = tensors_of(kernels.unique_rows(array(table)))
    return different, number


def _neighborhoods(inputs: Tensor, present: Tensor, num_layers: int, shared: bool) -> Neighborhoods:
    arrays = array(inputs).reshape(-1), array(present)
    tables, offsets, rows = kernels.neighborhoods(*arrays, num_layers, shared)
    by_layer = [tables[start:end] for start, end in pairwise(offsets.tolist())]
    return Neighborhoods(tensors_of(by_layer), torch.from_numpy(rows))


def _edges(rows: Tensor) -> Edges:
    batch, length, _ = rows.shape
    return Edges(*tensors_of(kernels.edges(array(rows).reshape(-1), batch, length)))


@routine(_unique_rows)
def unique_rows(
    table: Int[Tensor, "rows columns"],
) -> tuple[Int[Tensor, "different columns"], Int[Tensor, " rows"]]:
    """Different rows in any order, and the number of each row among them."""
    different, number = table.unique(dim=0, return_inverse=True)
    return different, number


@routine(_neighborhoods)
def neighborhoods(
    inputs: Int[Tensor, "B L 2"], present: Bool[Tensor, "B L 2"], num_layers: int, shared: bool
) -> Neighborhoods:
    """Tell who receives from whom.

    Parameters
    ----------
    inputs
        Row of the input embeddings that each site starts from.
    present
        Whether there is a base; nobody receives from a missing one.
    num_layers
        Number of layers.
    shared
        Whether sites of equal surroundings share a row; they cannot where every duplex drops
        features of its own.
    """
    sites = torch.arange(inputs.numel(), device=inputs.device).view(inputs.shape)
    rows, tables = inputs, []
    for _ in range(num_layers):
        table = _neighbors(rows, present)
        table, number = unique_rows.definition(table) if shared else (table, sites)
        rows = number.view(inputs.shape)
        tables.append(table)
    return Neighborhoods(tuple(tables), rows.flatten())


def _neighbors(rows: Int[Tensor, "B L 2"], present: Bool[Tensor, "B L 2"]) -> Tensor:
    """Row that each site receives from by each relation, (B L 2, 4)."""
    length = rows.shape[1]
    found = torch.full((*rows.shape, 4), -1, device=rows.device)
    seen = torch.where(present, rows, -1)
    for strand, neighbors in enumerate(NEIGHBORS):
        for relation, (pairs, other) in enumerate(neighbors):
            here = slice(max(0, -pairs), length - max(0, pairs))
            there = slice(max(0, pairs), length - max(0, -pairs))
            source = seen if relation else rows
            found[:, here, strand, relation] = source[:, there, other]
    return found.flatten(0, 2)


@routine(_edges)
def edges_of(rows: Int[Tensor, "B L 2"]) -> Edges:
    """Tell which edges there are between the rows of the sites of a batch."""
    found = []
    for edge in EDGES:
        ends = torch.stack([one.flatten() for one in edge.ends(rows)], dim=1)
        ends = ends if edge.kind == STACKING else ends.sort(dim=1).values
        found.append(torch.nn.functional.pad(ends, (1, 0), value=edge.kind))
    different, which = unique_rows.definition(torch.cat(found))
    return Edges(different[:, 1:], different[:, 0], which)
