"""Junctions of all atoms: the contacts that a duplex can have, after one diagonalization."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic.integrals import Integrals
from dnawire.junction import Junction
from dnawire.structures import AtomicStructure
from dnawire.transport import ContactedSystem, Eigensystem, PoleExpansion

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AtomicJunctions:
    """Levels of a duplex in the orthogonalized basis, for contacts of any kind.

    Parameters
    ----------
    structure
        Its atoms.
    system
        Levels in eV.
    orbital_atom
        Atom of every orbital, (N,).
    """

    structure: AtomicStructure
    system: Eigensystem
    orbital_atom: Int[NDArray[np.int64], " N"]

    @classmethod
    def of(
        cls,
        structure: AtomicStructure,
        integrals: Integrals,
        shell_potentials: Float[Doubles, " M"],
    ) -> AtomicJunctions:
        """Assemble F, orthogonalize and diagonalize it; potentials in hartree."""
        fock = integrals.fock(shell_potentials) * HARTREE_EV
        system = Eigensystem.of(orthogonalized(fock, integrals.overlap))
        return cls(structure, system, integrals.orbital_atom)

    def contacted(self, junction: Junction) -> ContactedSystem:
        """Attach wide-band contacts to all orbitals of the attached nucleotides."""
        left, right = (
            self.structure.couplings(contact)[self.orbital_atom]
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
        sites = self.structure.sites[self.orbital_atom]
        return PoleExpansion.of(self.contacted(junction), sites, low, high)


def orthogonalized(
    fock: Float[Doubles, "N N"], overlap: Float[Doubles, "N N"]
) -> Float[Doubles, "N N"]:
    """S^(-1/2) F S^(-1/2) (Löwdin, doi:10.1063/1.1747632), symmetric, in the unit of F."""
    weights, vectors = np.linalg.eigh(overlap)
    root = (vectors / np.sqrt(weights)) @ vectors.T
    found: Doubles = root @ fock @ root
    return np.asarray((found + found.T) / 2)
