"""Junctions of all atoms: the contacts that a duplex can have, after one diagonalization."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic.orthogonal import OrthogonalBasis
from dnawire.junction import Junction
from dnawire.transport import ContactedSystem, Eigensystem, PoleExpansion

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AtomicJunctions:
    """Levels of a duplex in an orthogonal basis, for contacts of any kind.

    Parameters
    ----------
    basis
        The orthogonalized orbitals.
    system
        Levels in eV.
    """

    basis: OrthogonalBasis
    system: Eigensystem

    @classmethod
    def of(cls, basis: OrthogonalBasis, shell_potentials: Float[Doubles, " M"]) -> AtomicJunctions:
        """Diagonalize the Fock matrix of potentials in hartree.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        return cls(basis, Eigensystem.of(basis.fock(shell_potentials) * HARTREE_EV))

    def contacted(self, junction: Junction) -> ContactedSystem:
        """Attach wide-band contacts to all orbitals of the attached nucleotides."""
        left, right = (
            self.basis.structure.couplings(contact)[self.basis.orbital_atom]
            for contact in (junction.left, junction.right)
        )
        return ContactedSystem.of(self.system, left, right)

    def poles(self, junction: Junction, low: float, high: float) -> PoleExpansion:
        """Poles of a junction in a window of energies in eV, with the traces over the sites.

        Raises
        ------
        NotConvergedError
            If the poles do not converge.
        """
        sites = self.basis.structure.sites[self.basis.orbital_atom]
        return PoleExpansion.of(self.contacted(junction), sites, low, high)
