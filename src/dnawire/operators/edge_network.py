"""Small networks that read a number from every row and from the ends of every edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from dnawire.operators import _edge_kernels as kernels
from dnawire.operators._norm_kernels import column_sums
from dnawire.operators.operator import flat, is_single, operator, tensor

Floats = NDArray[np.float32]


def _kernel(
    x: Tensor,
    ends: Tensor,
    counts: Sequence[int],
    joined: Tensor,
    added: Tensor,
    bias: Tensor,
    last: Tensor,
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    num_directed, width, sizes = counts[0], x.shape[1], [len(x), *counts]
    edges = ends.numpy(), num_directed, width
    joined_ends, added_ends = kernels.gather(flat(x), *edges)
    inputs = _by_kind(x.detach(), joined_ends, added_ends, sizes)
    matrices = added[0].detach(), joined.detach(), *added[1:].detach()
    hidden = x.new_empty(sum(sizes), bias.shape[1])
    parts = hidden.split(sizes)
    for one, matrix, shift, part in zip(inputs, matrices, bias.detach(), parts, strict=True):
        torch.addmm(shift, one, matrix.T, out=part)
    network = flat(hidden), flat(last), np.cumsum([0, *sizes]), bias.shape[1]

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        grad_hidden, grad_last = kernels.read_out_adjoint(flat(gradient), *network)
        arriving = tensor(grad_hidden, *hidden.shape).split(sizes)
        grad_joined, grad_added = np.empty_like(joined_ends), np.empty_like(added_ends)
        by_x = torch.empty(len(x), width)
        by_inputs = _by_kind(by_x, grad_joined, grad_added, sizes)
        by_joined, by_added = torch.empty_like(joined), torch.empty_like(added)
        by_matrices = by_added[0], by_joined, *by_added[1:]
        for one, matrix, part, by_input, by_matrix in zip(
            inputs, matrices, arriving, by_inputs, by_matrices, strict=True
        ):
            torch.mm(part, matrix, out=by_input)
            torch.mm(part.T, one, out=by_matrix)
        kernels.scatter(grad_joined, grad_added, *edges, flat(by_x))
        by_bias = np.stack([column_sums(part.numpy()) for part in arriving])
        return by_x, by_joined, by_added, torch.from_numpy(by_bias), tensor(grad_last, *last.shape)

    return torch.from_numpy(kernels.read_out(*network)), adjoint


def _by_kind(x: Tensor, joined: Floats, added: Floats, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    width = x.shape[1]
    return x, tensor(joined, -1, 2 * width), *tensor(added, -1, width).split(sizes[2:])


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
