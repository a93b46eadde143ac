"""Message passing along a duplex: site features become embeddings that know their surroundings.

Each site receives from itself, its 5' and 3' neighbors on its own strand and its partner. All
relations are defined on the site's own strand, so a duplex written from its other strand gives the
same messages: the symmetry is exact and not learned.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dnawire.operators import Neighborhoods, message_passing

RELATIONS: Final = ("self", "five_prime", "three_prime", "partner")
_INITIAL_MIX: Final = 0.5
_INITIAL_SPREAD: Final = 0.5


class LadderLayer(nn.Module):
    """``x + relu(sum over relations r of mix_r value_r)`` with ``value = Linear(norm(x))``.

    Each head, a group of channels, mixes the four relations by its own numbers ``mix``. With
    ``kinds`` = 4 each relation has a linear map of its own, with 1 they share it.
    """

    def __init__(self, hidden_dim: int, num_heads: int, kinds: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden_dim)
        self.project = nn.Linear(hidden_dim, kinds * hidden_dim)
        spread = _INITIAL_SPREAD * torch.randn(len(RELATIONS), num_heads)
        self.mix = nn.Parameter(_INITIAL_MIX + spread)

    def weights(self) -> tuple[Tensor, ...]:
        """Parameters in the order of `dnawire.operators.message_passing`, which applies them."""
        norm, project = self.norm, self.project
        return norm.weight, norm.bias, project.weight, project.bias, self.mix


class DuplexEncoder(nn.Module):
    """Input rows -> embeddings that know their surroundings ``num_layers`` steps far.

    The first layer, whose inputs are few, has linear maps of its own for each relation.
    """

    def __init__(self, hidden_dim: int, num_layers: int, num_heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            LadderLayer(hidden_dim, num_heads, len(RELATIONS) if number == 0 else 1)
            for number in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_dim)

    def forward(
        self,
        x: Float[Tensor, "inputs F"],
        neighborhoods: Neighborhoods,
        masks: Float[Tensor, "layers B F"] | None = None,
    ) -> Float[Tensor, "rows F"]:
        """Embed every row of the last layer.

        Parameters
        ----------
        x
            Input rows.
        neighborhoods
            Who receives from whom.
        masks
            Factor of every channel of each duplex in each layer (dropout).
        """
        layers = cast("Iterable[LadderLayer]", self.layers)
        weights = [one for layer in layers for one in layer.weights()]
        norm = self.norm.weight, self.norm.bias
        return message_passing(x, neighborhoods.tables, masks, *weights, *norm)
