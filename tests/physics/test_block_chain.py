"""Elimination of a part of a block-tridiagonal matrix against the inverse of the whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError
from dnawire.transport.block_chain import (
    BlockChain,
    Border,
    condense,
    fold,
)

SIZES = (5, 6, 4, 7, 5)
KEPT = (2, 3, 0, 2, 1)
GROUPS = ((0, 1), (2, 3, 4))
MATRICES = 5
"""Some of them exchange an odd number of rows, which a determinant must tell."""


def draws(seed: int, *shape: int) -> NDArray[np.complex128]:
    generator = np.random.default_rng(seed)
    found: NDArray[np.complex128] = generator.normal(size=(2, *shape))[0] + 1j * generator.normal(
        size=shape
    )
    return found


def chain(seed: int, *, real: bool) -> BlockChain:
    blocks = [draws(seed + k, MATRICES, size, size) for k, size in enumerate(SIZES)]
    links = [draws(9 * seed + k, MATRICES, *pair) for k, pair in enumerate(pairwise(SIZES))]
    symmetric = [block + np.swapaxes(block, 1, 2) for block in blocks]
    found = BlockChain([symmetric, links])
    return found.mapped(lambda i, j, block: block.real) if real else found


def dense(blocks: BlockChain, borders: tuple[Border, ...] = ()) -> NDArray[Any]:
    """The whole matrix, borders behind the blocks."""
    sizes = [block.shape[1] for block in blocks.diagonal] + [border.size for border in borders]
    starts = np.cumsum([0, *sizes])
    places = [slice(*pair) for pair in pairwise(starts.tolist())]
    found = np.zeros((len(blocks.diagonal[0]), starts[-1], starts[-1]), blocks.diagonal[0].dtype)

    def put(one: int, two: int, values: NDArray[Any]) -> None:
        found[:, places[one], places[two]] = values
        found[:, places[two], places[one]] = np.swapaxes(values, 1, 2)

    for number, block in enumerate(blocks.diagonal):
        put(number, number, block)
    for distance, band in enumerate(blocks.bands[1:], start=1):
        for number, link in enumerate(band):
            put(number, number + distance, link)
    for number, border in enumerate(borders, len(blocks.diagonal)):
        for row, columns in border.columns.items():
            put(row, number, columns)
    return found


@pytest.mark.parametrize("real", [True, False])
def test_what_is_kept_has_the_inverse_of_the_whole(real: bool) -> None:
    blocks = chain(1, real=real)
    columns = [draws(50 + k, MATRICES, SIZES[k], 2 + k // 3) for k in range(5)]
    part = [one.real if real else one for one in columns]
    borders = (
        Border(0, {0: part[0], 1: part[1], 2: part[2]}),
        Border(1, {4: part[4], 3: part[3]}),
    )
    whole = dense(blocks, borders)
    starts = np.cumsum([0, *SIZES])
    kept = [np.arange(start, start + m) for start, m in zip(starts[:-1], KEPT, strict=True)]
    ends = np.cumsum([starts[-1], *(border.size for border in borders)])
    outside = [np.arange(*pair) for pair in pairwise(ends.tolist())]
    rows = np.concatenate([kept[0], kept[1], outside[0], kept[2], kept[3], kept[4], outside[1]])
    found = fold(blocks, KEPT, GROUPS, borders)
    inverse = np.linalg.inv(whole)[:, rows[:, None], rows]
    np.testing.assert_allclose(np.linalg.inv(dense(found.chain)), inverse, rtol=0, atol=1e-10)
    others = np.setdiff1d(np.arange(whole.shape[1]), rows)
    sign, logarithm = np.linalg.slogdet(whole[:, others[:, None], others])
    np.testing.assert_allclose(found.log_determinant.real, logarithm)
    if not real:
        np.testing.assert_allclose(np.exp(1j * found.log_determinant.imag), sign)


def test_one_group_after_another_is_the_same_as_all_at_once() -> None:
    blocks = chain(2, real=False)
    [whole] = fold(blocks, KEPT, [range(5)]).chain.diagonal
    halves = fold(blocks, KEPT, GROUPS).chain
    np.testing.assert_allclose(dense(halves), whole, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kept", [KEPT, (0, 0, 0, 0, 0)])
def test_few_kept_orbitals_and_the_derivative_of_the_determinant(kept: tuple[int, ...]) -> None:
    matrix, change = chain(3, real=False), chain(4, real=False)
    found = condense(matrix, change, kept)
    [wanted] = fold(matrix, kept, [range(5)]).chain.diagonal
    np.testing.assert_allclose(found.matrix, wanted, rtol=0, atol=1e-9)
    inside = np.linalg.inv(dense(matrix.without(kept)))
    rate = np.einsum("nij,nji->n", inside, dense(change.without(kept)))
    np.testing.assert_allclose(found.rate, rate, rtol=1e-9)


def test_blocks_may_be_coupled_to_next_neighbors() -> None:
    blocks = chain(6, real=True)
    far = [draws(30 + k, MATRICES, SIZES[k], SIZES[k + 2]).real for k in range(3)]
    coupled = BlockChain([*blocks.bands, far])
    borders = (Border(0, {0: draws(40, MATRICES, SIZES[0], 3).real}),)
    starts = np.cumsum([0, *SIZES, 3])
    kept = [*KEPT, 3]
    rows = np.concatenate([start + np.arange(m) for start, m in zip(starts, kept, strict=False)])
    order = np.argsort([0, 1, 3, 4, 5, 2], kind="stable")
    pieces = np.split(rows, np.cumsum(kept)[:-1])
    rows = np.concatenate([pieces[place] for place in order])
    inverse = np.linalg.inv(dense(coupled, borders))[:, rows[:, None], rows]
    found = fold(coupled, KEPT, GROUPS, borders).chain
    np.testing.assert_allclose(np.linalg.inv(dense(found)), inverse, rtol=1e-9, atol=1e-10)


def test_other_orbitals_are_columns() -> None:
    bases = [draws(70 + k, size, size - 1).real for k, size in enumerate(SIZES)]
    for real in (True, False):
        blocks = chain(5, real=real)
        found = blocks.transformed(bases)
        block = bases[1].T @ blocks.diagonal[1] @ bases[1]
        np.testing.assert_allclose(found.diagonal[1], block, atol=1e-12)
        np.testing.assert_allclose(
            found.links[2], bases[2].T @ blocks.links[2] @ bases[3], atol=1e-12
        )


def test_a_singular_part_is_told() -> None:
    with pytest.raises(NotConvergedError, match="eliminated part of the matrix is singular"):
        fold(BlockChain([[np.zeros((1, 3, 3))], []]), [0], [[0]])
