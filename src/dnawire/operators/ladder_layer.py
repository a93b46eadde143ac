"""One layer of message passing on the ladder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from dnawire.operators import _ladder_layer_kernels as kernels
from dnawire.operators.operator import array, is_single, operator, tensors_of

_NONE: Final = np.empty(0, np.float32)


def _kernel(
    x: Tensor,
    *others: Any,  # noqa: ANN401
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    *tensors, mask = others
    scale, shift, weight, bias, mix, table = map(array, tensors)
    rows, factors = array(x), _NONE if mask is None else array(mask).reshape(-1)
    output, *inner = kernels.ladder_layer(rows, scale, shift, weight, bias, mix, table, factors)

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        constants = rows, scale, weight, mix, table, factors, tuple(inner)
        return tensors_of(kernels.ladder_layer_adjoint(array(gradient), *constants))

    return torch.from_numpy(output), adjoint


@operator(_kernel, ("x", "scale", "shift", "weight", "bias", "mix"), lambda x, *_: is_single(x))
def ladder_layer(
    x: Float[Tensor, "below F"],
    scale: Float[Tensor, " F"],
    shift: Float[Tensor, " F"],
    weight: Float[Tensor, "kinds*F F"],
    bias: Float[Tensor, " kinds*F"],
    mix: Float[Tensor, "4 heads"],
    table: Int[Tensor, "rows 4"],
    mask: Float[Tensor, "B F"] | None,
) -> Float[Tensor, "rows F"]:
    """``x_self + mask relu(sum over relations of mix value)``, ``value = Linear(LayerNorm(x))``.

    Parameters
    ----------
    x
        Rows of the layer below.
    scale, shift
        Of the norm.
    weight, bias
        Of the linear map: one for all relations (kinds = 1) or one for each (kinds = 4).
    mix
        Weight of each relation in each head; a head is a group of consecutive channels.
    table
        Rows from which each row receives, by relation; itself first; -1 for none.
    mask
        Factor of every channel of each duplex (dropout); rows belong to the duplexes in order.
    """
    width, relations = x.shape[1], table.shape[1]
    value = linear(layer_norm(x, (width,), scale, shift), weight, bias)
    value = value.unflatten(1, (-1, width)).expand(-1, relations, -1)
    sent = value[table.clamp_min(0), torch.arange(relations, device=table.device)]
    share = mix.repeat_interleave(width // mix.shape[1], dim=1) * (table >= 0)[..., None]
    update = torch.relu((sent * share).sum(dim=1))
    if mask is not None:
        update = update * mask.repeat_interleave(len(table) // len(mask), dim=0)
    return x[table[:, 0]] + update
