r"""Symmetric block-tridiagonal matrices, and the exact elimination of a part of their orbitals.

With orbitals p that are kept and q that are not, the Schur complement
:math:`A_{pp} - A_{pq} A_{qq}^{-1} A_{qp}` has the inverse of A between the p, and

.. math:: \det A = \det A_{qq} \, \det(A_{pp} - A_{pq} A_{qq}^{-1} A_{qp}).

All of it is taken from block to block, so that time and memory are linear in their number, and what
is small by orders of magnitude far along the chain keeps its digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError

Matrices = Shaped[NDArray[Any], "n i j"]
"""Matrices, or their rows and columns of a block, at each of n energies."""


class Border(NamedTuple):
    """Orbitals beside the chain that are kept, uncoupled to each other."""

    group: int
    """Group that they join."""
    columns: dict[int, Matrices]
    """Couplings (n, k_i, c) of blocks to them, by the number of the block."""

    @property
    def size(self) -> int:
        """Number of the orbitals."""
        return int(next(iter(self.columns.values())).shape[2])


class BlockChain(NamedTuple):
    """A symmetric (not Hermitian) block-tridiagonal matrix at each of n energies."""

    diagonal: Sequence[Matrices]
    """Blocks (n, k_i, k_i)."""
    upper: Sequence[Matrices]
    """Blocks (n, k_i, k_(i+1)) beside them."""

    def transformed(self, bases: Sequence[Shaped[NDArray[Any], "k m"]]) -> BlockChain:
        """The matrix in other real orbitals, columns of ``bases``, block by block."""
        ends = pairwise(bases)
        return BlockChain(
            [_between(one, one, block) for block, one in zip(self.diagonal, bases, strict=True)],
            [_between(*pair, block) for block, pair in zip(self.upper, ends, strict=True)],
        )

    def without(self, first: Sequence[int]) -> BlockChain:
        """The matrix without the first orbitals of every block."""
        ends = zip(self.upper, first[:-1], first[1:], strict=True)
        return BlockChain(
            [block[:, n:, n:] for block, n in zip(self.diagonal, first, strict=True)],
            [block[:, one:, two:] for block, one, two in ends],
        )


class Folded(NamedTuple):
    """What is left of a chain, and the determinant of what is not."""

    chain: BlockChain
    log_determinant: Shaped[NDArray[Any], " n"]
    """Of the eliminated orbitals; its real part alone where the chain is real."""


def fold(
    chain: BlockChain,
    kept: Sequence[int],
    groups: Sequence[Sequence[int]],
    borders: Sequence[Border] = (),
) -> Folded:
    """Eliminate all but the first orbitals of every block.

    Parameters
    ----------
    chain
        The matrix.
    kept
        How many orbitals of each block are kept.
    groups
        Consecutive blocks whose kept orbitals make one block of the result. What couples groups
        that are no neighbors is left out: with one or two groups the result is exact.
    borders
        More orbitals that are kept.

    Raises
    ------
    NotConvergedError
        If what is eliminated is singular.
    """
    return _Fold(chain, kept, groups, borders).run()


class _Piece(NamedTuple):
    """Kept orbitals of a block, or of a border, in their group."""

    group: int
    start: int
    size: int

    @property
    def range(self) -> slice:
        return slice(self.start, self.start + self.size)


class _Fold:
    """One elimination; pieces are the blocks, then the borders."""

    def __init__(
        self,
        chain: BlockChain,
        kept: Sequence[int],
        groups: Sequence[Sequence[int]],
        borders: Sequence[Border],
    ) -> None:
        self.chain, self.kept, self.borders = chain, kept, borders
        self.pieces = dict(_pieces(kept, groups, borders))
        sizes = [0] * len(groups)
        for piece in self.pieces.values():
            sizes[piece.group] += piece.size
        count, dtype = len(chain.diagonal[0]), np.result_type(*chain.diagonal, *chain.upper)
        self.diagonal = [np.zeros((count, size, size), dtype) for size in sizes]
        self.upper = [np.zeros((count, *pair), dtype) for pair in pairwise(sizes)]

    def run(self) -> Folded:
        """Take the kept orbitals as they are, then one block of the others after the other."""
        self._take_kept()
        log_determinant = np.zeros(len(self.chain.diagonal[0]))
        through: dict[int, Matrices] = {}
        inner = self.chain.diagonal[0][:, :0, :0]
        for block, matrix in enumerate(self.chain.diagonal):
            m, columns = self.kept[block], self._columns(block)
            interior = matrix[:, m:, m:]
            if block > 0:
                interior = interior - inner
            for number, values in through.items():
                if self.pieces[number].group >= self.pieces[block].group - 1:
                    columns[number] = columns[number] - values if number in columns else -values
            link = self._link(block, m)
            width, numbers = link.shape[2], list(columns)
            joined = np.concatenate([link, *columns.values()], 2)
            reaction = _transposed(joined) @ _solved(interior, joined)
            ends = np.cumsum([width, *(columns[number].shape[2] for number in numbers)])
            ranges = dict(zip(numbers, map(slice, ends[:-1], ends[1:]), strict=True))
            self._subtract(ranges, reaction)
            inner = reaction[:, :width, :width]
            through = {number: reaction[:, :width, some] for number, some in ranges.items()}
            log_determinant = log_determinant + _log_determinant(interior)
        return Folded(BlockChain(self.diagonal, self.upper), log_determinant)

    def _take_kept(self) -> None:
        kept, (diagonal, upper) = self.kept, self.chain
        for block, matrix in enumerate(diagonal):
            m = kept[block]
            self._add(block, block, matrix[:, :m, :m])
            if block < len(upper):
                self._add(block, block + 1, upper[block][:, :m, : kept[block + 1]])
            for number, border in self._borders(block):
                self._add(block, number, border.columns[block][:, :m])

    def _columns(self, block: int) -> dict[int, Matrices]:
        """Couplings of the other orbitals of a block to the pieces."""
        kept, (diagonal, upper) = self.kept, self.chain
        m = kept[block]
        found = {block: diagonal[block][:, m:, :m]}
        if block > 0:
            found[block - 1] = _transposed(upper[block - 1][:, : kept[block - 1], m:])
        if block < len(upper):
            found[block + 1] = upper[block][:, m:, : kept[block + 1]]
        for number, border in self._borders(block):
            found[number] = border.columns[block][:, m:]
        return {number: values for number, values in found.items() if values.shape[2]}

    def _borders(self, block: int) -> Iterator[tuple[int, Border]]:
        numbered = enumerate(self.borders, len(self.kept))
        return ((number, border) for number, border in numbered if block in border.columns)

    def _link(self, block: int, m: int) -> Matrices:
        """Couplings of the other orbitals of a block to those of the next one."""
        diagonal, upper = self.chain
        if block == len(upper):
            return diagonal[block][:, m:, :0]
        return upper[block][:, m:, self.kept[block + 1] :]

    def _subtract(self, ranges: dict[int, slice], reaction: Matrices) -> None:
        """Subtract what a block adds between the pieces that it is coupled to."""
        for number, (first, rows) in enumerate(ranges.items()):
            for second, columns in list(ranges.items())[number:]:
                self._add(first, second, -reaction[:, rows, columns])

    def _add(self, first: int, second: int, values: Matrices) -> None:
        """Add couplings of two pieces, or of one with itself."""
        one, two = self.pieces[first], self.pieces[second]
        if one.group > two.group:
            one, two, values = two, one, _transposed(values)
        if one.group == two.group:
            matrix = self.diagonal[one.group]
            matrix[:, one.range, two.range] += values
            if first != second:
                matrix[:, two.range, one.range] += _transposed(values)
        elif two.group == one.group + 1:
            self.upper[one.group][:, one.range, two.range] += values


def _pieces(
    kept: Sequence[int], groups: Sequence[Sequence[int]], borders: Sequence[Border]
) -> Iterator[tuple[int, _Piece]]:
    """Places of the blocks and borders in their groups, by number."""
    for group, blocks in enumerate(groups):
        sizes = [(block, kept[block]) for block in blocks]
        numbered = enumerate(borders, len(kept))
        sizes += [(number, one.size) for number, one in numbered if one.group == group]
        start = 0
        for number, size in sizes:
            yield number, _Piece(group, start, size)
            start += size


def log_determinant_derivative(chain: BlockChain, change: BlockChain) -> Shaped[NDArray[Any], " n"]:
    """Derivative of the logarithm of the determinant of a chain.

    Parameters
    ----------
    chain
        The matrix.
    change
        Its derivative.
    """
    found: NDArray[Any] = np.zeros(len(chain.diagonal[0]))
    carried = None
    for block, (matrix, rate) in enumerate(zip(chain.diagonal, change.diagonal, strict=True)):
        if carried is not None:
            solved, before = carried
            link, link_rate = chain.upper[block - 1], change.upper[block - 1]
            mixed = _transposed(link_rate) @ solved
            matrix = matrix - _transposed(link) @ solved
            rate = rate - mixed - _transposed(mixed) + _transposed(solved) @ before @ solved
        inverse = np.linalg.inv(matrix)
        found = found + np.einsum("nij,nji->n", inverse, rate)
        if block < len(chain.upper):
            carried = inverse @ chain.upper[block], rate
    return found


def _solved(matrices: Matrices, columns: Matrices) -> Matrices:
    try:
        return np.linalg.solve(matrices, columns)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError(
            "an eliminated part of the matrix is singular.", "choose other energies, or eta > 0."
        ) from error


def _between(left: NDArray[np.float64], right: NDArray[np.float64], matrices: Matrices) -> Matrices:
    """Matrices in other orbitals on both sides; products of real numbers alone, which are fewer."""
    parts = (matrices.real, matrices.imag) if np.iscomplexobj(matrices) else (matrices,)
    found: list[Matrices] = [left.T @ part @ right for part in parts]
    return found[0] + 1j * found[1] if len(found) > 1 else found[0]


def _transposed(matrices: Matrices) -> Matrices:
    return np.swapaxes(matrices, 1, 2)


def _log_determinant(matrices: Matrices) -> NDArray[Any]:
    sign, logarithm = np.linalg.slogdet(matrices)
    found: NDArray[Any] = logarithm
    return found + 1j * np.angle(sign) if np.iscomplexobj(matrices) else found
