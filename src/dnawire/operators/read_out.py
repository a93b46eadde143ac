"""The last layer of a small network with one output."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.operators import _edge_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(hidden: Tensor, weights: Tensor, kinds: Tensor) -> Tensor:
    arrays = flat(hidden), flat(weights), kinds.numpy()
    return tensor(kernels.read_out(*arrays, hidden.shape[1]), len(kinds))


def _adjoint(
    gradient: Tensor, hidden: Tensor, weights: Tensor, kinds: Tensor
) -> tuple[Tensor, Tensor]:
    arrays = flat(gradient), flat(hidden), flat(weights), kinds.numpy()
    found = kernels.read_out_adjoint(*arrays, hidden.shape[1])
    return tensor(found[0], *hidden.shape), tensor(found[1], *weights.shape)


@operator(_kernel, _adjoint, by=("hidden", "weights"), fits=lambda hidden, *_: is_single(hidden))
def read_out(
    hidden: Float[Tensor, "rows H"], weights: Float[Tensor, "kinds H"], kinds: Int[Tensor, " rows"]
) -> Float[Tensor, " rows"]:
    """``relu(hidden) . weights`` of every row, with the weights of its kind."""
    return (torch.relu(hidden) * weights[kinds]).sum(dim=1)
