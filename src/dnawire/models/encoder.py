"""Message passing along a duplex: site features become embeddings that know their surroundings."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from dnawire.models.dropout import Dropout
from dnawire.models.message import RELATIONS, message, related_sites


class LadderAttention(nn.Module):
    """One residual layer of `dnawire.models.message.message`."""

    def __init__(self, hidden_dim: int, num_heads: int, dropout: Dropout) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden_dim)
        self.project = nn.Linear(hidden_dim, 2 * hidden_dim + 2 * num_heads)
        self.relation_scale = nn.Parameter(1.0 + 0.1 * torch.randn(len(RELATIONS), hidden_dim))
        self.relation_logit = nn.Parameter(torch.zeros(len(RELATIONS), num_heads))
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "B S F"], related: Int[Tensor, "sites 4"]
    ) -> Float[Tensor, "B S F"]:
        """One round of messages between all S sites of each duplex."""
        projected = self.project(self.norm(x)).flatten(0, 1)
        heard = message(projected, self.relation_scale, self.relation_logit, related)
        update: Tensor = self.dropout(heard.view_as(x))
        return x + update


class DuplexEncoder(nn.Module):
    """Site features -> site embeddings that know their surroundings ``num_layers`` steps far."""

    def __init__(self, hidden_dim: int, num_layers: int, num_heads: int, dropout: Dropout) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            LadderAttention(hidden_dim, num_heads, dropout) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_dim)

    def forward(
        self, x: Float[Tensor, "B L 2 F"], present: Bool[Tensor, "B L 2"]
    ) -> Float[Tensor, "B L 2 F"]:
        """Embed every site; those without a base carry numbers that nobody reads."""
        related = related_sites(present)
        sites = x.flatten(1, 2)
        for layer in self.layers:
            sites = layer(sites, related)
        embedding: Tensor = self.norm(sites).view_as(x)
        return embedding
