"""The Fock matrix in Löwdin's orthogonal basis (doi:10.1063/1.1747632)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.linalg import eigh

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
    integrals
        S and H0 between its orbitals.
    """

    structure: AtomicStructure
    integrals: Integrals

    @classmethod
    def of(cls, structure: AtomicStructure) -> OrthogonalBasis:
        """Compute the integrals of a structure; what else is asked for is computed then, and kept.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        return cls(structure, Integrals.of(structure))

    @cached_property
    def _overlap_spectrum(self) -> tuple[Float[Doubles, " N"], Float[Doubles, "N N"]]:
        weights, vectors = np.linalg.eigh(self.integrals.overlap)
        return weights, vectors

    @cached_property
    def root(self) -> Float[Doubles, "N N"]:
        """S^(1/2)."""
        return self._power(1 / 2)

    @cached_property
    def inverse_root(self) -> Float[Doubles, "N N"]:
        """S^(-1/2)."""
        return self._power(-1 / 2)

    @cached_property
    def core(self) -> Float[Doubles, "N N"]:
        """S^(-1/2) H0 S^(-1/2) in hartree."""
        return _symmetric(self.inverse_root @ self.integrals.core_hamiltonian @ self.inverse_root)

    @property
    def smallest_overlap(self) -> float:
        """Smallest eigenvalue of S."""
        return float(self._overlap_spectrum[0][0])

    @property
    def orbital_shell(self) -> Int[NDArray[np.int64], " N"]:
        """Shell of every orbital."""
        return self.integrals.orbital_shell

    @property
    def shell_atom(self) -> Int[NDArray[np.int64], " M"]:
        """Atom of every shell."""
        return self.integrals.shell_atom

    @property
    def orbital_atom(self) -> Int[NDArray[np.int64], " N"]:
        """Atom of every orbital."""
        return self.shell_atom[self.orbital_shell]

    def _power(self, exponent: float) -> Float[Doubles, "N N"]:
        """Power of S, as the product of a matrix and its transpose, which costs half of another."""
        weights, vectors = self._overlap_spectrum
        half = vectors * weights ** (exponent / 2)
        return np.asarray(half @ half.T)

    def fock(self, shell_potentials: Float[Doubles, " M"]) -> Float[Doubles, "N N"]:
        """S^(-1/2) F S^(-1/2) in hartree, from potentials in hartree.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        v = self._orbital_potentials(shell_potentials)
        return self.core + _symmetric((self.root * v) @ self.inverse_root)

    def orbitals(
        self, shell_potentials: Float[Doubles, " M"]
    ) -> tuple[Float[Doubles, " N"], Float[Doubles, "N N"]]:
        """Levels in hartree, and orbitals C in those of the atoms: F C = S C e, C^T S C = 1.

        Without powers of S, which may be computed meanwhile.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        v, overlap = self._orbital_potentials(shell_potentials), self.integrals.overlap
        fock = self.integrals.core_hamiltonian + overlap * (v[:, None] + v) / 2.0
        levels, orbitals = eigh(fock, overlap, driver="gvd", overwrite_a=True, check_finite=False)
        return levels, orbitals

    def _orbital_potentials(self, shell_potentials: Float[Doubles, " M"]) -> Float[Doubles, " N"]:
        if len(shell_potentials) != len(self.shell_atom):
            raise UnusableDataFileError(
                f"{len(shell_potentials)} shell potentials for {len(self.shell_atom)} shells.",
                "take the potentials of the same structure.",
            )
        return np.asarray(shell_potentials, dtype=np.float64)[self.orbital_shell]


def _symmetric(matrix: Doubles) -> Doubles:
    found: Doubles = (matrix + matrix.T) / 2.0
    return found
