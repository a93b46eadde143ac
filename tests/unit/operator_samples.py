"""Arguments for every operator, and how to compare what numbers its results in its own order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from dnawire.operators import Edges, Neighborhoods
from dnawire.operators.transport import contact_tensors
from dnawire.transport.system import block_system, dense_system

WIDTH = 32
HEADS = 4
CPU = torch.device("cpu")
ENERGIES = torch.linspace(-1.0, 1.0, 5, dtype=torch.float64)


class Draw:
    """Random tensors of one seed."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, kind: torch.dtype = torch.float32) -> Tensor:
        return torch.randn(shape, generator=self.generator, dtype=torch.float64).to(kind)

    def whole(self, below: int, *shape: int) -> Tensor:
        return torch.randint(below, shape, generator=self.generator)

    def chance(self, share: float, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator) < share

    def bases(self, batch: int, length: int) -> tuple[Tensor, Tensor]:
        """Codes and presence; the upper strand is complete."""
        present = self.chance(0.8, batch, length, 2)
        present[..., 0] = True
        return torch.where(present, self.whole(4, batch, length, 2), 4), present

    def couplings(self, *shape: int) -> Tensor:
        """Elements of Hamiltonians in eV."""
        return 0.3 * self.normal(*shape, kind=torch.float64)

    def coupling(self, present: Tensor) -> Tensor:
        """Positive at some sites of each duplex, the first one among them."""
        gamma = 0.1 * self.whole(3, *present.shape).double() * present
        gamma[:, 0, 0] = 0.3
        return gamma


SHAPES = ((1, 1), (2, 5), (3, 2))
"""Duplexes and their length."""


def _message_passing(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for num_layers, dropout in ((1, False), (3, False), (2, True)):
        tables, weights, below = [], [], 5
        for layer in range(num_layers):
            rows, outputs = 6 + 3 * layer, (1 if layer else 4) * WIDTH
            table = draw.whole(below + 1, rows, 4) - 1
            table[:, 0] = draw.whole(below, rows)
            tables.append(table)
            weights += [1 + 0.1 * draw.normal(WIDTH), draw.normal(WIDTH)]
            weights += [draw.normal(outputs, WIDTH) / 8, draw.normal(outputs)]
            weights.append(draw.normal(4, HEADS))
            below = rows
        masks = 2.0 * draw.chance(0.5, num_layers, 3, WIDTH) if dropout else None
        norm = 1 + 0.1 * draw.normal(WIDTH), draw.normal(WIDTH)
        yield draw.normal(5, WIDTH), tables, masks, *weights, *norm


def _edge_network(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for counts in ([3, 2, 4, 1], [0, 1, 0, 0]):
        ends = draw.whole(5, sum(counts), 2)
        joined, added = draw.normal(16, 2 * WIDTH), draw.normal(4, 16, WIDTH)
        yield (
            draw.normal(5, WIDTH),
            ends,
            counts,
            joined,
            added,
            draw.normal(5, 16),
            draw.normal(5, 16),
        )


def _assemble(draw: Draw) -> Iterable[tuple[Any, ...]]:
    double = torch.float64
    for batch, length in SHAPES:
        sites, edges = 2 * batch * length, batch * (5 * length - 4)
        which = draw.whole(7, sites), draw.whole(7, edges)
        tables = draw.normal(4, kind=double), draw.normal(4, 4, 4, kind=double)
        factor = draw.normal(batch, kind=double)
        yield draw.normal(7), *tables, *draw.bases(batch, length), factor, *which


def _pool(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for batch, length in SHAPES:
        _, present = draw.bases(batch, length)
        gammas = draw.coupling(present), draw.coupling(present)
        yield draw.normal(6, WIDTH), draw.whole(6, 2 * batch * length), present, *gammas


def _weighted_huber(draw: Draw) -> Iterable[tuple[Any, ...]]:
    double = torch.float64
    for shape, steepness, delta in (((4, 7), 5.0, 1.0), ((2, 3, 2, 17), 0.0, 0.1)):
        target = 3 * draw.normal(*shape, kind=double)
        target[0, 0] = -torch.inf
        scale = draw.normal(shape[-1], kind=double).abs() + 0.1
        yield draw.normal(*shape, kind=double), target, scale, steepness, delta


def _block_transport(draw: Draw) -> Iterable[tuple[Any, ...]]:
    """With missing orbitals where no LDOS is asked for: differences of log10 0 are none."""
    for (batch, length), eta, with_ldos in itertools.product(SHAPES, (0.0, 1e-2), (True, False)):
        _, present = draw.bases(batch, length)
        present = present | torch.tensor(with_ldos)
        exists = present[..., None] * present[..., None, :], present[:, :-1, :, None]
        diagonal = _hermitian(draw, batch, length, 2) * exists[0]
        step = draw.couplings(batch, length - 1, 2, 2) * exists[1] * present[:, 1:, None]
        gammas = draw.coupling(present).numpy(), draw.coupling(present).numpy()
        blocks, grid = (diagonal.numpy(), step.numpy()), ENERGIES.numpy()
        system = block_system(*blocks, *gammas, grid, present.numpy(), eta)
        tables = torch.from_numpy(system.energies), *contact_tensors(system.contacts, CPU)
        yield diagonal, step, *tables, eta, with_ldos


def _dense_transport(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for batch, size in ((1, 2), (3, 5)):
        hamiltonian = _hermitian(draw, batch, size)
        gammas = torch.zeros(2, batch, size, dtype=torch.float64)
        gammas[0, :, 0], gammas[1, :, -1] = 0.3, 0.2
        left, right = gammas.numpy()
        system = dense_system(hamiltonian.numpy(), left, right, ENERGIES.numpy(), 1e-2)
        energies = torch.from_numpy(system.energies)
        yield hamiltonian, energies, *contact_tensors(system.contacts, CPU), 1e-2


def _hermitian(draw: Draw, *shape: int) -> Tensor:
    """Symmetric matrices in eV."""
    matrix = draw.couplings(*shape, shape[-1])
    return matrix + matrix.mT


def _composition(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for batch, length in SHAPES:
        base, present = draw.bases(batch, length)
        yield base, draw.coupling(present), draw.coupling(present)


def _unique_rows(draw: Draw) -> Iterable[tuple[Any, ...]]:
    yield (draw.whole(3, 40, 2) - 1,)
    yield (draw.whole(2**62, 9, 3),)


def _neighborhoods(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for batch, length in SHAPES:
        for shared in (True, False):
            yield *draw.bases(batch, length), 3, shared


def _edges_of(draw: Draw) -> Iterable[tuple[Any, ...]]:
    for batch, length in SHAPES:
        yield (draw.whole(4, batch, length, 2),)


SAMPLES: Mapping[str, Callable[[Draw], Iterable[tuple[Any, ...]]]] = {
    "assemble": _assemble,
    "block_transport": _block_transport,
    "composition": _composition,
    "dense_transport": _dense_transport,
    "edge_network": _edge_network,
    "edges_of": _edges_of,
    "message_passing": _message_passing,
    "neighborhoods": _neighborhoods,
    "pool": _pool,
    "unique_rows": _unique_rows,
    "weighted_huber": _weighted_huber,
}


def as_tensors(result: Any) -> tuple[Tensor, ...]:  # noqa: ANN401
    """Results that do not depend on the order in which equal rows are numbered."""
    if isinstance(result, Neighborhoods):
        return _propagated(result), torch.tensor([len(table) for table in result.tables])
    if isinstance(result, Edges):
        rows = torch.cat((result.kinds[:, None], result.ends), dim=1)
        return rows[result.which], torch.tensor(len(rows)), result.kinds
    return result if isinstance(result, tuple) else (result,)


def unique_tensors(result: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """The rows, and how many of them differ."""
    different, number = result
    return different[number], torch.tensor(len(different))


def _propagated(found: Neighborhoods) -> Tensor:
    """A number of each site that depends on all that it receives."""
    state = torch.linspace(1.0, 2.0, 1024, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.7, 0.4, 0.3], dtype=torch.float64)
    for table in found.tables:
        received = torch.where(table >= 0, state[table.clamp_min(0)], 3.0)
        state = torch.sin((received * weights).sum(dim=1))
    return state[found.rows]
