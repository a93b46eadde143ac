"""What every row receives from itself and its neighbors, added to the row itself."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.operators import _aggregate_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(x: Tensor, value: Tensor, mix: Tensor, table: Tensor, mask: Tensor | None) -> Tensor:
    arrays = flat(x), flat(value), mix.detach().numpy(), table.numpy(), _mask(mask)
    return tensor(kernels.aggregate(*arrays, x.shape[1]), len(table), x.shape[1])


def _adjoint(
    gradient: Tensor, x: Tensor, value: Tensor, mix: Tensor, table: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    arrays = flat(gradient), flat(value), mix.detach().numpy(), table.numpy(), _mask(mask)
    found = kernels.aggregate_adjoint(*arrays, *x.shape)
    return tensor(found[0], *x.shape), tensor(found[1], *value.shape), tensor(found[2], *mix.shape)


def _mask(mask: Tensor | None) -> np.ndarray:
    return np.empty(0, np.float32) if mask is None else flat(mask)


@operator(_kernel, _adjoint, by=("x", "value", "mix"), fits=lambda x, *_: is_single(x))
def aggregate(
    x: Float[Tensor, "below F"],
    value: Float[Tensor, "below kinds F"],
    mix: Float[Tensor, "4 heads"],
    table: Int[Tensor, "rows 4"],
    mask: Float[Tensor, "B F"] | None,
) -> Float[Tensor, "rows F"]:
    """``x_self + mask relu(sum over relations of mix value)``.

    Parameters
    ----------
    x
        Rows of the layer below.
    value
        What each of them sends: the same by all relations (one kind) or to each its own (four).
    mix
        Weight of each relation in each head; a head is a group of consecutive channels.
    table
        Rows from which each row receives, by relation; itself first; -1 for none.
    mask
        Factor of every channel of each duplex (dropout); rows belong to the duplexes in order.
    """
    width, relations = x.shape[1], table.shape[1]
    sent = value.expand(-1, relations, -1)[table.clamp_min(0), torch.arange(relations).to(table)]
    weights = mix.repeat_interleave(width // mix.shape[1], dim=1) * (table >= 0)[..., None]
    update = torch.relu((sent * weights).sum(dim=1))
    if mask is not None:
        update = update * mask.repeat_interleave(len(table) // len(mask), dim=0)
    return x[table[:, 0]] + update
