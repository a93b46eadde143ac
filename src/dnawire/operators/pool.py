"""Weighted sums of embeddings over the sites of each duplex."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.operators import _pool_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(x: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    batch, _, kinds = weights.shape
    arrays = flat(x), flat(rows), weights.contiguous().numpy()
    return tensor(kernels.pool(*arrays, x.shape[1]), batch, kinds, x.shape[1])


def _adjoint(gradient: Tensor, x: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    arrays = flat(gradient), flat(rows), weights.contiguous().numpy()
    return tensor(kernels.pool_adjoint(*arrays, *x.shape), *x.shape)


@operator(_kernel, _adjoint, by=("x",), fits=lambda x, *_: is_single(x))
def pool(
    x: Float[Tensor, "rows F"],
    rows: Int[Tensor, "B sites"],
    weights: Float[Tensor, "B sites kinds"],
) -> Float[Tensor, "B kinds F"]:
    """Sums over the sites of each duplex with weights of several kinds; no gradient by these."""
    return torch.einsum("bsp,bsf->bpf", weights, x[rows])
