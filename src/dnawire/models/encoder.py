"""Message passing along a duplex: site features become embeddings that know their surroundings.

Each site hears itself, its 5' and 3' neighbors on its own strand and its partner. All relations are
defined on the site's own strand, so a duplex written from its other strand gives the same
messages: the symmetry is exact and not learned.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from dnawire.models.neighborhoods import Neighborhoods
from dnawire.models.packing import PackedParameters

RELATIONS: Final = ("self", "five_prime", "three_prime", "partner")
_INITIAL_MIX: Final = 0.5
_INITIAL_SPREAD: Final = 0.5


class LadderLayer(nn.Module):
    """``relu(sum over relations r of mix_r value_r)`` with ``value = Linear(norm(x))``.

    Each head, a group of channels, mixes the four relations by its own numbers ``mix``. With
    ``kinds`` = 4 each relation has a linear map of its own, with 1 they share it.
    """

    def __init__(self, hidden_dim: int, num_heads: int, kinds: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden_dim)
        self.project = nn.Linear(hidden_dim, kinds * hidden_dim)
        spread = _INITIAL_SPREAD * torch.randn(len(RELATIONS), num_heads)
        self.mix = nn.Parameter(_INITIAL_MIX + spread)

    def forward(
        self, x: Float[Tensor, "below F"], table: Int[Tensor, "rows 4"]
    ) -> Float[Tensor, "rows F"]:
        """What every row hears, before dropout."""
        width, heads = x.shape[1], self.mix.shape[1]
        value = self.project(self.norm(x)).view(len(x), -1, width)
        value = value.expand(-1, len(RELATIONS), -1)
        rows = table.clamp_min(0), torch.arange(len(RELATIONS), device=table.device)
        mix = self.mix.repeat_interleave(width // heads, dim=1)
        heard = value[rows] * mix * (table >= 0)[..., None]
        return torch.relu(heard.sum(dim=1))


class DuplexEncoder(nn.Module):
    """Input rows -> embeddings that know their surroundings ``num_layers`` steps far.

    The first layer, whose inputs are few, has linear maps of its own for each relation.
    """

    def __init__(self, hidden_dim: int, num_layers: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.layers = nn.ModuleList(
            LadderLayer(hidden_dim, num_heads, len(RELATIONS) if number == 0 else 1)
            for number in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_dim)

    def forward(
        self,
        x: Float[Tensor, "inputs F"],
        around: Neighborhoods,
        kept: Float[Tensor, "layers B F"] | None = None,
    ) -> Float[Tensor, "rows F"]:
        """Embed every row of the last layer.

        This is the readable definition, for any device and precision; ``_encoder_kernels`` holds
        the same for the CPU.

        Parameters
        ----------
        x
            Input rows.
        around
            Who hears whom.
        kept
            Factor of every channel of each duplex in each layer (dropout).
        """
        for number, layer in enumerate(self.layers):
            table = around.table(number)
            update = layer(x, table)
            if kept is not None:
                factors = kept[number]
                update = update * factors.repeat_interleave(len(table) // len(factors), dim=0)
            x = x[table[:, 0]] + update
        embedding: Tensor = self.norm(x)
        return embedding

    def places(self, packed: PackedParameters, prefix: str) -> NDArray[np.int64]:
        """Where the parameters of each layer start in their vector, for ``_encoder_kernels``."""
        names = ("norm.weight", "norm.bias", "project.weight", "project.bias", "mix")
        rows = [
            [packed.start(f"{prefix}.layers.{number}.{name}") for name in names]
            for number in range(len(self.layers))
        ]
        ends = [packed.start(f"{prefix}.norm.{name}") for name in ("weight", "bias")]
        return np.array([*rows, [*ends, 0, 0, 0]])
