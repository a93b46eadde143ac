"""Message passing along a duplex: site features become embeddings that know their surroundings.

Each site hears itself, its 5' and 3' neighbors on its own strand and its partner. All relations are
defined on the site's own strand, so a duplex written from its other strand gives the same
messages: the symmetry is exact and not learned.
"""

from __future__ import annotations

from typing import Final, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from dnawire.models import _encoder_kernels as kernels
from dnawire.models._single import CHANNELS
from dnawire.models.neighborhoods import Neighborhoods

RELATIONS: Final = ("self", "five_prime", "three_prime", "partner")
_INITIAL_MIX: Final = 0.5
_INITIAL_SPREAD: Final = 0.5


class LadderLayer(nn.Module):
    """``x + kept relu(sum over relations r of mix_r value_r)`` with ``value = Linear(norm(x))``.

    Each head, a group of channels, mixes the four relations by its own numbers ``mix``.
    """

    def __init__(self, hidden_dim: int, num_heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden_dim)
        self.project = nn.Linear(hidden_dim, hidden_dim)
        spread = _INITIAL_SPREAD * torch.randn(len(RELATIONS), num_heads)
        self.mix = nn.Parameter(_INITIAL_MIX + spread)


class DuplexEncoder(nn.Module):
    """Input rows -> embeddings that know their surroundings ``num_layers`` steps far."""

    def __init__(self, hidden_dim: int, num_layers: int, num_heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(LadderLayer(hidden_dim, num_heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(hidden_dim)

    def forward(
        self,
        x: Float[Tensor, "inputs F"],
        neighborhoods: Neighborhoods,
        kept: tuple[Float[Tensor, "B F"], ...] | None = None,
    ) -> Float[Tensor, "rows F"]:
        """Embed every row of the last layer.

        Parameters
        ----------
        x
            Input rows.
        neighborhoods
            Who hears whom.
        kept
            By layer: factor of every channel of each duplex in training (dropout).
        """
        parameters = [
            parameter
            for layer in self.layers
            for parameter in (
                layer.norm.weight,
                layer.norm.bias,
                layer.project.weight,
                layer.project.bias,
                layer.mix,
            )
        ]
        parameters += [self.norm.weight, self.norm.bias]
        masks = kept or (None,) * len(self.layers)
        if _is_compiled_case(x):
            result: Tensor = _CompiledEncoder.apply(  # type: ignore[no-untyped-call]
                neighborhoods.tables, masks, x, *parameters
            )
            return result
        return encode_reference(neighborhoods.tables, masks, x, *parameters)


def encode_reference(
    tables: tuple[Int[Tensor, "rows 4"], ...],
    masks: tuple[Float[Tensor, "B F"] | None, ...],
    x: Float[Tensor, "inputs F"],
    *parameters: Tensor,
) -> Float[Tensor, "rows F"]:
    """The readable definition, for any device and precision."""
    for number, (table, kept) in enumerate(zip(tables, masks, strict=True)):
        norm, norm_bias, weight, bias, mix = parameters[5 * number : 5 * number + 5]
        value = layer_norm(x, norm.shape, norm, norm_bias) @ weight.T + bias
        heard = value[table.clamp_min(0)] * _by_channel(mix, norm) * (table >= 0)[..., None]
        update = torch.relu(heard.sum(dim=1))
        if kept is not None:
            update = update * kept.repeat_interleave(len(table) // len(kept), dim=0)
        x = x[table[:, 0]] + update
    norm, norm_bias = parameters[-2:]
    return layer_norm(x, norm.shape, norm, norm_bias)


def _by_channel(mix: Float[Tensor, "4 heads"], like: Tensor) -> Float[Tensor, "4 F"]:
    """Numbers of a head for each of its channels."""
    return mix.repeat_interleave(len(like) // mix.shape[1], dim=1)


def _is_compiled_case(x: Tensor) -> bool:
    is_plain = x.device.type == "cpu" and x.dtype == torch.float32
    return is_plain and x.shape[1] % CHANNELS == 0


class _Context(Protocol):
    tables: tuple[Tensor, ...]
    masks: tuple[Tensor | None, ...]
    parameters: tuple[Tensor, ...]
    saved: list[tuple[Tensor, ...]]


class _CompiledEncoder(torch.autograd.Function):
    """The same as `encode_reference`, compiled for the CPU; all layers at once."""

    @staticmethod
    def forward(
        ctx: _Context,
        tables: tuple[Tensor, ...],
        masks: tuple[Tensor | None, ...],
        x: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        ctx.tables, ctx.masks, ctx.saved = tables, masks, []
        ctx.parameters = tuple(parameter.detach() for parameter in parameters)
        x, width = x.detach().contiguous(), x.shape[1]
        for number, (table, kept) in enumerate(zip(tables, masks, strict=True)):
            norm, norm_bias, weight, bias, mix = ctx.parameters[5 * number : 5 * number + 5]
            normal, moments = _normalized(x, norm, norm_bias)
            value = torch.addmm(bias, normal, weight.T)
            ctx.saved.append((x, moments, normal, value))
            mixes = _flat(_by_channel(mix, norm))
            output = kernels.aggregate(
                _flat(x), _flat(value), mixes, table.numpy(), _flat_or_empty(kept)
            )
            x = torch.from_numpy(output).view(-1, width)
        normal, moments = _normalized(x, *ctx.parameters[-2:])
        ctx.saved.append((x, moments))
        return normal

    @staticmethod
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gradients = [torch.zeros_like(parameter) for parameter in ctx.parameters]
        x, moments = ctx.saved[-1]
        arriving = torch.zeros_like(x)
        _normalize_backward(
            gradient, x, moments, ctx.parameters[-2], arriving, gradients[-2], gradients[-1]
        )
        for number in reversed(range(len(ctx.tables))):
            own = slice(5 * number, 5 * number + 5)
            arriving = _layer_backward(ctx, number, arriving, ctx.parameters[own], gradients[own])
        return None, None, arriving, *gradients


def _layer_backward(
    ctx: _Context,
    number: int,
    arriving: Tensor,
    parameters: tuple[Tensor, ...],
    gradients: list[Tensor],
) -> Tensor:
    """Fill the gradients of one layer and return that of its input."""
    x, moments, normal, value = ctx.saved[number]
    norm, _, weight, _, mix = parameters
    grad_norm, grad_norm_bias, grad_weight, grad_bias, grad_mix = gradients
    grad_x, grad_value = torch.zeros_like(x), torch.zeros_like(value)
    mixes = _by_channel(mix, norm)
    grad_mixes = torch.zeros_like(mixes)
    kernels.aggregate_backward(
        _flat(value),
        _flat(mixes),
        ctx.tables[number].numpy(),
        _flat_or_empty(ctx.masks[number]),
        _flat(arriving),
        _flat(grad_x),
        _flat(grad_value),
        _flat(grad_mixes),
    )
    torch.sum(grad_mixes.view(*mix.shape, -1), dim=2, out=grad_mix)
    torch.mm(grad_value.T, normal, out=grad_weight)
    torch.sum(grad_value, dim=0, out=grad_bias)
    _normalize_backward(
        grad_value @ weight, x, moments, norm, grad_x, grad_norm, grad_norm_bias
    )
    return grad_x


def _normalized(x: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    normal, moments = kernels.normalize(_flat(x), weight.numpy(), bias.numpy())
    return torch.from_numpy(normal).view(x.shape), torch.from_numpy(moments)


def _normalize_backward(
    gradient: Tensor, x: Tensor, moments: Tensor, weight: Tensor, *gradients: Tensor
) -> None:
    targets = (_flat(one) for one in gradients)
    kernels.normalize_backward(
        _flat(gradient.contiguous()), _flat(x), moments.numpy(), weight.numpy(), *targets
    )


def _flat(tensor: Tensor):  # noqa: ANN202
    return tensor.view(-1).numpy()


def _flat_or_empty(kept: Tensor | None):  # noqa: ANN202
    return torch.empty(0).numpy() if kept is None else _flat(kept)
