"""Which tight-binding parameters spectra determine: null space of the sensitivities.

Rows are log10 T and log10 DOS (or log10 LDOS of every base as well) of random Watson-Crick duplexes
at random energies, columns the values in the tables of a parameter set. A direction in the space of
tables is not identifiable if it changes no row; directions are counted by the singular values below
1e-9 of the largest. Run ``python benchmarks/identifiability.py``: prints the table of
docs/parameter_sets.md.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement, product
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnawire.operators.transport import block_spectra
from dnawire.tightbinding import ParameterSet, ladder_blocks, load_parameters, parameters_of_dna

Array = NDArray[np.float64]
NULL: Final = 1e-9
CONTACTS: Final = {"one base at each end": [0], "both bases at each end": [0, 1]}
TABLES: Final = ("onsite", "stacking", "pairing", "diagonal_five", "diagonal_three")


class Sample(NamedTuple):
    """Random duplexes, each at one energy."""

    codes: NDArray[np.int64]
    energies: Array


def random_sample(parameters: ParameterSet, count: int, length: int, seed: int) -> Sample:
    """Complete duplexes; energies from 0.3 eV below the levels of the bases to 0.3 above."""
    rng = np.random.default_rng(seed)
    upper = rng.integers(0, 4, (count, length))
    low, high = parameters.onsite.min() - 0.3, parameters.onsite.max() + 0.3
    return Sample(np.stack((upper, 3 - upper), axis=-1), rng.uniform(low, high, (count, 1)))


def unknowns(parameters: ParameterSet) -> list[tuple[str, tuple[int, ...]]]:
    """Entries of the tables that Watson-Crick duplexes use, one of each symmetric pair."""
    places: list[tuple[str, tuple[int, ...]]] = [("onsite", (base,)) for base in range(4)]
    places += [("stacking", step) for step in product(range(4), repeat=2)]
    places += [("pairing", (0, 3)), ("pairing", (1, 2))]
    for table in ("diagonal_five", "diagonal_three"):
        if getattr(parameters, table).any():
            places += [(table, pair) for pair in combinations_with_replacement(range(4), 2)]
    return places


def unit(parameters: ParameterSet, place: tuple[str, tuple[int, ...]]) -> ParameterSet:
    """Tables that hold a single 1: H is linear in them."""
    tables = {name: np.zeros_like(getattr(parameters, name)) for name in TABLES}
    table, position = place
    tables[table][position] = 1.0
    if table not in ("onsite", "stacking"):
        tables[table][position[::-1]] = 1.0
    return replace(parameters, **tables)


def sensitivities(
    parameters: ParameterSet, sample: Sample, strands: list[int], *, with_ldos: bool
) -> Array:
    """Jacobian (rows, unknowns) in decades per eV, from the adjoint of transport."""
    blocks = ladder_blocks(sample.codes, parameters)
    diagonal, step = (
        torch.from_numpy(one).requires_grad_() for one in (blocks.diagonal, blocks.step)
    )
    left, right = torch.zeros(2, *sample.codes.shape, dtype=torch.float64)
    left[:, 0, strands], right[:, -1, strands] = 0.1, 0.1
    found = block_spectra(diagonal, step, left, right, torch.from_numpy(sample.energies))
    rows = [found.log10_transmission[:, 0], found.log10_dos[:, 0]]
    if with_ldos:
        rows += list(found.log10_ldos[..., 0].flatten(1).unbind(1))
    places = unknowns(parameters)
    bases = [ladder_blocks(sample.codes, unit(parameters, place)) for place in places]
    columns = [_flat(torch.from_numpy(one.diagonal), torch.from_numpy(one.step)) for one in bases]
    along = torch.stack(columns, dim=-1)
    parts = [_flat(*torch.autograd.grad(row.sum(), (diagonal, step), retain_graph=True))
             for row in rows]  # fmt: skip
    return torch.cat([torch.einsum("bh,bhp->bp", part, along) for part in parts]).numpy()


def _flat(diagonal: Tensor, step: Tensor) -> Tensor:
    return torch.cat((diagonal.flatten(1), step.flatten(1)), dim=1)


def null_directions(jacobian: Array) -> tuple[Array, Array]:
    """Singular values relative to the largest, and the directions (directions, unknowns)."""
    scaled = jacobian / np.linalg.norm(jacobian, axis=1, keepdims=True).clip(1e-300)
    _, values, directions = np.linalg.svd(scaled, full_matrices=False)
    relative = values / values[0]
    return relative, directions[relative < NULL]


def main() -> None:
    """Print one row for every set, contact and kind of data."""
    print("| set | contacts | data | unknowns | null directions | smallest other singular value |")
    print("|---|---|---|---|---|---|")
    for name, (where, strands), with_ldos in product(
        parameters_of_dna(), CONTACTS.items(), (False, True)
    ):
        parameters = load_parameters(name)
        sample = random_sample(parameters, 1000, 6, seed=1)
        jacobian = sensitivities(parameters, sample, strands, with_ldos=with_ldos)
        relative, null = null_directions(jacobian)
        data = "T, DOS, LDOS" if with_ldos else "T, DOS"
        print(
            f"| `{name}` | {where} | {data} | {jacobian.shape[1]} | {len(null)} "
            f"| {relative[relative >= NULL].min():.2f} |"
        )


if __name__ == "__main__":
    main()
