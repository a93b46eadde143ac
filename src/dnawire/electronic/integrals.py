"""Overlap S and core Hamiltonian H0 of GFN1-xTB: what the geometry alone decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from dnawire.constants import BOHR_ANGSTROM
from dnawire.electronic._overlap_kernels import overlap_block
from dnawire.electronic.parameters import load_parameters
from dnawire.electrostatics.parameters import element_rows
from dnawire.structures import AtomicStructure

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Basis:
    """Shells and orbitals of a structure, atom by atom.

    Parameters
    ----------
    positions
        Of every atom, bohr, (A, 3).
    elements
        Row of the element of every atom, (A,).
    shell_atom, shell_kind
        Atom and kind of every shell, (M,).
    levels
        Levels of the shells, which their coordination has shifted, hartree, (M,).
    """

    positions: Float[Doubles, "A 3"]
    elements: Int[Integers, " A"]
    shell_atom: Int[Integers, " M"]
    shell_kind: Int[Integers, " M"]
    levels: Float[Doubles, " M"]

    @classmethod
    def of(cls, structure: AtomicStructure) -> Basis:
        """Place the shells of the method on the atoms.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        parameters = load_parameters()
        positions = structure.positions / BOHR_ANGSTROM
        elements = element_rows(structure.atomic_numbers)
        kinds = parameters.kinds(elements)
        atom = np.repeat(np.arange(len(elements)), parameters.num_shells(elements))
        coordination = coordination_numbers(elements, positions)
        levels = parameters.levels[kinds] - parameters.level_shift[kinds] * coordination[atom]
        return cls(positions, elements, atom, kinds, levels)

    @property
    def orbitals_of_shell(self) -> Int[Integers, " M"]:
        """Number of orbitals of every shell."""
        counts: Integers = 2 * load_parameters().shells.momenta[self.shell_kind] + 1
        return counts

    @property
    def orbital_shell(self) -> Int[Integers, " N"]:
        """Shell of every orbital."""
        return np.repeat(np.arange(len(self.shell_atom)), self.orbitals_of_shell)

    def block(
        self, rows: Int[Integers, " m"], columns: Int[Integers, " n"]
    ) -> tuple[Float[Doubles, "I J"], Float[Doubles, "I J"]]:
        """S and H0 in hartree between the orbitals of some shells and those of others."""
        sizes = self.orbitals_of_shell
        overlap = np.zeros((sizes[rows].sum(), sizes[columns].sum()))
        places = self.positions[self.shell_atom]
        shells = load_parameters().shells
        overlap_block(shells, places, self.shell_kind, rows, columns, overlap)
        factors = self._factors(rows, columns).repeat(sizes[rows], 0).repeat(sizes[columns], 1)
        return overlap, overlap * factors

    def _factors(self, rows: Integers, columns: Integers) -> Doubles:
        """Ratio of H0 to S in hartree, by shells."""
        parameters = load_parameters()
        atoms = self.shell_atom[rows], self.shell_atom[columns]
        kinds = self.shell_kind[rows], self.shell_kind[columns]
        mean = (self.levels[rows, None] + self.levels[columns]) / 2.0
        radii = [parameters.radius[self.elements[some]] for some in atoms]
        distance = cdist(*(self.positions[some] for some in atoms))
        reduced = np.sqrt(distance / (radii[0][:, None] + radii[1]))
        scale = parameters.factors[np.ix_(*kinds)]
        scale *= 1.0 + parameters.polynomial[kinds[0], None] * reduced
        scale *= 1.0 + parameters.polynomial[kinds[1]] * reduced
        same = atoms[0][:, None] == atoms[1]
        found: Doubles = mean * np.where(same, 1.0, scale)
        return found


@dataclass(frozen=True, eq=False)
class Integrals:
    """Dense S and H0 of a structure.

    Parameters
    ----------
    overlap
        S, (N, N).
    core_hamiltonian
        H0 in hartree, (N, N).
    orbital_shell
        Shell of every orbital, (N,).
    shell_atom
        Atom of every shell, (M,).
    """

    overlap: Float[Doubles, "N N"]
    core_hamiltonian: Float[Doubles, "N N"]
    orbital_shell: Int[Integers, " N"]
    shell_atom: Int[Integers, " M"]

    @classmethod
    def of(cls, structure: AtomicStructure) -> Integrals:
        """Compute them; memory is quadratic in the number of atoms.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        basis = Basis.of(structure)
        everything = np.arange(len(basis.shell_atom))
        overlap, core = basis.block(everything, everything)
        return cls(overlap, core, basis.orbital_shell, basis.shell_atom)


def coordination_numbers(
    elements: Int[Integers, " A"], positions: Float[Doubles, "A 3"]
) -> Float[Doubles, " A"]:
    """Number of neighbors of every atom, counted smoothly (doi:10.1063/1.3382344).

    Parameters
    ----------
    elements
        Rows of the elements.
    positions
        Bohr.
    """
    parameters = load_parameters()
    pairs = cKDTree(positions).query_pairs(parameters.cutoff, output_type="ndarray")
    distance = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
    radii = parameters.covalent_radius[elements[pairs]].sum(1)
    count = 1.0 / (1.0 + np.exp(-parameters.steepness * (radii / distance - 1.0)))
    found = np.bincount(pairs.ravel(), count.repeat(2), len(positions))
    return np.asarray(found, dtype=np.float64)
