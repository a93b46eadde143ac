"""Sums of embeddings over the sites of each duplex."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dnawire.operators import _pool_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(
    x: Tensor, rows: Tensor, present: Tensor, *gammas: Tensor
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    weights = kernels.weights(present.numpy(), *(gamma.numpy() for gamma in gammas))
    pooled = kernels.pool(flat(x), flat(rows), weights, x.shape[1])

    def adjoint(gradient: Tensor) -> Tensor:
        found = kernels.pool_adjoint(flat(gradient), flat(rows), weights, *x.shape)
        return tensor(found, *x.shape)

    return tensor(pooled, len(present), -1, x.shape[1]), adjoint


@operator(_kernel, ("x",), lambda x, *_: is_single(x))
def pool(
    x: Float[Tensor, "rows F"],
    rows: Int[Tensor, " sites"],
    present: Bool[Tensor, "B L 2"],
    gamma_left: Float[Tensor, "B L 2"],
    gamma_right: Float[Tensor, "B L 2"],
) -> Float[Tensor, "B 4 F"]:
    """Sum and mean over the bases of each duplex, and means over both contacts.

    Parameters
    ----------
    x, rows
        Embeddings, and which of them each site has.
    present
        Whether there is a base.
    gamma_left, gamma_right
        Couplings: the weights of the sites in the mean over a contact.
    """
    there = present.flatten(1).double()
    means = [
        weight / weight.sum(dim=1, keepdim=True)
        for weight in (there, gamma_left.flatten(1), gamma_right.flatten(1))
    ]
    weights = torch.stack((there, *means), dim=1).to(x.dtype)
    return weights @ x[rows].unflatten(0, (len(present), -1))
