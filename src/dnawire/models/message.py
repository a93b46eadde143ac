"""One round of messages along a duplex: attention of each site over what it is bonded to.

Each site hears itself, its 5' and 3' neighbors on its own strand and its partner. All relations are
defined on the site's own strand, so a duplex written from its other strand gives the same
messages: the symmetry is exact and not learned.
"""

from __future__ import annotations

from typing import Final, Protocol

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dnawire.models import _message_kernels as kernels

RELATIONS: Final = ("self", "five_prime", "three_prime", "partner")


class _Context(Protocol):
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class _CompiledMessage(torch.autograd.Function):
    """The same as `message_reference`, compiled for the CPU."""

    @staticmethod
    def forward(
        ctx: _Context, projected: Tensor, scale: Tensor, logit: Tensor, related: Tensor
    ) -> Tensor:
        inputs = projected.contiguous(), scale, logit, related
        output, weights = map(
            torch.from_numpy, kernels.forward(*(tensor.detach().numpy() for tensor in inputs))
        )
        ctx.save_for_backward(*inputs, output, weights)
        return output

    @staticmethod
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor | None, ...]:
        arrays = (tensor.detach().numpy() for tensor in ctx.saved_tensors)
        gradients = kernels.backward(*arrays, gradient.contiguous().numpy())
        return (*map(torch.from_numpy, gradients), None)


def related_sites(present: Bool[Tensor, "B L 2"]) -> Int[Tensor, "sites 4"]:
    """Flat site numbers that each site hears, in the order of `RELATIONS`; -1 for none."""
    return torch.from_numpy(kernels.related_sites(present.cpu().numpy())).to(present.device)


def message(
    projected: Float[Tensor, "sites P"],
    relation_scale: Float[Tensor, "4 F"],
    relation_logit: Float[Tensor, "4 heads"],
    related: Int[Tensor, "sites 4"],
) -> Float[Tensor, "sites F"]:
    """``relu(own + sum_r a_r s_r * value_r)`` with softmax attention ``a`` over the relations.

    Each row of ``projected`` holds own and value (F each), query and key (one a head each). Each
    relation scales the value it carries channel by channel, so that stacking on the 5' side, on the
    3' side and pairing are told apart at the price of a vector each. On the CPU, float32 runs in a
    compiled kernel; everything else in plain torch.
    """
    if projected.device.type == "cpu" and projected.dtype == torch.float32:
        result: Tensor = _CompiledMessage.apply(  # type: ignore[no-untyped-call]
            projected, relation_scale, relation_logit, related
        )
        return result
    return message_reference(projected, relation_scale, relation_logit, related)


def message_reference(
    projected: Float[Tensor, "sites P"],
    relation_scale: Float[Tensor, "4 F"],
    relation_logit: Float[Tensor, "4 heads"],
    related: Int[Tensor, "sites 4"],
) -> Float[Tensor, "sites F"]:
    """The readable definition of `message`, for any device and precision."""
    width, heads = relation_scale.shape[1], relation_logit.shape[1]
    own, value, query, key = projected.split((width, width, heads, heads), dim=-1)
    rows = related.clamp_min(0).flatten()
    keys = key.index_select(0, rows).unflatten(0, related.shape)
    values = value.index_select(0, rows).unflatten(0, related.shape) * relation_scale
    logits = query[:, None] + keys + relation_logit
    logits = torch.nn.functional.leaky_relu(logits, kernels.NEGATIVE_SLOPE)
    weight = logits.masked_fill(related[..., None] < 0, -torch.inf).softmax(dim=1)
    heard = (weight[..., None] * values.unflatten(-1, (heads, -1))).sum(dim=1).flatten(-2)
    return torch.relu(own + heard)
