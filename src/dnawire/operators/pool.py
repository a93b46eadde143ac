"""Pooling of embeddings over the sites of each duplex, without telling its contacts apart."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dnawire.operators import _pool_kernels as kernels
from dnawire.operators.operator import array, is_single, operator, tensors_of


def _kernel(
    x: Tensor, rows: Tensor, present: Tensor, *gammas: Tensor
) -> tuple[tuple[Tensor, ...], Callable[[Tensor, Tensor], Tensor]]:
    sites = array(rows), kernels.weights(array(present), *map(array, gammas))
    pooled = kernels.pool(array(x), *sites)

    def adjoint(*gradients: Tensor) -> Tensor:
        gradient = kernels.symmetrize_adjoint(pooled, *map(array, gradients))
        return torch.from_numpy(kernels.pool_adjoint(gradient, *sites, len(x)))

    return tensors_of(kernels.symmetrize(pooled)), adjoint


@operator(_kernel, ("x",), lambda x, *_: is_single(x))
def pool(
    x: Float[Tensor, "rows F"],
    rows: Int[Tensor, " sites"],
    present: Bool[Tensor, "B L 2"],
    gamma_left: Float[Tensor, "B L 2"],
    gamma_right: Float[Tensor, "B L 2"],
) -> tuple[Float[Tensor, "B F"], Float[Tensor, "B 3*F"]]:
    """Sum over the bases of each duplex; their mean, and sum and product of the contacts' means.

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
    pooled = torch.bmm(weights, x[rows].unflatten(0, (len(present), -1)))
    total, mean, left, right = pooled.unbind(1)
    return total.contiguous(), torch.cat((mean, left + right, left * right), dim=1)
