r"""T(E) and DOS(E) of a long chain of many orbitals, in time and memory linear in its length.

The junction is one symmetric matrix,

.. math::
    M(E) = \begin{pmatrix} E S - H & W & 0 \\ W^T & 2i & 1 \\ 0 & 1 & 0 \end{pmatrix},

with columns W of both contacts, :math:`W W^T = \Gamma_L + \Gamma_R`, and one port for each of them.
When all but the ports is eliminated, the block between left and right ones is a quarter of the
amplitude, :math:`T = 16 \lVert M_{LR} \rVert_F^2`, and :math:`\pi \, \mathrm{DOS} = -\mathrm{Im}
\, \partial_E \ln \det M`.

Orbitals without a level near the energies go first: what is left of M is smooth in E then, a short
series of polynomials, and few orbitals are left for each of many energies (Löwdin's partitioning,
doi:10.1063/1.1724312).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.linalg import block_diag

from dnawire.errors import NotConvergedError
from dnawire.transport.block_chain import (
    BlockChain,
    Border,
    Folded,
    condense,
    fold,
)
from dnawire.transport.orbital_choice import orbitals_by_level, transmitting_ports
from dnawire.transport.series import SeriesWindow

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_ACCURACY: Final = 2e-6
"""Of a series, relative to its largest coefficient."""
_SHORT_HALF: Final = 4
"""Blocks of each of two groups up to which that is enough."""
_FALL: Final = 10.0**-0.75
"""Factor of the accuracy for every further block.

What tunnels through a block is in a gap so much smaller than at other energies of the window, and
the error of a series is one of its largest values.
"""
_SINGLE: Final = np.float32
"""Precision in which those orbitals are eliminated: 1e-6 eV, and 1e-6 of what is small."""
_LARGEST_TAIL: Final = 1e-2
"""Share of the last coefficient above which an eliminated orbital has a level in the window."""
_PART: Final = 0.5
"""eV; width of a part of the window that has active orbitals of its own."""
_NEAR: Final = 0.4
"""eV beyond a part within which levels of a group are active."""
_PART_DEGREE: Final = 6
"""Of the series of a part, whose poles lie `_NEAR` from it: 1e-4 is left out."""
_MORE_DEGREES: Final = 0.75
"""More of them for every block beyond `_SHORT_HALF`."""
_LONGEST_HALVES: Final = 24
"""Blocks up to which there are two groups, between which no coupling is left out."""
_GROUP: Final = 6
"""Least blocks of a group in longer chains, where groups that are no neighbors are uncoupled.

Base pairs of DNA are coupled four apart, and more through eliminated orbitals: that changes T by
0.01 decades above 1e-50, and by 0.2 at 1e-65; with groups of four by a decade from 1e-50 on.
"""
_PLACES: Final = 2
"""Blocks whose levels are taken together."""
_AT_ONCE: Final = 16
"""Energies of long chains that are computed together."""

_Rows = tuple[NDArray[np.int64], Doubles, Doubles]
"""Numbers of energies, and T and DOS there."""


class ContactColumns(NamedTuple):
    """Columns of W at one place of the chain, square roots of eV."""

    block: int
    """Block in the middle of them."""
    rows: dict[int, Float[Doubles, "k c"]]
    """By block."""


@dataclass(frozen=True, eq=False)
class ActiveChain:
    """A chain of blocks whose first orbitals, the active ones, have all levels near a window.

    Parameters
    ----------
    hamiltonian, overlap
        H in eV and S, each one matrix (n = 1).
    active
        Number of active orbitals of every block.
    margin
        eV beyond the window within which no other orbitals have a level.
    """

    hamiltonian: BlockChain
    overlap: BlockChain
    active: Sequence[int]
    margin: float

    def at(self, energy: float) -> BlockChain:
        """E S - H in `_SINGLE` precision."""
        bands = self.hamiltonian.bands
        return self.overlap.mapped(
            lambda i, j, block: (energy * block - bands[j - i][i]).astype(_SINGLE)
        )


@dataclass(frozen=True, eq=False)
class DownfoldedJunction:
    """The active orbitals of a junction, and ports, in blocks; matrices are series of the energy.

    Parameters
    ----------
    window
        Energies for which it holds.
    chain
        Coefficients of the matrix; ports come first in every block.
    log_determinant
        Coefficients of that of all other orbitals.
    sides
        Of the ports of every block: 0 for the left contact, 1 for the right one.
    levels
        Of the active orbitals of every block, eV.
    part_degree
        Of series over a part of the window.
    """

    window: SeriesWindow
    chain: BlockChain
    log_determinant: Complexes
    sides: Sequence[NDArray[np.int64]]
    levels: Sequence[Doubles]
    part_degree: int

    @classmethod
    def of(
        cls,
        chain: ActiveChain,
        left: Sequence[ContactColumns],
        right: Sequence[ContactColumns],
        low: float,
        high: float,
    ) -> DownfoldedJunction:
        """Eliminate the orbitals that are not active, and those of the contacts.

        Raises
        ------
        NotConvergedError
            If one of the others has a level near the window.
        """
        groups = _groups(len(chain.active))
        further = _further(groups)
        degree = _degree(high - low, chain.margin, _ACCURACY * _FALL**further)
        window = SeriesWindow(low, high, degree, 0.0, chain.margin)
        group_of = {block: group for group, some in enumerate(groups) for block in some}
        borders = [
            Border(
                group_of[one.block],
                {block: rows[None].astype(_SINGLE) for block, rows in one.rows.items()},
            )
            for one in (*left, *right)
        ]
        found = []
        for energy in window.points.real.tolist():
            inner = fold(chain.at(energy), chain.active, groups, borders)
            found.append(_dressed(inner, _sizes(borders, len(groups))))
        side_of = [0] * len(left) + [1] * len(right)
        sides = [
            np.repeat(
                [side for side, one in zip(side_of, borders, strict=True) if one.group == group],
                [one.size for one in borders if one.group == group],
            ).astype(np.int64)
            for group in range(len(groups))
        ]
        pieces = [
            [sum(chain.active[block] for block in part) for part in _divided(some)]
            for some in groups
        ]
        part_degree = _PART_DEGREE + math.ceil(_MORE_DEGREES * further)
        return cls._from_nodes(window, found, sides, pieces, part_degree)

    @classmethod
    def _from_nodes(
        cls,
        window: SeriesWindow,
        found: Sequence[Folded],
        sides: Sequence[NDArray[np.int64]],
        pieces: Sequence[Sequence[int]],
        part_degree: int,
    ) -> DownfoldedJunction:
        bands = [one.chain.bands for one in found]
        values = found[0].chain.mapped(
            lambda i, j, _: np.concatenate([each[j - i][i] for each in bands])
        )
        logarithms = np.concatenate([one.log_determinant for one in found])
        for part in (*values.diagonal, logarithms[:, None, None]):
            _check_tail(window, part)
        series = values.weighted(window.transform)
        ports, sides = transmitting_ports(window, series, sides)
        orbitals, levels = orbitals_by_level(window, series, pieces)
        bases = [block_diag(*pair) for pair in zip(ports, orbitals, strict=True)]
        logarithm = replace(window, margin=math.inf).series(logarithms)
        return cls(window, series.transformed(bases), logarithm, sides, levels, part_degree)

    def spectra(
        self, energies: Float[Doubles, " E"], eta: float
    ) -> tuple[Float[Doubles, " E"], Float[Doubles, " E"]]:
        """Transmission and density of states in 1/eV at E + i eta.

        Raises
        ------
        NotConvergedError
            If the matrix of a part of the window is singular.
        """
        # A group whose levels are all far carries what tunnels through it by all of them together.
        parts = self._parts(energies, eta) if len(self.sides) <= 2 else self._direct(energies, eta)
        found = np.empty((2, len(energies)))
        for rows, transmission, dos in parts:
            found[:, rows] = transmission, dos
        return found[0], found[1]

    def _direct(self, energies: Doubles, eta: float) -> Iterator[_Rows]:
        """Solve with all active orbitals."""
        for rows in np.array_split(np.arange(len(energies)), -(-len(energies) // _AT_ONCE)):
            points = energies[rows] + 1j * eta
            matrix, change = self._at(points), self._rate(points)
            yield rows, *self._observables(matrix, change, self._traces(points))

    def _parts(self, energies: Doubles, eta: float) -> Iterator[_Rows]:
        """Solve with the orbitals whose levels are near, one part of the window after another."""
        count = max(1, math.ceil((self.window.high - self.window.low) / _PART - 1e-9))
        edges = np.linspace(self.window.low, self.window.high, count + 1)
        part_of = np.clip(np.searchsorted(edges, energies, side="right") - 1, 0, count - 1)
        for number in np.unique(part_of).tolist():
            rows = np.flatnonzero(part_of == number)
            low, high = edges[number : number + 2].tolist()
            part = SeriesWindow(low, high, self.part_degree, 0.0, _NEAR)
            orders, kept = self._near(part)
            chain = self.chain.ordered(orders)
            points = part.points + 1j * eta
            nodes = chain.weighted(self.window.polynomials(points))
            rates = chain.weighted(self.window.derivatives(points))
            inner = fold(nodes, kept, [[block] for block in range(len(kept))])
            series = inner.chain.weighted(part.transform)
            others = nodes.without(kept), rates.without(kept)
            far = condense(*others, [0] * len(kept)).rate
            polynomials = part.polynomials(energies[rows])
            traces = polynomials @ part.series(far) + self._traces(energies[rows] + 1j * eta)
            change = series.weighted(part.derivatives(energies[rows]))
            yield rows, *self._observables(series.weighted(polynomials), change, traces)

    def _observables(
        self, matrix: BlockChain, change: BlockChain, traces: Complexes
    ) -> tuple[Doubles, Doubles]:
        """T and DOS from M, its derivative and what eliminated orbitals add to the traces of G."""
        sides = np.concatenate(self.sides)
        ports, rate = condense(matrix, change, [len(side) for side in self.sides])
        amplitudes = ports[:, sides == 0][:, :, sides == 1]
        dos = np.asarray(-(traces + rate).imag / math.pi, np.float64)
        return np.asarray(16.0 * (abs(amplitudes) ** 2).sum((1, 2)), np.float64), dos

    def _near(self, part: SeriesWindow) -> tuple[list[NDArray[np.int64]], list[int]]:
        """Ports and orbitals of every block, those near a part first, and how many these are."""
        orders, kept = [], []
        for side, levels in zip(self.sides, self.levels, strict=True):
            is_far = abs(levels - part.middle) > part.half + _NEAR
            order = np.concatenate([np.zeros(len(side), bool), is_far])
            orders.append(np.argsort(order, kind="stable"))
            kept.append(int((~order).sum()))
        return orders, kept

    def _at(self, energies: NDArray[Any]) -> BlockChain:
        return self.chain.weighted(self.window.polynomials(energies))

    def _rate(self, energies: NDArray[Any]) -> BlockChain:
        return self.chain.weighted(self.window.derivatives(energies))

    def _traces(self, energies: NDArray[Any]) -> Complexes:
        polynomials = replace(self.window, margin=math.inf)
        found: Complexes = polynomials.derivatives(energies) @ self.log_determinant
        return found


def _dressed(inner: Folded, sizes: Sequence[int]) -> Folded:
    """Close the contacts: their orbitals go, and ports are left, first in every block."""
    blocks = []
    for block, size in zip(inner.chain.diagonal, sizes, strict=True):
        active = block.shape[1] - size
        closed = np.zeros((1, active + 2 * size, active + 2 * size), np.complex64)
        closed[:, size:, size:] = block
        ports, orbitals = np.arange(size), size + active + np.arange(size)
        closed[:, ports, orbitals] = closed[:, orbitals, ports] = 1.0
        closed[:, orbitals, orbitals] += 2.0j
        blocks.append(closed)
    upper = [
        np.pad(block, ((0, 0), (before, 0), (after, 0)))
        for block, before, after in zip(inner.chain.links, sizes[:-1], sizes[1:], strict=True)
    ]
    kept = [block.shape[1] - size for block, size in zip(blocks, sizes, strict=True)]
    found = fold(BlockChain([blocks, upper]), kept, [[block] for block in range(len(blocks))])
    # Eigenvalues, since each of them has a phase between 0 and pi, and their product has not.
    logarithm = np.log(2.0j + np.linalg.eigvalsh(_contact_orbitals(inner.chain, sizes))).sum()
    return found._replace(log_determinant=inner.log_determinant + logarithm)


def _contact_orbitals(chain: BlockChain, sizes: Sequence[int]) -> Doubles:
    """What couples the orbitals of the contacts, the last ones of every block."""
    ends = np.cumsum([0, *sizes])
    found = np.zeros((ends[-1], ends[-1]))
    for number, size in enumerate(sizes):
        here, start = slice(*ends[number : number + 2]), chain.diagonal[number].shape[1] - size
        found[here, here] = chain.diagonal[number][0, start:, start:]
        if number < len(chain.links):
            there, after = slice(*ends[number + 1 : number + 3]), sizes[number + 1]
            block = chain.links[number][0, start:]
            found[here, there] = block[:, block.shape[1] - after :]
            found[there, here] = found[here, there].T
    return found


def _check_tail(window: SeriesWindow, values: NDArray[Any]) -> None:
    sizes = abs(window.series(values)).max((1, 2))
    if not sizes[-1] < _LARGEST_TAIL * sizes.max():
        raise _too_near()


def _too_near() -> NotConvergedError:
    return NotConvergedError(
        "an orbital that is not active has a level near the window.",
        "solve the junction with all orbitals.",
    )


def _further(groups: Sequence[Sequence[int]]) -> int:
    """Blocks beyond `_SHORT_HALF` of the longer one of two groups.

    None of more groups, whose series are no more wrong than what is left out between them.
    """
    return max(0, len(groups[0]) - _SHORT_HALF) if len(groups) <= 2 else 0


def _degree(width: float, margin: float, accuracy: float) -> int:
    """Degree at which a pole at the margin leaves so little of a series (a bound by trial)."""
    distance = 1.0 + 2.0 * margin / width
    return math.ceil(math.log(3.0 / accuracy) / (math.acosh(distance) + 0.4)) - 1


def _groups(length: int) -> list[list[int]]:
    count = min(2, length) if length <= _LONGEST_HALVES else length // _GROUP
    return [part.tolist() for part in np.array_split(np.arange(length), count)]


def _divided(blocks: Sequence[int]) -> list[NDArray[np.int64]]:
    return np.array_split(np.asarray(blocks), math.ceil(len(blocks) / _PLACES))


def _sizes(borders: Sequence[Border], number: int) -> list[int]:
    return [sum(one.size for one in borders if one.group == group) for group in range(number)]
