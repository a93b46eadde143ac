"""Message passing along a duplex: each base hears itself, its 5' and 3' neighbors and its partner.

All relations are defined on the base's own strand, so a duplex written from its other strand
gives the same features: the symmetry is exact and not learned.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dnawire.models.dropout import Dropout

RELATIONS = ("self", "five_prime", "three_prime", "partner")


def neighbors(
    x: Float[Tensor, "B L 2 F"],
) -> tuple[Float[Tensor, "B L 2 F"], Float[Tensor, "B L 2 F"], Float[Tensor, "B L 2 F"]]:
    """Features of the 5' neighbor, 3' neighbor and partner of each site; zeros past an end."""
    edge = torch.zeros_like(x[:, :1])
    before = torch.cat((edge, x[:, :-1]), dim=1)
    after = torch.cat((x[:, 1:], edge), dim=1)
    five_prime = torch.stack((before[:, :, 0], after[:, :, 1]), dim=2)
    three_prime = torch.stack((after[:, :, 0], before[:, :, 1]), dim=2)
    return five_prime, three_prime, x.flip(2)


def attention_bias(present: Bool[Tensor, "B L 2"]) -> Float[Tensor, "B L 2 4 1"]:
    """0 where the related site exists and -inf where it does not; a site always hears itself."""
    exists = neighbors(present[..., None].float())
    related = torch.stack((torch.ones_like(exists[0]), *exists), dim=3)
    return torch.zeros_like(related).masked_fill(related == 0, -torch.inf)


class LadderAttention(nn.Module):
    """Residual attention over the four relations of a site.

    Each relation scales the value of its neighbor channel by channel, so that stacking on the 5'
    side, on the 3' side and pairing are told apart at the price of a vector each.
    """

    def __init__(self, hidden_dim: int, num_heads: int, dropout: Dropout) -> None:
        super().__init__()
        self.split = (hidden_dim, hidden_dim, num_heads, num_heads)
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(hidden_dim)
        self.project = nn.Linear(hidden_dim, sum(self.split))
        self.relation_scale = nn.Parameter(1.0 + 0.1 * torch.randn(len(RELATIONS), hidden_dim))
        self.relation_logit = nn.Parameter(torch.zeros(len(RELATIONS), num_heads))
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "B L 2 F"], bias: Float[Tensor, "B L 2 4 1"]
    ) -> Float[Tensor, "B L 2 F"]:
        """One round of message passing; ``bias`` is that of :func:`attention_bias`."""
        own, value, query, key = self.project(self.norm(x)).split(self.split, dim=-1)
        heard = torch.cat((value, key), dim=-1)
        related = torch.stack((heard, *neighbors(heard)), dim=3)
        values, keys = related.split((value.shape[-1], self.num_heads), dim=-1)
        logits = nn.functional.leaky_relu(query[..., None, :] + keys + self.relation_logit, 0.2)
        weight = (logits + bias).softmax(dim=3)
        heads = (values * self.relation_scale).unflatten(-1, (self.num_heads, -1))
        message = (weight[..., None] * heads).sum(dim=3).flatten(-2)
        update: Tensor = self.dropout(torch.relu(own + message))
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
        bias = attention_bias(present)
        for layer in self.layers:
            x = layer(x, bias)
        embedding: Tensor = self.norm(x)
        return embedding
