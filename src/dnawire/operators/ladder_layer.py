"""One layer of message passing on the ladder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from dnawire.operators import _aggregate_kernels, _norm_kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    weight: Tensor,
    bias: Tensor,
    mix: Tensor,
    table: Tensor,
    mask: Tensor | None,
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    norm = flat(x), flat(scale)
    normal = tensor(_norm_kernels.normalize(*norm, flat(shift)), *x.shape)
    matrix = weight.detach()
    value = flat(linear(normal, matrix, bias.detach()))
    factors = np.empty(0, np.float32) if mask is None else flat(mask)
    graph = mix.detach().numpy(), table.numpy(), factors
    output = _aggregate_kernels.aggregate(norm[0], value, *graph, x.shape[1])

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        grad_x, grad_value, grad_mix = _aggregate_kernels.aggregate_adjoint(
            flat(gradient), value, *graph, *normal.shape
        )
        by_value = tensor(grad_value, len(normal), -1)
        found = _norm_kernels.normalize_adjoint(flat(by_value @ matrix), *norm, grad_x)
        by_bias = _norm_kernels.column_sums(by_value.numpy())
        by_scale, by_shift, by_bias, by_mix = map(torch.from_numpy, (*found, by_bias, grad_mix))
        by_x = tensor(grad_x, *normal.shape)
        return by_x, by_scale, by_shift, by_value.T @ normal, by_bias, by_mix

    return tensor(output, len(table), -1), adjoint


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
