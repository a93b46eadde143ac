"""Small networks that read a number from every row and from the ends of every edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import linear

from dnawire.operators import _edge_network_kernels as kernels
from dnawire.operators.operator import array, is_single, operator, tensors_of


def _kernel(
    x: Tensor, ends: Tensor, counts: Sequence[int], *weights: Tensor
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    graph = array(x), array(ends), np.cumsum([0, len(x), *counts])
    joined, added, bias, last = map(array, weights)
    values, *inner = kernels.edge_network(*graph, joined, added, bias, last)

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        arrays = array(gradient), *graph, (joined, added, last), tuple(inner)
        return tensors_of(kernels.edge_network_adjoint(*arrays))

    return torch.from_numpy(values), adjoint


@operator(_kernel, ("x", "joined", "added", "bias", "last"), lambda x, *_: is_single(x))
def edge_network(
    x: Float[Tensor, "rows F"],
    ends: Int[Tensor, "edges 2"],
    counts: Sequence[int],
    joined: Float[Tensor, "H 2*F"],
    added: Float[Tensor, "kinds H F"],
    bias: Float[Tensor, "kinds+1 H"],
    last: Float[Tensor, "kinds+1 H"],
) -> Float[Tensor, " values"]:
    """``relu(Linear(input)) . last`` of every row, then of every edge, kind after kind.

    Edges of the first kind have a direction: their input is one embedding after the other. That of
    all others is the sum of both.

    Parameters
    ----------
    x
        Embeddings.
    ends
        Rows at both ends of every edge.
    counts
        Number of edges of each kind.
    joined, added
        Weights for the first kind of edges; for rows and for all other kinds.
    bias, last
        Bias and last layer for rows and for each kind.
    """
    directed, *others = ends.split(list(counts))
    inputs = x, x[directed].flatten(1), *(x[one].sum(dim=1) for one in others)
    matrices = added[0], joined, *added[1:]
    values = [
        torch.relu(linear(one, matrix, shift)) @ weight
        for one, matrix, shift, weight in zip(inputs, matrices, bias, last, strict=True)
    ]
    return torch.cat(values)
