"""The Fock matrix in Löwdin's orthogonal basis (doi:10.1063/1.1747632)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.electronic.integrals import Integrals
from dnawire.errors import UnusableDataFileError
from dnawire.structures import AtomicStructure

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrthogonalBasis:
    """Orthogonalized orbitals of a structure: what all Fock matrices of it share.

    Parameters
    ----------
    structure
        Its atoms.
    root, inverse_root
        S^(1/2) and S^(-1/2), (N, N).
    core
        S^(-1/2) H0 S^(-1/2) in hartree, (N, N).
    smallest_overlap
        Smallest eigenvalue of S.
    orbital_shell, shell_atom
        Shell of every orbital, (N,), and atom of every shell, (M,).
    """

    structure: AtomicStructure
    root: Float[Doubles, "N N"]
    inverse_root: Float[Doubles, "N N"]
    core: Float[Doubles, "N N"]
    smallest_overlap: float
    orbital_shell: Int[NDArray[np.int64], " N"]
    shell_atom: Int[NDArray[np.int64], " M"]

    @classmethod
    def of(cls, structure: AtomicStructure) -> OrthogonalBasis:
        """Compute the integrals of a structure, and orthogonalize.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        integrals = Integrals.of(structure)
        weights, vectors = np.linalg.eigh(integrals.overlap)
        roots = np.sqrt(weights)
        inverse_root = (vectors / roots) @ vectors.T
        return cls(
            structure=structure,
            root=(vectors * roots) @ vectors.T,
            inverse_root=inverse_root,
            core=_symmetric(inverse_root @ integrals.core_hamiltonian @ inverse_root),
            smallest_overlap=float(weights[0]),
            orbital_shell=integrals.orbital_shell,
            shell_atom=integrals.shell_atom,
        )

    @property
    def orbital_atom(self) -> Int[NDArray[np.int64], " N"]:
        """Atom of every orbital."""
        return self.shell_atom[self.orbital_shell]

    def fock(self, shell_potentials: Float[Doubles, " M"]) -> Float[Doubles, "N N"]:
        """S^(-1/2) F S^(-1/2) in hartree, from potentials in hartree.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        if len(shell_potentials) != len(self.shell_atom):
            raise UnusableDataFileError(
                f"{len(shell_potentials)} shell potentials for {len(self.shell_atom)} shells.",
                "take the potentials of the same structure.",
            )
        v = np.asarray(shell_potentials, dtype=np.float64)[self.orbital_shell]
        return self.core + _symmetric((self.root * v) @ self.inverse_root)


def _symmetric(matrix: Doubles) -> Doubles:
    found: Doubles = (matrix + matrix.T) / 2.0
    return found
