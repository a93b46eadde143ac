"""Corrections of matrix elements for the surroundings of the bases that they join."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.compiled.single import CHANNELS
from dnawire.junction.edges import EDGE_KINDS, STACKING
from dnawire.operators import Edges, edge_network

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
        weights = {name: self.hidden[name].get_parameter("weight") for name in _KINDS}
        joined = weights.pop(EDGE_KINDS[STACKING])
        bias = torch.stack([self.hidden[name].get_parameter("bias") for name in _KINDS])
        last = torch.stack([self.last[name] for name in _KINDS])
        added = torch.stack(list(weights.values()))
        return edge_network(x, edges.ends, edges.counts(), joined, added, bias, last)
