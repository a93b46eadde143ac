"""The table of blocks: a Fock matrix put together from those between the nucleotides of others.

In the frames of its nucleotides, a block of the Fock matrix depends on the two bases and on what is
around them. Here every kind of block is a ridge regression on that; what does not have to be
learned, the geometry and its overlaps, is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic import AtomicJunctions, Integrals, OrthogonalBasis
from dnawire.junction import BASES, Duplex
from dnawire.structures import AtomicStructure, build_duplex, load_helix
from dnawire.transport import Eigensystem

from .atomistic import XtbRecords

Doubles = NDArray[np.float64]

_REACH: Final = 2
"""Levels; blocks between nucleotides that are farther apart are nothing."""
_AROUND: Final = 2
"""Levels beyond a block whose bases are known to the table."""
_PENALTIES: Final = (0.01, 0.1, 1.0, 10.0)
_POTENTIAL: Final = 10.0
"""Angstrom; potentials of the phosphates count that much."""
_P_ORDER: Final = [1, 2, 0]
_D_FORMS: Final = np.array(
    [
        [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[-(3**-0.5), 0, 0], [0, -(3**-0.5), 0], [0, 0, 2 * 3**-0.5]],
        [[0, 0, 1], [0, 0, 0], [1, 0, 0]],
        [[1, 0, 0], [0, -1, 0], [0, 0, 0]],
    ]
)
"""Quadratic forms of the d orbitals, in their order."""

Key = tuple[object, ...]


class Block(NamedTuple):
    """A block of the matrix of a duplex."""

    key: Key
    """Kind: how the nucleotides stand to each other, and their bases and places."""
    features: Doubles
    """What is around them."""
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LocalFrames:
    """The orbitals of a duplex in the frames of their nucleotides."""

    structure: AtomicStructure

    @cached_property
    def integrals(self) -> Integrals:
        """S and H0."""
        return Integrals.of(self.structure)

    @cached_property
    def rotation(self) -> Doubles:
        """Orbitals in the frames of the nucleotides (columns) by those in space, (N, N)."""
        shells = np.bincount(self.integrals.orbital_shell)
        sites = self.structure.sites[self.integrals.shell_atom]
        found, first = np.zeros((shells.sum(), shells.sum())), 0
        for size, site in zip(shells.tolist(), sites.tolist(), strict=True):
            turn, _ = load_helix().frame(*divmod(site, 2))
            found[first : first + size, first : first + size] = _turned(size, turn)
            first += size
        return found

    def fock(self, shell_potentials: Doubles) -> Doubles:
        """F in hartree in the frames of the nucleotides, from potentials in hartree."""
        levels = shell_potentials[self.integrals.orbital_shell]
        fock = self.integrals.overlap * (levels[:, None] + levels) / 2.0
        fock += self.integrals.core_hamiltonian
        found: Doubles = self.rotation.T @ fock @ self.rotation
        return found

    def blocks(self) -> Iterator[Block]:
        """All blocks within reach, those of one strand from its 5' end to its 3' end."""
        sites = self.structure.sites[self.integrals.shell_atom][self.integrals.orbital_shell]
        orbitals = [np.flatnonzero(sites == site) for site in range(2 * self._length)]
        for i, j in product(range(2 * self._length), repeat=2):
            (level, strand), (other_level, other) = divmod(i, 2), divmod(j, 2)
            offset = (other_level - level) * (-1 if strand else 1)
            if abs(offset) <= _REACH and (strand != other or offset >= 0):
                key = (strand == other, offset, *self._kind(i), *self._kind(j))
                around = self._around(i, offset)
                features = np.concatenate([around, *self._potentials[[i, j]], [self._length]])
                yield Block(key, features, orbitals[i], orbitals[j])

    @property
    def _length(self) -> int:
        return self.structure.duplex.length

    def _place(self, site: int) -> tuple[str, int]:
        """Letters of the strand of a site from its 5' end, and its place there."""
        level, strand = divmod(site, 2)
        duplex = self.structure.duplex
        return (duplex.lower, self._length - 1 - level) if strand else (duplex.upper, level)

    def _kind(self, site: int) -> tuple[str, bool, bool]:
        letters, place = self._place(site)
        return letters[place], place == 0, place == self._length - 1

    def _around(self, site: int, offset: int) -> Doubles:
        """Bases along the strand of a site, alone and those of both sides together."""
        letters, place = self._place(site)
        low, high = place + min(offset, 0), place + max(offset, 0)
        known = [
            _one_hot(letters[at] if 0 <= at < self._length else "")
            for at in range(low - _AROUND, high + _AROUND + 1)
        ]
        both = np.outer(known[_AROUND - 1], known[-_AROUND]).ravel()
        return np.concatenate([*known, both])

    @cached_property
    def _potentials(self) -> Doubles:
        """Of unit charges at all phosphorus atoms, at the sugar and the base, (sites, 2)."""
        names, positions = np.array(self.structure.names), self.structure.positions
        phosphorus, sites = positions[names == "P"], self.structure.sites
        is_base = np.array(["'" not in name and "P" not in name for name in names])
        centers = [
            [
                positions[(sites == site) & (names == "C1'")][0],
                positions[(sites == site) & is_base].mean(0),
            ]
            for site in range(2 * self._length)
        ]
        distances = np.linalg.norm(np.array(centers)[:, :, None] - phosphorus, axis=-1)
        found: Doubles = _POTENTIAL * (1.0 / distances).sum(-1)
        return found


class Ridge(NamedTuple):
    """Blocks of one kind as a linear function of what is around them."""

    mean_features: Doubles
    mean: Doubles
    slopes: Doubles

    @classmethod
    def of(cls, features: Doubles, blocks: Doubles, penalty: float) -> Ridge:
        """Fit (n, p) to (n, I, J)."""
        centered, mean = features - features.mean(0), blocks.mean(0)
        square = centered.T @ centered + penalty * np.eye(features.shape[1])
        target = centered.T @ (blocks - mean).reshape(len(blocks), -1)
        return cls(features.mean(0), mean, np.linalg.solve(square, target))

    def __call__(self, features: Doubles) -> Doubles:
        """Block of features (p,), or those of some (n, p)."""
        slope = (features - self.mean_features) @ self.slopes
        found: Doubles = self.mean + slope.reshape(*features.shape[:-1], *self.mean.shape)
        return found


@dataclass(frozen=True, eq=False)
class BlockTable:
    """A regression for every kind of block."""

    entries: Mapping[Key, Ridge]

    @classmethod
    def of(
        cls, records: XtbRecords, training: Sequence[int], validation: Sequence[int]
    ) -> BlockTable:
        """Fit the blocks of some duplexes; others choose the penalty of each kind."""
        fitted, checked = (_gathered(records, some) for some in (training, validation))
        return cls({key: _chosen(blocks, checked.get(key)) for key, blocks in fitted.items()})

    def junctions(self, duplex: Duplex) -> AtomicJunctions:
        """Levels of the Fock matrix that the table gives, with the exact overlaps.

        Raises
        ------
        KeyError
            If the training had no block of some kind.
        """
        frames = LocalFrames(build_duplex(duplex))
        fock = np.zeros_like(frames.rotation)
        for key, features, rows, columns in frames.blocks():
            fock[np.ix_(rows, columns)] = self.entries[key](features)
            if key[0]:
                fock[np.ix_(columns, rows)] = fock[np.ix_(rows, columns)].T
        fock = frames.rotation @ (fock + fock.T) @ frames.rotation.T / 2.0
        basis = OrthogonalBasis.of(frames.structure)
        orthogonal = basis.inverse_root @ fock @ basis.inverse_root
        system = Eigensystem.of((orthogonal + orthogonal.T) / 2.0 * HARTREE_EV)
        return AtomicJunctions(basis, system, basis.inverse_root @ system.vectors)


Gathered = dict[Key, tuple[Doubles, Doubles]]
"""Features (n, p) and blocks (n, I, J) by kind."""


def _gathered(records: XtbRecords, duplexes: Sequence[int]) -> Gathered:
    found: dict[Key, list[tuple[Doubles, Doubles]]] = {}
    for duplex in duplexes:
        frames = LocalFrames(build_duplex(Duplex.parse(str(records.columns.texts[duplex]))))
        fock = frames.fock(records.columns.shell_potentials(duplex))
        for key, features, rows, columns in frames.blocks():
            found.setdefault(key, []).append((features, fock[np.ix_(rows, columns)]))
    return {
        key: (np.stack([one for one, _ in some]), np.stack([one for _, one in some]))
        for key, some in found.items()
    }


def _chosen(training: tuple[Doubles, Doubles], validation: tuple[Doubles, Doubles] | None) -> Ridge:
    """The ridge with the least error in validation; the stiffest one if there is none."""
    if validation is None:
        return Ridge.of(*training, _PENALTIES[-1])
    features, blocks = validation
    found = [Ridge.of(*training, penalty) for penalty in _PENALTIES]
    return min(found, key=lambda ridge: float(np.square(ridge(features) - blocks).sum()))


def _one_hot(base: str) -> Doubles:
    """Letter of a base, or none beyond an end."""
    return np.array([base == one for one in (*BASES, "")], dtype=np.float64)


def _turned(size: int, turn: Doubles) -> Doubles:
    """Orbitals of a shell after a rotation (columns) by those before."""
    if size == 1:
        return np.eye(1)
    if size == 3:
        return turn[np.ix_(_P_ORDER, _P_ORDER)]
    forms = turn @ _D_FORMS @ turn.T
    found: Doubles = np.einsum("aij,bij->ab", _D_FORMS, forms) / 2.0
    return found
