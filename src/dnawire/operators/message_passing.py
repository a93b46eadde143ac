"""Message passing along the ladder: all layers of an encoder at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from dnawire.operators import _layer_kernels as layer_kernels
from dnawire.operators import _row_kernels as row_kernels
from dnawire.operators.operator import array, is_single, operator, tensors_of

_PER_LAYER: Final = 5
_NO_MASK: Final = np.empty(0, np.float32)


def _kernel(
    x: Tensor, tables: Sequence[Tensor], masks: Tensor | None, *weights: Tensor
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    rows, arrays, layers = array(x), list(map(array, weights)), []
    factors = [_NO_MASK] * len(tables) if masks is None else array(masks).reshape(len(masks), -1)
    for table, mask, own in zip(map(array, tables), factors, _by_layer(arrays), strict=True):
        output, *inner = layer_kernels.layer(rows, own, table, mask)
        layers.append((rows, own, table, mask, tuple(inner)))
        rows = output
    scale, shift = arrays[-2:]

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        arriving = np.zeros_like(rows)
        found = row_kernels.normalize_adjoint(array(gradient), rows, scale, arriving)
        for layer in reversed(layers):
            arriving, *own = layer_kernels.layer_adjoint(arriving, *layer)
            found = *own, *found
        return tensors_of((arriving, *found))

    return torch.from_numpy(row_kernels.normalize(rows, scale, shift)), adjoint


def _by_layer(weights: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Scale, shift, weight, bias and mix of every layer."""
    for start in range(0, len(weights) - 2, _PER_LAYER):
        yield tuple(weights[start : start + _PER_LAYER])


@operator(_kernel, ("x", "weights"), lambda x, *_: is_single(x))
def message_passing(
    x: Float[Tensor, "inputs F"],
    tables: Sequence[Int[Tensor, "rows 4"]],
    masks: Float[Tensor, "layers B F"] | None,
    *weights: Tensor,
) -> Float[Tensor, "rows F"]:
    """``LayerNorm`` of what all layers make of ``x``, one after the other.

    Each layer is ``x_self + mask relu(sum over relations of mix value)`` with
    ``value = Linear(LayerNorm(x))``.

    Parameters
    ----------
    x
        Input rows.
    tables
        For each layer the rows of the layer below from which each row receives, by relation; itself
        first; -1 for none.
    masks
        Factor of every channel of each duplex (dropout); rows belong to the duplexes in order.
    weights
        Of each layer: scale (F,) and shift (F,) of the norm; weight (kinds F, F) and bias
        (kinds F,) of the linear map, one for all relations (kinds = 1) or one for each (kinds = 4);
        mix (4, heads), the weight of each relation in each head, a group of consecutive channels.
        Then scale and shift of the norm at the end.
    """
    factors = [None] * len(tables) if masks is None else masks
    for table, mask, own in zip(tables, factors, _by_layer(weights), strict=True):
        x = _layer(x, table, mask, *own)
    scale, shift = weights[-2:]
    return layer_norm(x, x.shape[1:], scale, shift)


def _layer(
    x: Tensor, table: Tensor, mask: Tensor | None, *weights: Tensor
) -> Float[Tensor, "rows F"]:
    scale, shift, weight, bias, mix = weights
    width, relations = x.shape[1], table.shape[1]
    value = linear(layer_norm(x, (width,), scale, shift), weight, bias)
    value = value.unflatten(1, (-1, width)).expand(-1, relations, -1)
    sent = value[table.clamp_min(0), torch.arange(relations, device=table.device)]
    share = mix.repeat_interleave(width // mix.shape[1], dim=1) * (table >= 0)[..., None]
    update = torch.relu((sent * share).sum(dim=1))
    if mask is not None:
        update = update * mask.repeat_interleave(len(table) // len(mask), dim=0)
    return x[table[:, 0]] + update
