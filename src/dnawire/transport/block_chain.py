r"""Symmetric block-banded matrices, and the exact elimination of a part of their orbitals.

With orbitals p that are kept and q that are not, the Schur complement
:math:`A_{pp} - A_{pq} A_{qq}^{-1} A_{qp}` has the inverse of A between the p, and

.. math:: \det A = \det A_{qq} \, \det(A_{pp} - A_{pq} A_{qq}^{-1} A_{qp}).

Blocks are taken one after the other, so that time and memory are linear in their number, and what
is small by orders of magnitude far along the chain keeps its digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

from dnawire.errors import NotConvergedError

Matrices = Shaped[NDArray[Any], "n i j"]
"""Matrices, or their rows and columns of a block, at each of n energies."""

_LAPACK_BLOCK: Final = 64
"""Columns that LAPACK takes together."""


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
    """A symmetric (not Hermitian) matrix of a chain of blocks at each of n energies."""

    bands: Sequence[Sequence[Matrices]]
    """Blocks (n, k_i, k_(i+d)) between a block i and the one d places on; d = 0 is the diagonal."""

    @property
    def diagonal(self) -> Sequence[Matrices]:
        """Blocks (n, k_i, k_i)."""
        return self.bands[0]

    @property
    def links(self) -> Sequence[Matrices]:
        """Blocks (n, k_i, k_(i+1)) between neighbors."""
        return self.bands[1]

    def mapped(self, change: Callable[[int, int, Matrices], Matrices]) -> BlockChain:
        """Change every block, of which the numbers of its rows and columns are told."""
        return BlockChain(
            [
                [change(i, i + distance, block) for i, block in enumerate(band)]
                for distance, band in enumerate(self.bands)
            ]
        )

    def transformed(self, bases: Sequence[Shaped[NDArray[Any], "k m"]]) -> BlockChain:
        """The matrix in other real orbitals, columns of ``bases``, block by block."""
        return self.mapped(lambda i, j, block: _between(bases[i], bases[j], block))

    def ordered(self, orders: Sequence[NDArray[np.int64]]) -> BlockChain:
        """The matrix with the orbitals of every block in another order."""
        return self.mapped(lambda i, j, block: block[:, orders[i][:, None], orders[j]])

    def weighted(self, weights: Shaped[NDArray[Any], "m n"]) -> BlockChain:
        """Sums over the n matrices with m sets of weights, for example series at m energies."""
        return self.mapped(lambda i, j, block: np.tensordot(weights, block, 1))

    def without(self, first: Sequence[int]) -> BlockChain:
        """The matrix without the first orbitals of every block."""
        return self.mapped(lambda i, j, block: block[:, first[i] :, first[j] :])


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
        count, dtype = len(chain.diagonal[0]), np.result_type(*chain.diagonal)
        self.diagonal = [np.zeros((count, size, size), dtype) for size in sizes]
        self.upper = [np.zeros((count, *pair), dtype) for pair in pairwise(sizes)]

    def run(self) -> Folded:
        """Take the kept orbitals as they are, then one block of the others after the other."""
        self._take_kept()
        log_determinant = np.zeros(len(self.chain.diagonal[0]))
        ahead = np.zeros_like(self.chain.diagonal[0][:, self.kept[0] :, self.kept[0] :])
        through: dict[int, Matrices] = {}
        for block in range(len(self.kept)):
            pivot, links = self._rows(block, ahead)
            size, width = pivot.shape[1], links.shape[2]
            columns = self._columns(block, through, size)
            joined = np.concatenate([links, *columns.values()], 2)
            inverse, logarithm = _inverse(pivot)
            reaction = _upper_half(joined, inverse, self._edges(block, width))
            ends = np.cumsum([width, *(one.shape[2] for one in columns.values())])
            ranges = dict(zip(columns, map(slice, ends[:-1], ends[1:]), strict=True))
            self._subtract(ranges, reaction)
            ahead = _added(reaction[:, :width, :width], ahead[:, size:, size:])
            before, through = through, {n: reaction[:, :width, some] for n, some in ranges.items()}
            for number in before.keys() & through.keys():
                _added(through[number], before[number][:, size:])
            log_determinant = log_determinant + logarithm
        return Folded(BlockChain([self.diagonal, self.upper]), log_determinant)

    def _rows(self, block: int, ahead: Matrices) -> tuple[Matrices, Matrices]:
        """What is left between the other orbitals of a block, and from them to later blocks.

        ``ahead`` is what earlier blocks have taken from these and later ones.
        """
        kept, bands = self.kept, self.chain.bands
        m, size = kept[block], bands[0][block].shape[1] - kept[block]
        later = range(1, min(len(bands), len(kept) - block))
        blocks = [bands[0][block][:, m:, m:]]
        blocks += [bands[distance][block][:, m:, kept[block + distance] :] for distance in later]
        rows = np.concatenate(blocks, 2)
        rows[:, :, : ahead.shape[2]] -= ahead[:, :size]
        return rows[:, :, :size], rows[:, :, size:]

    def _edges(self, block: int, width: int) -> list[int]:
        """Where the columns of every later block begin, and those of the pieces."""
        later = range(block + 1, min(block + len(self.chain.bands), len(self.kept)))
        sizes = [self.chain.diagonal[other].shape[1] - self.kept[other] for other in later]
        return sorted({0, *np.cumsum(sizes).tolist(), width})

    def _take_kept(self) -> None:
        kept = self.kept
        for distance, band in enumerate(self.chain.bands):
            for block, matrix in enumerate(band):
                other = block + distance
                self._add(block, other, matrix[:, : kept[block], : kept[other]])
        for block, m in enumerate(kept):
            for number, border in self._borders(block):
                self._add(block, number, border.columns[block][:, :m])

    def _columns(self, block: int, through: dict[int, Matrices], size: int) -> dict[int, Matrices]:
        """What is left between the other orbitals of a block, so many, and the pieces.

        ``through`` is what earlier blocks have taken from these and later ones.
        """
        kept, bands = self.kept, self.chain.bands
        m = kept[block]
        found = {}
        for distance, band in enumerate(bands):
            before, after = block - distance, block + distance
            if before >= 0:
                found[before] = _transposed(band[before][:, : kept[before], m:])
            if after < len(kept):
                found[after] = band[block][:, m:, : kept[after]]
        for number, border in self._borders(block):
            found[number] = border.columns[block][:, m:]
        for number, values in through.items():
            if self.pieces[number].group >= self.pieces[block].group - 1:
                own = values[:, :size]
                found[number] = found[number] - own if number in found else -own
        return {number: values for number, values in found.items() if values.shape[2]}

    def _borders(self, block: int) -> Iterator[tuple[int, Border]]:
        numbered = enumerate(self.borders, len(self.kept))
        return ((number, border) for number, border in numbered if block in border.columns)

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


class Condensed(NamedTuple):
    """What is left of a chain, and how the determinant of what is not changes."""

    matrix: Matrices
    """Between all kept orbitals, (n, m, m)."""
    rate: Shaped[NDArray[Any], " n"]
    """Derivative of the logarithm of the determinant of the eliminated orbitals."""


def condense(chain: BlockChain, change: BlockChain, kept: Sequence[int]) -> Condensed:
    """Eliminate all but the first, few orbitals of every block.

    Parameters
    ----------
    chain
        The matrix, whose blocks are coupled to their neighbors only.
    change
        Its derivative.
    kept
        How many orbitals of each block are kept.
    """
    starts = np.cumsum([0, *kept])
    places = [slice(*pair) for pair in pairwise(starts.tolist())]
    inner, inner_change = chain.without(kept), change.without(kept)
    matrix, columns = _kept_and_columns(chain, kept, places)
    inverses: list[Matrices] = []
    solved: list[Matrices] = []
    taken: Matrices = np.zeros(1)
    for block, own in enumerate(inner.diagonal):
        inverse, _ = _inverse(own - taken)
        response = inverse @ columns[block]
        matrix -= _transposed(columns[block]) @ response
        inverses.append(inverse)
        if block + 1 < len(inner.diagonal):
            link = inner.links[block]
            solved.append(inverse @ link)
            taken = _transposed(link) @ solved[-1]
            columns[block + 1] -= _transposed(link) @ response
    greens = inverses[-1]
    rate = _trace(greens, inner_change.diagonal[-1])
    for block in reversed(range(len(solved))):
        beside = solved[block] @ greens
        rate = rate - 2.0 * _trace(beside, _transposed(inner_change.links[block]))
        greens = inverses[block] + beside @ _transposed(solved[block])
        rate = rate + _trace(greens, inner_change.diagonal[block])
    return Condensed(matrix, rate)


def _kept_and_columns(
    chain: BlockChain, kept: Sequence[int], places: Sequence[slice]
) -> tuple[Matrices, list[Matrices]]:
    """The matrix between the kept orbitals, and the couplings of all others to these by block."""
    count, total = len(chain.diagonal[0]), sum(kept)
    dtype = chain.diagonal[0].dtype
    matrix = np.zeros((count, total, total), dtype)
    columns = [
        np.zeros((count, block.shape[1] - m, total), dtype)
        for block, m in zip(chain.diagonal, kept, strict=True)
    ]
    for distance, band in enumerate(chain.bands):
        for i, block in enumerate(band):
            j = i + distance
            matrix[:, places[i], places[j]] = block[:, : kept[i], : kept[j]]
            matrix[:, places[j], places[i]] = _transposed(block[:, : kept[i], : kept[j]])
            columns[i][:, :, places[j]] = block[:, kept[i] :, : kept[j]]
            columns[j][:, :, places[i]] = _transposed(block[:, : kept[i], kept[j] :])
    return matrix, columns


def _trace(one: Matrices, two: Matrices) -> Shaped[NDArray[Any], " n"]:
    """Trace of the product."""
    found: NDArray[Any] = np.einsum("nij,nji->n", one, two)
    return found


def _inverse(matrices: Matrices) -> tuple[Matrices, NDArray[Any]]:
    """Inverses, and logarithms of determinants; the real parts alone of real matrices."""
    factorize, invert = get_lapack_funcs(("getrf", "getri"), (matrices,))
    inverse = np.empty_like(matrices)
    logarithms: list[complex] = []
    for number, matrix in enumerate(matrices):
        if not matrix.size:
            logarithms.append(0.0)
            continue
        factors, pivots, status = factorize(matrix)
        if status > 0:
            raise NotConvergedError(
                "an eliminated part of the matrix is singular.",
                "choose other energies, or eta > 0.",
            )
        inverse[number] = invert(factors, pivots, lwork=_LAPACK_BLOCK * len(matrix))[0]
        logarithms.append(_log_product(factors.diagonal(), pivots))
    return inverse, np.array(logarithms)


def _log_product(values: NDArray[Any], pivots: NDArray[np.int32]) -> complex:
    """Logarithm of a determinant by the diagonal of its factors, and the exchanges of rows."""
    if not np.iscomplexobj(values):
        return float(np.log(abs(values), dtype=np.float64).sum())
    exchanges = int((pivots != np.arange(len(pivots))).sum())
    return complex(np.log(values).sum()) + 1j * math.pi * exchanges


def _upper_half(columns: Matrices, inverse: Matrices, edges: Sequence[int]) -> Matrices:
    """Symmetric products of columns with an inverse, without the blocks below the diagonal."""
    solved, total = inverse @ columns, columns.shape[2]
    found = np.zeros((len(columns), total, total), solved.dtype)
    for start, end in pairwise([*edges, total]):
        rows = _transposed(columns[:, :, start:end])
        found[:, start:end, start:] = rows @ solved[:, :, start:]
    return found


def _added(values: Matrices, more: Matrices) -> Matrices:
    """Add a smaller matrix to the first rows and columns of another one."""
    values[:, : more.shape[1], : more.shape[2]] += more
    return values


def _between(left: NDArray[np.float64], right: NDArray[np.float64], matrices: Matrices) -> Matrices:
    """Matrices in other orbitals on both sides; products of real numbers alone, which are fewer."""
    parts = (matrices.real, matrices.imag) if np.iscomplexobj(matrices) else (matrices,)
    found: list[Matrices] = [left.T @ part @ right for part in parts]
    return found[0] + 1j * found[1] if len(found) > 1 else found[0]


def _transposed(matrices: Matrices) -> Matrices:
    return np.swapaxes(matrices, 1, 2)
