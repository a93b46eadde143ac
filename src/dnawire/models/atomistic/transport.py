"""From the shell charges of a duplex to its spectra, with all atoms and all orbitals."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic import (
    AtomicJunctions,
    BasePairs,
    Couplings,
    ElectronicSystem,
    OrthogonalBasis,
)
from dnawire.electronic.scf import (
    Orbitals,
    free_atom_occupations,
    num_occupied,
    populations,
)
from dnawire.electrostatics import Electrostatics, SolventParameters
from dnawire.errors import NotConvergedError
from dnawire.structures import AtomicStructure
from dnawire.transport import PoleExpansion, SearchedSystem

_logger = logging.getLogger(__name__)

Doubles = NDArray[np.float64]

_NARROWEST: Final = 0.1
"""eV; windows are at least so wide."""
_WIDER: Final = 0.5
"""eV; the same where an orbital that is not active has a level near: more of them are active."""
LARGEST_ETA: Final = 0.1
"""eV; series of the energy do not hold further above the real axis."""
_ETAS: Final = 20.0
"""Width of a window in units of eta, at least."""


ContactCouplings = tuple[Couplings, Couplings]
"""Couplings of nucleotides or atoms to the left and the right contact in eV."""


@dataclass(frozen=True, eq=False)
class DuplexGeometry:
    """What the geometry of a duplex decides, whatever its charges are.

    Parameters
    ----------
    structure
        Its atoms.
    field
        Potentials of charges.
    """

    structure: AtomicStructure
    field: Electrostatics

    @cached_property
    def basis(self) -> OrthogonalBasis:
        """Orthogonalized orbitals; memory is quadratic in the number of atoms."""
        return OrthogonalBasis.of(self.structure)


@dataclass(frozen=True, eq=False)
class ChargedDuplex:
    """A duplex whose shell charges are known.

    Parameters
    ----------
    geometry
        Its atoms, and what follows from them alone.
    shell_charges
        In e, (M,).
    shell_potentials
        Those of the charges in hartree, (M,).
    """

    geometry: DuplexGeometry
    shell_charges: Float[Doubles, " M"]
    shell_potentials: Float[Doubles, " M"]

    @classmethod
    def of(
        cls,
        structure: AtomicStructure,
        shell_charges: Float[Doubles, " M"],
        solvent: SolventParameters | None,
    ) -> ChargedDuplex:
        """Compute the potentials; ``solvent`` is None in vacuum."""
        field = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent)
        geometry = DuplexGeometry(structure, field)
        return cls(geometry, shell_charges, field.potentials(shell_charges))

    def with_charges(self, shell_charges: Float[Doubles, " M"]) -> ChargedDuplex:
        """The same geometry with other charges in e."""
        return replace(
            self,
            shell_charges=shell_charges,
            shell_potentials=self.field.potentials(shell_charges),
        )

    @property
    def structure(self) -> AtomicStructure:
        """Its atoms."""
        return self.geometry.structure

    @property
    def field(self) -> Electrostatics:
        """Electrostatics of the geometry."""
        return self.geometry.field

    @cached_property
    def junctions(self) -> AtomicJunctions:
        """Levels of the Hamiltonian that follows; memory is quadratic in the number of atoms."""
        return AtomicJunctions.of(self.geometry.basis, self.shell_potentials)

    @cached_property
    def _base_pairs(self) -> BasePairs:
        return BasePairs.of(self.structure, self.shell_potentials)

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
            left=basis.integrals.overlap @ self.junctions.orbitals,
            right=self.junctions.orbitals,
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
        basis, occupations = self.junctions.basis, free_atom_occupations(self.structure)
        occupied = self.junctions.orbitals[:, : self.num_occupied]
        found = populations(basis.integrals.overlap @ occupied, occupied, basis.orbital_shell)
        change = self.field.potentials(occupations - found) - self.shell_potentials
        return float(np.sqrt(np.mean(change**2)) * HARTREE_EV * 1e3)

    def poles(self, junction: ContactCouplings, energies: Float[Doubles, " E"]) -> PoleExpansion:
        """Poles about energies in eV, with the trace over all orbitals."""
        system = self._contacted(junction)
        return PoleExpansion.of(system, *_window(energies, LARGEST_ETA))

    def poles_by_site(
        self, junction: ContactCouplings, energies: Float[Doubles, " E"]
    ) -> PoleExpansion:
        """Poles about energies in eV, with the traces over the sites."""
        system = self._contacted(junction)
        return PoleExpansion.of(
            system, *_window(energies, LARGEST_ETA), self.junctions.orbital_site
        )

    def _contacted(self, junction: ContactCouplings) -> SearchedSystem:
        """The levels between contacts; those of the last contacts are kept with their poles."""
        key = tuple(gamma.tobytes() for gamma in junction)
        found = self._systems.get(key)
        if found is None:
            self._systems.clear()
            found = self._systems[key] = self.junctions.contacted(*junction)
        return found

    @cached_property
    def _systems(self) -> dict[tuple[bytes, ...], SearchedSystem]:
        return {}

    def totals(
        self, junction: ContactCouplings, energies: Float[Doubles, " E"], eta: float
    ) -> tuple[Float[Doubles, " E"], Float[Doubles, " E"]]:
        """Transmission and density of states in 1/eV, in time and memory linear in the length.

        Within some 0.01 decades of those of all orbitals: base pairs that are more than four
        apart do not overlap. Orbitals without a level near the energies are eliminated
        one after the other; where that is not possible, all are diagonalized at once.
        """
        windows = [_window(energies, eta, narrowest) for narrowest in (_NARROWEST, _WIDER)]
        for low, high in dict.fromkeys(windows):
            try:
                return self._base_pairs.downfolded(junction, low, high).spectra(energies, eta)
            except NotConvergedError as error:
                _logger.info("%s, %g to %g eV: %s", self.structure.duplex.text, low, high, error)
        poles = self.poles(junction, energies)
        return poles.transmission(energies, eta), poles.local_dos(energies, eta)[0]


def _window(energies: Doubles, eta: float, narrowest: float = _NARROWEST) -> tuple[float, float]:
    low, high = float(energies.min()), float(energies.max())
    half = max(high - low, narrowest, _ETAS * eta) / 2
    return (low + high) / 2 - half, (low + high) / 2 + half
