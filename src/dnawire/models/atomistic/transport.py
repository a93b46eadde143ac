"""From the shell charges of a duplex to its spectra, with all atoms and all orbitals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic import AtomicJunctions, ElectronicSystem, OrthogonalBasis
from dnawire.electronic.scf import (
    Orbitals,
    free_atom_occupations,
    num_occupied,
    populations,
)
from dnawire.electrostatics import Electrostatics, SolventParameters
from dnawire.structures import AtomicStructure
from dnawire.transport import PoleExpansion

Doubles = NDArray[np.float64]

_NARROWEST: Final = 0.1
"""eV; windows are at least so wide."""


NucleotideContacts = tuple[Float[Doubles, "L 2"], Float[Doubles, "L 2"]]
"""Couplings of the nucleotides to the left and the right contact in eV, in ladder layout."""


@dataclass(frozen=True, eq=False)
class ChargedDuplex:
    """A duplex whose shell charges are known.

    Parameters
    ----------
    structure
        Its atoms.
    shell_charges
        In e, (M,).
    field, shell_potentials
        Electrostatics of the geometry, and potentials of the charges in hartree, (M,).
    junctions
        Levels of the Hamiltonian that follows.
    """

    structure: AtomicStructure
    shell_charges: Float[Doubles, " M"]
    field: Electrostatics
    shell_potentials: Float[Doubles, " M"]
    junctions: AtomicJunctions

    @classmethod
    def of(
        cls,
        structure: AtomicStructure,
        shell_charges: Float[Doubles, " M"],
        solvent: SolventParameters | None,
    ) -> ChargedDuplex:
        """Compute potentials, Fock matrix and levels; ``solvent`` is None in vacuum."""
        field = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent)
        return cls._of(field, OrthogonalBasis.of(structure), shell_charges)

    @classmethod
    def _of(
        cls, field: Electrostatics, basis: OrthogonalBasis, shell_charges: Float[Doubles, " M"]
    ) -> ChargedDuplex:
        potentials = field.potentials(shell_charges)
        junctions = AtomicJunctions.of(basis, potentials)
        return cls(basis.structure, shell_charges, field, potentials, junctions)

    def with_charges(self, shell_charges: Float[Doubles, " M"]) -> ChargedDuplex:
        """The same geometry with other charges in e, for one more diagonalization."""
        return self._of(self.field, self.junctions.basis, shell_charges)

    def refined(self) -> ChargedDuplex:
        """One step towards self-consistent charges: their response, and one diagonalization.

        What is left of the distance to self-consistent charges is of second order in it.

        Raises
        ------
        NotConvergedError
            If the charges are too far from self-consistent ones.
        """
        basis, system = self.junctions.basis, self.junctions.system
        orbitals = Orbitals(
            potentials=self.shell_potentials,
            levels=system.energies / HARTREE_EV,
            left=basis.root @ system.vectors,
            right=basis.inverse_root @ system.vectors,
            orbital_shell=basis.orbital_shell,
            num_occupied=self.num_occupied,
        )
        reference = free_atom_occupations(self.structure)
        electronic = ElectronicSystem(basis, self.field.dense(), reference)
        return self.with_charges(electronic.response(orbitals, self.shell_charges))

    @property
    def num_occupied(self) -> int:
        """Number of doubly occupied orbitals."""
        return num_occupied(self.structure)

    @property
    def homo(self) -> float:
        """Highest occupied level, eV."""
        return float(self.junctions.system.energies[self.num_occupied - 1])

    def certificate(self) -> float:
        """How far the charges are from self-consistent ones: an error bar without a reference.

        The orbitals of the Hamiltonian have charges, too, which are those that it was made of if
        these are right.

        Returns
        -------
        float
            Change of the potentials by these charges, root mean square over the shells, meV.
        """
        basis, vectors = self.junctions.basis, self.junctions.system.vectors
        occupations = free_atom_occupations(self.structure)
        occupied = vectors[:, : self.num_occupied]
        found = populations(
            basis.root @ occupied, basis.inverse_root @ occupied, basis.orbital_shell
        )
        change = self.field.potentials(occupations - found) - self.shell_potentials
        return float(np.sqrt(np.mean(change**2)) * HARTREE_EV * 1e3)

    def poles(self, junction: NucleotideContacts, energies: Float[Doubles, " E"]) -> PoleExpansion:
        """Poles about energies in eV, with the trace over all orbitals."""
        system = self.junctions.contacted(*junction)
        return PoleExpansion.of(system, *_window(energies))

    def poles_by_site(
        self, junction: NucleotideContacts, energies: Float[Doubles, " E"]
    ) -> PoleExpansion:
        """Poles about energies in eV, with the traces over the sites."""
        system = self.junctions.contacted(*junction)
        return PoleExpansion.of(system, *_window(energies), self.junctions.orbital_site)


def _window(energies: Doubles) -> tuple[float, float]:
    middle = float(energies[0] + energies[-1]) / 2
    half = max(float(energies[-1] - energies[0]), _NARROWEST) / 2
    return middle - half, middle + half
