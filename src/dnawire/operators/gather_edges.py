"""Features of edges: the embeddings of both ends."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from dnawire.operators import _edge_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(x: Tensor, ends: Tensor, num_directed: int) -> tuple[Tensor, Tensor]:
    width = x.shape[1]
    joined, added = kernels.gather_edges(flat(x), ends.numpy(), num_directed, width)
    return tensor(joined, -1, 2 * width), tensor(added, -1, width)


def _adjoint(joined: Tensor, added: Tensor, x: Tensor, ends: Tensor, num_directed: int) -> Tensor:
    arrays = flat(joined), flat(added), ends.numpy()
    return tensor(kernels.gather_edges_adjoint(*arrays, num_directed, *x.shape), *x.shape)


@operator(_kernel, _adjoint, by=("x",), fits=lambda x, *_: is_single(x))
def gather_edges(
    x: Float[Tensor, "rows F"], ends: Int[Tensor, "edges 2"], num_directed: int
) -> tuple[Float[Tensor, "directed 2*F"], Float[Tensor, "others F"]]:
    """Embeddings of the ends of every edge.

    The first ``num_directed`` edges tell their ends apart: one embedding after the other. Those of
    all other edges are added.
    """
    directed, others = ends[:num_directed], ends[num_directed:]
    return x[directed].flatten(1), x[others[:, 0]] + x[others[:, 1]]
