"""Corrections of matrix elements for the surroundings of the bases that they join."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dnawire.models import _edge_kernels as kernels
from dnawire.models import _table_kernels as tables
from dnawire.models._single import CHANNELS

HOPPINGS: Final = ("stacking", "pairing", "diagonal_five", "diagonal_three")
"""Kinds of hopping; only stacking has a direction and tells its two ends apart."""

_EXTRA_WIDTH: Final = 0.25


class Edges(NamedTuple):
    """Different edges of one kind, and which of them each edge of the batch is."""

    ends: Int[Tensor, "different 2"]
    """Rows of the embeddings at both ends."""
    index: Int[Tensor, " edges"]
    """Position among the different ones, in the order of `dnawire.models.hamiltonian.edge_ends`."""


class Corrections(NamedTuple):
    """Corrections in units of the scale: by row of the embeddings on-site, by different edge."""

    onsite: Float[Tensor, " rows"]
    stacking: Float[Tensor, " stacking"]
    pairing: Float[Tensor, " pairing"]
    diagonal_five: Float[Tensor, " five"]
    diagonal_three: Float[Tensor, " three"]


def edges_of(rows: Int[Tensor, " sites"], batch: int, length: int) -> dict[str, Edges]:
    """Edges of a batch by kind, equal ones only once."""
    found = {}
    for name, ends in zip(HOPPINGS, kernels.edge_rows(rows.cpu().numpy(), batch, length), strict=True):
        different, index = tables.different_rows(ends)
        arrays = (torch.from_numpy(array).to(rows.device) for array in (different, index))
        found[name] = Edges(*arrays)
    return found


class CorrectionHead(nn.Module):
    """A small network for each kind of matrix element on the bases it joins; starts at 0."""

    def __init__(self, hidden_dim: int) -> None:
        super().__init__()
        width = -(-int((1.0 + _EXTRA_WIDTH) * hidden_dim) // CHANNELS) * CHANNELS
        inputs = {"onsite": hidden_dim, "stacking": 2 * hidden_dim}
        self.hidden = nn.ModuleDict(
            {
                name: nn.Linear(inputs.get(name, hidden_dim), width)
                for name in ("onsite", *HOPPINGS)
            }
        )
        self.last = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(width)) for name in ("onsite", *HOPPINGS)}
        )

    def forward(self, x: Float[Tensor, "rows F"], edges: dict[str, Edges]) -> Corrections:
        """Correct every row and every different edge."""
        parameters = [
            parameter
            for name, layer in self.hidden.items()
            for parameter in (layer.weight, layer.bias, self.last[name])
        ]
        ends = [edges[name].ends for name in HOPPINGS]
        if x.device.type == "cpu" and x.dtype == torch.float32 and x.shape[1] % CHANNELS == 0:
            return Corrections(*_CompiledHead.apply(ends, x, *parameters))  # type: ignore[no-untyped-call]
        return correct_reference(ends, x, *parameters)


def correct_reference(
    ends: list[Int[Tensor, "different 2"]], x: Float[Tensor, "rows F"], *parameters: Tensor
) -> Corrections:
    """The readable definition, for any device and precision."""
    inputs = [x, x[ends[0]].flatten(1), *(x[one].sum(dim=1) for one in ends[1:])]
    values = []
    for number, features in enumerate(inputs):
        weight, bias, last = parameters[3 * number : 3 * number + 3]
        values.append(torch.relu(features @ weight.T + bias) @ last)
    return Corrections(*values)


class _Context(Protocol):
    ends: list[Tensor]
    shape: torch.Size
    parameters: tuple[Tensor, ...]
    saved: list[tuple[Tensor, Tensor]]


class _CompiledHead(torch.autograd.Function):
    """The same as `correct_reference`, compiled for the CPU."""

    @staticmethod
    def forward(
        ctx: _Context, ends: list[Tensor], x: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.ends, ctx.shape, ctx.saved = ends, x.shape, []
        ctx.parameters = tuple(parameter.detach() for parameter in parameters)
        x, values = x.detach(), []
        for number in range(1 + len(ends)):
            weight, bias, last = ctx.parameters[3 * number : 3 * number + 3]
            features = _features(x, ends, number)
            hidden = torch.addmm(bias, features, weight.T)
            ctx.saved.append((features, hidden))
            values.append(torch.from_numpy(kernels.read_out(_flat(hidden), last.numpy())))
        return tuple(values)

    @staticmethod
    def backward(ctx: _Context, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        grad_x, gradients = torch.zeros(ctx.shape), []
        for number, cotangent in enumerate(cotangents):
            weight, _, last = ctx.parameters[3 * number : 3 * number + 3]
            features, hidden = ctx.saved[number]
            grad_last = torch.zeros_like(last)
            arriving = kernels.read_out_backward(
                _flat(hidden), last.numpy(), cotangent.contiguous().numpy(), grad_last.numpy()
            )
            grad_hidden = torch.from_numpy(arriving).view(hidden.shape)
            _add_features(grad_hidden @ weight, ctx.ends, number, grad_x)
            gradients += [grad_hidden.T @ features, grad_hidden.sum(dim=0), grad_last]
        return None, grad_x, *gradients


def _features(x: Tensor, ends: list[Tensor], number: int) -> Tensor:
    """Input of one network: rows, pairs of rows, or sums of two."""
    if number == 0:
        return x
    gather = kernels.gather_pairs if number == 1 else kernels.gather_sums
    gathered = gather(_flat(x), ends[number - 1].numpy(), x.shape[1])
    return torch.from_numpy(gathered).view(len(ends[number - 1]), -1)


def _add_features(gradient: Tensor, ends: list[Tensor], number: int, grad_x: Tensor) -> None:
    """Add the gradient of `_features`."""
    if number == 0:
        grad_x += gradient
        return
    scatter = kernels.scatter_pairs if number == 1 else kernels.scatter_sums
    scatter(_flat(gradient), ends[number - 1].numpy(), _flat(grad_x), grad_x.shape[1])


def _flat(tensor: Tensor):  # noqa: ANN202
    return tensor.view(-1).numpy()
