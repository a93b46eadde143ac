"""Corrections of matrix elements for the surroundings of the bases that they join."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from dnawire.compiled.single import CHANNELS
from dnawire.models.neighborhoods import Edges
from dnawire.models.packing import PackedParameters

HOPPINGS: Final = ("stacking", "pairing", "diagonal_five", "diagonal_three")
"""Kinds of hopping; only stacking has a direction and tells its two ends apart."""

_KINDS: Final = ("onsite", *HOPPINGS)
_RELATIVE_WIDTH: Final = 0.75


class CorrectionHead(nn.Module):
    """A small network for each kind of matrix element on the bases it joins; starts at 0."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        self.width = -(-int(_RELATIVE_WIDTH * hidden_dim) // CHANNELS) * CHANNELS
        inputs = {"stacking": 2 * hidden_dim}
        self.hidden = nn.ModuleDict(
            {name: nn.Linear(inputs.get(name, hidden_dim), self.width) for name in _KINDS}
        )
        self.last = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(self.width)) for name in _KINDS}
        )

    def forward(self, x: Float[Tensor, "rows F"], edges: Edges) -> Float[Tensor, " values"]:
        """Correct every row, then every different edge, kind after kind.

        This is the readable definition, for any device and precision; ``_hamiltonian_kernels``
        holds the same for the CPU.
        """
        ends = edges.ends.split(edges.starts.diff().tolist())
        inputs = [x, x[ends[0]].flatten(1), *(x[one].sum(dim=1) for one in ends[1:])]
        values = [
            torch.relu(self.hidden[name](features)) @ self.last[name]
            for name, features in zip(_KINDS, inputs, strict=True)
        ]
        return torch.cat(values)

    def places(self, packed: PackedParameters, prefix: str) -> NDArray[np.int64]:
        """Where the parameters of each kind start in their vector, for the kernels."""
        names = ("hidden.{}.weight", "hidden.{}.bias", "last.{}")
        return np.array(
            [[packed.start(f"{prefix}.{name.format(kind)}") for name in names] for kind in _KINDS]
        )
