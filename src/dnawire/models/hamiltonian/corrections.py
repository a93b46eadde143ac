"""Corrections of matrix elements for the surroundings of the bases that they join."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.compiled.single import CHANNELS
from dnawire.junction.edges import EDGE_KINDS, STACKING
from dnawire.operators import Edges, gather_edges, read_out

_KINDS: Final = ("onsite", *EDGE_KINDS)
_RELATIVE_WIDTH: Final = 0.75


class CorrectionHead(nn.Module):
    """A small network for each kind of matrix element on the bases it joins; starts at 0."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        self.width = -(-int(_RELATIVE_WIDTH * hidden_dim) // CHANNELS) * CHANNELS
        inputs = {EDGE_KINDS[STACKING]: 2 * hidden_dim}
        self.hidden = nn.ModuleDict(
            {name: nn.Linear(inputs.get(name, hidden_dim), self.width) for name in _KINDS}
        )
        self.last = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(self.width)) for name in _KINDS}
        )

    def forward(self, x: Float[Tensor, "rows F"], edges: Edges) -> Float[Tensor, " values"]:
        """Correct every row, then every different edge, kind after kind."""
        directed, *undirected = edges.counts()
        stacking, others = gather_edges(x, edges.ends, directed)
        inputs = x, stacking, *others.split(undirected)
        hidden = [self.hidden[name](one) for name, one in zip(_KINDS, inputs, strict=True)]
        weights = torch.stack([self.last[name] for name in _KINDS])
        kinds = torch.cat((edges.kinds.new_zeros(len(x)), edges.kinds + 1))
        return read_out(torch.cat(hidden), weights, kinds)
