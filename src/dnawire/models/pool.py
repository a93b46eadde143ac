"""From the embeddings of all sites to a few vectors of each duplex."""

from __future__ import annotations

from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.graphs.schema import JunctionBatch
from dnawire.models import _pool_kernels as kernels
from dnawire.models._single import CHANNELS

NUM_POOLED = 4


def pool_weights(batch: JunctionBatch) -> Float[Tensor, "B sites 4"]:
    """Weights of every site in the sum, the mean, and at the left and the right contact."""
    present = batch.present.flatten(1).double()
    left, right = (_share(gamma.flatten(1)) for gamma in (batch.gamma_left, batch.gamma_right))
    return torch.stack((present, _share(present), left, right), dim=-1).float()


def pool(
    x: Float[Tensor, "rows F"], rows: Int[Tensor, " sites"], weights: Float[Tensor, "B sites P"]
) -> Float[Tensor, "B P F"]:
    """Weighted sums of embeddings over the sites of each duplex; ``rows`` says where each lies."""
    is_plain = x.device.type == "cpu" and x.dtype == torch.float32
    if is_plain and x.shape[1] % CHANNELS == 0:
        result: Tensor = _CompiledPool.apply(x, rows, weights)  # type: ignore[no-untyped-call]
        return result
    return pool_reference(x, rows, weights)


def pool_reference(
    x: Float[Tensor, "rows F"], rows: Int[Tensor, " sites"], weights: Float[Tensor, "B sites P"]
) -> Float[Tensor, "B P F"]:
    """The readable definition, for any device and precision."""
    sites = x.index_select(0, rows).view(*weights.shape[:2], -1)
    return torch.einsum("bsp,bsf->bpf", weights.to(x.dtype), sites)


class _Context(Protocol):
    saved: tuple[Tensor, Tensor, torch.Size]


class _CompiledPool(torch.autograd.Function):
    """The same as `pool_reference`, compiled for the CPU."""

    @staticmethod
    def forward(ctx: _Context, x: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
        ctx.saved = rows, weights, x.shape
        flat = x.detach().contiguous().view(-1).numpy()
        pooled = kernels.pool(flat, rows.numpy(), weights.numpy(), x.shape[1])
        return torch.from_numpy(pooled).view(len(weights), weights.shape[2], -1)

    @staticmethod
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor, None, None]:
        rows, weights, shape = ctx.saved
        grad_x = torch.zeros(shape)
        arriving = gradient.contiguous().view(-1).numpy()
        flat = grad_x.view(-1).numpy()
        kernels.pool_backward(arriving, rows.numpy(), weights.numpy(), flat, shape[1])
        return grad_x, None, None


def _share(weight: Float[Tensor, "B sites"]) -> Float[Tensor, "B sites"]:
    return weight / weight.sum(dim=1, keepdim=True)
