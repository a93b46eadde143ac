"""The orbitals of a duplex whose levels lie near some energies, nucleotide by nucleotide.

A nucleotide is cut out of its surroundings with the atoms that it is bonded to, lest the cut bonds
have levels of their own. What its levels near the energies are made of are its active orbitals; all
others have no level there, neither in the nucleotide nor in the duplex.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.linalg import eigh, solve_triangular
from scipy.spatial import cKDTree

from dnawire.constants import HARTREE_EV
from dnawire.electronic.integrals import Basis
from dnawire.electronic.junctions import Couplings, orbital_couplings
from dnawire.electronic.overlap_root import root_columns
from dnawire.structures import AtomicStructure
from dnawire.transport import ActiveChain, BlockChain, ContactColumns, DownfoldedJunction

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_BOND: Final = 2.0
"""Angstrom; covalent bonds are shorter. Hydrogen bonds that are so short do no harm here."""
_MARGIN: Final = 1.0
"""eV beyond the energies within which levels of a nucleotide make orbitals active."""
_OTHERS: Final = 0.8
"""eV beyond the energies within which no other orbital has a level."""
_SHARE: Final = 0.5
"""Smallest singular value of an active orbital; others have levels elsewhere, too.

From 0.3 to 0.6 the others of ACGT and ACGTTGCA have no level within 0.8 eV of the window.
"""
_COUPLED: Final = 4
"""Base pairs between which F and S are taken: backbones meet across the minor groove."""
_REACH: Final = 4
"""Base pairs within which the columns of S^(1/2) are taken."""


@dataclass(frozen=True, eq=False)
class BasePairs:
    """F and S of a duplex between the orbitals of base pairs that are at most four apart.

    Parameters
    ----------
    fock, overlap
        F in eV and S, each one matrix (n = 1), in atomic orbitals.
    sites
        Site of every orbital, by block.
    atoms
        Its atom, by block.
    positions
        Of its atom in Angstrom, by block, (k, 3).
    """

    fock: BlockChain
    overlap: BlockChain
    sites: Sequence[Int[Integers, " k"]]
    atoms: Sequence[Int[Integers, " k"]]
    positions: Sequence[Float[Doubles, "k 3"]]

    @classmethod
    def of(cls, structure: AtomicStructure, shell_potentials: Float[Doubles, " M"]) -> BasePairs:
        """Compute integrals; potentials are in hartree. What couples others is left out.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        basis = Basis.of(structure)
        block = structure.sites[basis.shell_atom] // 2
        shells = [np.flatnonzero(block == number) for number in range(block.max() + 1)]
        atoms = [basis.shell_atom[some].repeat(basis.orbitals_of_shell[some]) for some in shells]
        levels = [shell_potentials[some].repeat(basis.orbitals_of_shell[some]) for some in shells]
        focks, overlaps = [], []
        for distance in range(_COUPLED + 1):
            pairs = range(len(shells) - distance)
            blocks = [basis.block(shells[i], shells[i + distance]) for i in pairs]
            overlaps.append([overlap[None] for overlap, _ in blocks])
            focks.append(
                [
                    (core + overlap * (levels[i][:, None] + levels[i + distance]) / 2.0)[None]
                    * HARTREE_EV
                    for i, (overlap, core) in zip(pairs, blocks, strict=True)
                ]
            )
        return cls(
            BlockChain(focks),
            BlockChain(overlaps),
            [structure.sites[some] for some in atoms],
            atoms,
            [structure.positions[some] for some in atoms],
        )

    def downfolded(
        self,
        gammas: tuple[Couplings, Couplings],
        low: float,
        high: float,
    ) -> DownfoldedJunction:
        """Attach wide-band contacts to all orthogonalized orbitals of nucleotides or atoms.

        Parameters
        ----------
        gammas
            Couplings to the left and the right contact.
        low, high
            Ends of the window in eV.

        Raises
        ------
        NotConvergedError
            If an orbital that is not active has a level near the window.
        """
        chain, bases = self.active(low, high)
        left, right = (self.contact(gamma, bases) for gamma in gammas)
        return DownfoldedJunction.of(chain, left, right, low, high)

    def active(self, low: float, high: float) -> tuple[ActiveChain, list[Doubles]]:
        """Orthonormal orbitals of every block, active ones first, and the chain in them.

        Parameters
        ----------
        low, high
            Ends of the window in eV. What the last one gave is kept for other contacts.
        """
        if (low, high) not in self._active_chains:
            self._active_chains.clear()
            self._active_chains[low, high] = self._active(low, high)
        return self._active_chains[low, high]

    @cached_property
    def _active_chains(self) -> dict[tuple[float, float], tuple[ActiveChain, list[Doubles]]]:
        return {}

    @cached_property
    def _roots(self) -> dict[tuple[int, bytes], Doubles]:
        return {}

    def _active(self, low: float, high: float) -> tuple[ActiveChain, list[Doubles]]:
        bases, numbers = [], []
        for pair, sites in enumerate(self.sites):
            chosen = [self._nucleotide(pair, site, low, high) for site in np.unique(sites).tolist()]
            bases.append(
                np.hstack([one[:, :m] for one, m in chosen] + [one[:, m:] for one, m in chosen])
            )
            numbers.append(sum(m for _, m in chosen))
        chain = ActiveChain(
            self.fock.transformed(bases), self.overlap.transformed(bases), numbers, _OTHERS
        )
        return chain, bases

    def _nucleotide(self, pair: int, site: int, low: float, high: float) -> tuple[Doubles, int]:
        """Orbitals of a nucleotide in its block, active ones first, and their number."""
        own = np.flatnonzero(self.sites[pair] == site)
        tree = cKDTree(self.positions[pair][own])
        parts = {}
        for number in self._around(pair, 1):
            distance = tree.query(self.positions[number], distance_upper_bound=_BOND)[0]
            parts[number] = np.flatnonzero(np.isfinite(distance))
        fock, overlap = (_joined(chain, parts) for chain in (self.fock, self.overlap))
        vectors = eigh(fock, overlap, subset_by_value=(low - _MARGIN, high + _MARGIN))[1]
        before = sum(len(rows) for number, rows in parts.items() if number < pair)
        mine = before + np.searchsorted(parts[pair], own)
        root = np.linalg.cholesky(self.overlap.diagonal[pair][0][np.ix_(own, own)])
        orthonormal, shares, _ = np.linalg.svd(root.T @ vectors[mine])
        found = np.zeros((len(self.sites[pair]), len(own)))
        found[own] = solve_triangular(root.T, orthonormal)
        return found, int((shares > _SHARE).sum())

    def contact(self, gamma: Couplings, bases: Sequence[Doubles]) -> list[ContactColumns]:
        """Columns of a wide-band contact to all orthogonalized orbitals of nucleotides or atoms.

        Parameters
        ----------
        gamma
            Couplings to it.
        bases
            Orbitals of every block.
        """
        return [one for pair in range(len(self.sites)) for one in self._columns(pair, gamma, bases)]

    def _columns(
        self, pair: int, gamma: Couplings, bases: Sequence[Doubles]
    ) -> Iterator[ContactColumns]:
        """Columns of every nucleotide of a block and every coupling above zero in it."""
        sites = self.sites[pair]
        couplings = orbital_couplings(gamma, self.atoms[pair], sites)
        coupled = np.flatnonzero(couplings > 0.0)
        if not len(coupled):
            return
        root = self._root(pair, coupled)
        parts = self._around(pair, _REACH)
        starts = np.cumsum([0, *(len(self.sites[number]) for number in parts)])
        kinds = np.stack([sites[coupled], couplings[coupled]])
        for kind in np.unique(kinds, axis=1).T:
            columns = np.sqrt(kind[1]) * root[:, (kind == kinds.T).all(1)]
            rows = {
                number: bases[number].T @ columns[start : start + len(bases[number])]
                for start, number in zip(starts[:-1], parts, strict=True)
            }
            yield ContactColumns(pair, rows)

    def _root(self, pair: int, orbitals: Integers) -> Doubles:
        """Columns of S^(1/2) at orbitals of a block; what was asked for is kept."""
        key = pair, orbitals.tobytes()
        if key not in self._roots:
            parts = {
                number: np.arange(len(self.sites[number])) for number in self._around(pair, _REACH)
            }
            start = sum(len(part) for number, part in parts.items() if number < pair)
            own = np.linalg.eigvalsh(self.overlap.diagonal[pair][0])
            self._roots[key] = root_columns(
                _joined(self.overlap, parts), start + orbitals, (own[0], own[-1])
            )
        return self._roots[key]

    def _around(self, pair: int, reach: int) -> range:
        return range(max(pair - reach, 0), min(pair + reach + 1, len(self.sites)))


def _joined(chain: BlockChain, parts: dict[int, Integers]) -> Doubles:
    """The matrix between some orbitals of successive base pairs."""
    numbers = list(parts)
    starts = np.cumsum([0, *(len(parts[number]) for number in numbers)])
    found = np.zeros((starts[-1], starts[-1]))
    for place, number in enumerate(numbers):
        here = slice(starts[place], starts[place + 1])
        found[here, here] = chain.diagonal[number][0][np.ix_(parts[number], parts[number])]
        for distance, band in enumerate(chain.bands[1 : len(numbers) - place], start=1):
            there = slice(starts[place + distance], starts[place + distance + 1])
            rows = np.ix_(parts[number], parts[number + distance])
            found[here, there] = band[number][0][rows]
            found[there, here] = found[here, there].T
    return found
