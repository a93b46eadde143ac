"""Junctions of all atoms: the contacts that a duplex can have, after one diagonalization."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic.orthogonal import OrthogonalBasis
from dnawire.threads import threaded
from dnawire.transport import Eigensystem, SearchedSystem

Doubles = NDArray[np.float64]

LONGEST_BY_LEVELS: Final = 8
"""Base pairs up to which small transmission follows from levels.

It is a sum that cancels, and that of longer duplexes is lost to rounding: from 1e-22 on at 16.
"""

Couplings = Float[Doubles, "L 2"] | Float[Doubles, " A"]
"""Of the nucleotides to a contact in eV, in ladder layout, or of the atoms."""


def orbital_couplings(
    couplings: Couplings, atoms: Int[NDArray[np.int64], " N"], sites: Int[NDArray[np.int64], " N"]
) -> Float[Doubles, " N"]:
    """Couplings of orbitals to a contact in eV, by their atoms and sites."""
    return couplings[atoms] if couplings.ndim == 1 else couplings.reshape(-1)[sites]


@dataclass(frozen=True, eq=False)
class AtomicJunctions:
    """Levels of a duplex in an orthogonal basis, for contacts of any kind.

    Parameters
    ----------
    basis
        The orthogonalized orbitals.
    system
        Levels in eV.
    orbitals
        Of the levels, in those of the atoms: S^(-1/2) times the vectors, (N, N).
    """

    basis: OrthogonalBasis
    system: Eigensystem
    orbitals: Float[Doubles, "N N"]

    @classmethod
    def of(cls, basis: OrthogonalBasis, shell_potentials: Float[Doubles, " M"]) -> AtomicJunctions:
        """Diagonalize the Fock matrix of potentials in hartree.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        tasks: list[Callable[[], Any]] = [
            lambda: basis.root,
            lambda: basis.orbitals(shell_potentials),
        ]
        root, (levels, orbitals) = threaded(lambda task: task(), tasks)
        return cls(basis, Eigensystem(levels * HARTREE_EV, root @ orbitals), orbitals)

    @property
    def orbital_site(self) -> Int[NDArray[np.int64], " N"]:
        """Place of the nucleotide of every orbital in the flat ladder layout (2L), (N,)."""
        found: NDArray[np.int64] = self.basis.structure.sites[self.basis.orbital_atom]
        return found

    def contacted(self, gamma_left: Couplings, gamma_right: Couplings) -> SearchedSystem:
        """Attach wide-band contacts to all orbitals of nucleotides or atoms."""
        left, right = (
            orbital_couplings(gamma, self.basis.orbital_atom, self.orbital_site)
            for gamma in (gamma_left, gamma_right)
        )
        return SearchedSystem.of(self.system, left, right)
