"""Tables of the bases and corrections for their surroundings become the blocks of H."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dnawire.junction import EDGES, NUM_BASES, STACKING
from dnawire.operators import _assemble_kernels as kernels
from dnawire.operators.operator import array, operator, tensors_of


def _kernel(
    values: Tensor, onsite: Tensor, hopping: Tensor, *others: Tensor
) -> tuple[tuple[Tensor, ...], Callable[..., tuple[Tensor, ...]]]:
    duplexes = list(map(array, others))
    blocks = kernels.assemble(*map(array, (values, onsite, hopping)), *duplexes)

    def adjoint(*gradients: Tensor) -> tuple[Tensor, ...]:
        arriving = map(array, gradients)
        return tensors_of(kernels.assemble_adjoint(*arriving, len(values), *duplexes))

    return tensors_of(blocks), adjoint


def _fits(values: Tensor, onsite: Tensor, *_: Tensor) -> bool:
    return values.dtype == torch.float32 and onsite.dtype == torch.float64


@operator(_kernel, ("values", "onsite", "hopping"), _fits)
def assemble(
    values: Float[Tensor, " values"],
    onsite: Float[Tensor, " 4"],
    hopping: Float[Tensor, "4 4 4"],
    base: Int[Tensor, "B L 2"],
    present: Bool[Tensor, "B L 2"],
    factor: Float[Tensor, " B"],
    which_site: Int[Tensor, " sites"],
    which_edge: Int[Tensor, " edges"],
) -> tuple[Float[Tensor, "B L 2 2"], Float[Tensor, "B L-1 2 2"]]:
    """Blocks ``H[n, n]`` and ``H[n, n+1]``: table entry + factor * correction, in eV.

    Parameters
    ----------
    values
        Corrections of on-site energies and hoppings.
    onsite, hopping
        Table of the bases, and of pairs of bases by kind of edge, in eV (float64); only that of
        stacking needs not be symmetric, of the others the symmetric part is used.
    base, present
        As in `dnawire.graphs.schema.JunctionBatch`; elements of missing bases are zero.
    factor
        What a correction of one is worth in each duplex, in eV (float64).
    which_site, which_edge
        Place in ``values`` of the correction of every site, and of every edge row after row of
        `dnawire.junction.edges.EDGES`.
    """
    size, length, _ = base.shape
    code = base.clamp_max(NUM_BASES - 1)
    diagonal, step = onsite.new_zeros(size, length, 2, 2), onsite.new_zeros(size, length - 1, 2, 2)
    level = onsite[code] + factor[:, None, None] * values[which_site].view(base.shape)
    for strand in range(2):
        diagonal[:, :, strand, strand] = torch.where(present, level, 0.0)[..., strand]
    counts = [size * (length - edge.is_step) for edge in EDGES]
    for edge, which in zip(EDGES, which_edge.split(counts), strict=True):
        (start, end), exists = edge.ends(code), torch.stack(edge.ends(present)).all(dim=0)
        table = hopping[edge.kind]
        table = table if edge.kind == STACKING else 0.5 * (table + table.T)
        found = table[start, end] + factor[:, None] * values[which].view(start.shape)
        found = torch.where(exists, found, 0.0)
        row, column = edge.element
        if edge.is_step:
            step[:, :, row, column] = found
        else:
            diagonal[:, :, row, column] = diagonal[:, :, column, row] = found
    return diagonal, step
